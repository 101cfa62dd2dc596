"""Hours change while somebody books: whoever comes second sees what the first one did, and nobody waits in a ring."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Event

import pytest
from django.db import connection, transaction

from booking import access, actions, days
from booking.actions import holding
from booking.models import Appointment, PractitionerDay, Rule
from core.errors import DomainError
from tests import make
from tests.booking import stage
from tests.make import at

pytestmark = pytest.mark.django_db(transaction=True)

FAR = make.NOW.date() + timedelta(days=days.WINDOW_DAYS + 9)


@contextmanager
def meanwhile(act):
    """Let another thread begin an act inside this transaction, which goes on once the act waits for it, or is over."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        with transaction.atomic():
            outcome = []
            yield lambda: outcome.append(_begun(pool, act)) or outcome[0]
        assert outcome


def _said(act):
    try:
        act()
    except DomainError as error:
        return error.code
    finally:
        connection.close()
    return "ok"


def _begun(pool, act):
    future = pool.submit(_said, act)
    while not future.done() and not _somebody_waits():
        time.sleep(0.01)
    return future


def _somebody_waits():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_stat_clear_snapshot()"
        )  # a transaction goes on seeing who was connected when it first looked
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
            " WHERE NOT l.granted AND a.datname = current_database())"
        )
        return cursor.fetchone()[0]


def removing(schedule, rule, by=stage.SYSTEM):
    return lambda: actions.remove_rule(schedule_id=schedule.id, rule_id=rule.id, by=by, now=make.NOW)


@pytest.fixture
def far_rule(schedule):
    return Rule.objects.get(schedule=schedule, weekday=FAR.weekday())


def test_hours_taken_away_behind_a_booking_of_a_day_without_a_row(schedule, visit_type, ana, far_rule, now):
    with meanwhile(removing(schedule, far_rule)) as begin:
        held = stage.hold(schedule, visit_type, ana, at(FAR, "10:00"))
        desk = begin()

    assert desk.result() == "appointments_affected"
    assert Rule.objects.filter(pk=far_rule.pk).exists()
    assert Appointment.objects.get().pk == held.pk
    assert days.check(now=now) == []


def test_a_booking_of_a_day_without_a_row_behind_hours_taken_away(schedule, visit_type, ana, far_rule, now):
    with meanwhile(lambda: stage.hold(schedule, visit_type, ana, at(FAR, "10:00"))) as begin:
        removing(schedule, far_rule)()
        citizen = begin()

    assert citizen.result() == "slot_taken"
    assert not Appointment.objects.exists()
    assert not PractitionerDay.objects.filter(schedule=schedule, day=FAR).exists()
    assert days.check(now=now) == []


def test_new_days_come_behind_hours_taken_away(schedule, far_rule, now):
    later = make.NOW + timedelta(days=10)  # FAR is the last day of the window then

    def roll():
        while days.roll(now=later):
            pass

    with meanwhile(roll) as begin:
        actions.remove_rule(schedule_id=schedule.id, rule_id=far_rule.id, by=stage.SYSTEM, now=later)
        rolled = begin()

    assert rolled.result() == "ok"
    assert PractitionerDay.objects.get(schedule=schedule, day=FAR).n_free == 0
    assert days.check(now=later) == []


def test_a_holiday_is_closed_behind_a_booking_of_a_day_without_a_row(schedule, visit_type, ana, by_dan, now):
    # The second of September is the National Day of Vietnam.
    day = _next_second_of_september()
    actions.change_schedule(schedule_id=schedule.id, horizon_days=365, by=stage.SYSTEM, now=now)
    actions.put_policy(values={"closes_on_holidays": False}, by=by_dan, now=now)
    close = lambda: actions.put_policy(values={"closes_on_holidays": True}, by=by_dan, now=now)  # noqa: E731

    with meanwhile(close) as begin:
        stage.hold(schedule, visit_type, ana, at(day, "10:00"))
        desk = begin()

    assert desk.result() == "appointments_affected"
    assert days.check(now=now) == []


def _next_second_of_september():
    day = make.NOW.date().replace(month=9, day=2)
    return day if day > make.NOW.date() + timedelta(days=days.WINDOW_DAYS) else day.replace(year=day.year + 1)


def test_a_visit_on_its_way_to_a_day_without_a_row_and_a_change_of_hours(schedule, visit_type, ana, by_ana, now):
    booked = stage.book(schedule, visit_type, ana, at(make.TOMORROW, "09:00"))
    move = lambda: actions.move_appointment(  # noqa: E731
        appointment_id=booked.id, schedule_id=schedule.id, starts_at=at(FAR, "10:00"), by=by_ana, now=now
    )

    with meanwhile(move) as begin:
        access.lock_times_of(schedule.id)  # as whoever changes hours does, who then locks the days
        moved = begin()
        days.lock([schedule.practitioner_id], (now, now + timedelta(days=800)))

    assert moved.result() == "ok"
    assert days.check(now=now) == []


def test_a_leave_behind_a_booking_does_not_wait_in_a_ring(schedule, visit_type, ana, by_dan, now):
    leave = lambda: actions.take_leave(  # noqa: E731
        practitioner_id=schedule.practitioner_id,
        starts_at=at(make.TOMORROW, "08:00"),
        ends_at=at(make.TOMORROW, "17:00"),
        by=by_dan,
        now=now,
    )

    with meanwhile(leave) as begin:
        held = stage.hold(schedule, visit_type, ana, at(make.TOMORROW, "09:00"))
        taken = begin()

    assert taken.result() == "ok"
    assert stage.statuses(held.id) == ["cancelled"]  # a time that is only kept is let go of
    assert days.check(now=now) == []


def test_letting_go_of_an_overdue_hold_does_not_wait_in_a_ring(schedule, visit_type, ana, now, monkeypatch):
    other = make.make_person(full_name="Lê Văn Cường")
    overdue = stage.hold(schedule, visit_type, other, at(make.TOMORROW, "09:00"))
    later = now + timedelta(minutes=11)
    days_are_locked, let_go = Event(), holding._let_go_of_overdue

    def and_wait_for_company(*wish):
        found = let_go(*wish)
        days_are_locked.set()
        while not _somebody_waits():
            time.sleep(0.01)
        return found

    monkeypatch.setattr(holding, "_let_go_of_overdue", and_wait_for_company)

    def hold(clock):
        stage.hold(schedule, visit_type, ana, at(make.TOMORROW, clock), now=later)

    with ThreadPoolExecutor(max_workers=2) as pool:
        first = pool.submit(_said, lambda: hold("09:00"))
        assert days_are_locked.wait(60)
        second = pool.submit(_said, lambda: hold("10:00"))

    assert (first.result(), second.result()) == ("ok", "ok")
    assert stage.statuses(overdue.id) == ["expired"]
    assert days.check(now=later) == []
