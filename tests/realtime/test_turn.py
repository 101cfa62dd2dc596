"""Servers that help browsers find each other: none by default, short passwords otherwise."""

import base64
import hashlib
import hmac

from realtime import turn


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
