"""Calendars: secret addresses under which one's visits are read, and other calendars whose busy times close a schedule."""

import secrets
from datetime import datetime, timedelta
from urllib.parse import urljoin
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

import audit
from booking import access, busy, days
from booking.busy import BusyTime, CalendarProblem
from booking.errors import BadFile, TooManyCalendars
from booking.models import BusyFeed, CalendarLink, Closure
from booking.queries.feeds import hash_of
from core import outbound
from core.actor import Actor
from core.errors import NotFound
from core.tasks import later
from identity import access as identity_access

MOST_LINKS = 10
MOST_FEEDS = 5
MOST_REDIRECTS = 3
TIMEOUT_S = 15
TOLD_EVERY = timedelta(hours=1)


@transaction.atomic
def make_calendar_link(*, person_id: UUID | None = None, by: Actor, now: datetime) -> tuple[CalendarLink, str]:
    """Make a secret address for one's own visits, or those of a person one acts for; the token is told this once.

    A practitioner gets one for their own visits, whatever `person_id`. Raises NotFound, TooManyCalendars.
    """
    if by.user_id is None:
        raise NotFound
    link = CalendarLink(user_id=by.user_id, created_at=now)
    if by.role == "practitioner" and by.practitioner_id:
        link.practitioner_id = by.practitioner_id
    elif by.role == "citizen" and by.person_id:
        link.person = identity_access.get_person(by, person_id or by.person_id)
    else:
        raise NotFound
    if CalendarLink.objects.filter(user_id=by.user_id, revoked_at=None).count() >= MOST_LINKS:
        raise TooManyCalendars
    token = secrets.token_urlsafe(32)
    link.token_hash = hash_of(token)
    link.save(force_insert=True)
    audit.record(by, "booking.calendar", link, person_id=link.person_id, detail={"what": "address made"})
    return link, token


@transaction.atomic
def revoke_calendar_link(*, link_id: UUID, by: Actor, now: datetime) -> CalendarLink:
    """End a secret address; from now on it is as if it had never been. Again: nothing more. Raises NotFound."""
    link = access.lock_calendar_link(by, link_id)
    if link.revoked_at is None:
        link.revoked_at = now
        link.save(update_fields=["revoked_at"])
        audit.record(by, "booking.calendar", link, person_id=link.person_id, detail={"what": "address revoked"})
    return link


def note_calendar_read(*, link_id: UUID, read_at: datetime | None, now: datetime) -> None:
    """Remember roughly when a calendar programme last came by."""
    if read_at is None or now - read_at >= TOLD_EVERY:
        CalendarLink.objects.filter(pk=link_id).update(read_at=now)


@transaction.atomic
def follow_calendar(
    *, schedule_id: UUID, url: str = "", content: bytes | None = None, name: str = "", by: Actor, now: datetime
) -> BusyFeed:
    """Let another calendar's busy times close a schedule: an address that is read again and again, or a file.

    Following the same address twice is following it once. Raises NotFound, AddressRefused, BadFile, TooManyCalendars.
    """
    if by.role not in {"desk", "practitioner"}:
        raise NotFound
    schedule = access.get_schedule(by, schedule_id)
    url = url.strip()
    if url.lower().startswith("webcal://"):
        url = f"https://{url[9:]}"
    if content is None:
        outbound.check(url)
        schedule = access.lock_times_of(schedule_id)
        known = BusyFeed.objects.filter(schedule=schedule, url=url).first()
        if known is not None:
            return known
    else:
        url = ""
        try:
            busy.busy_times(content, zone=schedule.zone, since=now, until=now + timedelta(days=busy.DAYS_AHEAD))
        except CalendarProblem as problem:
            raise BadFile(fields={"file": [busy.PROBLEMS[problem.code]]}) from problem
        schedule = access.lock_times_of(schedule_id)  # only now: reading may take seconds
    if BusyFeed.objects.filter(schedule=schedule).count() >= MOST_FEEDS:
        raise TooManyCalendars
    feed = BusyFeed.objects.create(schedule=schedule, url=url, name=name[:120], content=content, created_at=now)
    detail = {"what": "followed", "schedule": str(schedule.pk)}
    audit.record(by, "booking.calendar", feed, facility_id=schedule.facility_id, detail=detail)
    later("booking.tasks.read_feed", lock=f"feed:{feed.pk}", feed_id=str(feed.pk))
    return feed


