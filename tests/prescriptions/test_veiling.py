"""Small cells stay hidden, and nobody finds them by subtracting. Pure; the cases are reckoned by hand."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as some

from prescriptions.veiling import LEAST, is_small, sums_of, veiled


def table(**values):
    return {(name,): value for name, value in values.items()}


def names(hidden):
    return {path[0] for path in hidden if path}


def test_nothing_small_nothing_hidden():
    assert veiled(table(a=5, b=0, c=90)) == set()


def test_one_small_cell_takes_the_next_smallest_with_it():
    """a = total − b − c would tell a."""
    assert names(veiled(table(a=3, b=40, c=7, d=0))) == {"a", "c"}


def test_two_small_cells_are_enough_when_they_come_to_five():
    assert names(veiled(table(a=3, b=2, c=70))) == {"a", "b"}
    # 1 + 1 = 2 hidden among "fewer than five each" would be told by the rest of the total.
    assert names(veiled(table(a=1, b=1, c=70, d=9))) == {"a", "b", "d"}


def test_a_small_total_hides_everything():
    assert veiled(table(a=1, b=2)) == {(), ("a",), ("b",)}


def test_nothing_at_all_is_no_secret():
    assert veiled({}) == set()
    assert veiled(table(a=0, b=0)) == set()


def test_a_part_tells_by_what_it_leaves():
    """97 with an antibiotic of 99 prescriptions: two were without one."""
    assert is_small(97, 99)
    hidden = veiled(table(a=97, b=20, c=30), of=table(a=99, b=60, c=70))
    assert names(hidden) == {"a", "b"}
    # The only one who has any: hidden with somebody at nought, or the total would tell it.
    assert names(veiled(table(a=97, b=0), of=table(a=99, b=60))) == {"a", "b"}


def test_below_what_is_hidden_all_is_hidden_and_the_sister_keeps_her_own_secrets():
    leaves = {("N", "x"): 3, ("N", "y"): 1, ("S", "x"): 60, ("S", "y"): 2, ("S", "z"): 30, ("T", "x"): 6}
    assert veiled(leaves) == {("N",), ("N", "x"), ("N", "y"), ("T",), ("T", "x"), ("S", "y"), ("S", "z")}


def test_rows_hidden_for_another_reason_are_hidden_here_too():
    assert names(veiled(table(a=10, b=20, c=30), also={("a",)})) == {"a", "b"}


@settings(max_examples=200, deadline=None)
@given(
    some.dictionaries(
        some.tuples(some.sampled_from("NST"), some.sampled_from("abcd")), some.integers(0, 30), max_size=12
    )
)
def test_no_hidden_number_follows_from_the_visible_ones(leaves):
    """Around every visible node: either nothing is hidden, or at least two parts are, and what they share is five or more."""
    hidden, sums = veiled(leaves), sums_of(leaves)
    assert {path for path, value in sums.items() if 0 < value < LEAST} <= hidden
    for node in sums:
        parts = [path for path in sums if len(path) == len(node) + 1 and path[: len(node)] == node]
        if node in hidden:
            assert set(parts) <= hidden
        elif kept := [part for part in parts if part in hidden]:
            assert len(kept) > 1
            assert sum(sums[part] for part in kept) >= LEAST
