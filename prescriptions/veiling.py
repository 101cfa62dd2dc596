"""Small cells: which numbers of a published table stay hidden, so that nobody is told of one, two, three or four people. Pure.

A table here is a tree: a total, provinces below it, communes, facilities, doctors; or a year and its months; or a group of
drugs and its subgroups. A number from 1 to 4 is hidden (nought tells of nobody). Where a total stays visible and only one
of its parts were hidden, subtracting the others would tell it: so more parts are hidden, the smallest first, until at least
two are, and together they come to five or more. What lies below something hidden is hidden as well, or it would add up.

A part of a whole (prescriptions with an antibiotic among all) tells as much by what it leaves: 97 of 99 means two without.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

LEAST = 5
Path = tuple[Any, ...]  # from the root, (), down to a leaf; all leaves lie equally deep


def sums_of(leaves: Mapping[Path, int]) -> dict[Path, int]:
    """Add up every node of the tree from its leaves."""
    found: dict[Path, int] = {(): 0}
    for path, value in leaves.items():
        for depth in range(len(path) + 1):
            found[path[:depth]] = found.get(path[:depth], 0) + value
    return found


def is_small(value: int, of: int | None = None) -> bool:
    """Say whether a number, or what it leaves of its whole, tells of fewer than five."""
    return 0 < value < LEAST or (of is not None and 0 < of - value < LEAST)


def veiled(
    leaves: Mapping[Path, int], *, of: Mapping[Path, int] | None = None, also: Collection[Path] = ()
) -> set[Path]:
    """Return the nodes whose number stays hidden.

    `of` are the wholes of which the leaves are parts; `also` are nodes hidden for another reason (their row is).
    """
    sums, wholes = sums_of(leaves), sums_of(of) if of is not None else None
    below: dict[Path, list[Path]] = {}
    for node in sums:
        if node:
            below.setdefault(node[:-1], []).append(node)

    def small(node: Path) -> bool:
        return node in also or is_small(sums[node], wholes[node] if wholes is not None else None)

    hidden: set[Path] = set()
    if small(()):
        return set(sums)
    waiting: list[Path] = [()]
    while waiting:
        node = waiting.pop()
        parts = below.get(node, [])
        if node in hidden:
            hidden.update(parts)
        else:
            hidden |= _hide_some(parts, sums, {part for part in parts if small(part)})
        waiting += parts
    return hidden


def _hide_some(parts: list[Path], sums: Mapping[Path, int], hidden: set[Path]) -> set[Path]:
    """Hide more, until subtracting tells nothing: the smallest first, those at nought last."""
    if not hidden:
        return hidden
    others = sorted(
        (part for part in parts if part not in hidden), key=lambda part: (sums[part] == 0, sums[part], str(part))
    )
    while others and (len(hidden) < 2 or sum(sums[part] for part in hidden) < LEAST):
        hidden = hidden | {others.pop(0)}
    return hidden
