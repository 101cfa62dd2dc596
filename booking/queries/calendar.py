"""A week as the desk draws it: hours as bands, exceptions, holidays, visits, what is still free, and who shares a room.

Wall times throughout, as text ("08:00" … "24:00"): a calendar shows the clinic's clock. No clinical text.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q
from django.utils.translation import get_language

from booking import access, holidays, marks, slots
from booking.models import ACTIVE, Appointment, Closure, PractitionerDay, Rule, Schedule, Status, Undo
from booking.queries.sessions import shared_among
from booking.queries.times import holidays_for
from core.actor import Actor
from core.errors import NotFound

SHOWN = [*ACTIVE, Status.FULFILLED, Status.NO_SHOW]
MOVABLE = {Status.BOOKED, Status.CHECKED_IN}
A_DAY = timedelta(days=1)

Stretch = tuple[int, int]  # minutes of a day, [from, to)


@dataclass(frozen=True)
class Band:
    """A stretch of one day: weekly hours, an exception, or a time at which the doctor or the room is taken by others."""

    day: date
    starts: str
    ends: str
    kind: str  # rule, extra, instead, closed; elsewhere: the doctor is; other: a colleague in the room
    id: UUID | None
    schedule: UUID | None
    who: str = ""
    room: str = ""
    source: str = ""  # of an exception: desk, leave, calendar
    reason: str = ""
    grid_minutes: int = 15
    capacity: int = 1
    whole: bool = True  # False: only this day's share of something longer
    aside: bool = False  # weekly hours that do not hold that day: a holiday, or other hours


@dataclass(frozen=True)
class Visit:
    """An agreed time; the desk knows who and for what kind of visit, not why."""

    id: UUID
    session: UUID
    day: date
    starts: str
    ends: str
    schedule: UUID
    person: str
    visit_type: str
    status: str
    mode: str
    off_hours: bool
    may_move: bool


@dataclass(frozen=True)
class Group:
    """A time that people share; its visits name it as their session. More taken than seats: the hours gave more then."""

    session: UUID
    taken: int
    capacity: int


@dataclass(frozen=True)
class Clash:
    """Two schedules want one room at the same time."""

    day: date
    starts: str
    ends: str
    room: str
    schedule: UUID
    other: UUID
    who: str


@dataclass
class Day:
    """One day of the clinic: how much is taken and free, and when a visit may still begin."""

    day: date
    holiday: str = ""
    bookable: bool = True  # within the horizon of somebody's schedule
    taken: int = 0
    free: int = 0
    starts: list[str] = field(default_factory=list)


@dataclass
class Week:
    """All that a calendar page needs for seven days of one schedule, or of everybody in one room."""

    now: datetime
    first_day: date
    zone: str
    room: str
    schedules: list[Schedule]
    rules: list[Rule]
    days: list[Day] = field(default_factory=list)
    bands: list[Band] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    clashes: list[Clash] = field(default_factory=list)
    undo: Undo | None = None


def week_of_schedule(by: Actor, schedule_id: UUID, first_day: date, now: datetime) -> Week:
    """Lay out seven days of one schedule, with what the practitioner does elsewhere. Raises NotFound."""
    return _week(by, [access.get_schedule(by, schedule_id)], "", first_day, now)


def week_of_room(by: Actor, room: str, first_day: date, now: datetime) -> Week:
    """Lay out seven days of everybody who sees people in one room of the facility. Raises NotFound."""
    rows = Schedule.objects.filter(access.visible_schedules(by), Q(room=room) | Q(rules__room=room), active=True)
    schedules = list(rows.select_related("practitioner", "facility").distinct().order_by("practitioner__sort_name"))
    if not room or not schedules:
        raise NotFound
    return _week(by, schedules, room, first_day, now)


def rooms_of(by: Actor) -> list[str]:
    """List the rooms that the facility's schedules name, as people count them: 2 before 10."""
    schedules = Schedule.objects.filter(access.visible_schedules(by), active=True)
    named = set(schedules.values_list("room", flat=True))
    named |= set(Rule.objects.filter(schedule__in=schedules).values_list("room", flat=True))
    return sorted(named - {""}, key=lambda room: (len(room), room) if room.isdigit() else (99, room))


def last_undo(by: Actor, now: datetime) -> Undo | None:
    """Give the newest change of this person that may still be taken back."""
    if by.role != "desk" or by.user_id is None or by.facility_id is None:
        return None
    mine = Undo.objects.filter(user_id=by.user_id, facility_id=by.facility_id, used_at=None, expires_at__gt=now)
    return mine.order_by("-created_at", "-pk").first()


