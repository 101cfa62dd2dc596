"""What search says of a schedule is never older than the last change, whoever made it and whatever was written before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection, transaction

from booking import days, profiles, queries
from booking.models import Closure, Profile, Rule, Schedule
from booking.queries import search
from identity.models import Facility, Practitioner, Province, Specialty, VisitType
from tests import make
from tests.booking import stage
from tests.make import at


def said(schedule: Schedule, now: Any) -> list[search.Offered]:
    return search.of_schedules([schedule.id], make.TOMORROW, make.TOMORROW, now)


def made_anew(schedule: Schedule, now: Any) -> list[search.Offered]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT booking_profile_forget(%s)", [[schedule.id]])
    return said(schedule, now)


def is_written(schedule: Schedule) -> bool:
    return Profile.objects.filter(pk=schedule.id).exclude(words="").exists()


@pytest.fixture
def kept(schedule: Schedule, visit_type: VisitType, now: Any) -> Schedule:
    days.rebuild([schedule.id], now=now)
    assert is_written(schedule)
    return schedule


def hours_of(schedule: Schedule) -> Rule:
    rule = schedule.rules.first()
    assert rule is not None
    return rule


CHANGES: dict[str, Callable[[Schedule, VisitType], object]] = {
    "notice": lambda s, v: Schedule.objects.filter(pk=s.pk).update(min_notice_minutes=90),
    "hours": lambda s, v: s.rules.update(to_time=time(12)),
    "hours added": lambda s, v: Rule.objects.create(
        schedule=s, weekday=6, from_time=time(8), to_time=time(9), grid_minutes=20
    ),
    "hours gone": lambda s, v: hours_of(s).delete(),
    "hours for another kind alone": lambda s, v: hours_of(s).visit_types.add(
        VisitType.objects.create(
            facility=s.facility,
            minutes=40,
            price_amount=1,
            name_vi="Siêu âm",
            name_en="Ultrasound",
            modes=["in_person"],
        )
    ),
    "extra hours": lambda s, v: Closure.objects.create(
        schedule=s, kind="extra", during=(at(make.TOMORROW, "18:00"), at(make.TOMORROW, "20:00"))
    ),
    "price": lambda s, v: VisitType.objects.filter(pk=v.pk).update(price_amount=1),
    "another kind": lambda s, v: VisitType.objects.create(
        facility=s.facility, minutes=40, price_amount=1, name_vi="Siêu âm", name_en="Ultrasound", modes=["in_person"]
    ),
    "kind gone": lambda s, v: VisitType.objects.filter(pk=v.pk).update(active=False),
    "name": lambda s, v: Practitioner.objects.filter(pk=s.practitioner_id).update(full_name="Trần Thị Mới"),
    "licence": lambda s, v: Practitioner.objects.filter(pk=s.practitioner_id).update(licence_valid_to=make.TOMORROW),
    "address": lambda s, v: Facility.objects.filter(pk=s.facility_id).update(address="9 Hàng Bài"),
    "place closed": lambda s, v: Facility.objects.filter(pk=s.facility_id).update(active=False),
    "province": lambda s, v: Province.objects.filter(pk=s.facility.province_id).update(name="Tỉnh Mới"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("what", CHANGES)
def test_a_change_is_in_the_very_next_answer(kept, visit_type, now, what):
    before = said(kept, now)
    CHANGES[what](kept, visit_type)
    assert not is_written(kept)
    after = said(kept, now)
    assert after != before
    profiles.write(now=now)
    assert is_written(kept) and said(kept, now) == after == made_anew(kept, now)


@pytest.mark.django_db
def test_a_specialty_more_offers_what_belongs_to_it(kept, now):
    heart, _ = Specialty.objects.get_or_create(code="cardiology")
    echo = make.make_visit_type(facility=kept.facility, specialty=heart)
    profiles.write(now=now)
    assert echo.id not in {kind.id for kind in said(kept, now)[0].kinds}
    kept.practitioner.specialties.add(heart)
    assert not is_written(kept)
    assert echo.id in {kind.id for kind in said(kept, now)[0].kinds}


@pytest.mark.django_db
def test_what_concerns_others_is_left_alone(kept, ana, now, visit_type):
    stage.hold(kept, visit_type, ana, at(make.TOMORROW, "09:00"))
    make.make_visit_type(facility=make.make_facility(name="Bệnh viện Khác"))
    make.make_practitioner(facility=kept.facility)
    Facility.objects.filter(pk=kept.facility_id).update(name=kept.facility.name)  # says what it said
    assert is_written(kept)


@pytest.mark.django_db
def test_what_is_gone_leaves_nothing(kept):
    hours_of(kept).delete()
    kept.delete()
    assert not Profile.objects.exists()


@pytest.mark.django_db
def test_the_checker_finds_one_that_no_trigger_forgot_and_the_night_mends_it(kept, now):
    assert days.check([kept], now=now) == []
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # no trigger is asked
        cursor.execute("UPDATE booking_rule SET to_time = '10:00'")
        cursor.execute("SET LOCAL session_replication_role = origin")
    assert "profile" in {one.what for one in days.check([kept], now=now)}
    profiles.forget([kept.id])
    days.rebuild([kept.id], now=now)
    assert days.check([kept], now=now) == []


@pytest.mark.django_db
def test_extra_hours_that_are_long_over_are_no_difference(kept, now):
    CHANGES["extra hours"](kept, None)  # type: ignore[arg-type]
    days.rebuild([kept.id], now=now)
    assert days.check([kept], now=now + timedelta(days=40)) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("order", ["before", "while"])
def test_a_change_that_is_not_committed_yet_is_never_written_over(kept, now, order):
    """The writer meets a change in the middle: it passes by, or what it wrote is forgotten with the commit."""
    profiles.forget([kept.id])
    begun, go_on = Barrier(2), Barrier(2)

    def change() -> None:
        with transaction.atomic():
            if order == "before":
                Rule.objects.filter(schedule=kept).update(to_time=time(11))
            begun.wait(10)
            go_on.wait(10)
            if order == "while":
                Rule.objects.filter(schedule=kept).update(to_time=time(11))
        connection.close()

    other = Thread(target=change)
    other.start()
    begun.wait(10)
    written = profiles.write(now=now)
    go_on.wait(10)
    other.join(10)
    assert written == (0 if order == "before" else 1)
    assert not is_written(kept)
    assert {rule.to_time for kind in said(kept, now)[0].kinds for rule in kind.rules} == {time(11)}
    profiles.write(now=now)
    assert profiles.differing([kept.id]) == []


@pytest.mark.django_db(transaction=True)
def test_a_hundred_changes_beside_a_writer_that_never_rests(kept, now):
    stop = []

    def write() -> None:
        while not stop:
            profiles.write(now=now)
        connection.close()

    writers = [Thread(target=write) for _ in range(2)]
    for one in writers:
        one.start()
    try:
        for number in range(100):
            Rule.objects.filter(schedule=kept).update(room=f"P{number}")
            assert profiles.differing([kept.id]) == []
            assert {rule.room for kind in said(kept, now)[0].kinds for rule in kind.rules} == {f"P{number}"}
            VisitType.objects.filter(facility=kept.facility).update(price_amount=number)
            assert {kind.price_amount for kind in said(kept, now)[0].kinds} == {number}
    finally:
        stop.append(True)
        for one in writers:
            one.join(10)
    assert queries.sample_of_schedules(5, seed=1) and profiles.differing([kept.id]) == []
