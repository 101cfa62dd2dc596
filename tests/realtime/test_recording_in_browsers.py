"""Two real browsers: the doctor asks, both agree, six seconds are recorded, the citizen stops it, and both can see it."""

from __future__ import annotations

import io
import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import pytest
from django.utils import timezone

from realtime import actions
from realtime.errors import RecordingNotReady
from realtime.models import Recording
from runtime import ffprobe
from tests.realtime.server import daphne
from tests.realtime.test_call_in_browsers import browser, pytestmark  # noqa: F401
from tests.realtime.test_relay_in_browsers import pair, sees  # noqa: F401

pytest.importorskip("playwright.sync_api")
from playwright.sync_api import Page, expect

SECONDS = 6.0


@pytest.fixture
def site(room: Any, settings: Any, tmp_path: Path) -> Iterator[str]:
    """A server and this process with one storage of files between them."""
    options = {"location": str(tmp_path), "file_permissions_mode": 0o600}
    settings.STORAGES = {**settings.STORAGES, "files": {**settings.STORAGES["files"], "OPTIONS": options}}
    values = {"DJANGO_SETTINGS_MODULE": "tests.realtime.page_settings", "FILES_OPTIONS": json.dumps(options)}
    with daphne(**values) as url:
        yield url


def sign(page: Page) -> Any:
    return page.locator("[data-part=rec-sign]")


def films_made(recording: Recording) -> None:
    """As the job does, which comes again while the relay still stores the end."""
    for _ in range(50):
        try:
            actions.make_films(recording_id=recording.id, now=timezone.now())
            return
        except RecordingNotReady:
            time.sleep(0.2)
    raise AssertionError("the relay never said that this is all")


def probed(content: bytes, file: Path) -> tuple[list[str], float]:
    """Which tracks there are and how long it is: by ffprobe where there is one, else by the library it is made of."""
    if programme := ffprobe.find():
        file.write_bytes(content)
        told = subprocess.run(
            [programme, "-v", "error", "-of", "json", "-show_streams", "-show_format", str(file)],
            capture_output=True, check=True,
        )  # fmt: skip
        facts = json.loads(told.stdout)
        return sorted(one["codec_name"] for one in facts["streams"]), float(facts["format"]["duration"])
    with av.open(io.BytesIO(content)) as container:
        return sorted(stream.codec_context.name for stream in container.streams), container.duration / 1e6


def played_to(page: Page, second: float) -> list[float]:
    """Wait until every film has been played so far; where each stands on the common clock."""
    for _ in range(100):
        places: list[float] = page.locator("call-film video").evaluate_all(
            "all => all.map((one) => one.currentTime + one.dataset.starts / 1000)"
        )
        if min(places) > second:
            return places
        page.wait_for_timeout(100)
    raise AssertionError(f"played only to {places}")


def test_a_call_is_recorded_with_everybodys_consent(pair, room, browser, site, tmp_path):  # noqa: F811
    doctor, citizen = pair()
    for page in (doctor, citizen):
        sees(page, 1, path="p2p")
    expect(sign(doctor)).to_be_hidden()

    # The doctor reads what everybody is asked, and asks.
    doctor.locator("[data-act=rec_begin]").click()
    expect(doctor.locator("[data-part=rec-ask]")).to_be_visible()
    doctor.locator("[data-act=rec_yes]").click()
    expect(sign(doctor)).to_have_attribute("data-state", "asked")
    expect(citizen.locator("[data-part=rec-ask]")).to_be_visible()
    assert not Recording.objects.exists()
    citizen.locator("[data-act=rec_yes]").click()

    # Everybody sees that it is on; the call goes on, now through the relay.
    for page in (doctor, citizen):
        expect(sign(page)).to_have_attribute("data-state", "on")
        sees(page, 1)
    recording = Recording.objects.get()
    left = SECONDS - (timezone.now() - recording.created_at).total_seconds()
    citizen.wait_for_timeout(max(0, left * 1000))

    # The citizen takes their yes back.
    citizen.locator("[data-act=rec_stop]").click()
    for page in (doctor, citizen):
        expect(sign(page)).to_be_hidden()
    recording.refresh_from_db()
    assert (recording.status, recording.why) == ("ended", "withdrawn")
    films_made(recording)
    recording.refresh_from_db()
    assert recording.status == "ready"

    # Both persons' voices and pictures, as long as it was, and every picture can be decoded.
    seconds = (recording.ended_at - recording.created_at).total_seconds()
    answer = citizen.request.get(f"{site}/recordings/{recording.id}/whole")
    tracks, length = probed(answer.body(), tmp_path / "whole.webm")
    assert tracks == ["opus", "opus", "vp8", "vp8"]
    assert length == pytest.approx(seconds, abs=0.7)
    for place in range(2):
        with av.open(io.BytesIO(answer.body())) as container:
            assert len(list(container.decode(video=place))) > 30

    # And in a browser both play together; a jump goes to where it should.
    for page in (citizen, doctor):
        page.goto(f"/recordings/{recording.id}/")
        page.locator("[data-part=play]").click()
        played_to(page, 0.7)
        page.locator("[data-part=place]").fill("4")
        places = played_to(page, 4.2)
        assert len(places) == 2 and abs(places[0] - places[1]) < 0.5, places
    assert doctor.faults == citizen.faults == []
