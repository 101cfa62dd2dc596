"""Doctors with endless hours and citizens with tokens, for benches and storms."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.utils import timezone

from core.actor import Actor
from identity.models import Person
from tests import make

MINUTES = 15


@dataclass(frozen=True)
class Doctor:
    """Somebody who works around the clock."""

    schedule_id: str
    practitioner_id: str
    visit_type_id: str


@dataclass
class Citizen:
    """A person with an app."""

    person: Person
    token: str = field(default="")

    @property
    def id(self) -> str:
        return str(self.person.id)

    def sign_in(self) -> None:
        """Take a fresh access token; it holds five minutes."""
        self.token = str(make.api_client(self.person).defaults["HTTP_AUTHORIZATION"])


def doctors(count: int, *, price: int = 150_000) -> list[Doctor]:
    """`count` doctors at one hospital, every quarter of an hour bookable, day and night."""
    import booking.actions as booking
    from booking import days

    by, now = Actor.system("crowd"), timezone.now()
    hospital = make.make_facility()
    visit_type = make.make_visit_type(facility=hospital, minutes=MINUTES, price=price)
    found = []
    for number in range(count):
        practitioner = make.make_practitioner(facility=hospital, full_name=f"Bùi Văn Số {number}")
        with days.together(now=now):
            schedule = booking.add_schedule(
                practitioner_id=practitioner.id,
                facility_id=hospital.id,
                min_notice_minutes=0,
                horizon_days=90,
                by=by,
                now=now,
            )
            for weekday in range(7):
                booking.add_rule(
                    schedule_id=schedule.id,
                    weekday=weekday,
                    from_time=time(0),
                    to_time=time(0),
                    grid_minutes=MINUTES,
                    by=by,
                    now=now,
                )
        found.append(Doctor(str(schedule.id), str(practitioner.id), str(visit_type.id)))
    return found


def citizens(count: int) -> list[Citizen]:
    """`count` citizens, signed in."""
    crowd = [Citizen(make.make_person(full_name=f"Lê Thị Số {number}")) for number in range(count)]
    for citizen in crowd:
        citizen.sign_in()
    return crowd


def starts(first_day: date | None = None) -> list[datetime]:
    """The starts of all slots of four weeks from the day after tomorrow, in order."""
    day = first_day or (timezone.localdate() + timedelta(days=2))
    begin = datetime.combine(day, time(0), timezone.get_current_timezone()).astimezone(UTC)
    return [begin + timedelta(minutes=MINUTES * step) for step in range(28 * 24 * 60 // MINUTES)]


class Line:
    """One kept-open HTTP connection of one client."""

    def __init__(self, url: str, token: str = "") -> None:
        self.address = urlsplit(url)
        self.token = token
        self._connection: http.client.HTTPConnection | None = None

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Send, and return status and JSON (None when it is none). Raises OSError when the other side is gone."""
        if self._connection is None:
            self._connection = http.client.HTTPConnection(self.address.hostname or "", self.address.port, timeout=30)
        sent = {"Content-Type": "application/json", "Accept-Language": "en", **headers}
        if self.token:
            sent["Authorization"] = self.token
        try:
            self._connection.request(method, path, None if body is None else json.dumps(body), sent)
            answer = self._connection.getresponse()
            raw = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            self._connection = None
            raise ConnectionError(str(error)) from error
        try:
            return answer.status, json.loads(raw)
        except ValueError:
            return answer.status, None
