"""How good a call is: what a page measured in five seconds, read strictly, and the word for it. Pure.

The figures are a client's claims: they are bounded here, they colour a badge and a chart, and nothing that costs money or
decides who gets in is made of them.

Bounds after ITU-T G.114 (a delay of 150 ms one way is not noticed, 400 ms is too much) and what Opus and VP8 hide of loss.
A word gets worse after two windows in succession and better after three that are better by a margin, so that it does not
flicker; a call that is down is `lost` at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from realtime.errors import BadFrame

EXCELLENT, GOOD, POOR, LOST = "excellent", "good", "poor", "lost"
WORDS = (EXCELLENT, GOOD, POOR, LOST)  # from best to worst
PATHS = ("p2p", "turn", "relay", "")
# What a page sends: everything, smaller pictures, sound only, writing only, nothing (somebody telephones).
STEPS = ("full", "low", "audio", "chat", "phone")
WINDOW_S = 5
WORSE_AFTER, BETTER_AFTER = 2, 3  # windows
MARGIN = 0.8  # to be called better, figures must be this much under the bound

# The bounds of `excellent` and of `good`; beyond them the call is `poor`.
BOUNDS = {"loss": (0.01, 0.05), "rtt": (200, 500), "jitter": (30, 80), "freezes": (0, 1)}
# The largest values that are believed. Beyond them a frame is not read.
LARGEST = {
    "rtt": 60_000, "jitter": 60_000, "packets": 100_000, "lost": 100_000,
    "kbps_in": 1_000_000, "kbps_out": 1_000_000, "frames": 10_000, "freezes": 1_000,
}  # fmt: skip
FIELDS = frozenset({*LARGEST, "up", "path", "step"})


@dataclass(frozen=True)
class Figures:
    """What one seat's page saw in about five seconds. `rtt` is None while nothing has been measured."""

    up: bool  # the connection stands
    rtt: int | None = None  # milliseconds
    jitter: int = 0  # milliseconds
    packets: int = 0  # that came in
    lost: int = 0  # that did not
    kbps_in: int = 0
    kbps_out: int = 0
    frames: int = 0  # pictures shown
    freezes: int = 0
    path: str = ""
    step: str = "full"

    @property
    def loss(self) -> float:
        sent = self.packets + self.lost
        return self.lost / sent if sent else 0.0


@dataclass(frozen=True)
class Judged:
    """The word shown now, and how long the figures have been saying something else."""

    word: str
    leaning: str = ""
    windows: int = 0


def parse(data: dict[str, Any], _id: str = "", _policy: Any = None) -> Figures:
    """Read the frame `quality`. Raises BadFrame for anything but whole numbers within bounds and known words."""
    numbers = {name: _number(data.get(name, 0), most) for name, most in LARGEST.items() if name != "rtt"}
    rtt = data.get("rtt")
    up, path, step = data.get("up"), data.get("path", ""), data.get("step", "full")
    if type(up) is not bool or path not in PATHS or step not in STEPS:
        raise BadFrame
    return Figures(
        up=up, rtt=None if rtt is None else _number(rtt, LARGEST["rtt"]), path=str(path), step=str(step), **numbers
    )


def _number(value: Any, most: int) -> int:
    if type(value) is not int or not 0 <= value <= most:
        raise BadFrame
    return value


def word_of(figures: Figures, margin: float = 1.0) -> str:
    """Say how one window was, by itself. A smaller margin asks for more."""
    if not figures.up:
        return LOST
    values = {"loss": figures.loss, "rtt": figures.rtt or 0, "jitter": figures.jitter, "freezes": figures.freezes}
    for place, word in enumerate((EXCELLENT, GOOD)):
        if all(value <= BOUNDS[name][place] * margin for name, value in values.items()):
            return word
    return POOR


def judge(before: Judged | None, figures: Figures) -> Judged:
    """Return the word to be shown after one more window."""
    now = word_of(figures)
    if before is None or LOST in (now, before.word):
        return Judged(now)  # down and up again are facts, no matter of patience
    shown = WORDS.index(before.word)
    if WORDS.index(now) > shown:
        return _lean(before, now, "worse", WORSE_AFTER)
    clearly = word_of(figures, MARGIN)
    if WORDS.index(clearly) < shown:
        return _lean(before, clearly, "better", BETTER_AFTER)
    return Judged(before.word)


def _lean(before: Judged, now: str, way: str, after: int) -> Judged:
    same_way = before.leaning and (WORDS.index(before.leaning) > WORDS.index(before.word)) == (way == "worse")
    windows = before.windows + 1 if same_way else 1
    # Of what the windows said, the one nearest to the word that is shown: all of them bear that out.
    leaning = now
    if same_way:
        nearest = min if way == "worse" else max
        leaning = nearest(before.leaning, now, key=WORDS.index)
    if windows >= after:
        return Judged(leaning)
    return replace(before, leaning=leaning, windows=windows)
