"""Real browsers and the media relay, with the product in between: three and four people, the switch, a reload, a lost relay."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from django.test import Client as Visitor

from identity.models import Delegation, Person
from realtime.models import Room
from tests import make
from tests.realtime.test_call_in_browsers import browser, page_of, pytestmark, stats  # noqa: F401

pytest.importorskip("playwright.sync_api")
from playwright.sync_api import Page, expect

# A second's worth of the small camera: so much of a picture may be missed while the call changes its way. Counted in pictures
# of one's own camera on the same page, so that a machine with other work, on which everything stands still, fails nobody.
MISSED = 12
# How many pictures the large video has shown since; the most that were missed in a row, and the longest time without any.
WATCH = """() => {
  window.painted = window.missed = window.still = 0; let since = 0, last = performance.now();
  const each = (part, what) => {
    const video = document.querySelector(`.${part}`);
    const next = (now) => { what(now); video.requestVideoFrameCallback(next); };
    video.requestVideoFrameCallback(next);
  };
  each("call__self", () => { since += 1; });
  each("call__remote", (now) => {
    window.missed = Math.max(window.missed, since - 1); window.still = Math.max(window.still, now - last);
    since = 0; last = now; window.painted += 1;
  });
}"""


def relative_of(person: Person, name: str) -> Visitor:
    """Somebody who may act for this person, signed in."""
    relative = make.make_person(full_name=name)
    Delegation.objects.create(grantor=person, delegate=relative, relation="other", scopes=["book"])
    return make.page_client(relative)


def enter(page: Page, room: Room) -> None:
    page.goto(f"/visits/{room.encounter_id}/")
    page.locator("[data-act=enter]").click()


def sees(page: Page, people: int, seconds: float = 40, path: str = "relay") -> dict[str, Any]:
    """Wait until the page decodes the pictures of so many people this way."""
    until = time.monotonic() + seconds
    before: dict[str, int] = {}
    while time.monotonic() < until:
        seen = stats(page)
        if seen.get("path") == path and seen["state"] == "connected":
            now = {mid: frames for mid, frames in seen["decodedBy"].items() if frames}
            moving = [mid for mid, frames in now.items() if frames > before.get(mid, 0) > 0]
            before = now
            if len(moving) == people:
                return seen
        page.wait_for_timeout(200)
    raise AssertionError(f"not {people} by {path}: {stats(page)}, faults {page.faults}")  # type: ignore[attr-defined]


@pytest.fixture
def pair(browser, site, room, ana_browser, ben_browser):  # noqa: F811
    """A doctor and a citizen in a call."""

    def begin() -> tuple[Page, Page]:
        doctor = page_of(browser, site, ben_browser, viewport={"width": 1280, "height": 900})
        citizen = page_of(browser, site, ana_browser, viewport={"width": 390, "height": 844}, has_touch=True)
        doctor.goto(f"/alone/{room.encounter_id}/")
        enter(citizen, room)
        doctor.locator("video-call [data-act=start]").click()
        doctor.locator("[data-act=let_in]").click()
        return doctor, citizen

    return begin


def test_where_the_rule_is_relay_two_people_speak_through_it(pair, room):
    Room.objects.filter(pk=room.pk).update(topology="relay", reasons=["policy"])
    doctor, citizen = pair()
    for page in (doctor, citizen):
        assert sees(page, 1)["codec"] == "video/VP8"
    citizen.reload()
    for page in (doctor, citizen):
        sees(page, 1)
    assert doctor.faults == citizen.faults == []


def test_a_third_and_a_fourth_person_come_and_go(pair, room, browser, site, ana):  # noqa: F811
    doctor, citizen = pair()
    # Her sister comes: the pictures go on while the relay is prepared, and nobody loads anything anew.
    sister = page_of(browser, site, relative_of(ana, "Nguyễn Thu Hà"))
    enter(sister, room)
    door = doctor.locator("[data-act=let_in]")
    door.wait_for()
    for page in (doctor, citizen):
        sees(page, 1, path="p2p")
        page.evaluate(WATCH)
    door.click()
    for page in (doctor, citizen, sister):
        sees(page, 2)
    for page in (doctor, citizen):
        until = time.monotonic() + 20
        while page.evaluate("window.painted") <= 20:
            assert time.monotonic() < until, "hardly a picture was shown"
            page.wait_for_timeout(100)
        missed, still = page.evaluate("[window.missed, window.still]")
        print(f"a third comes: {missed} pictures missed at most, none for {still:.0f} ms")
        assert missed < MISSED, "the picture stood still while the call changed its way"
        expect(page.locator(".call__tile")).to_have_count(1)
    room.refresh_from_db()
    assert (room.topology, room.preparing, room.epoch) == ("relay", "", 1)

    brother = page_of(browser, site, relative_of(ana, "Nguyễn Văn Long"))
    enter(brother, room)
    doctor.locator("[data-act=let_in]").click()
    everybody = (doctor, citizen, sister, brother)
    for page in everybody:
        sees(page, 3)
    expect(doctor.locator(".call__tile figcaption")).to_have_text(["Nguyễn Thu Hà", "Nguyễn Văn Long"])

    # One leaves: the others go on, and the place in the row is gone.
    brother.locator(".call__controls [data-act=hang_up]").click()
    expect(doctor.locator(".call__tile")).to_have_count(1)
    for page in (doctor, citizen, sister):
        sees(page, 2)
    for page in everybody:
        assert page.faults == []  # type: ignore[attr-defined]


def test_two_browsers_that_find_no_way_to_each_other_meet_at_the_relay(pair, room):
    doctor, citizen = pair()
    sees(doctor, 1, path="p2p")
    # A network that lets nothing through between them.
    citizen.evaluate("document.querySelector('video-call').pictures.send('stuck', {})")
    for page in (doctor, citizen):
        sees(page, 1)
        expect(page.locator("video-call")).to_have_attribute("data-peer", re.compile("connected"))
    room.refresh_from_db()
    assert room.reasons == ["network"]
