"""Free times: what can be asked for. Each answer is a handful of statements, however many practitioners it covers."""

import calendar
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q, QuerySet

from booking import slots
from booking.models import ACTIVE, Appointment, Closure, Rule, Schedule, Status
from core.errors import NotFound
from identity.models import Practitioner, VisitType

LONGEST_SPAN_DAYS = 62
LONGEST_HORIZON_DAYS = 365
# First free is looked for in growing steps: most doctors have a time in the next days, and few need the whole horizon.
STEPS_DAYS = (3, 14, 62)


@dataclass(frozen=True)
class FreeTime:
    """A time somebody may ask for, and of which schedule."""

    schedule_id: UUID
    facility_id: UUID
    visit_type_id: UUID
    starts_at: datetime
    ends_at: datetime
    zone: str


@dataclass(frozen=True)
class DayCount:
    """How many times are free on a day of the clinic."""

    day: date
    free: int


@dataclass(frozen=True)
class FirstFree:
    """The first free time of one practitioner at one facility."""

    practitioner: Practitioner
    schedule: Schedule
    visit_type: VisitType
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Times:
    """All that decides which times of a schedule are free, read once."""

    rules: list[Rule]
    closures: list[slots.Exceptional]
    busy: list[slots.Span]

    def rules_for(self, visit_type: VisitType) -> list[slots.WeeklyRule]:
        """Give the hours in which this kind of visit is offered."""
        found = []
        for rule in self.rules:
            only = {one.pk for one in rule.visit_types.all()}
            if not only or visit_type.pk in only:
                found.append(rule.as_weekly())
        return found


def times_of(schedules: Sequence[Schedule], first: datetime, last: datetime, now: datetime) -> dict[UUID, Times]:
    """Read rules, exceptions and taken times of these schedules between two moments: three statements, whatever many.

    A practitioner is busy wherever the appointment is; a hold whose time ran out keeps nobody busy.
    """
    window = DateTimeTZRange(first, last)
    rules: dict[UUID, list[Rule]] = defaultdict(list)
    closures: dict[UUID, list[slots.Exceptional]] = defaultdict(list)
    busy: dict[UUID, list[slots.Span]] = defaultdict(list)
    for rule in Rule.objects.filter(schedule__in=schedules).prefetch_related("visit_types"):
        rules[rule.schedule_id].append(rule)
    for closure in Closure.objects.filter(schedule__in=schedules, during__overlap=window):
        closures[closure.schedule_id].append(closure.as_exceptional())
    taken = Appointment.objects.filter(
        practitioner__in={schedule.practitioner_id for schedule in schedules},
        status__in=ACTIVE,
        during__overlap=window,
    ).exclude(status=Status.HELD, hold_expires_at__lte=now)
    for practitioner_id, during in taken.values_list("practitioner_id", "during"):
        busy[practitioner_id].append(slots.Span(during.lower, during.upper))
    return {s.pk: Times(rules[s.pk], closures[s.pk], busy[s.practitioner_id]) for s in schedules}


def offers(schedule: Schedule, visit_type: VisitType, on: date) -> bool:
    """Say whether this practitioner may do this kind of visit here on that day: licence, facility, specialty."""
    return (
        schedule.active
        and schedule.facility.active
        and visit_type.active
        and visit_type.facility_id == schedule.facility_id
        and schedule.practitioner.licence_is_valid(on)
        and (
            visit_type.specialty_id is None
            or visit_type.specialty_id in {one.pk for one in schedule.practitioner.specialties.all()}
        )
    )


def slots_of(
    practitioner_id: UUID, visit_type_id: UUID, first_day: date, last_day: date, now: datetime
) -> list[FreeTime]:
    """List a practitioner's free times for a kind of visit, both days included. Raises NotFound.

    At most 62 days are answered, counted from `first_day`.
    """
    practitioner, visit_type = _wanted(practitioner_id, visit_type_id)
    # What lies behind is not free, and what lies beyond any horizon is not either; so any date may be asked for.
    first_day = max(first_day, now.date() - timedelta(days=1))
    if first_day > now.date() + timedelta(days=LONGEST_HORIZON_DAYS + 1) or last_day < first_day:
        return []
    last_day = min(last_day, first_day + timedelta(days=LONGEST_SPAN_DAYS - 1))
    return _free(list(_schedules().filter(practitioner=practitioner)), [visit_type], first_day, last_day, now)


def days_of(practitioner_id: UUID, month: date, visit_type_id: UUID, now: datetime) -> list[DayCount]:
    """Count a practitioner's free times for each day of the month that `month` lies in. Raises NotFound."""
    first_day = month.replace(day=1)
    last_day = month.replace(day=calendar.monthrange(month.year, month.month)[1])
    counts: dict[date, int] = defaultdict(int)
    for free in slots_of(practitioner_id, visit_type_id, first_day, last_day, now):
        counts[slots.wall(free.starts_at, free.zone).date()] += 1
    days = (first_day + timedelta(days=number) for number in range((last_day - first_day).days + 1))
    return [DayCount(day, counts[day]) for day in days]


