"""A relay in a process of its own is killed while it records: all but the last two seconds can be seen, and nothing lies open."""

from __future__ import annotations

import asyncio
import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import av
import pytest
from django.conf import settings as django_settings

from realtime.media import film as media_film
from realtime.media.control import Remote
from realtime.media.tape import CHUNK_S, Order
from realtime.recordings import vault
from tests.realtime.media_peer import Peer
from tests.realtime.reels import Stream, face, voice
from tests.realtime.server import ROOT, database_url

pytestmark = pytest.mark.django_db(transaction=True)
SECONDS = 5.0
PLACE = "ab/killed"


class Box(io.BytesIO):
    def close(self) -> None:
        pass


def wires(peer: Peer, *streams: Stream) -> list[tuple[float, bytes]]:
    """The packets of these streams as this peer sends them, by the second."""
    found = []
    for stream in streams:
        for at, wire in stream.packets:
            sequence, timestamp = int.from_bytes(wire[2:4], "big"), int.from_bytes(wire[4:8], "big")
            mine = bytearray(peer.media(sequence, wire[12:], kind=stream.kind, timestamp=timestamp))
            mine[1] |= wire[1] & 0x80
            found.append((at, bytes(mine)))
    return sorted(found, key=lambda one: one[0])


async def test_what_a_killed_relay_had_stored_can_be_seen(db: Any, settings: Any, tmp_path: Path):
    options = {"location": str(tmp_path), "file_permissions_mode": 0o600}
    settings.STORAGES = {**settings.STORAGES, "files": {**settings.STORAGES["files"], "OPTIONS": options}}
    environment = {
        **os.environ,
        "DATABASE_URL": await asyncio.to_thread(database_url),
        "DATABASE_POOL": "0",
        "DJANGO_SETTINGS_MODULE": "settings",
        "MEDIA_SECRET": django_settings.MEDIA_SECRET,
        "FILES_OPTIONS": json.dumps(options),
        "ROOM_LOOPBACK_ALLOWED": "1",
    }
    child = subprocess.Popen(
        [sys.executable, "-m", "runtime", "media", "--name", "m1"],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    peers = [Peer(1000), Peer(2000)]
    try:
        assert child.stdout
        control = re.search(r"control at (\S+)\.", await asyncio.to_thread(child.stdout.readline))
        assert control
        media = Remote(control[1], django_settings.MEDIA_SECRET)
        await media.connect()
        await media.open_room("r")
        for seat, peer in zip("ab", peers, strict=True):
            peer.take(await media.join("r", seat, peer.offer()))
            await peer.connect()
        await media.record("r", Order(1, PLACE, frozenset("ab")).as_json())
        sent = [(peer, wires(peer, voice("a", SECONDS), face("a", SECONDS))) for peer in peers]
        begun = asyncio.get_running_loop().time()
        while any(queue for _, queue in sent):
            now = asyncio.get_running_loop().time() - begun
            for peer, queue in sent:
                while queue and queue[0][0] <= now:
                    peer.publish(queue.pop(0)[1])
            await asyncio.sleep(0.005)
        child.send_signal(signal.SIGKILL)
        child.wait()
        await media.close()
    finally:
        child.kill()
        child.wait()
        assert child.stdout
        child.stdout.close()
        for peer in peers:
            peer.close()
    found = media_film.survey(vault.chunks(PLACE))
    assert set(found.seats) == {"a", "b"} and not found.is_complete
    boxes: dict[str, Box] = {}
    films = media_film.make(lambda: vault.chunks(PLACE), found, lambda seat: boxes.setdefault(seat, Box()))
    for film in films:
        assert SECONDS - CHUNK_S - 0.8 < film.duration_ms / 1000 <= SECONDS + 0.2
        boxes[film.seat].seek(0)
        with av.open(boxes[film.seat]) as container:
            pictures = len(list(container.decode(video=0)))
        assert pictures == pytest.approx(film.duration_ms / 1000 * 15, abs=3)
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or b'"kind"' not in path.read_bytes(), "a record lies open"
