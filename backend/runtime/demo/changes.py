"""Plans that changed: somebody who stayed away and now explains, a visit that moved, weekly visits agreed as one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import booking.actions
import payments.actions
from booking.models import Block
from core.actor import Actor
from journeys import moving, series
from payments.gateways.sandbox import bank
from runtime.demo.clock import as_of
from runtime.demo.jobs import run_due
from runtime.demo.visits import MINUTE, Stage, book

SEED = Actor.system("demo")
ABSENT, MOVES, WEEKLY = "tai", "ngoc", "xuan"
MISSED_DAYS_AGO = (23, 16, 9)
APPEAL = "Tôi chạy xe tải đường dài, ba lần đều bị kẹt ở Cai Lậy. Từ nay tôi chỉ đặt lịch vào ngày nghỉ, mong bệnh viện mở lại."


def change_plans(stage: Stage, now: datetime) -> None:
    """In the desk's hospital, with its first doctor who has a time."""
    place = next(key.partition(":")[2] for key in stage.members if key.startswith("desk:"))
    doctors = [key for key, (_schedule, home) in stage.schedules.items() if home == place]
    kind = next(kind for (home, kind), offer in stage.offers.items() if home == place and "video" in offer.modes)
    for days_ago in MISSED_DAYS_AGO:
        _stay_away(stage, doctors, kind, now - timedelta(days=days_ago))
    block = Block.objects.filter(person=stage.people[ABSENT]).first()
    if block is not None:
        booking.actions.appeal(block_id=block.pk, words=APPEAL, by=stage.citizen(ABSENT), now=now - 90 * MINUTE)
    _move(stage, doctors, kind, now)
    _come_weekly(stage, doctors, kind, now)


def _free(
    stage: Stage, doctors: list[str], kind: str, after: datetime, asked_at: datetime
) -> tuple[str, datetime] | None:
    with as_of(asked_at):
        for doctor in doctors:
            starts_at = stage.free_after(doctor, kind, after, asked_at)
            if starts_at is not None:
                return doctor, starts_at
    return None


def _stay_away(stage: Stage, doctors: list[str], kind: str, day: datetime) -> None:
    asked_at = day - timedelta(days=1)
    found = _free(stage, doctors, kind, day, asked_at)
    if found is None:
        return
    appointment_id = book(stage, ABSENT, found[0], kind, "video", "Đau lưng", found[1], asked_at)
    if appointment_id is None:
        return
    with as_of(found[1] + timedelta(hours=2)) as moment:
        booking.actions.record_no_show(appointment_id=appointment_id, side="citizen", by=SEED, now=moment)
        run_due(moment)


def _move(stage: Stage, doctors: list[str], kind: str, now: datetime) -> None:
    asked_at = now - 40 * MINUTE
    first = _free(stage, doctors, kind, now + timedelta(days=3), asked_at)
    second = _free(stage, doctors, kind, now + timedelta(days=4), asked_at)
    if first is None or second is None:
        return
    appointment_id = book(stage, MOVES, first[0], kind, "video", "Ho khan về đêm", first[1], asked_at)
    if appointment_id is None:
        return
    with as_of(asked_at + 5 * MINUTE) as moment:
        moving.move(
            appointment_id=appointment_id,
            schedule_id=_schedule(stage, second[0]),
            starts_at=second[1],
            by=stage.citizen(MOVES),
            now=moment,
        )
        run_due(moment)


def _come_weekly(stage: Stage, doctors: list[str], kind: str, now: datetime) -> None:
    asked_at = now - 50 * MINUTE
    found = _free(stage, doctors, kind, now + timedelta(days=2), asked_at)
    if found is None:
        return
    citizen = stage.citizen(WEEKLY)
    with as_of(asked_at) as moment:
        _visits, payment = series.book_weekly(
            schedule_id=_schedule(stage, found[0]),
            starts_at=found[1],
            count=4,
            visit_type_id=stage.offer(found[0], kind).id,
            person_id=stage.people[WEEKLY].id,
            mode="video",
            reason="Tập phục hồi sau đột quỵ nhẹ",
            by=citizen,
            now=moment,
        )
        if payment is not None:
            payment = payments.actions.start_payment(payment_id=payment.id, gateway="sandbox", by=citizen, now=moment)
            bank.pay(payment.gateway_reference, now=moment)
            payments.actions.ask_gateway(payment_id=payment.id, by=SEED, now=moment)
        run_due(moment)


def _schedule(stage: Stage, doctor: str) -> Any:
    return stage.schedules[doctor][0]
