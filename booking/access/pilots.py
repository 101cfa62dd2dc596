"""The approved pilots of a facility: seen by its desk, held fast by whoever takes a case of one."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db.models import QuerySet

from core.actor import Actor
from identity import access as identity_access
from identity.models import Pilot


def pilots_for(by: Actor) -> QuerySet[Pilot]:
    """Give the desk the pilots of its own facility. Raises NotFound for everybody else."""
    return Pilot.objects.filter(facility=identity_access.require_desk(by).pk)


def lock_pilots(which: Iterable[UUID | None]) -> list[Pilot]:
    """Hold these fast, in their order; nothing for none. Before any day is locked: whoever gives a case back goes so too."""
    wanted = {one for one in which if one is not None}
    if not wanted:
        return []
    return list(Pilot.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk"))


def lock_pilots_that_cover(facility_id: UUID, code: str, day: date) -> list[Pilot]:
    """Hold fast those under which a visit for this condition may be held on a day, the first to end first."""
    valid = Pilot.objects.filter(facility=facility_id, valid_from__lte=day, valid_to__gte=day)
    covering = lock_pilots(one.pk for one in valid if one.covers(code))
    still = [one for one in covering if one.holds_on(day) and one.covers(code)]
    return sorted(still, key=lambda one: (one.valid_to, one.pk))
