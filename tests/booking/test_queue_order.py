"""Who is next, and how long it takes: tables by hand, and what must hold for every line."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking import queue
from booking.queue import Waiting, expected_wait, in_order, next_of, priority_by_age

NINE = datetime(2031, 3, 25, 2, 0, tzinfo=UTC)  # nine in Hà Nội


def one(number: int, promised: int, priority: str = "none", *, walk_in: bool = False) -> Waiting:
    """Somebody promised so many minutes after nine; a walk-in came then."""
    return Waiting(uuid4(), number, NINE + timedelta(minutes=promised), priority, walk_in)  # type: ignore[arg-type]


def numbers(waiting: list[Waiting], minutes: int, in_a_row: int = 0) -> list[int]:
    return [found.number for found in in_order(waiting, NINE + timedelta(minutes=minutes), in_a_row)]


@pytest.mark.parametrize(
    ("words", "waiting", "minutes", "in_a_row", "expected"),
    [
        ("agreed times in their order, whoever came first", [one(1, 40), one(2, 0), one(3, 20)], 60, 0, [2, 3, 1]),
        ("an agreed time that has come goes before a walk-in", [one(1, 0, walk_in=True), one(2, 20)], 30, 0, [2, 1]),
        ("a walk-in fills the gap before an agreed time", [one(1, 0), one(2, 0, walk_in=True)], -5, 0, [2, 1]),
        (
            "a walk-in who has waited an hour goes before a later promise",
            [one(1, 0, walk_in=True), one(2, 50), one(3, 65)],
            70,
            0,
            [2, 1, 3],
        ),
        ("nobody else: an early one is called early", [one(1, 60)], 0, 0, [1]),
        ("an emergency before all", [one(1, 0), one(2, 0, "child"), one(3, 90, "emergency")], 10, 0, [3, 2, 1]),
        ("priority goes first among those whose time has come", [one(1, 0), one(2, 10, "pregnant")], 15, 0, [2, 1]),
        ("a priority walk-in too", [one(1, 0), one(2, 10, "elderly", walk_in=True)], 15, 0, [2, 1]),
        ("a priority is no place before an earlier promise", [one(1, 0), one(2, 120, "child")], 15, 0, [1, 2]),
        (
            "two of a priority in a row, then somebody else",
            [one(1, 0), one(2, 1), *(one(n, n, "child") for n in range(3, 8))],
            30,
            0,
            [3, 4, 1, 5, 6, 2, 7],
        ),
        ("what was called before counts", [one(1, 0), one(2, 1, "child")], 30, 2, [1, 2]),
        (
            "nobody's turn has come but theirs: more than two in a row",
            [one(1, 0, walk_in=True), *(one(n, n, "child", walk_in=True) for n in range(2, 5))],
            10,
            0,
            [2, 3, 4, 1],
        ),
    ],
)
def test_the_order(words, waiting, minutes, in_a_row, expected):
    assert numbers(waiting, minutes, in_a_row) == expected, words


@pytest.mark.parametrize(
    ("born", "priority"),
    [
        (date(2025, 3, 26), "child"),  # 5, six tomorrow
        (date(2025, 3, 25), "none"),  # six today
        (date(1951, 3, 25), "elderly"),  # eighty today
        (date(1951, 3, 26), "none"),  # eighty tomorrow
        (date(1990, 5, 4), "none"),
        (None, "none"),
    ],
)
def test_age_on_the_day(born, priority):
    day = date(2031, 3, 25)
    assert priority_by_age(born, day) == priority


def test_emergencies_do_not_count_towards_the_row():
    assert queue.calls_in_a_row(["none", "child", "emergency", "elderly"]) == 2
    assert queue.calls_in_a_row(["child", "none"]) == 0
    assert queue.calls_in_a_row([]) == 0


lines = st.lists(
    st.builds(
        one,
        st.integers(1, 500),
        st.integers(-120, 240),
        st.sampled_from(["none", "none", "child", "elderly", "pregnant", "disabled", "emergency"]),
        walk_in=st.booleans(),
    ),
    max_size=25,
    unique_by=lambda one: one.number,
)


@given(lines, st.integers(-60, 180), st.integers(0, 5))
def test_the_order_loses_nobody_and_begins_with_the_next(waiting, minutes, in_a_row):
    moment = NINE + timedelta(minutes=minutes)
    order = in_order(waiting, moment, in_a_row)
    assert sorted(order, key=id) == sorted(waiting, key=id)
    assert next_of(waiting, moment, in_a_row) is (order[0] if order else None)


@given(lines, st.integers(-60, 180))
def test_whose_time_has_come_waits_for_no_more_than_two_of_a_priority_each(waiting, minutes):
    moment = NINE + timedelta(minutes=minutes)
    order = [found for found in in_order(waiting, moment) if found.priority != "emergency"]
    due = [found for found in order if found.priority == "none" and found.due_at <= moment]
    for place, found in enumerate(due):
        before = order[: order.index(found)]
        assert sum(other.priority != "none" for other in before) <= queue.TWO_IN_A_ROW * (place + 1)


@given(lines)
def test_everybody_is_called_however_many_with_a_priority_keep_coming(waiting):
    """One call every ten minutes, and a new small child every ten minutes: each of the first is called all the same."""
    line, moment, row, calls = list(waiting), NINE, 0, 0
    mine = {found.id for found in waiting}
    while mine:
        line.append(Waiting(uuid4(), 1000 + calls, moment, "child", walk_in=True))
        called = next_of(line, moment, row)
        assert called is not None
        row = 0 if called.priority == "none" else row + (called.priority != "emergency")
        line.remove(called)
        mine.discard(called.id)
        moment += timedelta(minutes=10)
        calls += 1
        assert calls <= 3 * len(waiting) + 60  # 240 minutes until the last promise is due, then one of three calls


minutes = st.floats(0, 400, allow_nan=False)


@given(st.integers(0, 60), st.lists(minutes, max_size=30), st.integers(5, 90), st.lists(minutes, max_size=3))
def test_the_wait_grows_with_the_place_and_is_never_negative(before, lasted, planned, inside):
    here, behind = (expected_wait(place, lasted, planned, inside) for place in (before, before + 1))
    assert 0 <= here.from_minutes <= here.to_minutes
    assert here.from_minutes <= behind.from_minutes
    assert here.to_minutes <= behind.to_minutes
    assert here.from_minutes % 5 == here.to_minutes % 5 == 0


def test_the_wait_follows_the_pace_of_the_day():
    planned = expected_wait(4, [], 15)  # 4 × 15 = 60, ± 0.4 × 15 × √4 = 12
    assert (planned.from_minutes, planned.to_minutes) == (45, 75)
    slow = expected_wait(4, [30.0] * 20, 15)
    assert slow.from_minutes > planned.from_minutes
    mean, _spread = queue.minutes_a_visit([30.0] * 4, 10)
    assert mean == 20  # four visits of today weigh as much as the plan


def test_who_is_inside_longer_than_usual_may_come_out_any_moment():
    assert expected_wait(0, [], 20, [45]).from_minutes == 0
    assert expected_wait(0, [], 20, [45]).to_minutes == 5
    assert expected_wait(0, [], 20, [0]).to_minutes > 20
