"""What a hand does to a calendar: drag hours to another time, once or every week from a day on, and many at a stroke.

Each act is one change: it can be taken back whole, and agreed visits are looked at once it is all in place.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

import audit
from booking import access, days, slots
from booking.actions import harm
from booking.actions.hours import refuse_bad_exception, refuse_bad_rule, refuse_off_marks
from booking.actions.undoing import remembering
from booking.errors import BadHours, RuleOverlaps
from booking.marks import MINUTES
from booking.models import Closure, Rule, Schedule
from booking.slots import MIDNIGHT
from core.actor import Actor
from core.errors import NotFound, WrongState
from identity.models import VisitType

A_DAY = timedelta(days=1)
# What may be given to many weekly hours at once; what is left out stays as it is.
COMMON = ("from_time", "to_time", "grid_minutes", "valid_from", "valid_to", "room", "capacity")


def move_rule(
    *,
    schedule_id: UUID,
    rule_id: UUID,
    day: date,
    to_day: date,
    from_time: time,
    to_time: time,
    once: bool,
    changes: dict[str, Any] | None = None,
    visit_type_ids: Collection[UUID] | None = None,
    keep_agreed: bool = False,
    by: Actor,
    now: datetime,
) -> Rule:
    """Take the hours of one day to another time or day: `once`, or every week from that day on.

    Once leaves the weekly hours alone: what goes is closed that day, what comes is opened. Every week: the old hours
    end the day before, new ones begin, so that weeks gone by still show what was; `changes` (see COMMON) and kinds of
    visit come with them. Gives the hours that hold from then.

    Raises NotFound, BadHours, OffMarks, WrongState for hours that are over, RuleOverlaps, AppointmentsAffected.
    """
    with remembering("move_rule", [schedule_id], by=by, now=now):
        schedule = access.lock_schedule(by, schedule_id)
        rule = access.get_rule(schedule, rule_id)
        if not rule.as_weekly().holds_on(day):
            raise NotFound
        if to_time <= from_time and to_time != MIDNIGHT:
            raise BadHours(fields={"to_time": [BadHours.message]})
        for name, moment in (("from_time", from_time), ("to_time", to_time)):
            refuse_off_marks(name, moment)
        covered = harm.covered([schedule], now)
        if once:
            _move_once(schedule, rule, _hours(day, rule.from_time, rule.to_time), _hours(to_day, from_time, to_time))
        else:
            since = max(min(day, to_day), schedule.today(now))
            rule = _from_day_on(rule, since, now)
            values = {**(changes or {}), "from_time": from_time, "to_time": to_time}
            rule.weekday = to_day.weekday()
            _give(rule, values, _visit_types([schedule], visit_type_ids))
        _refuse_overlaps(schedule, {rule.pk: rule_id})
        _settle([schedule], covered, keep_agreed, by, now, "hours moved")
        return rule


def move_closure(
    *,
    schedule_id: UUID,
    closure_id: UUID,
    starts_at: datetime,
    ends_at: datetime,
    reason: str | None = None,
    grid_minutes: int | None = None,
    keep_agreed: bool = False,
    by: Actor,
    now: datetime,
) -> Closure:
    """Give one of the desk's own exceptions another time. Raises NotFound, BadHours, AppointmentsAffected."""
    with remembering("move_closure", [schedule_id], by=by, now=now):
        schedule = access.lock_schedule(by, schedule_id)
        closure = access.get_closure(schedule, closure_id)
        if closure.source != Closure.Source.DESK:
            raise WrongState  # a leave or another calendar says when it is
        if not now - 366 * A_DAY <= starts_at < ends_at <= now + 732 * A_DAY:
            raise BadHours
        covered = harm.covered([schedule], now)
        closure.during = DateTimeTZRange(starts_at, ends_at)
        closure.reason = closure.reason if reason is None else reason
        closure.grid_minutes = grid_minutes or closure.grid_minutes
        refuse_bad_exception(closure.kind, starts_at, closure.grid_minutes)
        closure.save(update_fields=["during", "reason", "grid_minutes"])
        _settle([schedule], covered, keep_agreed, by, now, "exception moved")
        return closure


