"""Slots as FHIR R4 resources. They are reckoned at each asking, so an id says which one is meant; taken ones say no more
than that they are taken.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext as _

from booking import access, queries, slots
from booking.fhir.words import Between, SlotName, between, id_of, kind_concept, mode_concept
from booking.models import ACTIVE, Appointment, Schedule, Status
from core import fhir
from core.actor import Actor
from core.errors import NotFound
from core.fhir import Resource, WrongParameter
from identity.models import VisitType

USUAL = timedelta(days=7)
LONGEST = timedelta(days=31)


class Slots:
    """What /fhir/R4/Slot answers: the times of one schedule of the own facility."""

    parameters = {"schedule": "reference", "start": "date", "status": "token", "service-type": "token"}
    ids_are_text = True
    most = 1000

    @staticmethod
    def read(by: Actor, id: str | UUID, now: datetime) -> Resource:
        """Give one: free, or taken. Raises NotFound for what is no time of the schedule."""
        name = SlotName.parse(str(id))
        schedule = access.get_schedule(by, name.schedule_id)
        kind = VisitType.objects.filter(pk=name.visit_type_id, facility=schedule.facility_id).first()
        if kind is None:
            raise NotFound
        just_then = Between(name.starts_at, name.starts_at + timedelta(minutes=1))
        for one in _slots(schedule, just_then, [kind], now):
            if one["id"] == str(id):
                return one
        raise NotFound

    @staticmethod
    def search(by: Actor, params: dict[str, str], now: datetime) -> list[Resource]:
        """List the slots of a `schedule`, the earliest first: `start` (a week from now, if not said; a month at most),
        `status`, `service-type` narrow. Raises WrongParameter.
        """
        name = SlotName.parse(params["_id"]) if params.get("_id") else None
        schedule_id = id_of(params, "schedule", "Schedule") or (name.schedule_id if name else None)
        if schedule_id is None:
            raise WrongParameter(fields={"schedule": [_("Say which schedule: Schedule/<id>.")]})
        schedule = Schedule.objects.select_related("practitioner", "facility").filter(
            access.visible_schedules(by), pk=schedule_id
        )
        found = schedule.first()
        if found is None:
            return []
        wanted = between(fhir.values_of(params, "start"), "start", found.zone)
        if name is not None and wanted == Between():
            wanted = Between(name.starts_at, name.starts_at + timedelta(minutes=1))
        since = wanted.since or (wanted.until - USUAL if wanted.until else now)
        until = min(wanted.until or since + USUAL, since + LONGEST)
        kinds = queries.visit_types_of(found.practitioner_id, found.today(now))
        kinds = [kind for kind in kinds if kind.facility_id == found.facility_id]
        if params.get("service-type"):
            code = params["service-type"].rpartition("|")[2]
            kinds = [kind for kind in kinds if str(kind.pk) == code]
        states = set(params["status"].split(",")) if params.get("status") else None
        listed = _slots(found, Between(since, until), kinds, now)
        return [one for one in listed if states is None or one["status"] in states]


def _slots(schedule: Schedule, wanted: Between, kinds: list[VisitType], now: datetime) -> list[Resource]:
    since, until = wanted.since, wanted.until
    assert since is not None and until is not None
    if until <= since:
        return []
    first, last = slots.wall(since, schedule.zone).date(), slots.wall(until, schedule.zone).date()
    found: dict[str, tuple[datetime, Resource]] = {}
    for kind in kinds:
        for free in queries.slots_of(schedule.practitioner_id, kind.pk, first, last, now):
            if free.schedule_id == schedule.pk and since <= free.starts_at < until:
                name = str(SlotName(schedule.pk, kind.pk, free.starts_at))
                found[name] = (free.starts_at, _resource(name, schedule, kind, free.starts_at, free.ends_at, "free"))
    wanted_kinds = {kind.pk: kind for kind in kinds}
    taken = Appointment.objects.filter(
        schedule=schedule,
        status__in=ACTIVE,
        walk_in=False,
        visit_type__in=wanted_kinds,
        during__overlap=DateTimeTZRange(since, until),
    )
    for one in taken:
        if not since <= one.starts_at < until or one.is_overdue(now):
            continue
        kind = wanted_kinds[one.visit_type_id]
        name = str(SlotName(schedule.pk, kind.pk, one.starts_at))
        state = "busy-tentative" if one.status == Status.HELD else "busy"
        # A session with seats left is free as well as taken: free says what can be asked for.
        found.setdefault(name, (one.starts_at, _resource(name, schedule, kind, one.starts_at, one.ends_at, state)))
    return [resource for _at, resource in sorted(found.values(), key=lambda pair: (pair[0], pair[1]["id"]))]


def _resource(
    name: str, schedule: Schedule, kind: VisitType, starts_at: datetime, ends_at: datetime, status: str
) -> dict[str, Any]:
    return {
        "resourceType": "Slot",
        "id": name,
        "serviceCategory": [mode_concept(mode) for mode in kind.modes],
        "serviceType": [kind_concept(kind)],
        "schedule": fhir.reference("Schedule", schedule.pk, str(schedule)),
        "status": status,
        "start": fhir.instant(starts_at),
        "end": fhir.instant(ends_at),
    }
