"""Calls as people have them: Chromium with a small camera (320×180, 24 pictures a second) against the real server.

One browser, a page for each person, a server process, PostgreSQL, all on one machine; every round has a room of its own.
Times are taken inside the pages: when "let in" is pressed, and each picture the large video shows.

  set up, p2p       from "let in" until the later of two people sees the other, browser to browser
  set up, relayed   the same where the rule is the relay
  third, still      a third person is let in and the call goes over to the relay: the longest time the two who spoke
                    before saw no new picture, from "let in" until two seconds after the last picture of the old way
  third, switch     the part of it at the switch itself: last picture of the old way to the first of the new
  third, sees       from "let in" until the third person sees the doctor
  cut, p2p/relayed  a network of its own for each, one wire pulled for five seconds: from its return until both see
                    the other again (needs root)
Yardsticks of the same run:
  bare call         two connections inside one page, no server: from new RTCPeerConnection() to the first picture
  usual still       the longest time without a new picture in two seconds of a call to which nothing happens

`lanh.py bench calls --rounds 5` for figures; a round takes about a minute, most of it waiting for what is to be measured.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench.run import Row, row
from tests.site import own_database

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NAME = "calls"
CUT_S = 5.0
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}}

# Notes when "let in" is pressed, and when the large video shows a picture, by which way; on the clock of the machine.
NOTES = """(() => {
  const open = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
  const small = { width: 320, height: 180, frameRate: 24 };
  if (open) navigator.mediaDevices.getUserMedia = (wish) => open(wish.video ? { ...wish, video: { ...wish.video, ...small } } : wish);
  const clock = () => performance.timeOrigin + performance.now();
  const notes = window.notes = { pressed: 0, pictures: [] };
  addEventListener("click", (event) => { if (event.target.closest("[data-act=let_in]")) notes.pressed = clock(); }, true);
  addEventListener("DOMContentLoaded", () => {
    const video = document.querySelector("[data-part=remote]");
    if (!video) return;
    const next = () => {
      notes.pictures.push([clock(), document.querySelector("video-call").pictures.shown]);
      video.requestVideoFrameCallback(next);
    };
    video.requestVideoFrameCallback(next);
  });
})()"""
BARE = """async () => {
  const own = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
  const begun = performance.now();
  const [one, other] = [new RTCPeerConnection(), new RTCPeerConnection()];
  one.onicecandidate = ({ candidate }) => candidate && other.addIceCandidate(candidate);
  other.onicecandidate = ({ candidate }) => candidate && one.addIceCandidate(candidate);
  const video = document.createElement("video");
  video.muted = true;
  other.ontrack = ({ track }) => track.kind === "video" && (video.srcObject = new MediaStream([track])) && video.play();
  for (const track of own.getTracks()) one.addTrack(track, own);
  await one.setLocalDescription();
  await other.setRemoteDescription(one.localDescription);
  await other.setLocalDescription();
  await one.setRemoteDescription(other.localDescription);
  await new Promise((done) => video.requestVideoFrameCallback(done));
  const took = performance.now() - begun;
  one.close(); other.close();
  for (const track of own.getTracks()) track.stop();
  return took;
}"""


def measure(*, rounds: int, size: int) -> Iterator[Row]:
    """Every case in turn, `rounds` times."""
    own_database("bench_calls")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # the driver of the browsers keeps a loop in this thread
    from tests.realtime import wires

    found: dict[str, list[float]] = {}
    with _Hall() as hall:
        for _ in range(rounds):
            for case, value in (*hall.two(), *hall.three(), *hall.relayed()):
                found.setdefault(case, []).append(value)
    if why := wires.usable():
        print(f"no cuts: {why}", file=sys.stderr)
    else:
        for _ in range(rounds):
            for case, value in cuts():
                found.setdefault(case, []).append(value)
    yardsticks = {"set up": "bare call", "third": "usual still", "cut": "usual still"}
    for case, values in found.items():
        to = next((name for begin, name in yardsticks.items() if case.startswith(begin)), "itself")
        if case == "third, sees":
            to = "bare call"
        yield row(NAME, case, values, "ms", to=to, yardstick=found.get(to, values))


class _People:
    """A doctor, a citizen and her sister, signed in; and a new room for each call."""

    def __init__(self) -> None:
        from identity.models import Delegation
        from tests import make

        self.doctor = make.make_practitioner(facility=make.make_facility())
        self.citizen = make.make_person()
        sister = make.make_person(full_name="Nguyễn Thu Hà")
        Delegation.objects.create(grantor=self.citizen, delegate=sister, relation="other", scopes=["book"])
        self.visitors = {
            "doctor": make.page_client(self.doctor),
            "citizen": make.page_client(self.citizen),
            "sister": make.page_client(sister),
        }

    def room(self, *, relayed: bool = False) -> Any:
        from realtime.models import Room
        from tests.realtime.conftest import make_room

        room = make_room(person=self.citizen, practitioner=self.doctor)
        if relayed:
            Room.objects.filter(pk=room.pk).update(topology="relay", reasons=["policy"])
        return room


class _Call:
    """Pages of one room; all are closed at the end."""

    def __init__(self, browsers: dict[str, Browser], site: str, people: _People, room: Any) -> None:
        self.browsers, self.site, self.people, self.room = browsers, site, people, room
        self.pages: dict[str, Page] = {}

    def __enter__(self) -> _Call:
        return self

    def __exit__(self, *_: object) -> None:
        for page in self.pages.values():
            page.context.close()

    def page(self, who: str) -> Page:
        options = DESK if who == "doctor" else PHONE
        context = self.browsers[who].new_context(
            base_url=self.site, locale="vi-VN", permissions=["camera", "microphone"], **options
        )
        context.add_init_script(NOTES)
        session = self.people.visitors[who].cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": session, "url": self.site}])
        page = self.pages[who] = context.new_page()
        return page

    def open(self) -> None:
        """The doctor sits in the open room."""
        doctor = self.page("doctor")
        doctor.goto(f"/alone/{self.room.encounter_id}/")
        doctor.locator("video-call [data-act=start]").click()

    def let_in(self, who: str) -> float:
        """Somebody waits, quite ready, and is let in; when that was pressed."""
        page = self.page(who)
        page.goto(f"/visits/{self.room.encounter_id}/")
        page.locator("[data-act=enter]").click()
        page.locator("video-call[data-shown=waiting]").wait_for()
        door = self.pages["doctor"].locator("[data-act=let_in]")
        door.wait_for()
        page.wait_for_timeout(1000)  # what the page still had to do when it opened is no part of it
        door.click()
        return float(self.pages["doctor"].evaluate("notes.pressed"))

    def pictures(self, who: str) -> list[tuple[float, str]]:
        return [(at, way) for at, way in self.pages[who].evaluate("notes.pictures")]

    def first(self, who: str, since: float, way: str, seconds: float = 30) -> float:
        """When somebody saw the first picture after `since` this way."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if at := next((at for at, by in self.pictures(who) if at > since and by == way), None):
                return at
            self.pages[who].wait_for_timeout(100)
        raise AssertionError(f"{who} sees nothing by {way}")


