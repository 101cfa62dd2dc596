"""Servers that help browsers find each other: none by default, short passwords otherwise."""

import base64
import hashlib
import hmac

import pytest

from realtime import turn
from realtime.consumers import base


def test_by_default_no_request_leaves_the_machine(settings, now):
    settings.TURN_URLS, settings.TURN_SECRET = [], ""
    assert turn.ice_servers("seat", now=now) == []
    settings.TURN_URLS = ["turn:turn.example.vn"]
    assert turn.ice_servers("seat", now=now) == []  # no secret, no half-working list


def test_passwords_are_as_coturn_reads_them_and_good_for_five_minutes(settings, now):
    settings.TURN_URLS, settings.TURN_SECRET = ["turn:turn.example.vn:3478?transport=udp"], "north"
    (server,) = turn.ice_servers("seat-7", now=now)
    expiry, _, name = server["username"].partition(":")
    assert int(expiry) - int(now.timestamp()) == 300 and name == "seat-7"
    wanted = hmac.new(b"north", server["username"].encode(), hashlib.sha1).digest()
    assert base64.b64decode(server["credential"]) == wanted


@pytest.mark.django_db(transaction=True)
async def test_a_long_call_is_sent_new_passwords(room, by_ben, open_socket, settings, monkeypatch):
    settings.TURN_URLS, settings.TURN_SECRET = ["turn:turn.example.vn:3478?transport=udp"], "north"
    monkeypatch.setattr(base, "BEAT_S", 0.05)
    monkeypatch.setattr(turn, "RENEW_S", 0)
    doctor = await open_socket(by_ben, room)
    first = (await doctor.until("welcome"))["ice_servers"]
    later = (await doctor.until("ice_servers"))["ice_servers"]
    assert [server["urls"] for server in later] == [server["urls"] for server in first] == [settings.TURN_URLS]
    assert int(later[0]["username"].partition(":")[0]) >= int(first[0]["username"].partition(":")[0])


@pytest.mark.django_db(transaction=True)
async def test_who_still_waits_gets_none(room, by_ana, open_socket, settings, monkeypatch):
    settings.TURN_URLS, settings.TURN_SECRET = ["turn:turn.example.vn:3478?transport=udp"], "north"
    monkeypatch.setattr(base, "BEAT_S", 0.05)
    monkeypatch.setattr(turn, "RENEW_S", 0)
    citizen = await open_socket(by_ana, room)
    assert (await citizen.until("welcome"))["ice_servers"] == []
    assert {frame["t"] for frame in await citizen.quiet(0.5)} <= {"beat", "bye", "closed"}
