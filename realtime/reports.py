"""How a call was, for those who help: figures by seat and minute, without a name or a clinical word; and their drawing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from realtime import quality
from realtime.models import QualityMinute, Room

WIDTH, HEIGHT = 720, 160  # of the drawing, in its own units


@dataclass(frozen=True)
class Minute:
    """Means over one minute of one seat. `word` is the worst that was shown in it."""

    minute: datetime
    word: str
    rtt: int | None  # milliseconds
    rtt_most: int
    jitter: int
    loss: float  # percent
    kbps_in: int
    kbps_out: int
    frames: float  # a second
    freezes: int
    path: str
    step: str


@dataclass(frozen=True)
class SeatReport:
    """One seat's minutes, in order. `place` tells seats of one role apart."""

    seat: UUID
    role: str
    place: int
    minutes: list[Minute]

    @property
    def loss_line(self) -> str:
        return line([minute.loss for minute in self.minutes], most=20)

    @property
    def rtt_line(self) -> str:
        return line([minute.rtt or 0 for minute in self.minutes], most=1000)


def line(values: list[float] | list[int], *, most: float) -> str:
    """Give the points of an SVG polyline; what lies beyond `most` touches the upper edge."""
    step = WIDTH / max(len(values) - 1, 1)
    points = ((place * step, HEIGHT - min(value, most) / most * HEIGHT) for place, value in enumerate(values))
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def quality_of(room: Room) -> list[SeatReport]:
    """Return the minutes of every seat that was measured, seats in the order in which they were taken."""
    rows = QualityMinute.objects.filter(seat__room=room).select_related("seat")
    seats: dict[UUID, SeatReport] = {}
    for row in rows.order_by("seat__created_at", "seat_id", "minute"):
        if row.seat_id not in seats:
            place = 1 + sum(other.role == row.seat.role for other in seats.values())
            seats[row.seat_id] = SeatReport(row.seat_id, row.seat.role, place, [])
        seats[row.seat_id].minutes.append(_minute(row))
    return list(seats.values())


def _minute(row: QualityMinute) -> Minute:
    sent = row.packets + row.lost
    return Minute(
        minute=row.minute,
        word=quality.WORDS[row.worst],
        rtt=round(row.rtt_sum / row.rtt_samples) if row.rtt_samples else None,
        rtt_most=row.rtt_most,
        jitter=round(row.jitter_sum / row.samples),
        loss=round(100 * row.lost / sent, 2) if sent else 0.0,
        kbps_in=round(row.kbps_in_sum / row.samples),
        kbps_out=round(row.kbps_out_sum / row.samples),
        frames=round(row.frames / (row.samples * quality.WINDOW_S), 1),
        freezes=row.freezes,
        path=row.path,
        step=row.step,
    )


def as_json(reports: list[SeatReport]) -> list[dict[str, Any]]:
    """Give the same as plain values."""
    return [
        {"seat": report.seat, "role": report.role, "minutes": [vars(minute) for minute in report.minutes]}
        for report in reports
    ]
