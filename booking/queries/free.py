"""Free times: what can be asked for. Each answer is a handful of statements, however many practitioners it covers."""

import calendar
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from booking import slots
from booking.models import Schedule
from booking.queries import entries, search
from booking.queries.parts import marks_of_part
from booking.queries.search import KindOffered, Offered
from booking.queries.times import Times, purposes_of, times_of
from core.errors import NotFound
from identity.models import Practitioner, VisitType

LONGEST_SPAN_DAYS = 62
LONGEST_HORIZON_DAYS = 365
FIRST_PAGE, MOST_DAYS_AT_ONCE = 40, 400


@dataclass(frozen=True)
class FreeTime:
    """A time somebody may ask for, and of which schedule."""

    schedule_id: UUID
    facility_id: UUID
    visit_type_id: UUID
    starts_at: datetime
    ends_at: datetime
    zone: str
    seats_left: int | None = None  # of a time that several people share


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


def offers(schedule: Schedule, visit_type: VisitType, on: date, specialties: Collection[str] | None = None) -> bool:
    """Say whether this practitioner may do this kind of visit here on that day: licence, facility, specialty.

    `specialties` of the practitioner, where they have been read already.
    """
    return (
        schedule.active
        and schedule.facility.active
        and visit_type.active
        and visit_type.facility_id == schedule.facility_id
        and schedule.practitioner.licence_is_valid(on)
        and (
            visit_type.specialty_id is None
            or visit_type.specialty_id
            in (specialties if specialties is not None else {one.pk for one in schedule.practitioner.specialties.all()})
        )
    )


def slots_of(
    practitioner_id: UUID, visit_type_id: UUID, first_day: date, last_day: date, now: datetime
) -> list[FreeTime]:
    """List a practitioner's free times for a kind of visit, both days included. Raises NotFound.

    At most 62 days are answered, counted from `first_day`.
    """
    span = bookable_span(first_day, last_day, now)
    offered = search.of_practitioner(practitioner_id, *span, now, visit_type_id) if span else []
    if not any(one.kinds for one in offered):
        _wanted(practitioner_id, visit_type_id)
    return times_among(offered, *span, now) if span else []


def bookable_span(first_day: date, last_day: date, now: datetime) -> tuple[date, date] | None:
    """Cut a span of days to what can hold free times at all, at most 62 days; None when nothing is left."""
    # What lies behind is not free, and what lies beyond any horizon is not either; so any date may be asked for.
    first_day = max(first_day, now.date() - timedelta(days=1))
    if first_day > now.date() + timedelta(days=LONGEST_HORIZON_DAYS + 1) or last_day < first_day:
        return None
    return first_day, min(last_day, first_day + timedelta(days=LONGEST_SPAN_DAYS - 1))


def times_among(offered: Sequence[Offered], first_day: date, last_day: date, now: datetime) -> list[FreeTime]:
    """Tell the free times of what was read, in order of time."""
    found: list[FreeTime] = []
    for one in offered:
        for kind in one.kinds:
            found += _of_kept(one, kind, now)
            found += _of_truth(one, kind, first_day, last_day, now)
    return sorted(found, key=lambda free: (free.starts_at, str(free.schedule_id)))


def counts_of(free: Iterable[FreeTime], first_day: date, last_day: date) -> list[DayCount]:
    """Count free times by day of the clinic, days without one included."""
    counts: dict[date, int] = defaultdict(int)
    for one in free:
        counts[slots.wall(one.starts_at, one.zone).date()] += 1
    days = (first_day + timedelta(days=number) for number in range((last_day - first_day).days + 1))
    return [DayCount(day, counts[day]) for day in days]


def _of_kept(one: Offered, kind: KindOffered, now: datetime) -> list[FreeTime]:
    """Read the free times of the days that the projection keeps."""
    if kind.is_shared:
        return []
    length = timedelta(minutes=kind.minutes)
    return [
        FreeTime(one.id, one.facility_id, kind.id, starts_at, starts_at + length, one.zone)
        for kept in one.days
        for starts_at in search.each_start(kept, one.starts(kind, kept, now))
    ]


def _of_truth(one: Offered, kind: KindOffered, first_day: date, last_day: date, now: datetime) -> list[FreeTime]:
    """Reckon from the truth what the projection does not keep: shared times, and days beyond its window."""
    kept = set() if kind.is_shared else {row.day for row in one.days}
    today = slots.wall(now, one.zone).date()
    last = min(last_day, today + timedelta(days=one.horizon_days))
    wanted = [
        day
        for day in (first_day + timedelta(days=number) for number in range((last - first_day).days + 1))
        if day >= today and day not in kept
    ]
    if not wanted:
        return []
    schedule = _schedules().get(pk=one.id)
    visit_type = VisitType.objects.get(pk=kind.id)
    free = _free([schedule], [visit_type], wanted[0], wanted[-1], now)
    return [time for time in free if slots.wall(time.starts_at, one.zone).date() in set(wanted)]


def days_of(practitioner_id: UUID, month: date, visit_type_id: UUID, now: datetime) -> list[DayCount]:
    """Count a practitioner's free times for each day of the month that `month` lies in. Raises NotFound."""
    first_day = month.replace(day=1)
    last_day = month.replace(day=calendar.monthrange(month.year, month.month)[1])
    return counts_of(slots_of(practitioner_id, visit_type_id, first_day, last_day, now), first_day, last_day)


