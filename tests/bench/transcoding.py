"""One visit through aiortc's own peer connections and MediaRelay: the server decodes and encodes what it passes on.

The clients send a clip that was encoded before, so that the work is the server's. Its CPU is counted per second of pictures
that came out, not per second of the clock: a server that cannot keep up must not look cheap.
"""

from __future__ import annotations

import asyncio
import contextlib
import fractions
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import aioice.ice
import av
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaRelay
from aiortc.mediastreams import AudioStreamTrack, MediaStreamTrack

from tests.bench.udp import cpu_ns

ROOT = Path(__file__).resolve().parents[2]
WIDTH, HEIGHT, RATE, BITS = 1280, 720, 30, 1_500_000
CLIP_S = 4
GRAIN = 12  # of the height: what makes this clip 1.5 Mbit/s
POOL = random.Random(7).randbytes(1 << 16)


def clip() -> list[bytes]:
    """Four seconds of moving test pictures in VP8 at 1.5 Mbit/s; the first is a whole one."""
    encoder = av.CodecContext.create("libvpx", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.bit_rate = WIDTH, HEIGHT, "yuv420p", BITS
    encoder.time_base = fractions.Fraction(1, RATE)
    encoder.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "keyint_max": str(CLIP_S * RATE)}
    found: list[bytes] = []
    for number in range(CLIP_S * RATE):
        frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
        for plane in frame.planes:
            smooth = bytes(16 + (x + 4 * number) % 880 // 4 for x in range(plane.line_size))
            rows = [smooth] * plane.height
            top, side = plane.height // 3, plane.height // GRAIN
            for y in range(side):  # a square of grain wanders over the smooth ground
                at, left = (number * 977 + y * 331) % 60_000, number * 3 % (plane.line_size - side)
                rows[top + y] = smooth[:left] + POOL[at : at + side] + smooth[left + side :]
            plane.update(b"".join(rows))
        frame.pts, frame.time_base = number, encoder.time_base
        found += [bytes(packet) for packet in encoder.encode(frame)]
    return found


class Clip(MediaStreamTrack):
    """The clip over and over, as packets: aiortc sends those as they are."""

    kind = "video"

    def __init__(self, packets: list[bytes]) -> None:
        super().__init__()
        self._packets, self._number = packets, 0
        self._start = 0.0

    async def recv(self) -> Any:
        loop = asyncio.get_running_loop()
        self._start = self._start or loop.time()
        await asyncio.sleep(max(0.0, self._start + self._number / RATE - loop.time()))
        packet = av.Packet(self._packets[self._number % len(self._packets)])
        packet.pts, packet.time_base = self._number, fractions.Fraction(1, RATE)
        self._number += 1
        return packet


class Later(MediaStreamTrack):
    """A track whose source comes later: the first to join must be answered before the second is there."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.source: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.frames = 0

    async def recv(self) -> Any:
        source = await self.source
        frame = await source.recv()
        self.frames += 1
        return frame


async def serve() -> None:
    """The server: an offer a line comes in, an answer a line goes out; an empty line asks for the frames passed on."""
    relay, tracks = MediaRelay(), [{kind: Later(kind) for kind in ("audio", "video")} for _ in range(2)]
    peers = []
    for number in range(2):
        offer = json.loads(await asyncio.to_thread(sys.stdin.readline))
        peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        peers.append(peer)
        for track in tracks[number].values():
            peer.addTrack(track)

        def take(track: Any, to: dict[str, Later] = tracks[1 - number]) -> None:
            to[track.kind].source.set_result(relay.subscribe(track))

        peer.on("track", take)
        await peer.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        await peer.setLocalDescription(await peer.createAnswer())
        print(json.dumps(peer.localDescription.sdp), flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        print(json.dumps([each["video"].frames for each in tracks]), flush=True)


class Sink:
    """Takes in frames without decoding: the client's work is not of interest."""

    def __init__(self) -> None:
        self.tasks: list[asyncio.Task[None]] = []

    def __call__(self, track: Any) -> None:
        async def eat() -> None:
            with contextlib.suppress(Exception):
                while True:
                    await track.recv()

        self.tasks.append(asyncio.create_task(eat()))


async def _play(seconds: float) -> float:
    cores = sorted(os.sched_getaffinity(0))
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'backend'}"}
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.transcoding"],
        cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stdin and child.stdout
    stdin, stdout = child.stdin, child.stdout

    async def ask(line: str) -> Any:
        stdin.write(line + "\n")
        stdin.flush()
        return json.loads(await asyncio.to_thread(stdout.readline))

    os.sched_setaffinity(child.pid, cores[:1])
    packets, peers, sink = clip(), [], Sink()
    try:
        for _ in range(2):
            peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
            peers.append(peer)
            peer.addTrack(AudioStreamTrack())
            peer.addTrack(Clip(packets))
            peer.on("track", sink)
            await peer.setLocalDescription(await peer.createOffer())
            answer = await ask(json.dumps(peer.localDescription.sdp))
            await peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        for _ in range(100):
            if min(await ask("")) > RATE:
                break
            await asyncio.sleep(0.2)
        frames, before = sum(await ask("")), cpu_ns(child.pid)
        await asyncio.sleep(seconds)
        frames, spent = sum(await ask("")) - frames, cpu_ns(child.pid) - before
        assert frames > 0, "no picture came through aiortc's relay"
        return spent / 1e6 / (frames / RATE / 2)
    finally:
        child.kill()
        child.wait()
        for peer in peers:
            await peer.close()
        for task in sink.tasks:
            task.cancel()


def measure(seconds: float) -> float:
    """ms of CPU for a second of one visit, both ways."""
    only_loopback()
    return asyncio.run(_play(seconds))


def only_loopback() -> None:
    """aioice leaves loopback out; here it is all there is."""
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]


if __name__ == "__main__":
    only_loopback()
    asyncio.run(serve())
