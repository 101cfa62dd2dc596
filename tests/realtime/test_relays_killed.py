"""A relay that runs as a process of its own is killed with calls running: every call goes on through another one."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings

from realtime.models import MediaNode, MediaPlace, Room, Seat
from tests.realtime.conftest import make_room
from tests.realtime.server import ROOT, daphne, database_url
from tests.realtime.test_call_in_browsers import browser, page_of, pytestmark  # noqa: F401
from tests.realtime.test_relay_in_browsers import enter, sees

CALLS = 4
# As small as a camera can be: eight pages on one machine encode and decode all the time.
SMALL = """
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  const video = { width: 160, height: 120, frameRate: 10 };
  navigator.mediaDevices.getUserMedia = (wish) => real({ ...wish, ...(wish.video && { video }) });
"""

EPOCH = "document.querySelector('video-call').pictures.room.epoch"


def relay(name: str) -> subprocess.Popen[str]:
    """A relay as `lanh.py media` runs it, on this test's database."""
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "DATABASE_POOL": "0",
        "DJANGO_SETTINGS_MODULE": "settings",
        "MEDIA_SECRET": settings.MEDIA_SECRET,
    }
    child = subprocess.Popen(
        [sys.executable, "-m", "runtime", "media", "--name", name],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stdout
    assert re.search(r"control at \S+\.", child.stdout.readline())
    return child


@pytest.fixture
def relays() -> Iterator[dict[str, subprocess.Popen[str]]]:
    children = {name: relay(name) for name in ("m1", "m2")}
    until = time.monotonic() + 30
    while MediaNode.objects.count() < 2 and time.monotonic() < until:
        time.sleep(0.1)
    yield children
    for child in children.values():
        child.kill()
        child.wait()
        assert child.stdout
        child.stdout.close()


def test_four_calls_outlive_their_relay(browser, relays, ana, ben, ana_browser, ben_browser):  # noqa: F811
    rooms = [make_room(person=ana, practitioner=ben) for _ in range(CALLS)]
    Room.objects.update(topology="relay", reasons=["policy"])
    with daphne(DJANGO_SETTINGS_MODULE="tests.realtime.page_settings", MEDIA_SECRET=settings.MEDIA_SECRET) as site:
        calls: list[tuple[Any, Any]] = []
        for room in rooms:
            doctor = page_of(browser, site, ben_browser, viewport={"width": 1280, "height": 900})
            citizen = page_of(browser, site, ana_browser, viewport={"width": 390, "height": 844}, has_touch=True)
            for page in (doctor, citizen):
                page.add_init_script(SMALL)
            doctor.goto(f"/alone/{room.encounter_id}/")
            enter(citizen, room)
            doctor.locator("video-call [data-act=start]").click()
            doctor.locator("[data-act=let_in]").click()
            calls.append((doctor, citizen))
        for call in calls:
            for page in call:
                sees(page, 1)
        seats = set(Seat.objects.values_list("id", "state"))
        before = dict(MediaPlace.objects.values_list("room_id", "node"))
        assert len(before) == CALLS

        # One is killed, without a word: its calls go to the other.
        victim = max(relays, key=list(before.values()).count)
        everybody = [page for call in calls for page in call]
        pages = [page for call, room in zip(calls, rooms, strict=True) if before[room.id] == victim for page in call]
        epochs = [page.evaluate(EPOCH) for page in pages]
        relays[victim].send_signal(signal.SIGKILL)
        relays[victim].wait()
        begun = time.monotonic()
        for page, epoch in zip(pages, epochs, strict=True):
            while page.evaluate(EPOCH) == epoch:
                assert time.monotonic() < begun + 20, "the room has not noticed"
                page.wait_for_timeout(50)
        for page in pages:
            sees(page, 1)
        print(f"{victim} killed: its {len(pages) // 2} of {CALLS} calls go on {time.monotonic() - begun:.1f} s later")
        for page in everybody:
            sees(page, 1)
        places = dict(MediaPlace.objects.values_list("room_id", "node"))
        assert len(places) == CALLS and victim not in places.values()
        assert set(Seat.objects.values_list("id", "state")) == seats, "not the same seats"
        for page in everybody:
            assert page.faults == []
