"""A week worth looking at: visits on several days, a meeting, a Saturday morning, and two doctors who want one room."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import booking.actions
import booking.queries
from booking.errors import PersonBusy
from core.actor import Actor
from runtime.demo.clock import as_of
from runtime.demo.visits import Stage, book

SEED = Actor.system("demo")
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
DOCTOR, NEIGHBOUR = "lan", "tuan"
# Days from today, hour of the clinic, who comes, what for.
COMING = (
    (1, 8, "quang", "Nội soi dạ dày theo hẹn"),
    (2, 8, "thuy", "Ợ chua sau ăn"),
    (2, 10, "nam", "Tái khám viêm dạ dày"),
    (2, 14, "tai", "Đau bụng sau ăn"),
    (3, 9, "hoa", "Kiểm tra men gan"),
    (3, 15, "khoa", "Đầy hơi kéo dài"),
    (4, 9, "xuan", "Tái khám sau nội soi"),
    (4, 10, "dung", "Rối loạn tiêu hóa"),
)


def fill_the_week(stage: Stage, now: datetime) -> None:
    """Visits of the coming days; then what is different this week and the next."""
    asked_at = now - timedelta(minutes=50)
    for days, hour, who, reason in COMING:
        wanted = _at((now + timedelta(days=days)).astimezone(ZONE).date(), time(hour))
        with as_of(asked_at):
            starts_at = stage.free_after(DOCTOR, "on_spot", wanted, asked_at)
        if starts_at is not None:
            with suppress(PersonBusy):
                book(stage, who, DOCTOR, "on_spot", "in_person", reason, starts_at, asked_at)
    _make_exceptions(UUID(str(stage.schedules[DOCTOR][0])), now)
    _share_a_room(stage, now)


def _make_exceptions(schedule_id: UUID, now: datetime) -> None:
    today = now.astimezone(ZONE).date()
    monday = today - timedelta(days=today.weekday())
    for week in (0, 7):
        thursday, saturday = (monday + timedelta(days=week + n) for n in (3, 5))
        for day, begin, end, kind, reason in (
            (thursday, time(16), time(17), "closed", "Họp khoa"),
            (saturday, time(8), time(11), "extra", "Khám thêm sáng thứ Bảy"),
        ):
            booking.actions.add_closure(
                schedule_id=schedule_id,
                starts_at=_at(day, begin),
                ends_at=_at(day, end),
                kind=kind,
                reason=reason,
                grid_minutes=20,
                keep_agreed=True,
                by=SEED,
                now=now,
            )


def _share_a_room(stage: Stage, now: datetime) -> None:
    """The neighbour sees people in the doctor's room on Friday afternoons, which somebody has overlooked."""
    mine, theirs = (UUID(str(stage.schedules[key][0])) for key in (DOCTOR, NEIGHBOUR))
    schedules = {one.pk: one for one in booking.queries.schedules_for(SEED)}
    friday = [rule for rule in booking.queries.rules_of(schedules[theirs]) if rule.weekday == 4][-1:]
    changes = {"room": schedules[mine].room}
    if friday:
        booking.actions.change_rules(rule_ids=[friday[0].pk], changes=changes, keep_agreed=True, by=SEED, now=now)


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, ZONE).astimezone(UTC)
