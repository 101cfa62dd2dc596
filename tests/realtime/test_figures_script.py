"""What the page makes of two looks at its connection, and that the house reads every bit of it."""

import json

import pytest

from realtime import quality
from realtime.protocol import parse
from tests.realtime.script import needs_node, run

pytestmark = needs_node
LOOK = {
    "state": "connected", "path": "p2p", "turn": False, "rtt": 0.0421, "jitter": 0.0062, "packets": 1000,
    "packetsLost": 10, "audioBytes": 20_000, "videoBytes": 480_000, "bytesSent": 300_000, "framesDecoded": 150,
    "freezes": 1,
}  # fmt: skip
LATER = LOOK | {"packets": 1900, "packetsLost": 60, "audioBytes": 45_000, "videoBytes": 1_080_000,
                "bytesSent": 550_000, "framesDecoded": 290, "freezes": 3}  # fmt: skip


def between(before, now, seconds=5, step="full"):
    return run("figures.js", "return m.between(...values);", before, now, seconds, step)


def test_five_seconds():
    assert between(LOOK, LATER) == {
        "up": True, "rtt": 42, "jitter": 6, "packets": 900, "lost": 50, "kbps_in": 1000, "kbps_out": 400,
        "frames": 140, "freezes": 2, "path": "p2p", "step": "full",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (None, LOOK),
        (LATER, LOOK),  # a new connection: it begins to count at zero
        (LOOK, LATER | {"packetsLost": -3, "rtt": None, "jitter": 1e9}),
        (LOOK, LATER | {"packets": 10**9, "videoBytes": 10**15, "turn": True, "path": "relay"}),
        (LOOK, LATER | {"state": "disconnected"}),
        (LOOK, None),
    ],
)
def test_whatever_the_browser_says_the_house_can_read(before, now):
    figures = between(before, now)
    assert isinstance(parse(json.dumps({"v": 1, "t": "quality", "d": figures})).message, quality.Figures)
    assert figures["up"] is (now is not None and now["state"] == "connected")


@pytest.mark.parametrize(
    ("change", "path"), [({}, "p2p"), ({"turn": True}, "turn"), ({"path": "relay", "turn": True}, "relay")]
)
def test_the_way_is_named(change, path):
    assert between(LOOK, LATER | change)["path"] == path
