"""TURN by Debian's coturn with the configuration we ship: two browsers meet through it alone; it is no door into the inside."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from aioice import stun
from aioice import turn as turn_client
from django.utils import timezone

from realtime import turn
from runtime import coturn as programme
from tests.realtime import coturn
from tests.realtime.server import daphne, free_port
from tests.realtime.test_call_in_browsers import ARGUMENTS, CHROMIUM, page_of, stats
from tests.realtime.test_relay_in_browsers import enter, sees

pytest.importorskip("playwright.sync_api")
from playwright.sync_api import Browser, Page, sync_playwright

SECRET = "north-of-the-river"
LOOPBACK = ("--allow-loopback-peers", "--allowed-peer-ip=127.0.0.1")  # both people of the test sit on this machine
IN_CI = bool(os.environ.get("CI"))
needs_coturn = pytest.mark.skipif(not programme.find() and not IN_CI, reason="needs coturn")
needs_chromium = pytest.mark.skipif(not CHROMIUM and not IN_CI, reason="needs Chromium")
pytestmark = [needs_coturn]

# Nothing but TURN, and of it one way in: as in a network that lets browsers reach no other.
RELAY_ONLY = """(() => {
  const Real = window.RTCPeerConnection;
  window.RTCPeerConnection = function (options) {
    const iceServers = options.iceServers.map((one) => ({ ...one, urls: [one.urls].flat().filter((url) => url.match(WAY)) }));
    return new Real({ ...options, iceServers, iceTransportPolicy: "relay" });
  };
  window.RTCPeerConnection.prototype = Real.prototype;
})()"""
WAYS = {"udp": "/^turn:.*udp$/", "tcp": "/^turn:.*tcp$/", "tls": "/^turns:/"}
GATHER = """async ([urls, username, credential]) => {
  const pc = new RTCPeerConnection({ iceServers: [{ urls, username, credential }], iceTransportPolicy: "relay" });
  const found = [], errors = [];
  pc.onicecandidateerror = (event) => errors.push(event.errorCode);
  const over = new Promise((done) => {
    pc.onicecandidate = ({ candidate }) => candidate?.candidate ? found.push(candidate.type) : done();
  });
  pc.addTransceiver("audio");
  await pc.setLocalDescription();
  await Promise.race([over, new Promise((done) => setTimeout(done, 15000))]);
  pc.close();
  return { found, errors };
}"""
PAIR = """async () => {
  const report = await document.querySelector("video-call").pictures.peer.pc.getStats();
  for (const one of report.values()) {
    if (one.type !== "candidate-pair" || !one.nominated) continue;
    const [own, theirs] = [one.localCandidateId, one.remoteCandidateId].map((id) => report.get(id));
    return [own.candidateType, theirs.candidateType, own.relayProtocol];
  }
}"""
# RFC 6890, the multicast ranges, and what clouds keep at link-local addresses.
INSIDE = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.254", "100.64.0.1", "127.0.0.1", "127.0.0.53", "169.254.1.1",
    "169.254.169.254", "172.16.0.1", "172.31.255.254", "192.0.0.170", "192.0.2.1", "192.168.0.1", "192.168.255.254",
    "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
]  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        # The certificate of the test is its own; a real one is signed by somebody browsers know.
        flags = [*ARGUMENTS, "--allow-loopback-in-peer-connection", "--ignore-certificate-errors"]
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield chromium
        chromium.close()
    if before is None:
        os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)


@needs_chromium
@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_two_people_meet_through_turn_alone(browser, room, ana_browser, ben_browser, tmp_path):
    tls = free_port()
    with coturn.server(SECRET, *LOOPBACK, f"--tls-listening-port={tls}", *coturn.certificate(tmp_path)) as port:
        urls = [f"turn:127.0.0.1:{port}?transport=udp", f"turn:127.0.0.1:{port}?transport=tcp"]
        urls.append(f"turns:127.0.0.1:{tls}?transport=tcp")
        with daphne(
            DJANGO_SETTINGS_MODULE="tests.realtime.page_settings", TURN_URLS=",".join(urls), TURN_SECRET=SECRET
        ) as site:
            for way, matching in WAYS.items():
                doctor = page_of(browser, site, ben_browser, viewport={"width": 1280, "height": 900})
                citizen = page_of(browser, site, ana_browser, viewport={"width": 390, "height": 844}, has_touch=True)
                for page in (doctor, citizen):
                    page.add_init_script(RELAY_ONLY.replace("WAY", matching))
                doctor.goto(f"/alone/{room.encounter_id}/")
                enter(citizen, room)
                doctor.locator("video-call [data-act=start]").click()
                doctor.locator("[data-act=let_in]").click()
                for page in (doctor, citizen):
                    sees(page, 1, path="p2p")
                    assert page.evaluate(PAIR) == ["relay", "relay", way], stats(page)
                assert doctor.faults == citizen.faults == []
                for page in (doctor, citizen):
                    page.context.close()


def gathered(page: Page, port: int, *, secret: str, now: datetime) -> dict[str, Any]:
    name, password = turn.credentials("seat-7", secret=secret, now=now)
    return dict(page.evaluate(GATHER, [f"turn:127.0.0.1:{port}?transport=udp", name, password]))


@needs_chromium
@pytest.mark.browser
def test_a_wrong_or_an_old_password_is_no_way(browser):
    now = timezone.now()
    with coturn.server(SECRET, *LOOPBACK) as port:
        page = browser.new_page()
        assert set(gathered(page, port, secret=SECRET, now=now)["found"]) == {"relay"}
        for secret, when in (("south", now), (SECRET, now - timedelta(seconds=turn.LIFE_S + 5))):
            refused = gathered(page, port, secret=secret, now=when)
            assert refused["found"] == [] and 401 in refused["errors"], refused
        page.close()


def test_it_is_no_door_into_the_inside():
    # In a thread: the driver of the browsers keeps a loop running in this one.
    with ThreadPoolExecutor(1) as elsewhere:
        elsewhere.submit(asyncio.run, _knock_at_the_inside()).result()


async def _knock_at_the_inside() -> None:
    name, password = turn.credentials("seat-7", secret=SECRET, now=timezone.now())
    with coturn.server(SECRET) as port:
        transport, client = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: turn_client.TurnClientUdpProtocol(
                server=("127.0.0.1", port), username=name, password=password, lifetime=600, channel_refresh_time=500
            ),
            remote_addr=("127.0.0.1", port),
        )
        await client.connect()
        answers = {}
        for number, address in enumerate(INSIDE):
            try:
                await client.channel_bind(0x4000 + number, (address, 5432))
                answers[address] = "let through"
            except stun.TransactionFailed as error:
                answers[address] = str(error.response.attributes["ERROR-CODE"][0])
        assert answers == dict.fromkeys(INSIDE, "403")
        await client.channel_bind(0x4100, ("8.8.8.8", 40000))  # an address of the open net, to which nothing is sent
        await client.delete()
        transport.close()
