"""What weekly hours and exceptions must be like before they are written: whole marks, an end after a beginning."""

from datetime import date, datetime, time

from booking.errors import BadHours, OffMarks, RuleOverlaps
from booking.marks import MINUTES
from booking.models import Closure, Rule
from booking.slots import MIDNIGHT


def refuse_bad_rule(rule: Rule) -> None:
    """Look at one rule by itself. Raises BadHours, OffMarks."""
    for name in ("from_time", "to_time"):
        refuse_off_marks(name, getattr(rule, name))
    for name in ("grid_minutes", "offset_minutes"):
        refuse_odd(name, getattr(rule, name))
    if rule.to_time <= rule.from_time and rule.to_time != MIDNIGHT:
        raise BadHours(fields={"to_time": [BadHours.message]})
    if rule.offset_minutes >= rule.grid_minutes:
        raise BadHours(fields={"offset_minutes": [BadHours.message]})
    if rule.valid_from and rule.valid_to and rule.valid_to < rule.valid_from:
        raise BadHours(fields={"valid_to": [BadHours.message]})


def refuse_overlap(rule: Rule) -> None:
    """Look at the other hours of that weekday. Raises RuleOverlaps."""
    for other in Rule.objects.filter(schedule=rule.schedule_id, weekday=rule.weekday).exclude(pk=rule.pk):
        if _hours_meet(rule, other) and _validity_meets(rule, other):
            raise RuleOverlaps(fields={"rules": [str(rule.pk), str(other.pk)]})


def refuse_bad_exception(kind: str, starts_at: datetime, grid_minutes: int) -> None:
    """Hours one can book begin on a mark; time off may begin whenever it does. Raises OffMarks."""
    if kind != Closure.Kind.CLOSED:
        refuse_off_marks("starts_at", starts_at)
        refuse_odd("grid_minutes", grid_minutes)


def refuse_off_marks(name: str, moment: time | datetime) -> None:
    """Raises OffMarks unless a time of day or a moment lies on a mark."""
    if moment.minute % MINUTES or moment.second or moment.microsecond:
        raise OffMarks(fields={name: [OffMarks.message]})


def refuse_odd(name: str, minutes: int) -> None:
    """Raises OffMarks unless a number of minutes comes out even in marks."""
    if minutes % MINUTES:
        raise OffMarks(fields={name: [OffMarks.message]})


def _hours_meet(one: Rule, other: Rule) -> bool:
    return one.from_time < _end(other) and other.from_time < _end(one)


def _end(rule: Rule) -> time:
    return time.max if rule.to_time == MIDNIGHT else rule.to_time


def _validity_meets(one: Rule, other: Rule) -> bool:
    return (one.valid_from or date.min) <= (other.valid_to or date.max) and (other.valid_from or date.min) <= (
        one.valid_to or date.max
    )
