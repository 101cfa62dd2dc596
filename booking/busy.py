"""Busy times out of somebody's other calendar (RFC 5545): events once and repeated, all day or not. Pure, and bounded.

Events that are free ("transparent") or cancelled do not count. A repeated event repeats in its own zone's wall time, so a
meeting at nine stays at nine; what its calendar says of single occurrences (EXDATE, RECURRENCE-ID) holds.
"""

import hashlib
import time as clock
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from icalendar import Calendar

MOST_BYTES = 2 * 1024 * 1024
MOST_EVENTS = 5_000
MOST_TIMES = 3_000
LONGEST_WORK_S = 10.0
DAYS_AHEAD = 90
UID_LENGTH = 255

PROBLEMS: dict[str, Promise] = {
    "not_a_calendar": _("This is not a calendar (iCalendar, .ics)."),
    "calendar_too_large": _("The calendar is too large."),
    "calendar_too_busy": _("The calendar repeats itself too often to be followed."),
    "no_answer": _("The calendar's address does not answer. We keep trying."),
    "address_refused": _("We do not go to this address. It must be public and begin with https://."),
    "gone": _("There is no calendar at this address any more."),
}


class CalendarProblem(Exception):
    """The calendar cannot be used: a code of PROBLEMS."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True, order=True)
class BusyTime:
    """One busy stretch; `uid` is the event's, with the occurrence where it repeats."""

    starts_at: datetime
    ends_at: datetime
    uid: str


def busy_times(content: bytes, *, zone: str, since: datetime, until: datetime) -> list[BusyTime]:
    """List what is busy in [since, until), in order of time. `zone` is meant where the calendar names none.

    Raises CalendarProblem.
    """
    if len(content) > MOST_BYTES:
        raise CalendarProblem("calendar_too_large")
    if b"BEGIN:VCALENDAR" not in content.upper():
        raise CalendarProblem("not_a_calendar")
    try:
        calendars = Calendar.from_ical(content, multiple=True)
        if not calendars:  # cut off on its way: an empty calendar would open everything again
            raise CalendarProblem("not_a_calendar")
        return _Reading(calendars, ZoneInfo(zone), since, until).result()
    except CalendarProblem:
        raise
    except Exception as error:  # what people's programmes write breaks the library in many ways
        raise CalendarProblem("not_a_calendar") from error


