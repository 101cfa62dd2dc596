"""E-mails about a visit carry it for the reader's calendar, and take it back when it is called off or moved."""

from __future__ import annotations

from datetime import datetime
from email.message import Message as Mail

import pytest
from django.core import mail
from icalendar import Calendar

from notifications.models import Attempt
from tests.jobs import run_jobs
from tests.journeys.conftest import clock, story  # noqa: F401
from tests.journeys.stage import Story, ok

pytestmark = pytest.mark.django_db


def invitations_to(address: str) -> list[tuple[Mail, Calendar]]:
    """The calendar parts of the letters to one address, in the order they left."""
    found = []
    for letter in mail.outbox:
        if address in letter.to:
            for part in letter.message().walk():
                if part.get_content_type() == "text/calendar":
                    payload = part.get_payload(decode=True)
                    assert isinstance(payload, bytes)
                    found.append((part, Calendar.from_ical(payload)))
    return found


def test_booked_and_cancelled_reach_both_calendars(story: Story, clock) -> None:  # noqa: F811
    assert story.ana.user is not None and story.ben.user is not None
    story.ana.user.email = "ana@example.vn"
    story.ana.user.save()
    story.hold()
    story.pay()
    run_jobs()
    visit = story.appointment()

    for address in ("ana@example.vn", story.ben.user.email):
        ((part, invitation),) = invitations_to(str(address))
        assert part.get_param("method") == invitation["METHOD"] == "REQUEST"
        (event,) = invitation.walk("VEVENT")
        assert event["UID"].startswith(visit["id"])
        assert (event["SEQUENCE"], event["STATUS"]) == (0, "CONFIRMED")
        assert event["DTSTART"].dt == datetime.fromisoformat(visit["starts_at"])
        assert event["ATTENDEE"] == f"mailto:{address}"
        text = invitation.to_ical().decode()
        assert "Ho khan" not in text
        assert (
            story.ben.full_name not in text.replace(f'CN="{story.ben.display_name}"', "") or address != "ana@example.vn"
        )
    kept = Attempt.objects.get(carrier="email", to="ana@example.vn").attachments
    assert [one["name"] for one in kept] == ["invite.ics"]

    mail.outbox.clear()
    ok(story.api(story.ana).post(f"/api/v1/appointments/{visit['id']}/cancel", {"reason": "x"}))
    run_jobs()
    ((part, withdrawal),) = invitations_to("ana@example.vn")
    (event,) = withdrawal.walk("VEVENT")
    assert part.get_param("method") == withdrawal["METHOD"] == "CANCEL"
    assert event["UID"].startswith(visit["id"])
    assert (event["SEQUENCE"], event["STATUS"]) == (1, "CANCELLED")


def test_what_carries_no_files_carries_none(story: Story, clock) -> None:  # noqa: F811
    story.hold()
    story.pay()
    run_jobs()
    assert not any(one.attachments for one in Attempt.objects.exclude(carrier="email"))


def test_the_outbox_of_the_demo_shows_them(story: Story, clock, settings, client) -> None:  # noqa: F811
    settings.DEMO = True
    story.hold()
    story.pay()
    run_jobs()
    page = client.get("/demo/outbox/?carrier=email").content.decode()
    assert "invite.ics" in page
    assert "BEGIN:VCALENDAR" in page
