"""Signalling as browsers do it: a server process of our own (Daphne, pool of connections), real sockets, joins over HTTP.

Every room has a doctor and a citizen of its own; clients run in this process, on the other core. No socket says more than
the eighteen frames a second that the limit of speed lets through, so many rooms are needed to see what the process can do.

  rooms          sixteen at once: two joins over HTTP, two sockets, let in, both told: rooms a second
  pings, most    every socket asks and waits for its answer, as fast as it may: frames a second (nothing but the socket)
  signals, most  every socket sends a candidate to the other, who hears it, as fast as they may: signals a second
  signals, calm  the same at two a second: 99th percentile from the one socket to the other
  lines          eight at once write a line, stored and heard by both: lines a second
and what each costs the server in µs or ms of CPU as the kernel counts it, from which the most of a whole core follows.
Nothing may be lost, out of order, or heard by another room; else the round fails.

`lanh.py bench signalling --rounds 3 --size 200` for figures (100 rooms); `--rounds 1 --size 40` for a look.
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from statistics import quantiles
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

from tests.bench.run import Row, row
from tests.site import own_database

NAME = "signalling"
AT_ONCE, WRITERS = 16, 8
PACE_S, CALM_S = 1 / 18, 0.5
TICK = os.sysconf("SC_CLK_TCK")


def measure(*, rounds: int, size: int) -> Iterator[Row]:
    """All kinds of work in turn, `rounds` times, with `size` / 2 rooms."""
    own_database("bench_signalling")
    from tests.realtime import server

    people = _people(max(4, size // 2))
    seconds = 2.0 if size < 100 else 5.0
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryFile() as log:
        process, url = server.start(log, DATABASE_POOL="1", DATABASE_POOL_SIZE="10", LOG_LEVEL="ERROR")
        try:
            for _ in range(rounds):
                load = _Load(url, process.pid, people, _rooms(people))
                for case, value in asyncio.run(load.run(seconds)).items():
                    found.setdefault(case, []).append(value)
        finally:
            process.kill()
            process.wait()
        log.seek(0)
        words = log.read().decode(errors="replace")
        assert "Traceback" not in words, words[-3000:]
    for case, unit, to in (
        ("rooms", "1/s", "bare views"),
        ("signals, most", "1/s", "pings, most"),
        ("lines", "1/s", "pings, most"),
        ("signals, CPU each", "µs", "pings, CPU each"),
        ("lines, CPU each", "µs", "pings, CPU each"),
        ("rooms, CPU each", "ms", "itself"),
        ("signals, calm p99", "ms", "itself"),
        ("signals, most p99", "ms", "signals, calm p99"),
        ("rooms, p99", "ms", "itself"),
        ("lines, p99", "ms", "signals, calm p99"),
        ("pings, most", "1/s", "itself"),
        ("pings, CPU each", "µs", "itself"),
        ("bare views", "1/s", "itself"),
    ):
        yield row(NAME, case, found[case], unit, to=to, yardstick=found.get(to, found[case]))


def _people(count: int) -> list[tuple[Any, Any]]:
    from tests import make

    hospital = make.make_facility()
    doctors = [make.make_practitioner(facility=hospital, full_name=f"Bùi Văn Số {n}") for n in range(count)]
    return [(doctor, make.make_person(full_name=f"Đỗ Thị Số {n}")) for n, doctor in enumerate(doctors)]


def _rooms(people: list[tuple[Any, Any]]) -> list[str]:
    from tests.realtime.conftest import make_room

    return [str(make_room(person=citizen, practitioner=doctor).id) for doctor, citizen in people]


def _cpu_s(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


class _Socket:
    """One seat's line. Whatever else comes is read and left."""

    def __init__(self, line: ClientConnection) -> None:
        self.line, self.seat, self.number, self.free_at = line, "", 0, 0.0

    async def say(self, kind: str, data: dict[str, Any], id: str = "") -> None:
        await self.line.send(json.dumps({"v": 1, "t": kind, **({"id": id} if id else {}), "d": data}))

    async def until(self, kind: str) -> dict[str, Any]:
        async with asyncio.timeout(60):
            while True:
                frame = json.loads(await self.line.recv())
                if frame["t"] == kind:
                    return dict(frame["d"])
                assert frame["t"] not in ("error", "bye"), frame
                if frame["t"] == "beat":
                    await self.say("beat", {"n": frame["d"]["n"]})

    async def pace(self, every: float) -> None:
        """Wait until this socket may speak again."""
        now = time.monotonic()
        if self.free_at > now:
            await asyncio.sleep(self.free_at - now)
        self.free_at = max(now, self.free_at) + every


