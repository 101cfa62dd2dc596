"""Ties to other calendars and systems."""

from uuid import UUID

from django.db.models import Q

from booking.access.schedules import visible_schedules
from booking.models import BusyFeed, CalendarLink, ImportRun, Schedule
from core.actor import Actor
from core.errors import NotFound


def visible_imports(by: Actor) -> Q:
    """Say which imports this actor may see: the desk its facility's."""
    if by.is_system:
        return Q()
    if by.role == "desk" and by.facility_id:
        return Q(facility_id=by.facility_id)
    return Q(pk__in=[])


def get_import(by: Actor, run_id: UUID) -> ImportRun:
    """Give an import to the desk of its facility. Raises NotFound."""
    run = ImportRun.objects.filter(visible_imports(by), pk=run_id).first()
    if run is None:
        raise NotFound
    return run


def lock_import(by: Actor, run_id: UUID) -> ImportRun:
    """Give an import locked until the transaction ends. Raises NotFound."""
    run = ImportRun.objects.select_for_update().filter(visible_imports(by), pk=run_id).first()
    if run is None:
        raise NotFound
    return run


def get_feed(by: Actor, feed_id: UUID) -> BusyFeed:
    """Give a followed calendar to the desk of its facility or its practitioner. Raises NotFound."""
    schedules = Schedule.objects.filter(visible_schedules(by))
    feed = BusyFeed.objects.select_related("schedule").filter(schedule__in=schedules, pk=feed_id).first()
    if feed is None:
        raise NotFound
    return feed


def visible_calendar_links(by: Actor) -> Q:
    """Say which calendar links this actor may see: those they made themselves."""
    return Q(user_id=by.user_id) if by.user_id else Q(pk__in=[])


def lock_calendar_link(by: Actor, link_id: UUID) -> CalendarLink:
    """Give a calendar link to whoever made it. Raises NotFound."""
    link = CalendarLink.objects.select_for_update().filter(visible_calendar_links(by), pk=link_id).first()
    if link is None:
        raise NotFound
    return link
