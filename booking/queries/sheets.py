"""What leaves in files: the hours as an import reads them, and who comes when for the desk. No clinical text."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.db.models import QuerySet

from booking import access, exporting, importing, slots
from booking.importing import Wish
from booking.models import Appointment, Closure, ImportRun, Rule, Schedule
from booking.queries.agreed import day_list, schedules_for
from booking.slots import MIDNIGHT
from core.actor import Actor

A_DAY = timedelta(days=1)


def imports_of(by: Actor) -> QuerySet[ImportRun]:
    """Give the files that were handed in at the actor's facility, the newest first, without their content."""
    return ImportRun.objects.filter(access.visible_imports(by)).defer("content").order_by("-created_at", "-id")


def hours_as_rows(by: Actor, language: str) -> list[list[str]]:
    """Write every weekly rule and every exception of the facility as an import would read it.

    What follows another calendar or a leave is left out: it belongs to those.
    """
    schedules = {one.pk: one for one in schedules_for(by, by.facility_id)}
    found: list[tuple[str, str, Wish]] = []
    for rule in Rule.objects.filter(schedule__in=schedules).prefetch_related("visit_types"):
        schedule = schedules[rule.schedule_id]
        names = tuple(sorted(one.name_en if language == "en" else one.name_vi for one in rule.visit_types.all()))
        wish = _wish(schedule, importing.WEEKLY)
        wish.weekday, wish.from_time, wish.to_time = rule.weekday, rule.from_time, rule.to_time
        wish.grid_minutes, wish.offset_minutes, wish.capacity = rule.grid_minutes, rule.offset_minutes, rule.capacity
        wish.visit_types, wish.room = names, rule.room or schedule.room
        wish.valid_from, wish.valid_to = rule.valid_from, rule.valid_to
        found.append((schedule.practitioner.sort_name, f"0{rule.weekday}{rule.from_time}", wish))
    for closure in Closure.objects.filter(schedule__in=schedules, source=Closure.Source.DESK):
        schedule = schedules[closure.schedule_id]
        wish = _wish(schedule, closure.kind)
        wish.reason, wish.grid_minutes = closure.reason, closure.grid_minutes
        starts, ends = slots.wall(closure.starts_at, schedule.zone), slots.wall(closure.ends_at, schedule.zone)
        wish.first_day, wish.from_time, wish.to_time = starts.date(), starts.time(), ends.time()
        wish.last_day = ends.date() - A_DAY * (ends.time() == MIDNIGHT)
        found.append((schedule.practitioner.sort_name, f"1{closure.starts_at.isoformat()}", wish))
    ordered = sorted(found, key=lambda one: (one[0], one[2].licence, one[1]))
    return [exporting.row_of(wish, language) for _name, _when, wish in ordered]


def _wish(schedule: Schedule, kind: str) -> Wish:
    practitioner = schedule.practitioner
    return Wish(0, practitioner.licence_number, practitioner.display_name, kind, room=schedule.room)


def visits_between(by: Actor, first_day: date, last_day: date) -> Iterable[Appointment]:
    """List who comes from one day to another, in order of time, as the desk's lists show it."""
    for number in range((last_day - first_day).days + 1):
        yield from day_list(by, day=first_day + number * A_DAY, facility_id=by.facility_id)
