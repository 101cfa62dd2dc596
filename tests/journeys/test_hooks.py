"""What a hospital's systems hear while a visit's story is told."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine

import booking.actions
from booking.models import HookDelivery, Status
from tests import make
from tests.booking import stage
from tests.booking.stage import SYSTEM, at
from tests.jobs import run_jobs

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(now: Any) -> Any:
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


def told() -> list[tuple[str, str, str]]:
    """Event, appointment's status as told, and what it took the place of."""
    rows = HookDelivery.objects.order_by("created_at", "pk")
    return [
        (one.event, one.body["data"]["appointment"]["status"], one.body["data"].get("previous", "")) for one in rows
    ]


def test_each_step_is_told_once_in_order(clock, now, ben, hospital, visit_type, ana, dan, monkeypatch):
    monkeypatch.setattr(booking.actions.hooks, "_wake", lambda *args, **kwargs: None)
    schedule = stage.make_schedule(practitioner=ben, facility=hospital)
    booking.actions.add_hook(url="https://his.example.vn/", events=[], by=make.actor_for(dan), now=now)
    stage.hold(schedule, visit_type, make.make_person(full_name="Hoàng Văn Giữ"), at("08:00"))
    run_jobs()
    assert told() == []  # a time that is only kept is nobody's news
    visit = stage.book(schedule, visit_type, ana, at("10:00"))
    run_jobs()
    moved = booking.actions.move_appointment(
        appointment_id=visit.pk, schedule_id=schedule.pk, starts_at=at("11:00"), by=make.actor_for(dan), now=now
    )
    run_jobs()
    clock.move_to(at("10:50"))
    booking.actions.check_in(appointment_id=moved.pk, by=make.actor_for(dan), now=at("10:50"))
    run_jobs()
    booking.actions.fulfil(appointment_id=moved.pk, by=SYSTEM, now=at("11:10"))
    run_jobs()
    assert told() == [
        ("appointment.booked", "booked", ""),
        ("appointment.moved", "booked", str(visit.pk)),
        ("appointment.checked_in", "checked-in", ""),
        ("appointment.fulfilled", "fulfilled", ""),
    ]
    off = stage.book(schedule, visit_type, ana, at("14:00"), now=at("11:30"))
    booking.actions.cancel_appointment(appointment_id=off.pk, by=make.actor_for(ana), now=at("11:30"))
    missed = stage.book(schedule, visit_type, ana, at("15:00"), now=at("11:30"))
    run_jobs()
    clock.move_to(at("15:30"))
    booking.actions.record_no_show(appointment_id=missed.pk, side="citizen", by=make.actor_for(dan), now=at("15:30"))
    run_jobs()
    said = [(event, one) for event, one, _before in told()]
    assert said.count(("appointment.no_show", "noshow")) == 1
    assert [event for event, _ in said].count("appointment.cancelled") == 1
    missed.refresh_from_db()
    assert missed.status == Status.NO_SHOW