class _Hall:
    """The server and one browser for all."""

    def __enter__(self) -> _Hall:
        from playwright.sync_api import sync_playwright

        from tests.realtime.server import daphne
        from tests.realtime.test_call_in_browsers import ARGUMENTS, CHROMIUM

        self.people = _People()
        self._stack = ExitStack()
        self.site = self._stack.enter_context(daphne(DJANGO_SETTINGS_MODULE="tests.realtime.page_settings"))
        playwright = self._stack.enter_context(sync_playwright())
        self.browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        self._stack.callback(self.browser.close)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def call(self, *, relayed: bool = False) -> _Call:
        browsers = dict.fromkeys(self.people.visitors, self.browser)
        return _Call(browsers, self.site, self.people, self.people.room(relayed=relayed))

    def two(self) -> Iterator[tuple[str, float]]:
        with self.call() as call:
            call.open()
            yield "bare call", float(call.pages["doctor"].evaluate(BARE))
            pressed = call.let_in("citizen")
            yield "set up, p2p", max(call.first(who, pressed, "p2p") for who in call.pages) - pressed

    def relayed(self) -> Iterator[tuple[str, float]]:
        with self.call(relayed=True) as call:
            call.open()
            pressed = call.let_in("citizen")
            yield "set up, relayed", max(call.first(who, pressed, "relay") for who in call.pages) - pressed

    def three(self) -> Iterator[tuple[str, float]]:
        with self.call() as call:
            call.open()
            both = ("doctor", "citizen")
            begun = call.let_in("citizen")
            begun = max(call.first(who, begun, "p2p") for who in both) + 3000  # the rate has found its level
            call.pages["doctor"].wait_for_timeout(5500)
            yield "usual still", max(longest(call.pictures(who), begun, begun + 2000) for who in both)
            pressed = call.let_in("sister")
            sees = call.first("sister", pressed, "relay")
            news = {who: call.first(who, pressed, "relay") for who in both}
            call.pages["doctor"].wait_for_timeout(2500)
            yield "third, still", max(longest(call.pictures(who), pressed, news[who] + 2000) for who in both)
            yield "third, switch", max(new - last(call.pictures(who), new) for who, new in news.items())
            yield "third, sees", sees - pressed