def _week(by: Actor, schedules: list[Schedule], room: str, first_day: date, now: datetime) -> Week:
    zone, last_day = schedules[0].zone, first_day + 6 * A_DAY
    own = {schedule.pk: schedule for schedule in schedules}
    rules = list(Rule.objects.filter(schedule__in=own).prefetch_related("visit_types"))
    rooms = {rule.room or own[rule.schedule_id].room for rule in rules} - {""}
    others = [] if room else _rules_of_others(schedules[0], rooms)
    window = DateTimeTZRange(*(slots.instant(at, time(0), zone) for at in (first_day, last_day + A_DAY)))
    closures: dict[UUID, list[Closure]] = defaultdict(list)
    concerned = {*own, *(rule.schedule_id for rule in others)}
    for closure in Closure.objects.filter(schedule__in=concerned, during__overlap=window).order_by("during"):
        closures[closure.schedule_id].append(closure)
    week = Week(now, first_day, zone, room, schedules, rules, undo=last_undo(by, now))
    week.days = [Day(first_day + n * A_DAY) for n in range(7)]
    free_days = holidays_for(schedules, window.lower, window.upper)
    horizon = max(slots.last_bookable_day(now, ZoneInfo(zone), one.horizon_days) for one in schedules)
    for day in week.days:
        day.bookable = day.day <= horizon
        if any(slots.wall(one.starts_at, zone).date() == day.day for one in free_days[schedules[0].pk]):
            day.holiday = holidays.name_of(day.day, get_language() or "vi")
    exceptional = {pk: [*(one.as_exceptional() for one in closures[pk]), *free_days[pk]] for pk in own}
    open_hours = {pk: _open(rules, pk, exceptional[pk], week) for pk in own}
    for pk, schedule in own.items():
        aside = slots.days_without_rules(exceptional[pk], zone)
        week.bands += _bands(schedule, rules, closures[pk], aside, week)
    seats: dict[UUID, Callable[[Appointment], int]] = {
        pk: partial(_seats_at, rules, exceptional[pk], zone) for pk in own
    }
    _put_visits(week, own, window, open_hours, seats, now)
    _put_free(week, own, now)
    _put_others(week, own, rules, others, closures)
    week.bands.sort(key=lambda band: (band.day, band.starts, band.ends))
    return week


def _rules_of_others(schedule: Schedule, rooms: Iterable[str]) -> list[Rule]:
    """Weekly hours of colleagues in these rooms."""
    wanted = Q(room__in=list(rooms)) | Q(room="", schedule__room__in=list(rooms))
    rows = Rule.objects.filter(wanted, schedule__facility=schedule.facility_id, schedule__active=True)
    return list(rows.exclude(schedule=schedule).select_related("schedule__practitioner")) if rooms else []


def _bands(
    schedule: Schedule, rules: list[Rule], closures: list[Closure], aside: set[date], week: Week
) -> Iterable[Band]:
    who = schedule.practitioner.display_name
    for rule in rules:
        here = rule.room or schedule.room
        if rule.schedule_id != schedule.pk or (week.room and here != week.room):
            continue
        for day in week.days:
            if rule.as_weekly().holds_on(day.day):
                starts, ends = _stretch_of(rule)
                yield Band(
                    day.day,
                    _text(starts),
                    _text(ends),
                    "rule",
                    rule.pk,
                    schedule.pk,
                    who,
                    here,
                    grid_minutes=rule.grid_minutes,
                    capacity=rule.capacity,
                    aside=day.day in aside,
                )
    for closure in closures:
        for day in week.days:
            stretch = _on(day.day, closure, week.zone)
            if stretch:
                whole = (stretch[1] - stretch[0]) == (closure.ends_at - closure.starts_at) / timedelta(minutes=1)
                yield Band(
                    day.day,
                    _text(stretch[0]),
                    _text(stretch[1]),
                    closure.kind,
                    closure.pk,
                    schedule.pk,
                    who,
                    schedule.room,
                    closure.source,
                    closure.reason,
                    closure.grid_minutes,
                    whole=whole,
                )


def _put_visits(
    week: Week,
    own: dict[UUID, Schedule],
    window: DateTimeTZRange,
    open_hours: dict[UUID, dict[date, list[Stretch]]],
    seats: dict[UUID, Callable[[Appointment], int]],
    now: datetime,
) -> None:
    drawn: list[Appointment] = []
    practitioners = [schedule.practitioner_id for schedule in own.values()]
    rows = Appointment.objects.filter(status__in=SHOWN, during__overlap=window, walk_in=False)
    rows = rows.filter(schedule__in=own) if week.room else rows.filter(practitioner__in=practitioners)
    days = {day.day: day for day in week.days}
    for one in rows.select_related("person", "visit_type").order_by("during", "pk"):
        starts, ends = slots.wall(one.starts_at, week.zone), slots.wall(one.ends_at, week.zone)
        day = days.get(starts.date())
        if day is None or one.is_overdue(now):
            continue
        first = starts.hour * 60 + starts.minute
        last = min(first + round((ends - starts) / timedelta(minutes=1)), 24 * 60)
        if one.schedule_id not in own:
            week.bands.append(Band(day.day, _text(first), _text(last), "elsewhere", None, None))
            continue
        if week.room and (one.room or own[one.schedule_id].room) != week.room:
            continue
        day.taken += 1
        drawn.append(one)
        inside = any(a <= first and last <= b for a, b in open_hours[one.schedule_id].get(day.day, []))
        week.visits.append(
            Visit(
                one.pk,
                one.session,
                day.day,
                _text(first),
                _text(last),
                one.schedule_id,
                one.person.full_name,
                one.visit_type.name,
                str(one.status),
                one.mode,
                not inside,
                one.status in MOVABLE and one.starts_at > now,
            )
        )
    groups = shared_among(drawn, lambda one: seats[one.schedule_id](one))
    week.groups = [Group(session, group.taken, group.capacity) for session, group in groups.items()]