def first_free(
    *,
    now: datetime,
    specialty: str | None = None,
    province: str | None = None,
    mode: str | None = None,
    facility_id: UUID | None = None,
    practitioner_ids: Iterable[UUID] | None = None,
    limit: int = 10,
) -> list[FirstFree]:
    """Give each fitting practitioner's first free time, the earliest first, at most `limit` of them."""
    wanted = _schedules()
    if specialty:
        wanted = wanted.filter(practitioner__specialties=specialty)
    if province:
        wanted = wanted.filter(facility__province=province)
    if facility_id:
        wanted = wanted.filter(facility=facility_id)
    if practitioner_ids is not None:
        wanted = wanted.filter(practitioner__in=list(practitioner_ids))
    waiting = {schedule.pk: schedule for schedule in wanted.distinct()}
    kinds = _kinds({schedule.facility_id for schedule in waiting.values()}, specialty, mode)
    found: list[FirstFree] = []
    for days in STEPS_DAYS:
        found += _first_within(waiting, kinds, days, now)
        for one in found:
            waiting.pop(one.schedule.pk, None)
        if len(found) >= limit or not waiting:
            break  # whoever has nothing in these days comes after all who have
    return sorted(found, key=lambda one: (one.starts_at, str(one.schedule.pk)))[:limit]


def visit_types_of(practitioner_id: UUID, on: date, mode: str | None = None) -> list[VisitType]:
    """List the kinds of visit this practitioner offers anywhere, the cheapest first."""
    schedules = list(_schedules().filter(practitioner_id=practitioner_id).prefetch_related("rules__visit_types"))
    kinds = _kinds({schedule.facility_id for schedule in schedules}, None, mode)
    found: dict[UUID, VisitType] = {}
    for schedule in schedules:
        rules = Times(list(schedule.rules.all()), [], [])
        for kind in kinds[schedule.facility_id]:
            if offers(schedule, kind, on) and rules.rules_for(kind):
                found[kind.pk] = kind
    return sorted(found.values(), key=lambda kind: (kind.price_amount, kind.minutes, str(kind.pk)))


def _schedules() -> QuerySet[Schedule]:
    rows = Schedule.objects.filter(active=True, facility__active=True).select_related("practitioner", "facility")
    return rows.prefetch_related("practitioner__specialties").order_by("pk")


def _wanted(practitioner_id: UUID, visit_type_id: UUID) -> tuple[Practitioner, VisitType]:
    practitioner = Practitioner.objects.filter(pk=practitioner_id).first()
    visit_type = VisitType.objects.filter(pk=visit_type_id, active=True).first()
    if practitioner is None or visit_type is None:
        raise NotFound
    return practitioner, visit_type


def _kinds(facility_ids: Iterable[UUID], specialty: str | None, mode: str | None) -> dict[UUID, list[VisitType]]:
    rows = VisitType.objects.filter(active=True, facility__in=list(facility_ids)).select_related("facility")
    if specialty:
        rows = rows.filter(Q(specialty=specialty) | Q(specialty=None))
    if mode:
        rows = rows.filter(modes__contains=[mode])
    found: dict[UUID, list[VisitType]] = defaultdict(list)
    for kind in rows.order_by("pk"):
        found[kind.facility_id].append(kind)
    return found


def _first_within(
    waiting: dict[UUID, Schedule], kinds: dict[UUID, list[VisitType]], days: int, now: datetime
) -> list[FirstFree]:
    schedules = [schedule for schedule in waiting.values() if kinds[schedule.facility_id]]
    if not schedules:
        return []
    times = times_of(schedules, now - timedelta(days=1), now + timedelta(days=days + 2), now)
    found = []
    for schedule in schedules:
        first_day = schedule.today(now)
        best: FirstFree | None = None
        for kind in kinds[schedule.facility_id]:
            for slot in _slots(schedule, times[schedule.pk], kind, first_day, first_day + timedelta(days=days), now):
                if best is None or slot.starts_at < best.starts_at:
                    best = FirstFree(schedule.practitioner, schedule, kind, slot.starts_at, slot.ends_at)
                break
        if best is not None:
            found.append(best)
    return found


def _free(
    schedules: list[Schedule], kinds: list[VisitType], first_day: date, last_day: date, now: datetime
) -> list[FreeTime]:
    # A day of any zone lies within these two days of UTC.
    first = datetime.combine(first_day, datetime.min.time(), now.tzinfo) - timedelta(days=1)
    last = datetime.combine(last_day, datetime.min.time(), now.tzinfo) + timedelta(days=2)
    times = times_of(schedules, first, last, now)
    found = []
    for schedule in schedules:
        for kind in kinds:
            for slot in _slots(schedule, times[schedule.pk], kind, first_day, last_day, now):
                found.append(
                    FreeTime(schedule.pk, schedule.facility_id, kind.pk, slot.starts_at, slot.ends_at, schedule.zone)
                )
    return sorted(found, key=lambda free: (free.starts_at, str(free.schedule_id)))


def _slots(
    schedule: Schedule, times: Times, kind: VisitType, first_day: date, last_day: date, now: datetime
) -> list[slots.Slot]:
    first_day = max(first_day, schedule.today(now))
    if last_day < first_day or not offers(schedule, kind, first_day):
        return []
    free = slots.free_slots(
        times.rules_for(kind),
        times.closures,
        times.busy,
        schedule.zone,
        kind.minutes,
        first_day,
        last_day,
        now,
        timedelta(minutes=schedule.min_notice_minutes),
        schedule.horizon_days,
    )
    # A licence that ends inside the span ends the offer on that day.
    return [slot for slot in free if offers(schedule, kind, slots.wall(slot.starts_at, schedule.zone).date())]
