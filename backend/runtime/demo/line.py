"""Today's lines in one hospital: who was there this morning, who is inside, who waits with which priority."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import booking.actions
from booking.errors import LineEmpty
from core.actor import Actor
from identity import acting
from journeys import queueing
from runtime.demo.clock import as_of, earlier_today
from runtime.demo.jobs import run_due
from runtime.demo.on_call import ON_CALL
from runtime.demo.visits import Stage


@dataclass(frozen=True)
class Comer:
    """Somebody who walks in; `minutes_ago` they came."""

    doctor: int  # of those here who see people in person, by the order of the staff's table
    name: str
    sex: str
    age: int
    minutes_ago: int
    priority: str = ""


COMERS = (
    Comer(0, "Ngô Văn Phúc", "male", 47, 118),
    Comer(0, "Đặng Thị Mai", "female", 35, 112),
    Comer(0, "Phan Thanh Tùng", "male", 29, 96),
    Comer(0, "Cao Thị Nhàn", "female", 86, 74),
    Comer(0, "Lý Gia Bảo", "male", 3, 52),
    Comer(0, "Hà Thị Thu", "female", 31, 45, "pregnant"),
    Comer(0, "Trịnh Công Minh", "male", 54, 40),
    Comer(0, "Mai Xuân Trường", "male", 62, 22),
    Comer(0, "Tạ Thị Lan", "female", 41, 9),
    Comer(1, "Chu Đức Thắng", "male", 58, 65),
    Comer(1, "Kiều Bích Ngọc", "female", 24, 38),
    Comer(1, "Quách Văn Sơn", "male", 70, 31, "disabled"),
    Comer(1, "Lưu Hồng Hạnh", "female", 49, 12),
)
SEEN = 2  # of the first doctor's line, before now
A_VISIT = 17  # minutes
LONGEST = max(comer.minutes_ago for comer in COMERS)


def fill_the_lines(stage: Stage, now: datetime) -> None:
    """Everybody comes at their minute; two have been seen, one is inside, the next one is called."""
    place = next(key.partition(":")[2] for key in stage.members if key.startswith("desk:"))
    # Not with the doctor on call, who sees people by video as they ask.
    here = {key: schedule for key, (schedule, home) in stage.schedules.items() if home == place and key != ON_CALL}
    schedules = list(here.values())[:2]
    offer = stage.offers.get((place, "visit")) or next(
        one for (home, _kind), one in stage.offers.items() if home == place and "in_person" in one.modes
    )
    desk = acting.as_member(stage.members[f"desk:{place}"])
    ago = earlier_today(now, longest=LONGEST)
    for comer in COMERS:
        with as_of(now - ago(comer.minutes_ago)) as moment:
            queueing.walk_in(
                schedule_id=schedules[comer.doctor % len(schedules)],  # type: ignore[arg-type]
                visit_type_id=offer.id,
                somebody=queueing.Somebody(comer.name, _born(comer.age, now), comer.sex),
                priority=comer.priority,
                by=desk,
                now=moment,
            )
    for place_in_line in range(SEEN):
        starts = (SEEN - place_in_line) * A_VISIT + 20
        _see(schedules[0], desk, now - ago(starts), now - ago(starts - A_VISIT))
    _see(schedules[0], desk, now - ago(12), None)
    for schedule, minutes in zip(schedules, (1, 4), strict=False):
        with as_of(now - ago(minutes)) as moment:
            booking.actions.call_next(schedule_id=schedule, by=desk, now=moment)  # type: ignore[arg-type]
    for kind, name in (("kiosk", "Sảnh tầng 1"), ("corridor", "Hành lang tầng 1")):
        booking.actions.add_screen(kind=kind, name=name, rooms=[], by=desk, now=now)
    with as_of(now):
        run_due(now)


def _see(schedule_id: object, desk: Actor, starts: datetime, ends: datetime | None) -> None:
    with as_of(starts) as moment:
        try:
            ticket = booking.actions.call_next(schedule_id=schedule_id, by=desk, now=moment)  # type: ignore[arg-type]
        except LineEmpty:
            return
        booking.actions.start_ticket(ticket_id=ticket.pk, by=desk, now=moment)
    if ends is not None:
        with as_of(ends) as moment:
            booking.actions.finish_ticket(ticket_id=ticket.pk, by=desk, now=moment)


def _born(age: int, now: datetime) -> date:
    return (now - timedelta(days=365 * age + 200)).date()
