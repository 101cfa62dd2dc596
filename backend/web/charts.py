"""Drawings of figures: columns, lines and bars as plain numbers for an SVG. Pure; words and colours are the template's.

Numbers are given as text, because a template would write 3.5 as "3,5" for a Vietnamese reader, which no SVG understands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 720.0, 180.0
GAP = 0.22  # of a column's room


@dataclass(frozen=True)
class Column:
    """One column: where it stands, how high it is, and how much of it, from below, is the part. None is drawn as a mark."""

    x: str
    width: str
    y: str
    height: str
    part_y: str
    part_height: str
    is_hidden: bool
    part_is_hidden: bool


def columns(values: Sequence[int | None], parts: Sequence[int | None]) -> list[Column]:
    """Draw columns beside one another, the highest as high as the drawing. A hidden value stands as a low mark."""
    most = max((value for value in values if value), default=0) or 1
    room = WIDTH / max(len(values), 1)
    drawn = []
    for place, (value, part) in enumerate(zip(values, parts, strict=True)):
        high = HEIGHT * (value or 0) / most
        low = HEIGHT * (part or 0) / most
        drawn.append(
            Column(
                _text(place * room + room * GAP / 2),
                _text(room * (1 - GAP)),
                _text(HEIGHT - high),
                _text(high),
                _text(HEIGHT - low),
                _text(low),
                value is None,
                value is not None and part is None,
            )
        )
    return drawn


def strokes(values: Sequence[float | None], most: float = 100.0) -> list[str]:
    """Draw a line through the values, broken where one is missing; each stroke as points of a polyline.

    A point that stands alone becomes a short dash, so that it can be seen.
    """
    room = WIDTH / max(len(values), 1)
    found: list[list[tuple[float, float]]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            found.append([])
        else:
            found[-1].append(((place + 0.5) * room, HEIGHT - min(value, most) / most * HEIGHT))
    return [" ".join(f"{_text(x)},{_text(y)}" for x, y in _seen(points, room * GAP / 2)) for points in found if points]


def _seen(points: list[tuple[float, float]], half: float) -> list[tuple[float, float]]:
    if len(points) > 1:
        return points
    (x, y) = points[0]
    return [(x - half, y), (x + half, y)]


def bars(values: Sequence[int | None]) -> list[str | None]:
    """Give each bar's length from 0 to 100, the longest being 100; None where the value is hidden."""
    most = max((value for value in values if value), default=0) or 1
    return [None if value is None else _text(100 * value / most) for value in values]


def ceiling(values: Sequence[int | None]) -> int:
    """The highest value, which the drawing's upper edge stands for."""
    return max((value for value in values if value), default=0)


def _text(number: float) -> str:
    return f"{number:.1f}"
