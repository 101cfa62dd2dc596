"""Approved pilots as people see them: what may be chosen besides the list, and how many cases a facility has left."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from booking import access, fit, slots
from booking.models import ACTIVE, Appointment, Schedule, Status
from core.actor import Actor
from identity.models import Pilot
from records import icd

TAKES_A_CASE = (*ACTIVE, Status.FULFILLED)  # as the trigger of the table counts them
MOST_SHOWN = 20


@dataclass(frozen=True)
class PilotCondition:
    """A condition outside the list that a pilot covers, as it is chosen: an ICD-10 code or the beginning of one."""

    code: str

    @property
    def name(self) -> str:
        """The name in the reader's language; of a mere beginning, that it is one."""
        title = icd.find(self.code)
        if title is None:
            return _("ICD-10 codes beginning with %(code)s") % {"code": self.code}
        return (title.name_en if get_language() == "en" else title.name_vi) or title.name_en


@dataclass(frozen=True)
class PilotFacts:
    """A pilot on the desk's page: the row, its conditions in words, the latest visits under it."""

    pilot: Pilot
    is_over: bool
    is_to_come: bool
    conditions: list[PilotCondition]
    cases: list[Appointment]

    @property
    def percent(self) -> int:
        """How much of the quota is taken."""
        return 100 * self.pilot.used // self.pilot.quota


def as_icd10(condition: str) -> str:
    """Write a code as pilots do: "i251" is I25.1. What ICD-10 does not know may be the beginning of codes: as it is."""
    title = icd.find(condition)
    return title.code if title is not None else condition.strip().upper()


def open_pilots(facility_id: UUID, day: date) -> list[Pilot]:
    """Give the pilots of a facility that take a case for a visit on this day. Public, as the decision is."""
    rows = Pilot.objects.filter(facility=facility_id, valid_from__lte=day, valid_to__gte=day)
    return [one for one in rows if one.has_room]


def pilots_that_cover(schedule_id: UUID, code: str, now: datetime) -> list[Pilot]:
    """Give the pilots of a schedule's facility that are not over and cover a condition, with or without a case left."""
    place = Schedule.objects.filter(pk=schedule_id).values_list("facility", "zone").first() if code else None
    if place is None:
        return []
    rows = Pilot.objects.filter(facility=place[0], valid_to__gte=slots.wall(now, place[1]).date())
    is_a_code = icd.find(code) is not None
    return [one for one in rows if code in one.conditions or (is_a_code and one.covers(code))]


def remote_choices(
    facility_id: UUID, day: date
) -> list[tuple[str | Promise, list[fit.Condition] | list[PilotCondition]]]:
    """Give what a visit at a distance may be about at a facility on a day: the list by groups, then its pilots."""
    found: list[tuple[str | Promise, list[fit.Condition] | list[PilotCondition]]] = [*fit.groups()]
    for pilot in open_pilots(facility_id, day):
        unlisted = [PilotCondition(code) for code in pilot.conditions if fit.find(code) is None]
        if unlisted:
            found.append((_("Approved pilot: %(name)s") % {"name": pilot.name}, unlisted))
    return found


def pilots_of(by: Actor, today: date) -> list[PilotFacts]:
    """Give the desk the pilots of its facility, those in force first. Raises NotFound for everybody else."""
    pilots = list(access.pilots_for(by))
    facts = [
        PilotFacts(
            pilot,
            is_over=pilot.valid_to < today,
            is_to_come=today < pilot.valid_from,
            conditions=[PilotCondition(code) for code in pilot.conditions],
            cases=list(_cases(pilot)[:MOST_SHOWN]),
        )
        for pilot in pilots
    ]
    return sorted(facts, key=lambda one: (one.is_over, one.is_to_come))


def _cases(pilot: Pilot) -> QuerySet[Appointment]:
    rows = Appointment.objects.filter(pilot=pilot, status__in=TAKES_A_CASE)
    return rows.select_related("practitioner", "schedule").order_by("-during", "-pk")
