"""The media relay under real time load, against aiortc's own MediaRelay and against the least any relay must do.

A visit: two people, each sends 720p30 at 1.5 Mbit/s (157 packets a second, each with a transport-wide number) and a voice
of 50 packets a second. Every packet is encrypted before the clock starts and lies in memory; one socket plays all browsers
(tests/bench/udp.py), so that the load is not the limit. Server on one core, load on another, CPU as the kernel counts it.

  floor        recvfrom, unprotect, protect, sendto of one 1.2 kB packet in a bare Python loop: µs of CPU
  forward, N   our relay with N visits: µs of CPU a forwarded packet, everything (feedback, reports, clocks) included
  delay, N     added on the way, 99th percentile, as the load sees it
  visit, ours  ms of CPU a second of one visit at the largest N
  MediaRelay   the same for one visit through aiortc's peer connections and MediaRelay, which decode and encode
  most visits  on one core, by doubling and halving: nothing lost, p99 under 10 ms (only with --size 1000 or more)
A round counts only if the load kept its time, nothing was lost and what was sampled decrypts to what was sent; else it is
said to be void, and tried again.
Janus and rtpengine are not driven from here.

`lanh.py bench relay --rounds 3 --size 1000` for figures; `--rounds 1 --size 80` for CI.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from statistics import quantiles

from realtime.media import rtp
from realtime.media.control import Remote
from realtime.media.srtp import Buffer, Keys
from tests.bench import udp
from tests.bench.run import Row, row
from tests.realtime.media_peer import Peer

NAME = "relay"
SHORT, LONG = 200, 1000
SECRET = "b" * 32
VIDEO_RATE, AUDIO_RATE, FRAMES = 157, 50, 30
VIDEO_BYTES, AUDIO_BYTES = 1170, 80
POOL = random.Random(7).randbytes(1 << 16)
LATE_S, P99_S, LOST, TRIES = 0.040, 0.010, 0.001, 3
ROOT = Path(__file__).resolve().parents[2]


class Void(Exception):
    """The round says nothing about the relay."""


def measure(*, rounds: int, size: int) -> Iterator[Row]:
    """All in turn, `rounds` times."""
    short = size < SHORT
    loads = [2, 8] if short else [1, 10, 40, 100]
    warm, counted = (1.0, 2.0) if short else (2.0, 5.0)
    found: dict[str, list[float]] = {}
    for _ in range(rounds):
        found.setdefault("floor", []).append(floor(20_000 if short else 200_000))
        for visits in loads:
            told = patiently(visits, warm, counted)
            if told is None:
                continue
            found.setdefault(f"forward, {visits}", []).append(told.cost_us)
            found.setdefault(f"delay, {visits}", []).append(told.p99_ms)
            if visits == loads[-1]:
                found.setdefault("visit, ours", []).append(told.visit_ms)
        found.setdefault("MediaRelay", []).append(transcoded(4 if short else 8))
    for visits in loads:
        if f"forward, {visits}" in found:
            yield row(
                NAME, f"forward, {visits}", found[f"forward, {visits}"], "µs", to="floor", yardstick=found["floor"]
            )
            delays = found[f"delay, {visits}"]
            yield row(NAME, f"delay p99, {visits}", delays, "ms", to="itself", yardstick=delays)
    if "visit, ours" in found:
        ours = found["visit, ours"]
        yield row(NAME, "MediaRelay, a visit", found["MediaRelay"], "ms/s", to="ours", yardstick=ours)
        yield row(NAME, "ours, a visit", ours, "ms/s", to="MediaRelay", yardstick=found["MediaRelay"])
    yield row(NAME, "floor", found["floor"], "µs", to="itself", yardstick=found["floor"])
    if size >= LONG:
        most = [float(most_visits(warm, counted))]
        yield row(NAME, "most visits a core", most, "", to="itself", yardstick=most)


# the least


def floor(packets: int) -> float:
    """µs of CPU for one packet in and out, and nothing else."""
    from pylibsrtp._binding import lib

    material = bytes(Keys.bytes_of_material(b"SRTP_AEAD_AES_128_GCM"))
    keys = Keys(b"SRTP_AEAD_AES_128_GCM", material, is_server=True)
    theirs = Keys(b"SRTP_AEAD_AES_128_GCM", material, is_server=False)
    one, two = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    one.bind(("127.0.0.1", 0))
    two.bind(("127.0.0.1", 0))
    here, there = one.getsockname(), two.getsockname()
    buffer, spent = Buffer(), 0.0
    chunk = 50  # fits a socket of the default size
    for begin in range(0, packets, chunk):
        for number in range(begin, begin + chunk):
            head = rtp.HEADER.pack(0x80, 96, number & 0xFFFF, number, 7)
            two.sendto(bytes(theirs.protect(head + POOL[:VIDEO_BYTES])), here)  # type: ignore[arg-type]
        since = time.process_time()
        receive, send, data, view = one.recvfrom_into, one.sendto, buffer.bytes, buffer.view
        c, length, unprotect, protect, rx, tx = (
            buffer.c,
            buffer.length,
            lib.srtp_unprotect,
            lib.srtp_protect,
            keys.rx,
            keys.tx,
        )
        for _ in range(chunk):
            length[0] = receive(data)[0]
            unprotect(rx, c, length)
            protect(tx, c, length)
            send(view[: length[0]], there)
        spent += time.process_time() - since
        for _ in range(chunk):
            two.recv(2048)
    one.close()
    two.close()
    return spent / packets * 1e6


# ours


class Told:
    """One load on our relay."""

    def __init__(self, heard: udp.Heard, visits: int, planned: int) -> None:
        self.cost_us = heard.cpu_ns / 1000 / max(1, heard.packets)
        self.visit_ms = heard.cpu_ns / 1e6 / heard.seconds / visits
        self.p99_ms = quantiles(heard.delays, n=100)[98] * 1000
        self.lost = 1 - heard.all / planned


@contextlib.asynccontextmanager
async def relay_process() -> AsyncIterator[tuple[int, Remote]]:
    """A relay of its own on the first core; this process goes to the others."""
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as folder:
        place = f"{folder}/control"
        command = [sys.executable, "-m", "tests.bench.relay", place, str(cores[0])]
        environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'backend'}"}
        child = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE)
        try:
            assert child.stdout and child.stdout.readline() == b"ready\n"
            if len(cores) > 1:
                os.sched_setaffinity(0, cores[1:])
            remote = Remote(place, SECRET)
            await remote.connect()
            yield child.pid, remote
            await remote.close()
        finally:
            os.sched_setaffinity(0, cores)
            child.kill()
            child.wait()


async def forward(visits: int, warm: float, counted: float) -> Told:
    """Play `visits` visits. Raises Void."""
    async with relay_process() as (process, remote):
        crowd = udp.Crowd()
        peers: list[Peer] = []
        for number in range(2 * visits):
            peer = Peer(10_000 + 10 * number)
            peer.socket.close()
            peer.socket = crowd.member(number)  # type: ignore[assignment]
            if not number % 2:
                await remote.open_room(f"r{number // 2}")
            peer.take(await remote.join(f"r{number // 2}", f"s{number % 2}", peer.offer()))
            await peer.connect()
            peers.append(peer)
        assert peers[0].answer
        packets: list[tuple[int, str, bytes]] = []
        sent_tick: dict[int, list[int]] = {}
        receivers: dict[int, tuple[Peer, int, str]] = {}
        chance = random.Random(11)
        for number, peer in enumerate(peers):
            other = peers[number ^ 1]
            assert peer.keys and other.answer
            for kind, mid in (("audio", "2"), ("video", "3")):
                ssrc = other.answer.ssrcs[mid][0]
                sent_tick[ssrc] = schedule(kind, warm + counted, chance.random())
                receivers[ssrc] = (other, number, kind)
            # In the order of time, as one browser counts its transport-wide numbers.
            order = sorted((tick, kind, n) for kind, mid in (("audio", "2"), ("video", "3"))
                           for n, tick in enumerate(sent_tick[other.answer.ssrcs[mid][0]]))  # fmt: skip
            for transport, (tick, kind, n) in enumerate(order):
                plain = peer.media(n, body(number, kind, n), kind=kind, timestamp=n * 600, number=transport & 0xFFFF)
                packets.append((tick, peer.socket.address, bytes(peer.keys.protect(plain))))  # type: ignore[attr-defined,arg-type]
        script = udp.Script(peers[0].answer.address, packets)
        packets.clear()
        heard = udp.play(crowd, script, process, warm_s=warm, sent_tick=sent_tick)
        crowd.socket.close()
    check(heard, receivers)
    return Told(heard, visits, script.count)


def schedule(kind: str, seconds: float, phase: float) -> list[int]:
    """The tick of each packet: a voice every 20 ms; a picture 30 times a second, its packets a millisecond apart."""
    if kind == "audio":
        return [int((n + phase) * 1000 / AUDIO_RATE) for n in range(int(seconds * AUDIO_RATE))]
    ticks = []
    for frame in range(int(seconds * FRAMES)):
        count = (frame + 1) * VIDEO_RATE // FRAMES - frame * VIDEO_RATE // FRAMES
        ticks += [int((frame + phase) * 1000 / FRAMES) + n for n in range(count)]
    return ticks


def body(person: int, kind: str, number: int) -> bytes:
    """What one packet says; the first picture is a whole one."""
    at = (person * 7919 + number * 131) % (len(POOL) - VIDEO_BYTES)
    if kind == "audio":
        return POOL[at : at + AUDIO_BYTES]
    return (b"\x10\x00" if number == 0 else b"\x10\x01") + POOL[at : at + VIDEO_BYTES - 2]


def check(heard: udp.Heard, receivers: dict[int, tuple[Peer, int, str]]) -> None:
    """Raises Void when the load was late, and fails when the relay changed what it should only pass."""
    if heard.lateness > LATE_S:
        raise Void(f"the load was {heard.lateness * 1000:.0f} ms late")
    if len(heard.delays) < 100:
        raise Void("too little came back")
    for packet in heard.samples:
        peer, person, kind = receivers[int.from_bytes(packet[8:12], "big")]
        assert peer.keys
        plain = peer.keys.unprotect(packet)
        assert plain is not None, "what came back does not decrypt"
        number = (plain[2] << 8 | plain[3]) - 1
        assert bytes(plain[rtp.payload_at(plain, len(plain)) :]) == body(person, kind, number), "changed on the way"


def patiently(visits: int, warm: float, counted: float, *, may_lose: bool = False) -> Told | None:
    """A round that counts, of up to three; a busy machine spoils some. None when none did, which is said."""
    for _ in range(TRIES):
        try:
            told = asyncio.run(forward(visits, warm, counted))
            if told.lost >= LOST and not may_lose:
                raise Void(f"{told.lost:.2%} were lost")
        except Void as reason:
            print(f"void, {visits} visits: {reason}", file=sys.stderr)
        else:
            return told
    return None


def most_visits(warm: float, counted: float) -> int:
    """The most visits without a loss and with a p99 under 10 ms; a void round is tried twice more."""

    def holds(visits: int) -> bool:
        told = patiently(visits, warm, counted, may_lose=True)
        if told is None:
            return False
        print(
            f"{visits} visits: {told.cost_us:.1f} µs, lost {told.lost:.4%}, p99 {told.p99_ms:.1f} ms", file=sys.stderr
        )
        return told.lost < LOST and told.p99_ms < P99_S * 1000

    good, bad = 0, 50
    while bad <= 400 and holds(bad):
        good, bad = bad, bad * 2
    while bad - good > 20:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if holds(middle) else (good, middle)
    return good


def transcoded(seconds: float) -> float:
    """ms of CPU a second that one visit costs aiortc's MediaRelay."""
    from tests.bench import transcoding

    return transcoding.measure(seconds)


async def _serve(place: str, core: int) -> None:
    from realtime.media.control import Server
    from realtime.media.relay import Relay, Settings

    os.sched_setaffinity(0, [core])
    relay = Relay(Settings(loopback=True, most_seats=4000))
    await relay.start()
    server = Server(relay, place, SECRET)
    await server.start()
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], int(sys.argv[2])))
