"""What the demo's houses have decided: holidays, fees, a group session on Saturdays with some who come, a day with other hours."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, time, timedelta
from uuid import UUID

import booking.actions
from booking import days, holidays, queries, slots
from booking.errors import PersonBusy
from booking.models import Policy
from identity import acting
from identity.models import Facility, VisitType
from runtime.demo.clock import as_of
from runtime.demo.visits import Stage, book

ZONE = "Asia/Ho_Chi_Minh"
TEACHER = "khanh"  # looks after people with diabetes, in the mornings from Monday to Saturday
SATURDAY = 5
PUPILS = ("hoa", "lien", "quang", "khoa", "dung")


def decide(places: dict[str, Facility], begin: datetime, now: datetime) -> None:
    """Give hospitals and clinics their rules. They work on the holidays around today, so that the demo always lives."""
    last = (now + timedelta(days=45)).date()
    near = [day for year in range(begin.year, last.year + 1) for day in holidays.holidays_of(year)]
    near = [day for day in near if begin.date() <= day <= last]
    Policy.objects.bulk_create(
        [
            Policy(
                facility=place,
                open_holidays=near,
                free_cancel_hours=4 if number % 2 else 12,
                late_fee_percent=30 if number % 2 else 20,
                no_show_fee_percent=50,
                revisit_days=7,
                reminder_hours=[72, 24, 2],
                created_at=begin,
            )
            for number, place in enumerate(places.values(), start=1)
            if place.kind != Facility.Kind.PHARMACY
        ]
    )


def publish(schedules: Iterable[object], moment: datetime) -> None:
    """Bring the days that search reads up to the hours that were written in one go."""
    days.rebuild([UUID(str(one)) for one in schedules], now=moment)


def open_a_group(stage: Stage, now: datetime) -> None:
    """People with diabetes learn together on Saturday afternoons; on one day in three weeks the doctor comes later."""
    schedule_id, home = stage.schedules[TEACHER]
    place = stage.places[home]
    desk = acting.as_member(stage.members[f"desk:{home}"])
    lesson = VisitType.objects.create(
        facility=place,
        name_vi="Lớp sống khoẻ với đái tháo đường",
        name_en="Living well with diabetes, a group",
        minutes=60,
        price_amount=50_000,
        mode_prices={"video": 30_000},
        modes=["in_person", "video"],
        specialty_id="endocrinology",
        created_at=now,
    )
    booking.actions.add_rule(
        schedule_id=schedule_id,  # type: ignore[arg-type]
        weekday=SATURDAY,
        from_time=time(14),
        to_time=time(16, 10),
        grid_minutes=65,
        capacity=12,
        room="Hội trường tầng 2",
        visit_type_ids=[lesson.pk],
        by=desk,
        now=now,
    )
    stage.offers[home, "lesson"] = lesson
    _sign_up(stage, lesson, now)
    today = slots.wall(now, ZONE).date()
    day = today + timedelta(days=21 - today.weekday())  # a Monday
    booking.actions.add_closure(
        schedule_id=schedule_id,  # type: ignore[arg-type]
        starts_at=slots.instant(day, time(13, 30), ZONE),
        ends_at=slots.instant(day, time(17), ZONE),
        kind="instead",
        grid_minutes=20,
        reason="Sáng dự hội nghị Nội tiết, khám bù buổi chiều",
        keep_agreed=True,
        by=desk,
        now=now,
    )


def _sign_up(stage: Stage, lesson: VisitType, now: datetime) -> None:
    """Some of those who live with it sign up for the next lesson."""
    asked_at = now - timedelta(minutes=45)
    with as_of(asked_at):
        today = slots.wall(asked_at, ZONE).date()
        teacher = stage.practitioners[TEACHER].id
        found = queries.slots_of(teacher, lesson.pk, today, today + timedelta(days=7), asked_at)
    starts_at = next((one.starts_at for one in found if one.starts_at > now), None)
    if starts_at is None:
        return
    for who in PUPILS:
        with suppress(PersonBusy):
            book(stage, who, TEACHER, "lesson", "in_person", "Lớp đái tháo đường", starts_at, asked_at)
