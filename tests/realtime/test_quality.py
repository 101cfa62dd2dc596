"""Figures into words: strict reading, bounds, and a word that does not flicker. Pure."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid
from realtime.protocol import parse
from realtime.quality import EXCELLENT, GOOD, LARGEST, LOST, POOR, WORDS, Figures, Judged, judge, word_of

WELL = {"up": True, "rtt": 40, "jitter": 3, "packets": 900, "lost": 0, "frames": 150, "path": "p2p", "step": "full"}


def frame(data) -> str:
    return json.dumps({"v": 1, "t": "quality", "d": data})


def test_reads_what_a_page_sends():
    assert parse(frame(WELL)).message == Figures(True, 40, 3, 900, 0, 0, 0, 150, 0, "p2p", "full")
    assert parse(frame({"up": False})).message == Figures(False)


@pytest.mark.parametrize(
    "change",
    [
        {"up": None}, {"up": 1}, {"rtt": -1}, {"rtt": 60_001}, {"rtt": 1.5}, {"rtt": "40"}, {"rtt": True},
        *[{name: most + 1} for name, most in LARGEST.items()], *[{name: -1} for name in LARGEST], {"lost": None},
        {"path": "satellite"}, {"path": None}, {"path": ["p2p"]}, {"step": "half"}, {"step": {}}, {"word": "excellent"},
        {"seat": "x"},
    ],
)  # fmt: skip
def test_anything_else_is_not_read(change):
    with pytest.raises(Invalid):
        parse(frame(WELL | change))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({}, EXCELLENT),
        ({"lost": 20}, GOOD),  # 2 of 92
        ({"lost": 100}, POOR),
        ({"rtt": 300}, GOOD),
        ({"rtt": 900}, POOR),
        ({"jitter": 50}, GOOD),
        ({"jitter": 120}, POOR),
        ({"freezes": 1}, GOOD),
        ({"freezes": 2}, POOR),
        ({"up": False}, LOST),
        ({"rtt": None, "packets": 0}, EXCELLENT),  # both have turned everything off: no reason to complain
    ],
)
def test_one_window(change, word):
    assert word_of(Figures(**{**WELL, **change})) == word


def words(*rtts, start=None) -> list[str]:
    judged, seen = start, []
    for rtt in rtts:
        judged = judge(judged, Figures(up=rtt is not None, rtt=rtt or 0))
        seen.append(judged.word)
    return seen


def test_it_gets_worse_after_two_and_better_after_three():
    assert words(50, 300, 50, 300, 300) == [EXCELLENT, EXCELLENT, EXCELLENT, EXCELLENT, GOOD]
    assert words(300, 50, 50, 300, 50, 50, 50) == [GOOD] * 6 + [EXCELLENT]
    assert words(50, 900, 300) == [EXCELLENT, EXCELLENT, GOOD]  # both windows bear out no more than that
    assert words(190, 201, 190, 201, 190, 201)[-1] == EXCELLENT
    assert words(210, 190, 190, 190, 190) == [GOOD] * 5  # not better by the margin


def test_down_and_up_are_told_at_once():
    assert words(50, None, 900, None, 50) == [EXCELLENT, LOST, POOR, LOST, EXCELLENT]


figures = st.builds(
    Figures,
    up=st.booleans(),
    rtt=st.none() | st.integers(0, 60_000),
    jitter=st.integers(0, 300),
    packets=st.integers(0, 2000),
    lost=st.integers(0, 300),
    freezes=st.integers(0, 4),
)


@given(st.lists(figures, max_size=30), figures)
def test_the_same_figures_always_come_to_their_own_word_and_stay(before, steady):
    judged: Judged | None = None
    for one in before:
        judged = judge(judged, one)
        assert judged.word in WORDS
    for _again in range(8):
        judged = judge(judged, steady)
    # Worse or down: exactly what is measured. Better: at least as good as what is measured with the margin to spare.
    at_least, at_most = WORDS.index(word_of(steady)), WORDS.index(word_of(steady, 0.8))
    assert at_least <= WORDS.index(judged.word) <= max(at_least, at_most)
    assert judge(judged, steady).word == judged.word