def change_rules(
    *,
    rule_ids: Collection[UUID],
    changes: dict[str, Any],
    visit_type_ids: Collection[UUID] | None = None,
    remove: bool = False,
    keep_agreed: bool = False,
    by: Actor,
    now: datetime,
) -> list[Rule]:
    """Give many weekly hours of the facility the same values, or take them all away; all of them or none.

    Raises NotFound, BadHours, RuleOverlaps, AppointmentsAffected.
    """
    wanted = set(rule_ids)
    mine = Rule.objects.filter(schedule__in=Schedule.objects.filter(access.visible_schedules(by)), pk__in=wanted)
    ids = set(mine.values_list("schedule_id", flat=True))
    with remembering("change_rules", ids, by=by, now=now):
        schedules = access.lock_schedules(by, ids)
        rules = list(Rule.objects.filter(schedule__in=ids, pk__in=wanted).order_by("pk"))
        if len(rules) != len(wanted) or not rules:
            raise NotFound
        covered = harm.covered(schedules, now)
        if remove:
            Rule.objects.filter(pk__in=wanted).delete()
        else:
            kinds = _visit_types(schedules, visit_type_ids)
            for rule in rules:
                _give(rule, changes, kinds)
        what = "weekly hours removed" if remove else "weekly hours changed"
        _settle(schedules, covered, keep_agreed, by, now, what, rules=len(rules))
        return [] if remove else rules


def copy_rules(
    *, schedule_id: UUID, to_schedule_id: UUID, replace: bool, keep_agreed: bool = False, by: Actor, now: datetime
) -> int:
    """Give another schedule the weekly hours of this one, instead of its own or beside them; tell how many.

    Raises NotFound, RuleOverlaps, AppointmentsAffected.
    """
    source = _other(by, schedule_id, to_schedule_id)
    with remembering("copy_rules", [to_schedule_id], by=by, now=now):
        target = access.lock_schedule(by, to_schedule_id)
        covered = harm.covered([target], now)
        today = target.today(now)
        if replace:
            for rule in target.rules.all():
                _end_before(rule, today, now)
        copied = [rule for rule in source.rules.prefetch_related("visit_types") if (rule.valid_to or today) >= today]
        for rule in copied:
            since = max(rule.valid_from or today, today) if replace else rule.valid_from
            _copy(rule, target, now, valid_from=since)
        _settle([target], covered, keep_agreed, by, now, "weekly hours copied", source=str(source.pk))
        return len(copied)


def copy_week(
    *,
    schedule_id: UUID,
    to_schedule_id: UUID,
    monday: date,
    to_monday: date,
    replace: bool,
    keep_agreed: bool = False,
    by: Actor,
    now: datetime,
) -> int:
    """Repeat the exceptions of one week in another one, at the same wall times; tell how many.

    Raises NotFound, BadHours, AppointmentsAffected.
    """
    source = access.get_schedule(by, schedule_id)
    if (schedule_id, monday) == (to_schedule_id, to_monday) or abs(to_monday - source.today(now)) > 730 * A_DAY:
        raise BadHours
    with remembering("copy_week", [to_schedule_id], by=by, now=now):
        target = access.lock_schedule(by, to_schedule_id)
        covered = harm.covered([target], now)
        if replace:
            _of_week(target, to_monday).delete()
        copied = list(_of_week(source, monday))
        for closure in copied:
            ends = [slots.wall(at, source.zone) + (to_monday - monday) for at in (closure.starts_at, closure.ends_at)]
            _close_or_open(target, ends[0], ends[1], closure.kind, closure.grid_minutes, closure.reason)
        _settle([target], covered, keep_agreed, by, now, "week copied", source=str(source.pk))
        return len(copied)


def _hours(day: date, from_time: time, to_time: time) -> tuple[datetime, datetime]:
    return datetime.combine(day, from_time), datetime.combine(day + A_DAY * (to_time == MIDNIGHT), to_time)


def _move_once(schedule: Schedule, rule: Rule, old: tuple[datetime, datetime], new: tuple[datetime, datetime]) -> None:
    for starts, ends in _without(old, new):
        _close_or_open(schedule, starts, ends, Closure.Kind.CLOSED, rule.grid_minutes)
    for starts, ends in _without(new, old):
        _close_or_open(schedule, starts, ends, Closure.Kind.EXTRA, rule.grid_minutes)


def _without(one: tuple[datetime, datetime], other: tuple[datetime, datetime]) -> Iterable[tuple[datetime, datetime]]:
    """Give what of the one lies outside the other."""
    before, after = (one[0], min(one[1], other[0])), (max(one[0], other[1]), one[1])
    return [(starts, ends) for starts, ends in dict.fromkeys([before, after]) if starts < ends]