def first_free(
    *,
    now: datetime,
    specialty: str | None = None,
    province: str | None = None,
    mode: str | None = None,
    facility_id: UUID | None = None,
    facility_ids: Sequence[UUID] | None = None,
    practitioner_ids: Iterable[UUID] | None = None,
    part: str = "",
    limit: int = 10,
) -> list[FirstFree]:
    """Give each fitting practitioner's first free time, the earliest first, at most `limit` of them.

    With a `part` of the day only days on which something may begin in it are looked at; the time told is the day's first.
    `facility_ids` narrows to some houses; an empty list to none.
    Looks as far ahead as the projection reaches; five statements, however many practitioners there are.
    """
    ids = None if practitioner_ids is None else list(practitioner_ids)
    if ids == [] or facility_ids == []:
        return []
    found = first_times(
        now=now,
        specialty=specialty,
        province=province,
        mode=mode,
        facility_id=facility_id,
        facility_ids=facility_ids,
        practitioner_ids=ids,
        part=marks_of_part(part),
        limit=limit,
    )
    schedules = {one.pk: one for one in _schedules().filter(pk__in=[first.offered.id for first in found])}
    kinds = VisitType.objects.select_related("facility").in_bulk({first.kind.id for first in found})
    return [
        FirstFree(
            schedules[first.offered.id].practitioner,
            schedules[first.offered.id],
            kinds[first.kind.id],
            first.starts_at,
            first.starts_at + timedelta(minutes=first.kind.minutes),
        )
        for first in found
    ]


@dataclass(frozen=True)
class FirstTime:
    """The first free time of one schedule, with all that the projection told about it."""

    offered: Offered
    kind: KindOffered
    starts_at: datetime


def first_times(
    *,
    now: datetime,
    specialty: str | None = None,
    province: str | None = None,
    mode: str | None = None,
    facility_id: UUID | None = None,
    facility_ids: Sequence[UUID] | None = None,
    practitioner_ids: Sequence[UUID] | None = None,
    part: int = 0,
    limit: int = 10,
) -> list[FirstTime]:
    """Find the first free times without a table of ours: two statements in the usual case.

    The index gives days by a moment before which nothing is free there, the earliest first; each is looked at closely
    until as many times are known as were asked for and none that is still to come could lie before them. Where starts
    have just become too soon and nobody has let them go yet, the database reckons on rather than we, day by day.
    """
    found: dict[UUID, FirstTime] = {}
    after: tuple[datetime, UUID] | None = None
    soon: datetime | None = None
    size = max(4 * limit, FIRST_PAGE)
    while True:
        page = entries.entries(
            now=now,
            specialty=specialty,
            province=province,
            mode=mode,
            facility_id=facility_id,
            facility_ids=facility_ids,
            practitioner_ids=practitioner_ids,
            after=after,
            limit=size,
            soon=soon,
            part=part,
            # A later day of a schedule has nothing earlier than the first time known of it.
            known=found if after is not None else (),
        )
        rest, overdue = page, now
        while rest := [one for one in rest if one[1] not in found or one[2] < found[one[1]].starts_at]:
            if sum(first.starts_at <= rest[0][2] for first in found.values()) >= limit:
                break
            look, rest = _by_turn(rest, limit)
            begins = {row[1]: row[2] for row in look}
            for one in search.of_rows([row[0] for row in look], now):
                if begins[one.id] < now + one.notice:
                    overdue = max(overdue, now + one.notice)
                first = _first_of(one, specialty, mode, now)
                if first is not None and (one.id not in found or first.starts_at < found[one.id].starts_at):
                    found[one.id] = first
            if soon is None and overdue > now and len(rest) > limit:
                break
        if soon is None and overdue > now and len(rest) > limit:
            after, soon = None, overdue
            continue
        if len(page) < size or sum(first.starts_at <= page[-1][2] for first in found.values()) >= limit:
            break
        after = (page[-1][2], page[-1][3])
        size = MOST_DAYS_AT_ONCE
    return sorted(found.values(), key=lambda first: (first.starts_at, str(first.offered.id)))[:limit]


def _by_turn(page: Sequence[entries.Entry], most: int) -> tuple[list[entries.Entry], list[entries.Entry]]:
    """Part a page into the first day of each of the first `most` schedules, and all the rest."""
    look: dict[UUID, entries.Entry] = {}
    rest = []
    for one in page:
        if one[1] not in look and len(look) < most:
            look[one[1]] = one
        else:
            rest.append(one)
    return list(look.values()), rest


def _first_of(one: Offered, specialty: str | None, mode: str | None, now: datetime) -> FirstTime | None:
    best: FirstTime | None = None
    for kept in one.days:
        for kind in one.kinds:
            if (mode and mode not in kind.modes) or (specialty and kind.specialty not in {None, specialty}):
                continue
            if kind.is_shared:
                shared = _of_truth(one, kind, kept.day, kept.day, now)
                starts_at = shared[0].starts_at if shared else None
            else:
                starts_at = next(search.each_start(kept, one.starts(kind, kept, now)), None)
            if starts_at is not None and (best is None or starts_at < best.starts_at):
                best = FirstTime(one, kind, starts_at)
        if best is not None:
            break
    return best


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
                    FreeTime(
                        schedule.pk,
                        schedule.facility_id,
                        kind.pk,
                        slot.starts_at,
                        slot.ends_at,
                        schedule.zone,
                        slot.seats_left,
                    )
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
        timedelta(minutes=schedule.buffer_before_minutes),
        timedelta(minutes=schedule.buffer_after_minutes),
        purposes_of(schedule, kind),
    )
    # A licence that ends inside the span ends the offer on that day.
    return [slot for slot in free if offers(schedule, kind, slots.wall(slot.starts_at, schedule.zone).date())]
