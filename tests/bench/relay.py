"""The media relay under real time load, against aiortc's own MediaRelay and against the least any relay must do.

What a visit sends, and how it is played, is in tests/bench/visits.py: the same streams and the same receivers for each.

  floor         recvfrom, unprotect, protect, sendto of one 1.2 kB packet in a bare Python loop: µs of CPU
  forward, N    our relay with N visits: µs of CPU a forwarded packet, everything (feedback, reports, clocks) included
  delay p99, N  added on the way, 99th percentile, as the load sees it
  arrived, N    of what was sent, in per cent
  janus …       the same of Debian's Janus with its videoroom, in turn with ours, as it comes: a thread a connection
  janus loop …  the same with one loop for all connections, which suits one core better
  rtpengine …   the same of Debian's rtpengine
  visit, ours   ms of CPU a second of one visit at the largest N
  MediaRelay    the same for one visit through aiortc's peer connections and MediaRelay, which decode and encode
  most visits   on one core, by doubling and halving: nothing lost, p99 under 10 ms (only with --size 1000 or more)
A round counts only if the load kept its time, nothing was lost and what was sampled decrypts to what was sent; else it is
said to be void, and tried again. The other two may lose: it is told, and their cost is that of what they passed on.
Where Janus or rtpengine is not there, a line says so. `--peers` fetches them from Debian first, as root; a short run plays
only the largest N on them.

`lanh.py bench relay --peers --rounds 3 --size 1000` for figures; `--rounds 1 --size 80` for CI.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from pathlib import Path

from realtime.media import rtp
from realtime.media.control import Remote
from realtime.media.srtp import Buffer, Keys
from runtime import forwarders
from tests.bench import janus, rtpengine, udp, visits
from tests.bench.run import Row, row

NAME = "relay"
SHORT, LONG = 200, 1000
SECRET = "b" * 32
P99_S = 0.010
ROOT = Path(__file__).resolve().parents[2]
OTHERS: dict[str, tuple[Callable[[], str | None], visits.Server]] = {
    "janus": (janus.missing, janus.stage),
    "janus loop": (janus.missing, partial(janus.stage, loops=1)),
    "rtpengine": (rtpengine.missing, rtpengine.stage),
}
WHOLE = [100.0]


def measure(*, rounds: int, size: int, peers: bool = False) -> Iterator[Row]:
    """All in turn, `rounds` times."""
    short = size < SHORT
    loads = [2, 8] if short else [1, 10, 40, 100]
    warm, counted = (1.0, 2.0) if short else (2.0, 5.0)
    others = who_is_there(fetch=peers)
    told: dict[tuple[str, int], list[visits.Told]] = {}
    least, transcoding = [], []
    for _ in range(rounds):
        least.append(floor(20_000 if short else 200_000))
        for count in loads:
            if one := visits.patiently(ours, count, warm, counted):
                told.setdefault(("ours", count), []).append(one)
            for name, server in others.items() if count == loads[-1] or not short else ():
                tries = 2 if short else visits.TRIES
                if one := visits.patiently(server, count, warm, counted, name=name, may_lose=True, tries=tries):
                    told.setdefault((name, count), []).append(one)
        transcoding.append(transcoded(4 if short else 8))
    for count in loads:
        mine = told.get(("ours", count))
        if mine:
            yield row(NAME, f"forward, {count}", costs(mine), "µs", to="floor", yardstick=least)
            yield row(NAME, f"delay p99, {count}", delays(mine), "ms", to="itself", yardstick=delays(mine))
            yield row(NAME, f"arrived, {count}", arrived(mine), "%", to="sent", yardstick=WHOLE)
        for name in others:
            theirs = told.get((name, count))
            if mine and theirs:
                yield row(NAME, f"{name}, forward, {count}", costs(theirs), "µs", to="ours", yardstick=costs(mine))
                yield row(NAME, f"ours, forward, {count}", costs(mine), "µs", to=name, yardstick=costs(theirs))
                yield row(NAME, f"{name}, p99, {count}", delays(theirs), "ms", to="ours", yardstick=delays(mine))
                yield row(NAME, f"{name}, arrived, {count}", arrived(theirs), "%", to="sent", yardstick=WHOLE)
    if mine := told.get(("ours", loads[-1])):
        visit = [one.visit_ms for one in mine]
        yield row(NAME, "MediaRelay, a visit", transcoding, "ms/s", to="ours", yardstick=visit)
        yield row(NAME, "ours, a visit", visit, "ms/s", to="MediaRelay", yardstick=transcoding)
    yield row(NAME, "floor", least, "µs", to="itself", yardstick=least)
    if size >= LONG:
        most = [float(most_visits(warm, counted))]
        yield row(NAME, "most visits a core", most, "", to="itself", yardstick=most)


def who_is_there(*, fetch: bool) -> dict[str, visits.Server]:
    """The others that can be driven here; which cannot, and why, is said."""
    if fetch:
        with contextlib.redirect_stdout(sys.stderr):  # what is printed may be read by a programme
            forwarders.fetch()
    found: dict[str, visits.Server] = {}
    for name, (missing, server) in OTHERS.items():
        if problem := missing():
            print(f"not there, {name}: {problem}", file=sys.stderr)
        else:
            found[name] = server
    return found


def costs(told: list[visits.Told]) -> list[float]:
    return [one.cost_us for one in told]


def delays(told: list[visits.Told]) -> list[float]:
    return [one.p99_ms for one in told]


def arrived(told: list[visits.Told]) -> list[float]:
    return [one.arrived * 100 for one in told]


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
            two.sendto(bytes(theirs.protect(head + visits.POOL[: visits.VIDEO_BYTES])), here)  # type: ignore[arg-type]
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


@contextlib.asynccontextmanager
async def ours(count: int) -> AsyncIterator[visits.Stage]:
    """Our relay with `count` visits connected."""
    with contextlib.closing(udp.Crowd()) as crowd:
        async with relay_process() as (process, remote):
            peers = []
            for person in range(2 * count):
                peer = visits.seat(crowd, person, person)
                if not person % 2:
                    await remote.open_room(f"r{person // 2}")
                peer.take(await remote.join(f"r{person // 2}", f"s{person % 2}", peer.offer()))
                await peer.connect()
                peers.append(peer)
            streams = []
            for person, sender in enumerate(peers):
                receiver = peers[person ^ 1]
                assert sender.answer and receiver.answer
                for kind, mid in (("audio", "2"), ("video", "3")):
                    ssrc = receiver.answer.ssrcs[mid][0]
                    streams.append(visits.Stream(person, kind, sender, sender.answer.address, receiver, ssrc, first=1))
            yield visits.Stage(process, crowd, streams)


@contextlib.asynccontextmanager
async def relay_process() -> AsyncIterator[tuple[int, Remote]]:
    """A relay of its own on the first core; this process goes to the others."""
    with tempfile.TemporaryDirectory() as folder, visits.apart() as core:
        place = f"{folder}/control"
        command = [sys.executable, "-m", "tests.bench.relay", place, str(core)]
        environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'backend'}"}
        child = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE)
        try:
            assert child.stdout and child.stdout.readline() == b"ready\n"
            remote = Remote(place, SECRET)
            await remote.connect()
            yield child.pid, remote
            await remote.close()
        finally:
            child.kill()
            child.wait()


def most_visits(warm: float, counted: float) -> int:
    """The most visits without a loss and with a p99 under 10 ms; a void round is tried twice more."""

    def holds(count: int) -> bool:
        told = visits.patiently(ours, count, warm, counted, may_lose=True)
        if told is None:
            return False
        print(
            f"{count} visits: {told.cost_us:.1f} µs, lost {1 - told.arrived:.4%}, p99 {told.p99_ms:.1f} ms",
            file=sys.stderr,
        )
        return told.arrived > 1 - visits.LOST and told.p99_ms < P99_S * 1000

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