class _Reading:
    def __init__(self, calendars: list[Any], zone: ZoneInfo, since: datetime, until: datetime) -> None:
        self.zone, self.since, self.until = zone, since, until
        self.ends_by = clock.monotonic() + LONGEST_WORK_S
        self.masters: list[tuple[str, Any]] = []
        self.single: dict[str, dict[datetime, Any]] = defaultdict(dict)  # uid → occurrence → what replaces it
        self.found: dict[str, BusyTime] = {}
        number = 0
        for calendar in calendars:
            self.zone = _zone_named(str(calendar.get("X-WR-TIMEZONE", "")), zone)
            for event in calendar.walk("VEVENT"):
                number += 1
                if number > MOST_EVENTS:
                    raise CalendarProblem("calendar_too_large")
                if "DTSTART" not in event:
                    continue
                uid = str(event.get("UID") or hashlib.sha256(event.to_ical()).hexdigest()[:40])
                if "RECURRENCE-ID" in event:
                    self.single[uid][self.instant(event["RECURRENCE-ID"].dt)] = event
                else:
                    self.masters.append((uid, event))
            for block in calendar.walk("VFREEBUSY"):
                self.read_free_busy(block)

    def result(self) -> list[BusyTime]:
        for uid, event in self.masters:
            if clock.monotonic() > self.ends_by:
                raise CalendarProblem("calendar_too_busy")
            for start, name in self.occurrences(uid, event):
                if start not in self.single[uid]:
                    self.add(event, start, name)
        for uid, replaced in self.single.items():
            for occurrence, event in replaced.items():
                self.add(event, self.instant(event["DTSTART"].dt), f"{uid}#{_stamp(occurrence)}")
        return sorted(self.found.values())

    def add(self, event: Any, start: datetime, uid: str) -> None:
        if str(event.get("TRANSP", "")).upper() == "TRANSPARENT" or str(event.get("STATUS", "")).upper() == "CANCELLED":
            return
        if str(event.get("X-MICROSOFT-CDO-BUSYSTATUS", "")).upper() == "FREE":
            return
        self.keep(start, self.end_of(event, start), uid)

    def keep(self, start: datetime, end: datetime, uid: str) -> None:
        end = min(end, self.until)
        if start >= end or end <= self.since:
            return
        if len(self.found) >= MOST_TIMES:
            raise CalendarProblem("calendar_too_busy")
        if len(uid) > UID_LENGTH or "\x00" in uid:
            uid = hashlib.sha256(uid.encode()).hexdigest()
        self.found[uid] = BusyTime(start, end, uid)

    def end_of(self, event: Any, start: datetime) -> datetime:
        first = event["DTSTART"].dt
        if "DTEND" in event:
            last = event["DTEND"].dt
            if not isinstance(first, datetime):
                whole_days = (last - first).days if not isinstance(last, datetime) else 1
                return self.instant(start.astimezone(self.zone).date() + timedelta(days=whole_days))
            return start + (self.instant(last) - self.instant(first))
        if "DURATION" in event:
            return start + event["DURATION"].dt
        return start if isinstance(first, datetime) else self.instant(start.astimezone(self.zone).date() + timedelta(1))

    def occurrences(self, uid: str, event: Any) -> Iterator[tuple[datetime, str]]:
        first = event["DTSTART"].dt
        if "RRULE" not in event and "RDATE" not in event:
            yield self.instant(first), uid
            return
        left_out = set(self.moments(event, "EXDATE"))
        starts = {self.instant(first), *self.moments(event, "RDATE")}
        rules = event.get("RRULE", [])
        for rule in rules if isinstance(rules, list) else [rules]:
            starts |= set(self.by_rule(rule, first))
        for start in sorted(starts - left_out):
            yield start, f"{uid}#{_stamp(start)}"

    def by_rule(self, rule: Any, first: date | datetime) -> Iterator[datetime]:
        """Repeat in wall time of the event's own zone, up to the end of what is wanted."""
        if str(rule.get("FREQ", [""])[0]).upper() not in {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}:
            raise CalendarProblem("calendar_too_busy")
        zone = first.tzinfo if isinstance(first, datetime) and first.tzinfo else self.zone
        begin = first.replace(tzinfo=None) if isinstance(first, datetime) else datetime.combine(first, time(0))
        last = self.until.astimezone(zone).replace(tzinfo=None)
        earliest = (self.since - timedelta(days=32)).astimezone(zone).replace(tzinfo=None)
        parts = {name: value for name, value in rule.items() if name.upper() != "UNTIL"}
        for until in rule.get("UNTIL", []):
            last = min(last, self.instant(until, end_of_day=True).astimezone(zone).replace(tzinfo=None))
        text = type(rule)(parts).to_ical().decode()
        repeated = rrulestr(text, dtstart=begin, ignoretz=True)
        if "COUNT" not in {name.upper() for name in rule}:
            repeated = repeated.replace(until=last)  # type: ignore[union-attr]
        for start in repeated:
            if start > last or clock.monotonic() > self.ends_by:
                break
            if start >= earliest:
                yield start.replace(tzinfo=zone).astimezone(UTC)

    def moments(self, event: Any, name: str) -> Iterator[datetime]:
        listed = event.get(name, [])
        for one in listed if isinstance(listed, list) else [listed]:
            for moment in one.dts:
                start = moment.dt[0] if isinstance(moment.dt, tuple) else moment.dt
                yield self.instant(start)

    def instant(self, moment: date | datetime, *, end_of_day: bool = False) -> datetime:
        if not isinstance(moment, datetime):
            moment = datetime.combine(moment, time.max if end_of_day else time(0))
        return (moment if moment.tzinfo else moment.replace(tzinfo=self.zone)).astimezone(UTC)

    def read_free_busy(self, block: Any) -> None:
        listed = block.get("FREEBUSY", [])
        for one in listed if isinstance(listed, list) else [listed]:
            if str(one.params.get("FBTYPE", "BUSY")).upper() == "FREE":
                continue
            start, end = one.start, one.end
            self.keep(self.instant(start), self.instant(end), f"busy#{_stamp(self.instant(start))}")


def _zone_named(name: str, otherwise: ZoneInfo) -> ZoneInfo:
    try:
        return ZoneInfo(name) if name else otherwise
    except (ValueError, OSError, KeyError):
        return otherwise


def _stamp(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"
