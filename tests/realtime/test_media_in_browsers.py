"""Real Chromium through the relay: each decodes the others, nobody renegotiates, and a new path keeps the picture."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from typing import Any

import pytest

from realtime.media.relay import Relay, Settings
from runtime import browser as chromium

pytest.importorskip("playwright.async_api")
from playwright.async_api import Browser, Page, async_playwright

CHROMIUM = chromium.find()
pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("calls"),
    pytest.mark.skipif(not CHROMIUM and not os.environ.get("CI"), reason="needs Chromium"),
]
ARGUMENTS = [
    "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--no-sandbox", "--disable-gpu", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--allow-loopback-in-peer-connection",
]  # fmt: skip

PAGE = """<!doctype html><title>seat</title><script>
let pc;
async function sit(slots) {
  pc = new RTCPeerConnection({bundlePolicy: "max-bundle"});
  const own = await navigator.mediaDevices.getUserMedia({audio: true, video: {width: 320, height: 180, frameRate: 15}});
  for (const track of own.getTracks()) pc.addTransceiver(track, {direction: "sendonly", streams: [own]});
  for (let n = 0; n < slots; n++) for (const kind of ["audio", "video"]) pc.addTransceiver(kind, {direction: "recvonly"});
  pc.ontrack = ({track, transceiver}) => {
    const shown = document.createElement(track.kind);
    shown.srcObject = new MediaStream([track]);
    shown.autoplay = shown.muted = true;
    shown.dataset.mid = transceiver.mid;
    document.body.append(shown);
  };
  await agree(window.join);
}
async function agree(how, options) {
  await pc.setLocalDescription(await pc.createOffer(options));
  await pc.setRemoteDescription({type: "answer", sdp: await how(pc.localDescription.sdp)});
}
async function seen() {
  const found = {};
  for (const report of (await pc.getStats()).values()) {
    if (report.type === "inbound-rtp") found[report.mid] = {kind: report.kind, frames: report.framesDecoded || 0,
      packets: report.packetsReceived, freezes: report.freezeCount || 0, lost: report.packetsLost, codec: report.codecId};
    if (report.type === "candidate-pair" && report.nominated) found.available = report.availableOutgoingBitrate;
    if (report.type === "outbound-rtp" && report.kind === "video") found.target = report.targetBitrate;
  }
  return found;
}
</script>"""


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        await launched.close()


@pytest.fixture
async def relay() -> AsyncIterator[Relay]:
    made = Relay(Settings(loopback=True))
    await made.start()
    made.open_room("r")
    yield made
    await made.stop()


async def sit(browser: Browser, relay: Relay, seat: str, slots: int) -> Page:
    """A page that has joined the room on this seat."""
    context = await browser.new_context(permissions=["camera", "microphone"])
    page = await context.new_page()
    page.faults = []  # type: ignore[attr-defined]
    page.on("pageerror", lambda error: page.faults.append(str(error)))  # type: ignore[attr-defined]

    async def serve(route: Any) -> None:
        await route.fulfill(body=PAGE, content_type="text/html")

    await page.route("http://localhost/seat", serve)
    await page.expose_function("join", lambda sdp: relay.join("r", seat, sdp))
    await page.expose_function("restart", lambda sdp: relay.restart_ice("r", seat, sdp))
    await page.goto("http://localhost/seat")
    await page.evaluate("sit", slots)
    return page


async def decodes(page: Page, pictures: int, frames: int, seconds: float = 40) -> dict[str, Any]:
    """Wait until so many pictures have each so many more frames than now."""
    before = await page.evaluate("seen()")
    for _ in range(int(seconds / 0.25)):
        now = await page.evaluate("seen()")
        more = [
            each
            for mid, each in now.items()
            if isinstance(each, dict)
            and each["kind"] == "video"
            and each["frames"] >= frames + before.get(mid, {"frames": 0})["frames"]
        ]
        if len(more) >= pictures:
            return now
        await asyncio.sleep(0.25)
    raise AssertionError(f"{now} {page.faults}")  # type: ignore[attr-defined]


async def test_two_see_each_other_and_a_new_path_keeps_the_picture(browser, relay):
    a, b = await sit(browser, relay, "a", 1), await sit(browser, relay, "b", 1)
    for page in (a, b):
        seen = await decodes(page, 1, 30)
        voice = next(each for each in seen.values() if isinstance(each, dict) and each["kind"] == "audio")
        assert voice["packets"] > 20
    words = relay.rooms["r"].links["b"].words
    await b.evaluate("agree(window.restart, {iceRestart: true})")
    await decodes(b, 1, 20)
    await decodes(a, 1, 20)
    link = relay.rooms["r"].links["b"]
    assert link.words != words and link.words_before is None, "the new words are in use"
    seen = await b.evaluate("seen()")
    assert [each["codec"] for each in seen.values() if isinstance(each, dict)], seen


async def test_four_see_each_other_and_one_goes_and_comes(browser, relay):
    pages = {seat: await sit(browser, relay, seat, 3) for seat in "abcd"}
    for page in pages.values():
        await decodes(page, 3, 15, seconds=90)
    await pages["d"].close()
    relay.leave("r", "d")
    assert [each["seat"] for each in relay.slots("r", "a") if each["kind"] == "video"].count(None) == 1
    pages["d"] = await sit(browser, relay, "d", 3)
    for page in pages.values():
        await decodes(page, 3, 15, seconds=90)
    assert all(not page.faults for page in pages.values())
    assert {each["seat"] for each in relay.slots("r", "a")} == {"b", "c", "d"}
