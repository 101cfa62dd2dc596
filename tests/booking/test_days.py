"""The projection that search reads: it says what the truth says, whatever was done."""

from __future__ import annotations

from datetime import timedelta

import pytest

from booking import actions, days, marks, queries, tasks
from booking.models import Appointment, FreeFrom, PractitionerDay
from tests import make
from tests.booking import stage
from tests.make import at

pytestmark = pytest.mark.django_db


def row(schedule, day=make.TOMORROW):
    return PractitionerDay.objects.get(schedule=schedule, day=day)


def true(now):
    assert days.check(now=now) == []
    return True


def test_a_booking_takes_its_marks_and_leaves_the_rest(schedule, visit_type, ana, now):
    days.rebuild([schedule.id], now=now)
    # 08:00 to 17:00 on a grid of 20 minutes, visits of 20 minutes: 27 starts.
    assert row(schedule).n_free == 27

    stage.hold(schedule, visit_type, ana, at(make.TOMORROW, "09:00"))

    after = row(schedule)
    assert after.n_free == 26
    assert list(marks.each(after.taken)) == [108, 109, 110, 111]  # 09:00 is mark 9 * 12
    assert after.first_free_at == at(make.TOMORROW, "08:00")
    assert true(now)


def test_the_first_free_moment_moves_on_and_comes_back(schedule, visit_type, ana, now):
    days.rebuild([schedule.id], now=now)
    held = stage.hold(schedule, visit_type, ana, at(make.TOMORROW, "08:00"))
    assert row(schedule).first_free_at == at(make.TOMORROW, "08:20")
    assert FreeFrom.objects.get(day_row=row(schedule)).first_free_at == at(make.TOMORROW, "08:20")

    actions.expire_hold(appointment_id=held.id, by=stage.SYSTEM, now=held.hold_expires_at + timedelta(seconds=1))

    assert row(schedule).first_free_at == at(make.TOMORROW, "08:00")
    assert FreeFrom.objects.get(day_row=row(schedule)).first_free_at == at(make.TOMORROW, "08:00")
    assert true(now)


def test_a_day_beyond_the_window_gets_its_row_with_the_first_visit(schedule, visit_type, ana, now):
    days.rebuild([schedule.id], now=now)
    far = make.NOW + timedelta(days=days.WINDOW_DAYS + 9)
    assert not PractitionerDay.objects.filter(schedule=schedule, day=far.date()).exists()

    stage.hold(schedule, visit_type, ana, at(far, "10:00"))

    assert row(schedule, far.date()).n_free == 26
    assert true(now)


def test_what_was_closed_meanwhile_is_refused_by_the_row_alone(schedule, visit_type, ana, now, monkeypatch):
    days.rebuild([schedule.id], now=now)
    PractitionerDay.objects.filter(schedule=schedule).update(open=0)

    with pytest.raises(actions.holding.SlotTaken):
        stage.hold(schedule, visit_type, ana, at(make.TOMORROW, "09:00"))

    assert not Appointment.objects.exists()


def test_starts_behind_us_are_let_go(schedule, visit_type, ana, now):
    schedule.min_notice_minutes = 0
    schedule.save()
    days.rebuild([schedule.id], now=now)
    noon = at(make.TOMORROW, "12:00")

    days.advance(now=noon)

    assert row(schedule).first_free_at == noon
    assert row(schedule).n_free == 15  # 12:00 to 16:40
    assert true(noon)


def test_starts_too_soon_to_be_taken_are_let_go_and_come_back_with_a_shorter_notice(schedule, visit_type, now):
    by, noon = stage.SYSTEM, at(make.TOMORROW, "12:00")
    actions.change_schedule(schedule_id=schedule.id, min_notice_minutes=70, by=by, now=now)

    days.advance(now=noon)

    assert row(schedule).first_free_at == at(make.TOMORROW, "13:20")
    assert row(schedule).n_free == 11  # 13:20 to 16:40
    assert true(noon)
    assert queries.first_times(now=noon)[0].starts_at == at(make.TOMORROW, "13:20")

    actions.change_schedule(schedule_id=schedule.id, min_notice_minutes=0, by=by, now=noon)
    days.advance(now=noon)

    assert row(schedule).first_free_at == noon
    assert true(noon)


def test_new_days_come_and_old_ones_go(schedule, now):
    days.rebuild([schedule.id], now=now)
    later = now + timedelta(days=5)

    while days.roll(now=later):
        pass

    # 14:00 on day five less 52 hours is the morning of day three, whose midnight lies before: day four stays.
    kept = PractitionerDay.objects.filter(schedule=schedule).order_by("day")
    assert (kept[0].day, kept.last().day) == ((now + timedelta(days=4)).date(), (later + timedelta(days=31)).date())
    assert true(later)


def test_a_shared_time_with_seats_left_is_still_found_while_the_first_seat_is_only_held(
    ben, hospital, visit_type, ana, now
):
    shared = stage.make_schedule(practitioner=ben, facility=hospital, hours=("08:00", "08:20"))
    for rule in shared.rules.all():
        change = {name: getattr(rule, name) for name in ("weekday", "from_time", "to_time", "grid_minutes")}
        actions.change_rule(
            schedule_id=shared.id, rule_id=rule.id, **change, valid_from=None, valid_to=None,
            visit_type_ids=[], capacity=3, by=stage.SYSTEM, now=now,
        )  # fmt: skip
    in_a_week = make.TOMORROW + timedelta(days=7)

    stage.hold(shared, visit_type, ana, at(in_a_week, "08:00"))

    assert row(shared, in_a_week).first_free_at == at(in_a_week, "08:00")
    assert true(now)


def test_the_minutes_job_ends_where_nothing_moves_on(schedule, now, monkeypatch):
    """A few days that change at every look are looked at once a minute, not for ever."""
    asked = []

    def a_few(**_more):
        asked.append(True)
        assert len(asked) < 3, "for ever"
        return 7

    monkeypatch.setattr(days, "advance", a_few)
    tasks.advance_days.func(timestamp=int(now.timestamp()))
    assert len(asked) == 1
