"""iCalendar (RFC 5545) as we send it: who sees whom, when and where; never why. Pure.

Instants are sent in UTC: a single visit needs no VTIMEZONE, and every programme shows its reader's own clock.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from icalendar import Calendar, Event, vCalAddress, vText

PRODUCT = "-//Lanh//Booking//EN"
MEDIA_TYPE = "text/calendar"


@dataclass(frozen=True)
class Entry:
    """One visit in a calendar. The same `uid` with a higher `sequence` is the same visit, moved or called off."""

    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    summary: str
    location: str
    description: str
    url: str
    is_cancelled: bool
    changed_at: datetime


@dataclass(frozen=True)
class Party:
    """Somebody in an invitation: a name and an e-mail address."""

    name: str
    email: str


def calendar(entries: Iterable[Entry], *, name: str, zone: str) -> bytes:
    """Give a calendar to subscribe to. The same entries are the same bytes, so that an ETag means something."""
    found = _empty()
    found.add("name", name)
    found.add("x-wr-calname", name)
    found.add("x-wr-timezone", zone)
    found.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    found.add("x-published-ttl", "PT1H")
    for entry in entries:
        found.add_component(_event(entry))
    return found.to_ical()


def invitation(entry: Entry, *, organizer: Party, attendee: Party) -> tuple[str, bytes]:
    """Give what an e-mail carries (RFC 5546): the method, REQUEST or CANCEL, and the calendar."""
    method = "CANCEL" if entry.is_cancelled else "REQUEST"
    found = _empty()
    found.add("method", method)
    event = _event(entry)
    event.add("organizer", _address(organizer))
    guest = _address(attendee)
    guest.params["ROLE"] = vText("REQ-PARTICIPANT")
    # They have agreed already: nobody is asked to answer to a mailbox that nobody reads.
    guest.params["PARTSTAT"], guest.params["RSVP"] = vText("ACCEPTED"), vText("FALSE")
    event.add("attendee", guest, encode=False)
    found.add_component(event)
    return method, found.to_ical()


def _empty() -> Calendar:
    found = Calendar()
    found.add("prodid", PRODUCT)
    found.add("version", "2.0")
    found.add("calscale", "GREGORIAN")
    return found


def _event(entry: Entry) -> Event:
    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    event.add("dtstamp", entry.changed_at.astimezone(UTC).replace(microsecond=0))
    event.add("last-modified", entry.changed_at.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", entry.starts_at.astimezone(UTC))
    event.add("dtend", entry.ends_at.astimezone(UTC))
    event.add("summary", entry.summary)
    if entry.location:
        event.add("location", entry.location)
    event.add("description", entry.description)
    event.add("url", entry.url)
    event.add("class", "PRIVATE")
    event.add("status", "CANCELLED" if entry.is_cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if entry.is_cancelled else "OPAQUE")
    return event


def _address(party: Party) -> vCalAddress:
    found = vCalAddress(f"mailto:{party.email}")
    found.params["CN"] = vText(party.name)
    return found