def _close_or_open(
    schedule: Schedule, starts: datetime, ends: datetime, kind: str, grid_minutes: int, reason: str = ""
) -> None:
    span = [slots.instant(at.date(), at.time(), schedule.zone) for at in (starts, ends)]
    Closure.objects.create(
        schedule=schedule, during=DateTimeTZRange(*span), kind=kind, grid_minutes=grid_minutes, reason=reason
    )


def _from_day_on(rule: Rule, since: date, now: datetime) -> Rule:
    """Part the hours at a day and give those from then on; hours that have not held before are given as they are."""
    if rule.valid_to is not None and rule.valid_to < since:
        raise WrongState
    begins = max(rule.valid_from or date.min, rule.schedule.today(rule.created_at))
    if begins >= since:
        return rule
    later = _copy(rule, rule.schedule, now, valid_from=since)
    rule.valid_to = since - A_DAY
    rule.save(update_fields=["valid_to"])
    return later


def _end_before(rule: Rule, day: date, now: datetime) -> None:
    if rule.valid_from is not None and rule.valid_from >= day:
        rule.delete()
    elif rule.valid_to is None or rule.valid_to >= day:
        rule.valid_to = day - A_DAY
        rule.save(update_fields=["valid_to"])


def _copy(rule: Rule, schedule: Schedule, now: datetime, **values: Any) -> Rule:
    kept = {
        field.attname: getattr(rule, field.attname)
        for field in Rule._meta.concrete_fields
        if field.attname not in {"id", "created_at", "schedule_id"}
    }
    made = Rule.objects.create(**{**kept, **values, "schedule": schedule, "created_at": now})
    made.visit_types.set(rule.visit_types.all())
    return made


def _of_week(schedule: Schedule, monday: date) -> Any:
    first, last = (slots.instant(monday + A_DAY * n, MIDNIGHT, schedule.zone) for n in (0, 7))
    rows = Closure.objects.filter(schedule=schedule, source=Closure.Source.DESK)
    return rows.filter(during__startswith__gte=first, during__startswith__lt=last)


def _other(by: Actor, schedule_id: UUID, to_schedule_id: UUID) -> Schedule:
    if schedule_id == to_schedule_id:
        raise BadHours
    return access.get_schedule(by, schedule_id)


def _visit_types(schedules: Sequence[Schedule], visit_type_ids: Collection[UUID] | None) -> list[VisitType] | None:
    if visit_type_ids is None:
        return None
    found = list(VisitType.objects.filter(pk__in=visit_type_ids, facility=schedules[0].facility_id))
    if len(found) != len(set(visit_type_ids)):
        raise NotFound
    return found


def _give(rule: Rule, values: dict[str, Any], kinds: list[VisitType] | None) -> None:
    for name in COMMON:
        setattr(rule, name, values.get(name, getattr(rule, name)))
    rule.offset_minutes = min(rule.offset_minutes, rule.grid_minutes - MINUTES)
    refuse_bad_rule(rule)
    rule.save()
    if kinds is not None:
        rule.visit_types.set(kinds)


def _settle(
    schedules: Sequence[Schedule],
    covered: set[UUID],
    keep_agreed: bool,
    by: Actor,
    now: datetime,
    what: str,
    **detail: object,
) -> None:
    """Refuse what would hurt, bring the days up to date, and write down who did what."""
    for schedule in schedules:
        _refuse_overlaps(schedule)
    harm.refuse(schedules, covered, keep_agreed, now)
    days.rebuild([schedule.pk for schedule in schedules], now=now)
    for schedule in schedules:
        audit.record(
            by, "booking.schedule", schedule, facility_id=schedule.facility_id, detail={"what": what, **detail}
        )


def _refuse_overlaps(schedule: Schedule, known_as: Mapping[UUID, UUID] = MappingProxyType({})) -> None:
    """Name the hours that meet; those just parted from others by their former id."""
    rules = list(Rule.objects.filter(schedule=schedule).order_by("weekday", "from_time", "pk"))
    for number, one in enumerate(rules):
        for other in rules[number + 1 :]:
            if other.weekday != one.weekday or (one.to_time != MIDNIGHT and other.from_time >= one.to_time):
                break
            if (one.valid_from or date.min) <= (other.valid_to or date.max) and (other.valid_from or date.min) <= (
                one.valid_to or date.max
            ):
                raise RuleOverlaps(fields={"rules": [str(known_as.get(one_.pk, one_.pk)) for one_ in (one, other)]})
