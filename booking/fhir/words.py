"""What the resources of booking share: code systems, the ids of slots, instants in searches."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from core import fhir
from core.errors import NotFound
from core.fhir import Resource, WrongParameter
from identity.models import VisitType

PREFIXES = ("eq", "ge", "gt", "le", "lt")
YEARS = range(1900, 2201)  # nothing is asked of others, and near the end of the calendar there is no "a week later"


def mode_system() -> str:
    """The code system of the ways a visit is held."""
    return f"{settings.PUBLIC_URL}/fhir/CodeSystem/visit-mode"


def kind_system() -> str:
    """The code system of the kinds of visit: their ids."""
    return f"{settings.PUBLIC_URL}/fhir/CodeSystem/visit-type"


def mode_concept(mode: str) -> Resource:
    """A way a visit is held, as a concept."""
    return {"coding": [{"system": mode_system(), "code": mode}], "text": mode}


def kind_concept(visit_type: VisitType) -> Resource:
    """A kind of visit, as a concept."""
    return fhir.coded(kind_system(), str(visit_type.pk), visit_type.name_vi)


@dataclass(frozen=True)
class SlotName:
    """What a slot is: slots are reckoned, never stored, so their id says it all."""

    schedule_id: UUID
    visit_type_id: UUID
    starts_at: datetime

    def __str__(self) -> str:
        minutes = int(self.starts_at.timestamp()) // 60
        raw = self.schedule_id.bytes + self.visit_type_id.bytes + minutes.to_bytes(4, "big")
        return base64.b32encode(raw).decode().rstrip("=").lower()

    @classmethod
    def parse(cls, text: str) -> SlotName:
        """Read an id of ours. Raises NotFound."""
        if not re.fullmatch(r"[a-z2-7]{58}", text):
            raise NotFound
        raw = base64.b32decode(text.upper() + "======")
        try:
            starts_at = datetime.fromtimestamp(int.from_bytes(raw[32:], "big") * 60, UTC)
        except (ValueError, OverflowError) as error:  # a year no calendar has
            raise NotFound from error
        found = cls(UUID(bytes=raw[:16]), UUID(bytes=raw[16:32]), starts_at)
        if str(found) != text:
            raise NotFound  # one id for one slot: the last character has room for more
        return found


@dataclass(frozen=True)
class Between:
    """A stretch of time a search asks for; either end may be open."""

    since: datetime | None = None
    until: datetime | None = None


def between(values: list[str], name: str, zone: str) -> Between:
    """Read `ge2026-12-01`, `lt2026-12-08T00:00:00+07:00` … A day is the clinic's day. Raises WrongParameter."""
    since: datetime | None = None
    until: datetime | None = None
    for value in values:
        prefix, text = (value[:2], value[2:]) if value[:2] in PREFIXES else ("eq", value)
        first, after = _instants(text, name, zone)
        if prefix in {"eq", "ge", "gt"}:
            begin = after if prefix == "gt" else first
            since = max(since, begin) if since else begin
        if prefix in {"eq", "le", "lt"}:
            end = first if prefix == "lt" else after
            until = min(until, end) if until else end
    return Between(since, until)


def _instants(text: str, name: str, zone: str) -> tuple[datetime, datetime]:
    """Give the first instant a value means, and the first after it."""
    wall = ZoneInfo(zone)
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            day = date.fromisoformat(text)
            if day.year not in YEARS:
                raise ValueError
            return datetime.combine(day, time(), wall), datetime.combine(day + timedelta(days=1), time(), wall)
        # In an address a plus sign that nobody escaped arrives as a space.
        at = parse_datetime(text.replace(" ", "+"))
        if at is None or at.year not in YEARS:
            raise ValueError
        at = at if at.tzinfo else at.replace(tzinfo=wall)
        return at.astimezone(UTC), at.astimezone(UTC) + timedelta(seconds=1)
    except (ValueError, OverflowError) as error:
        raise WrongParameter(fields={name: [_("A date or an instant is expected.")]}) from error


def id_of(params: dict[str, str], name: str, kind: str) -> UUID | None:
    """Read `name=<id>` or `name=Kind/<id>`. Raises WrongParameter."""
    text = params.get(name, "")
    return fhir.id_in(text.removeprefix(f"{kind}/"), name) if text else None
