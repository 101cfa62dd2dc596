"""What a page of many doctors shows: the next times of each, read in a handful of statements whatever many they are."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Count

from booking import slots
from booking.models import ACTIVE, Appointment
from booking.queries import search
from booking.queries.free import FirstFree, FreeTime, first_free
from booking.queries.parts import in_part
from booking.queries.search import Offered
from booking.queries.times import purposes_of, times_of


def next_times(
    firsts: Sequence[FirstFree], now: datetime, *, days: int = 1, part: str = "", count: int = 4
) -> dict[UUID, list[FreeTime]]:
    """Give the next free times behind each first one, by schedule: of its own day, or of so many days from it.

    The projection knows most of it in one statement; shared times and days beyond its window are reckoned from the truth.
    """
    if not firsts:
        return {}
    spans = {one.schedule.pk: (_day_of(one), _day_of(one) + timedelta(days=days - 1)) for one in firsts}
    first_day, last_day = min(first for first, _ in spans.values()), max(last for _, last in spans.values())
    offered = {one.id: one for one in search.of_schedules(list(spans), first_day, last_day, now)}
    found: dict[UUID, list[FreeTime]] = {}
    beyond = []
    for one in firsts:
        times = _of_kept(one, offered.get(one.schedule.pk), *spans[one.schedule.pk], now, part, count)
        if times is None:
            beyond.append(one)
        else:
            found[one.schedule.pk] = times
    return found | truly_next_times(beyond, now, days=days, part=part, count=count)


def _day_of(one: FirstFree) -> date:
    return slots.wall(one.starts_at, one.schedule.zone).date()


def _of_kept(
    first: FirstFree, offered: Offered | None, first_day: date, last_day: date, now: datetime, part: str, count: int
) -> list[FreeTime] | None:
    """Read them from the projection; None where it does not keep them all."""
    kind = next((one for one in offered.kinds if one.id == first.visit_type.pk), None) if offered else None
    if offered is None or kind is None or kind.is_shared:
        return None
    found: list[FreeTime] = []
    rows = {one.day: one for one in offered.days}
    length = timedelta(minutes=kind.minutes)
    for number in range((last_day - first_day).days + 1):
        kept = rows.get(first_day + timedelta(days=number))
        if kept is None:
            return None
        for starts_at in search.each_start(kept, offered.starts(kind, kept, now)):
            if in_part(starts_at, offered.zone, part):
                found.append(
                    FreeTime(offered.id, offered.facility_id, kind.id, starts_at, starts_at + length, offered.zone)
                )
                if len(found) == count:
                    return found
    return found


def truly_next_times(
    firsts: Sequence[FirstFree], now: datetime, *, days: int = 1, part: str = "", count: int = 4
) -> dict[UUID, list[FreeTime]]:
    """Say what `next_times` says, from the truth alone: a handful of statements, but all that is agreed is read."""
    if not firsts:
        return {}
    schedules = [one.schedule for one in firsts]
    first, last = min(one.starts_at for one in firsts), max(one.starts_at for one in firsts)
    known = times_of(schedules, first - timedelta(days=1), last + timedelta(days=days + 1), now)
    found: dict[UUID, list[FreeTime]] = {}
    for one in firsts:
        schedule, times = one.schedule, known[one.schedule.pk]
        day = slots.wall(one.starts_at, schedule.zone).date()
        free = slots.free_slots(
            times.rules_for(one.visit_type),
            times.closures,
            times.busy,
            schedule.zone,
            one.visit_type.minutes,
            day,
            day + timedelta(days=days - 1),
            now,
            timedelta(minutes=schedule.min_notice_minutes),
            schedule.horizon_days,
            timedelta(minutes=schedule.buffer_before_minutes),
            timedelta(minutes=schedule.buffer_after_minutes),
            purposes_of(schedule, one.visit_type),
        )
        fitting = [slot for slot in free if in_part(slot.starts_at, schedule.zone, part)]
        found[schedule.pk] = [
            FreeTime(
                schedule.pk,
                schedule.facility_id,
                one.visit_type.pk,
                slot.starts_at,
                slot.ends_at,
                schedule.zone,
                slot.seats_left,
            )
            for slot in fitting[:count]
        ]
    return found


def least_loaded(
    facility_id: UUID, now: datetime, *, specialty: str | None = None, mode: str | None = None
) -> FirstFree | None:
    """Give a time with any doctor of a facility, fairly: of those who are free on the first day, the one with fewest visits."""
    firsts = first_free(now=now, facility_id=facility_id, specialty=specialty, mode=mode, limit=50)
    if not firsts:
        return None
    day = slots.wall(firsts[0].starts_at, firsts[0].schedule.zone).date()
    same = [one for one in firsts if slots.wall(one.starts_at, one.schedule.zone).date() == day]
    begins = slots.instant(day, time(0), firsts[0].schedule.zone)
    rows = Appointment.objects.filter(
        practitioner__in={one.schedule.practitioner_id for one in same},
        status__in=ACTIVE,
        during__overlap=DateTimeTZRange(begins, begins + timedelta(days=1)),
    )
    loads: dict[UUID, int] = defaultdict(int)
    loads.update(rows.values_list("practitioner").annotate(visits=Count("pk")))
    return min(same, key=lambda one: (loads[one.schedule.practitioner_id], one.starts_at, str(one.schedule.pk)))