def longest(pictures: list[tuple[float, str]], since: float, until: float) -> float:
    """The longest time between two pictures, the second of which came within these bounds."""
    times = [at for at, _ in pictures]
    return max(here - before for before, here in pairwise(times) if since <= here <= until)


def last(pictures: list[tuple[float, str]], before: float) -> float:
    """When the picture before this moment was shown."""
    return max(at for at, _ in pictures if at < before)


@contextmanager
def _apart() -> Iterator[tuple[str, dict[str, Browser], Any]]:
    """The site, and doctor and citizen in networks of their own, and the citizen's wire."""
    from playwright.sync_api import sync_playwright

    from runtime import browser as chromium
    from tests.realtime import wires
    from tests.realtime.server import daphne
    from tests.realtime.test_call_in_browsers import ARGUMENTS

    settings = "tests.realtime.page_settings"
    with (
        tempfile.TemporaryDirectory() as folder,
        wires.wires(2) as (hub, lines),
        daphne(
            hub.address, hub.within, DJANGO_SETTINGS_MODULE=settings, MEDIA_HOST=hub.address, ALLOWED_HOSTS=hub.address
        ) as site,
        sync_playwright() as playwright,
    ):
        flags = [*ARGUMENTS, f"--unsafely-treat-insecure-origin-as-secure={site}"]
        browsers = [
            playwright.chromium.launch(executable_path=line.wrapped(str(chromium.whole()), Path(folder)), args=flags)
            for line in lines
        ]
        yield site, dict(zip(("doctor", "citizen"), browsers, strict=True)), lines[1]
        for browser in browsers:
            browser.close()


def cuts() -> Iterator[tuple[str, float]]:
    """Both ways in turn."""
    with _apart() as (site, browsers, wire):
        people = _People()
        for way, case in (("p2p", "cut, p2p"), ("relay", "cut, relayed")):
            with _Call(browsers, site, people, people.room(relayed=way == "relay")) as call:
                call.open()
                pressed = call.let_in("citizen")
                for who in call.pages:
                    call.first(who, pressed, way)
                call.pages["doctor"].wait_for_timeout(2000)
                wire.pull()
                call.pages["doctor"].wait_for_timeout(CUT_S * 1000)
                back = time.time() * 1000
                wire.put_back()
                yield case, max(call.first(who, back, way) for who in call.pages) - back