@transaction.atomic
def unfollow_calendar(*, feed_id: UUID, by: Actor, now: datetime) -> None:
    """Follow a calendar no longer; what it had closed is open again. Raises NotFound."""
    feed = access.get_feed(by, feed_id)
    schedule = access.lock_times_of(feed.schedule_id)
    detail = {"what": "no longer followed", "schedule": str(schedule.pk)}
    audit.record(by, "booking.calendar", feed, facility_id=schedule.facility_id, detail=detail)
    feed.delete()
    days.rebuild([schedule.pk], now=now)


def read_feed(*, feed_id: UUID, by: Actor, now: datetime) -> BusyFeed:
    """Read a followed calendar and make the schedule's exceptions equal to its busy times. Repeatable.

    Agreed visits stay where they are. What cannot be read leaves things as they were and is noted on the feed.
    """
    feed = access.get_feed(by, feed_id)
    content, problem = bytes(feed.content or b""), ""
    if feed.url:
        fetched, problem = _fetched(feed)
        content = fetched or content
    times: list[BusyTime] | None = None
    if content and problem != "gone":
        try:
            times = _read(content, feed.schedule.zone, now)
        except CalendarProblem as error:
            problem = error.code
    return _sync(feed, content, times, problem, now)


def _fetched(feed: BusyFeed) -> tuple[bytes, str]:
    """Fetch, outside of any transaction. Every redirect is looked at like the first address."""
    url = feed.url
    headers = {"Accept": "text/calendar, */*;q=0.1"}
    if feed.etag and feed.content:
        headers["If-None-Match"] = feed.etag
    try:
        for _hop in range(MOST_REDIRECTS + 1):
            answer = outbound.fetch(url, headers=headers, timeout_s=TIMEOUT_S, max_bytes=busy.MOST_BYTES)
            if answer.status in {301, 302, 303, 307, 308} and answer.headers.get("location"):
                url = urljoin(url, answer.headers["location"])
                continue
            if answer.status == 304:
                return b"", ""
            if answer.status in {404, 410}:
                return b"", "gone"
            if not answer.ok:
                return b"", "no_answer"
            feed.etag = answer.headers.get("etag", "").replace("\x00", "")[:200]
            return answer.body, ""
    except outbound.AddressRefused:
        return b"", "address_refused"
    except outbound.NoAnswer:
        return b"", "no_answer"
    return b"", "no_answer"


def _read(content: bytes, zone: str, now: datetime) -> list[BusyTime]:
    # To midnight: a long event is cut off there, and so changes once a day and not with every reading.
    last = (now + timedelta(days=busy.DAYS_AHEAD + 1)).astimezone(ZoneInfo(zone))
    until = last.replace(hour=0, minute=0, second=0, microsecond=0)
    return busy.busy_times(content, zone=zone, since=now, until=until)


@transaction.atomic
def _sync(
    feed: BusyFeed, content: bytes, times: list[BusyTime] | None, problem: str, now: datetime
) -> BusyFeed:  # fmt: skip
    schedule = access.lock_times_of(feed.schedule_id)
    fresh = BusyFeed.objects.select_for_update().filter(pk=feed.pk).first()
    if fresh is None:
        raise NotFound  # no longer followed since we went out to fetch
    if times is not None:
        have = {one.feed_uid: one for one in Closure.objects.filter(feed=fresh)}
        want = {one.uid: one for one in times}
        gone = [one.pk for uid, one in have.items() if uid not in want]
        moved = []
        for uid, closure in have.items():
            if uid in want and (closure.starts_at, closure.ends_at) != (want[uid].starts_at, want[uid].ends_at):
                closure.during = DateTimeTZRange(want[uid].starts_at, want[uid].ends_at)
                moved.append(closure)
        new = [
            Closure(
                schedule=schedule,
                during=DateTimeTZRange(one.starts_at, one.ends_at),
                kind=Closure.Kind.CLOSED,
                source=Closure.Source.CALENDAR,
                feed=fresh,
                feed_uid=uid,
                created_at=now,
            )
            for uid, one in want.items()
            if uid not in have
        ]
        Closure.objects.filter(pk__in=gone).delete()
        Closure.objects.bulk_update(moved, ["during"])
        Closure.objects.bulk_create(new)
        if gone or moved or new:
            days.rebuild([schedule.pk], now=now)
        fresh.content = content
        fresh.etag = feed.etag
    fresh.problem, fresh.read_at = problem, now
    fresh.save()
    return fresh