def _seats_at(rules: list[Rule], exceptional: list[slots.Exceptional], zone: str, one: Appointment) -> int:
    """Tell how many people the hours of its schedule seat at the time of a visit."""
    mine = [rule.as_weekly() for rule in rules if rule.schedule_id == one.schedule_id]
    return slots.seats_at(mine, exceptional, zone, one.as_span())


def _put_free(week: Week, own: dict[UUID, Schedule], now: datetime) -> None:
    """Read what is still free where search reads it, so that the desk sees what citizens see."""
    days = {day.day: day for day in week.days}
    rows = PractitionerDay.objects.filter(schedule__in=own, day__range=(week.first_day, week.days[-1].day))
    for row in rows.filter(n_free__gt=0):
        found = days[row.day]
        ahead = [row.midnight_at + index * marks.STEP for index in marks.each(row.starts)]
        starts = [f"{slots.wall(at, week.zone):%H:%M}" for at in ahead if at > now]
        found.free += len(starts)
        found.starts = sorted({*found.starts, *starts})


def _put_others(
    week: Week,
    own: dict[UUID, Schedule],
    rules: list[Rule],
    others: list[Rule],
    closures: dict[UUID, list[Closure]],
) -> None:
    """Show who else is in these rooms, and where two want one at the same time."""
    by_schedule: dict[UUID, Schedule] = {**own, **{rule.schedule_id: rule.schedule for rule in others}}
    everybody = [rule for rule in [*rules, *others] if not week.room or _room(rule, by_schedule) == week.room]
    for day in week.days:
        present = [
            (rule, stretch)
            for rule in everybody
            if rule.as_weekly().holds_on(day.day)
            for stretch in _minus([_stretch_of(rule)], _closed(closures[rule.schedule_id], day.day, week.zone))
        ]
        for rule, (starts, ends) in present:
            who = by_schedule[rule.schedule_id].practitioner.display_name
            room = _room(rule, by_schedule)
            if rule.schedule_id not in own:
                band = Band(day.day, _text(starts), _text(ends), "other", None, rule.schedule_id, who, room)
                week.bands.append(band)
            for mine, (a, b) in present:
                if mine.schedule_id not in own or mine.schedule_id == rule.schedule_id:
                    continue
                both = rule.schedule_id in own and mine.schedule_id > rule.schedule_id  # said once for two of ours
                if not both and room and _room(mine, by_schedule) == room and a < ends and starts < b:
                    span = _text(max(a, starts)), _text(min(b, ends))
                    week.clashes.append(Clash(day.day, *span, room, mine.schedule_id, rule.schedule_id, who))


def _room(rule: Rule, schedules: dict[UUID, Schedule]) -> str:
    return rule.room or schedules[rule.schedule_id].room


def _open(
    rules: list[Rule], schedule_id: UUID, exceptional: list[slots.Exceptional], week: Week
) -> dict[date, list[Stretch]]:
    """The hours of each day in which somebody may be seen, exceptions and holidays reckoned in."""
    mine = [rule.as_weekly() for rule in rules if rule.schedule_id == schedule_id]
    found: dict[date, list[Stretch]] = defaultdict(list)
    for opening in slots.openings(mine, exceptional, week.zone, week.first_day, week.days[-1].day):
        first = opening.starts.hour * 60 + opening.starts.minute
        last = first + round((opening.ends - opening.starts) / timedelta(minutes=1))
        found[opening.starts.date()].append((first, min(last, 24 * 60)))
    return {day: _minus(hours, _closed(exceptional, day, week.zone)) for day, hours in found.items()}


def _closed(closures: Sequence[Closure | slots.Exceptional], day: date, zone: str) -> list[Stretch]:
    found = [_on(day, closure, zone) for closure in closures if closure.kind == Closure.Kind.CLOSED]
    return [stretch for stretch in found if stretch]


def _on(day: date, closure: Closure | slots.Exceptional, zone: str) -> Stretch | None:
    """The share of one day in an exception."""
    midnight = datetime.combine(day, time(0))
    first, last = (
        round((slots.wall(at, zone) - midnight) / timedelta(minutes=1)) for at in (closure.starts_at, closure.ends_at)
    )
    first, last = max(first, 0), min(last, 24 * 60)
    return (first, last) if first < last else None


def _minus(stretches: Iterable[Stretch], gone: Iterable[Stretch]) -> list[Stretch]:
    left = list(stretches)
    for a, b in gone:
        left = [part for x, y in left for part in ((x, min(y, a)), (max(x, b), y)) if part[0] < part[1]]
    return left


def _stretch_of(rule: Rule) -> Stretch:
    starts = rule.from_time.hour * 60 + rule.from_time.minute
    return starts, (rule.to_time.hour * 60 + rule.to_time.minute) or 24 * 60


def _text(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
