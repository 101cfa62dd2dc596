"""Relays in the database: who lives, who has a room, and where its people go when a relay dies."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connections
from django.utils import timezone

from realtime import nodes
from realtime.errors import NoRelay
from realtime.media.control import NotThere, Remote
from realtime.models import MediaNode, MediaPlace
from tests.realtime.media_peer import Peer
from tests.realtime.server import ROOT, database_url

NOW = timezone.now()
EPOCHS = {name: uuid4() for name in ("m1", "m2", "m3")}


def beat(name, *, seats=0, now=NOW, is_draining=False, most_seats=10, epoch=None):
    nodes.beat(
        name=name, control=f"/run/{name}", epoch=epoch or EPOCHS[name], seats=seats, most_seats=most_seats, is_draining=is_draining,
        now=now,
    )  # fmt: skip


@pytest.mark.django_db
def test_a_room_stays_where_it_is(room):
    beat("m1")
    place = nodes.assign(room_id=room.id, now=NOW)
    assert (place.node, place.control, place.fence) == ("m1", "/run/m1", 1)
    beat("m2")
    beat("m1", seats=9, is_draining=True)
    assert nodes.assign(room_id=room.id, now=NOW) == place == nodes.place_of(room_id=room.id, now=NOW)
    assert MediaPlace.objects.count() == 1


@pytest.mark.django_db
def test_a_dead_relay_is_noticed_within_eight_seconds(room):
    beat("m1", now=NOW)
    assert nodes.assign(room_id=room.id, now=NOW + timedelta(seconds=5)).node == "m1"
    later = NOW + timedelta(seconds=8)
    assert nodes.place_of(room_id=room.id, now=later) is None
    with pytest.raises(NoRelay):
        nodes.assign(room_id=room.id, now=later)
    assert MediaPlace.objects.get().fence == 1, "a refusal moves nothing"
    beat("m2", now=later)
    place = nodes.assign(room_id=room.id, now=later)
    assert (place.node, place.fence) == ("m2", 2)
    beat("m1", now=later)  # the dead one comes back and changes nothing
    assert nodes.assign(room_id=room.id, now=later) == place


@pytest.mark.django_db
def test_a_relay_started_anew_is_another_one(room):
    beat("m1")
    assert nodes.assign(room_id=room.id, now=NOW).fence == 1
    beat("m1", epoch=uuid4())
    assert nodes.place_of(room_id=room.id, now=NOW) is None
    assert nodes.assign(room_id=room.id, now=NOW).fence == 2


@pytest.mark.django_db
def test_signing_off_leaves_the_successor_alone():
    beat("m1")
    nodes.sign_off(name="m1", epoch=uuid4())
    assert MediaNode.objects.count() == 1
    nodes.sign_off(name="m1", epoch=EPOCHS["m1"])
    assert not MediaNode.objects.exists()


@pytest.mark.django_db
def test_full_and_draining_relays_get_no_rooms(room):
    beat("m1", seats=10)
    beat("m2", is_draining=True)
    with pytest.raises(NoRelay):
        nodes.assign(room_id=room.id, now=NOW)
    beat("m3", seats=9)
    assert nodes.assign(room_id=room.id, now=NOW).node == "m3"


def test_rooms_spread_and_most_stay_when_one_is_added():
    made = [MediaNode(name=f"m{n}", seats=0, most_seats=10) for n in range(4)]
    before = {n: nodes.choose(f"room{n}", made).name for n in range(400)}
    counts = [list(before.values()).count(node.name) for node in made]
    assert min(counts) > 60 and sum(counts) == 400
    after = {
        n: nodes.choose(f"room{n}", [*made, MediaNode(name="m9", seats=0, most_seats=10)]).name for n in range(400)
    }
    assert sum(before[n] != after[n] for n in before) < 200
    made[0].seats = 9
    busy = [nodes.choose(f"room{n}", made).name for n in range(400)]
    assert busy.count("m0") == 0, "there is always another of two"


@pytest.mark.django_db(transaction=True)
def test_two_who_ask_at_once_get_the_same(room):
    for name in EPOCHS:
        beat(name)
    found, together = [], threading.Barrier(8)

    def ask():
        together.wait()
        found.append(nodes.assign(room_id=room.id, now=NOW))
        connections.close_all()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(found) == 8 and len(set(found)) == 1 and found[0].fence == 1


@pytest.fixture
def process():
    """A relay as `lanh.py media` runs it, on this test's database."""
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "DATABASE_POOL": "0",
        "DJANGO_SETTINGS_MODULE": "settings",
        "MEDIA_SECRET": settings.MEDIA_SECRET,
    }
    child = subprocess.Popen(
        [sys.executable, "-m", "runtime", "media", "--name", "m1"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    line = child.stdout.readline()
    yield child, re.search(r"control at (\S+)\.", line)[1]
    child.kill()
    child.wait()
    child.stdout.close()


def wait_for(ready):
    for _ in range(400):
        if ready():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.django_db(transaction=True)
def test_a_process_of_its_own_lives_serves_and_is_missed(process, room):
    child, place = process
    assert wait_for(lambda: MediaNode.objects.filter(name="m1").exists())
    given = nodes.assign(room_id=room.id, now=timezone.now())
    assert given.control == place

    async def call():
        remote, peer = Remote(place, settings.MEDIA_SECRET), Peer()
        await remote.connect()
        await remote.open_room(str(room.id))
        peer.take(await remote.join(str(room.id), "a", peer.offer()))
        await peer.connect()
        assert (await remote.stats(str(room.id)))["a"]["connected"]
        child.send_signal(signal.SIGKILL)
        with pytest.raises(NotThere):
            for _ in range(200):
                await remote.load()
                await asyncio.sleep(0.02)
        await remote.close()
        peer.close()

    asyncio.run(call())
    assert nodes.place_of(room_id=room.id, now=timezone.now() + timedelta(seconds=8)) is None


@pytest.mark.django_db(transaction=True)
def test_an_empty_relay_ends_when_asked_and_says_so(process):
    child, _ = process
    assert wait_for(lambda: MediaNode.objects.filter(name="m1").exists())
    child.send_signal(signal.SIGTERM)
    assert child.wait(timeout=20) == 0
    assert not MediaNode.objects.exists()