class _Load:
    def __init__(self, url: str, process: int, people: list[tuple[Any, Any]], rooms: list[str]) -> None:
        from tests import make

        self.url, self.process, self.rooms = url, process, rooms
        self.tokens = [[str(make.api_client(one).defaults["HTTP_AUTHORIZATION"]) for one in both] for both in people]
        self.pairs: list[tuple[_Socket, _Socket]] = []

    async def run(self, seconds: float) -> dict[str, float]:
        told: dict[str, float] = {}
        limits = httpx.Limits(max_connections=AT_ONCE)
        async with httpx.AsyncClient(base_url=self.url, limits=limits, timeout=60) as self.http:
            told["bare views"] = (await self.for_a_while(self.look, seconds, AT_ONCE))[0]
            told |= await self.open()
        try:
            for case, one, every in (
                ("pings, most", self.ping, PACE_S),
                ("signals, most", self.signal, PACE_S),
                ("signals, calm", self.signal, CALM_S),
            ):
                told |= await self.talk(case, one, every, seconds)
            told |= await self.write(seconds)
        finally:
            for pair in self.pairs:
                for each in pair:
                    await each.line.close()
        return told

    async def for_a_while(
        self, one: Callable[[], Awaitable[None]], seconds: float, at_once: int
    ) -> tuple[float, list[float]]:
        """So many a second, and how long each took."""
        times: list[float] = []
        begun = time.monotonic()

        async def again() -> None:
            while time.monotonic() - begun < seconds:
                since = time.monotonic()
                await one()
                times.append(time.monotonic() - since)

        await asyncio.gather(*[again() for _ in range(at_once)])
        return len(times) / (time.monotonic() - begun), times

    async def look(self) -> None:
        assert (await self.http.get("/health/live")).status_code == 200

    async def open(self) -> dict[str, float]:
        """Every room, so many at once."""
        waiting, times = list(enumerate(self.rooms)), []
        before, begun = _cpu_s(self.process), time.monotonic()

        async def next_one() -> None:
            while waiting:
                number, room = waiting.pop()
                since = time.monotonic()
                doctor, citizen = [await self.sit(room, token) for token in self.tokens[number]]
                await doctor.say("let_in", {"seat": citizen.seat})
                await citizen.until("welcome")
                times.append(time.monotonic() - since)
                self.pairs.append((doctor, citizen))

        await asyncio.gather(*[next_one() for _ in range(AT_ONCE)])
        took, spent = time.monotonic() - begun, _cpu_s(self.process) - before
        return {
            "rooms": len(times) / took,
            "rooms, p99": 1000 * _p99(times),
            "rooms, CPU each": 1000 * spent / len(times),
        }

    async def sit(self, room: str, token: str) -> _Socket:
        answer = await self.http.post(f"/api/v1/rooms/{room}/join", json={}, headers={"Authorization": token})
        assert answer.status_code == 200, answer.text
        joined = answer.json()
        address = f"{joined['socket_url']}?ticket={joined['ticket']}&page=p1"
        socket = _Socket(await connect(address, origin=self.url, compression=None, max_queue=None))  # type: ignore[arg-type]
        socket.seat = (await socket.until("welcome"))["you"]
        return socket

    async def ping(self, one: _Socket, other: _Socket) -> None:
        await one.say("ping", {})
        await one.until("pong")

    async def signal(self, one: _Socket, other: _Socket) -> None:
        one.number += 1
        candidate = f"candidate:1 1 udp {one.number} 192.0.2.7 {5000 + one.number % 9999} typ host"
        await one.say("signal", {"to": other.seat, "candidate": {"candidate": candidate, "sdpMid": "0"}})
        heard = await other.until("signal")
        assert heard["from"] == one.seat and heard["candidate"]["candidate"] == candidate, heard

    async def talk(
        self, case: str, how: Callable[[_Socket, _Socket], Awaitable[None]], every: float, seconds: float
    ) -> dict[str, float]:
        """In each room one speaks and then the other, each no faster than `every`."""
        times: list[float] = []
        before, begun = _cpu_s(self.process), time.monotonic()

        async def room(pair: tuple[_Socket, _Socket]) -> None:
            turn = 0
            await asyncio.sleep(every * (id(pair) % 97) / 97)
            while time.monotonic() - begun < seconds:
                one, other = pair[turn % 2], pair[1 - turn % 2]
                turn += 1
                await one.pace(every)
                since = time.monotonic()
                await how(one, other)
                times.append(time.monotonic() - since)

        await asyncio.gather(*[room(pair) for pair in self.pairs])
        took, spent = time.monotonic() - begun, _cpu_s(self.process) - before
        name = case.partition(",")[0]
        told = {case: len(times) / took, f"{case} p99": 1000 * _p99(times)}
        return told if every == CALM_S else {**told, f"{name}, CPU each": 1e6 * spent / len(times)}

    async def write(self, seconds: float) -> dict[str, float]:
        """Lines of the chat."""
        free, before = list(self.pairs), _cpu_s(self.process)

        async def line() -> None:
            pair = free.pop(0)
            one, other = pair
            one.number += 1
            await one.pace(PACE_S)
            await one.say("say", {"text": f"Dòng {one.number}"}, id=f"n{one.number}")
            for each in (one, other):
                assert (await each.until("said"))["text"] == f"Dòng {one.number}"
            free.append(pair)

        rate, times = await self.for_a_while(line, seconds, min(WRITERS, len(free)))
        spent = _cpu_s(self.process) - before
        return {"lines": rate, "lines, p99": 1000 * _p99(times), "lines, CPU each": 1e6 * spent / len(times)}


def _p99(times: list[float]) -> float:
    return quantiles(times, n=100)[98] if len(times) > 1 else times[0]
