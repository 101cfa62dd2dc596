"""Schedules as FHIR R4 resources: who sees people where, and how far ahead."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from booking import access, queries
from booking.fhir.words import between, id_of, kind_concept
from booking.models import Schedule
from core import fhir
from core.actor import Actor
from core.errors import NotFound
from core.fhir import Resource

MOST = 100


class Schedules:
    """What /fhir/R4/Schedule answers: those of the own facility, or a practitioner's own."""

    parameters = {"actor": "reference", "date": "date", "active": "token"}

    @staticmethod
    def read(by: Actor, id: str | UUID, now: datetime) -> Resource:
        """Give one. Raises NotFound."""
        try:
            schedule_id = UUID(str(id))
        except ValueError as error:
            raise NotFound from error
        return _resource(access.get_schedule(by, schedule_id), now)

    @staticmethod
    def search(by: Actor, params: dict[str, str], now: datetime) -> list[Resource]:
        """List them; `actor` (Practitioner/… or Location/…), `date` (of the planning horizon) and `active` narrow.

        Raises WrongParameter.
        """
        rows = Schedule.objects.select_related("practitioner", "facility").filter(access.visible_schedules(by))
        if params.get("actor", "").startswith("Location/"):
            rows = rows.filter(facility=id_of(params, "actor", "Location"))
        elif params.get("actor"):
            rows = rows.filter(practitioner=id_of(params, "actor", "Practitioner"))
        if params.get("active") in {"true", "false"}:
            rows = rows.filter(active=params["active"] == "true")
        found = list(rows.order_by("practitioner__sort_name", "pk")[:MOST])
        asked = fhir.values_of(params, "date")
        if asked:
            kept = []
            for schedule in found:
                wanted = between(asked, "date", schedule.zone)
                begins, ends = _horizon(schedule, now)
                if (wanted.until is None or begins < wanted.until) and (wanted.since is None or wanted.since < ends):
                    kept.append(schedule)
            found = kept
        return [_resource(schedule, now) for schedule in found]


def _horizon(schedule: Schedule, now: datetime) -> tuple[datetime, datetime]:
    return now + timedelta(minutes=schedule.min_notice_minutes), now + timedelta(days=schedule.horizon_days)


def _resource(schedule: Schedule, now: datetime) -> Resource:
    begins, ends = _horizon(schedule, now)
    kinds = queries.visit_types_of(schedule.practitioner_id, schedule.today(now))
    found: dict[str, Any] = {
        "resourceType": "Schedule",
        "id": str(schedule.pk),
        "active": schedule.active,
        "serviceType": [kind_concept(kind) for kind in kinds if kind.facility_id == schedule.facility_id],
        "actor": [
            fhir.reference("Practitioner", schedule.practitioner_id, schedule.practitioner.display_name),
            fhir.reference("Location", schedule.facility_id, schedule.facility.name),
        ],
        "planningHorizon": {"start": fhir.instant(begins), "end": fhir.instant(ends)},
        "comment": schedule.room,
    }
    return found
