"""See someone now: who is asked, for how long, and that nobody is ever asked twice or sold twice."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from booking import actions, queries
from booking.errors import AskPassed, ConditionNeeded, EmergencyWords, NotBookable, NotOnCall, PersonBusy, ReasonNeeded
from booking.models import Appointment, OnCall, Schedule, UrgentAsk
from core.errors import NotFound, WrongState
from identity.models import Facility, Person, Practitioner, VisitType
from tests import make
from tests.booking import stage
from tests.booking.stage import SYSTEM

pytestmark = pytest.mark.django_db
SECONDS = timedelta(seconds=90)


@pytest.fixture
def second(hospital: Facility) -> Practitioner:
    """Another doctor of the hospital with hours of her own."""
    doctor = make.make_practitioner(facility=hospital, full_name="Ngô Thị Đông")
    stage.make_schedule(practitioner=doctor, facility=hospital)
    return doctor


def go_on_call(doctor: Practitioner, visit_type: VisitType, now: datetime, **values: Any) -> OnCall:
    schedule = Schedule.objects.get(practitioner=doctor)
    wish: dict[str, Any] = {"mode": "video", "until": now + timedelta(hours=2), **values}
    by = make.actor_for(doctor)
    return actions.start_on_call(schedule_id=schedule.pk, visit_type_id=visit_type.pk, **wish, by=by, now=now)


def ask(person: Person, now: datetime, **values: Any) -> UrgentAsk:
    wish: dict[str, Any] = {"person_id": person.pk, "reason": "Ho ba ngày", "condition": "J00", **values}
    return actions.ask_for_someone_now(**wish, by=make.actor_for(person), now=now)


def asked(one: UrgentAsk) -> Practitioner | None:
    one.refresh_from_db()
    return one.offered_to.practitioner if one.offered_to else None


def turn(one: UrgentAsk, now: datetime) -> UrgentAsk:
    return actions.turn_ask(ask_id=one.pk, by=SYSTEM, now=now)


def test_the_doctor_who_was_idle_longest_is_asked_first(schedule, second, ben, ana, visit_type, now) -> None:
    go_on_call(ben, visit_type, now)
    duty = go_on_call(second, visit_type, now)
    OnCall.objects.filter(pk=duty.pk).update(last_offered_at=now - timedelta(minutes=5))
    wish = ask(ana, now)
    assert asked(wish) == ben  # never asked before
    assert wish.offer_expires_at == now + SECONDS


def test_silence_goes_to_the_next_and_then_to_nobody(schedule, second, ben, ana, visit_type, now, told) -> None:
    go_on_call(ben, visit_type, now)
    go_on_call(second, visit_type, now)
    wish = ask(ana, now)
    first = asked(wish)
    turn(wish, now + SECONDS - timedelta(seconds=1))
    assert asked(wish) == first, "not before its time"
    turn(wish, now + SECONDS)
    assert {first, asked(wish)} == {ben, second}
    turn(wish, now + 2 * SECONDS)
    wish.refresh_from_db()
    assert (wish.status, wish.offered_to) == ("nobody", None)
    assert [type(one).__name__ for one in told if "Ask" in type(one).__name__] == [
        "UrgentAskOffered", "UrgentAskPassed", "UrgentAskOffered", "UrgentAskPassed", "UrgentAskClosed",
    ]  # fmt: skip


def test_two_citizens_are_never_offered_to_one_doctor(schedule, ben, ana, eve, visit_type, now) -> None:
    go_on_call(ben, visit_type, now)
    first, other = ask(ana, now), ask(eve, now)
    assert (asked(first), asked(other)) == (ben, None)
    assert other.status == "searching", "he is only busy: she waits"
    actions.decline_ask(ask_id=first.pk, by=make.actor_for(ben), now=now)
    first.refresh_from_db()
    assert first.status == "nobody"
    turn(other, now)
    assert asked(other) == ben


def test_who_waits_too_long_is_told(schedule, ben, ana, eve, visit_type, now) -> None:
    go_on_call(ben, visit_type, now)
    ask(ana, now)
    other = ask(eve, now)
    later = now + timedelta(minutes=10)
    UrgentAsk.objects.filter(person=ana).update(offer_expires_at=later + SECONDS)  # he is asked all the while
    turn(other, later)
    other.refresh_from_db()
    assert other.status == "nobody"


def test_accepting_keeps_the_next_start_of_the_grid(schedule, ben, ana, visit_type, now) -> None:
    go_on_call(ben, visit_type, now)
    wish = ask(ana, now)
    taken = actions.accept_ask(ask_id=wish.pk, by=make.actor_for(ben), now=now + timedelta(seconds=30))
    appointment = taken.appointment
    assert appointment is not None
    assert (appointment.status, appointment.practitioner, appointment.person) == ("held", ben, ana)
    assert appointment.price_amount == visit_type.price_in("video").amount
    assert appointment.condition_code == "J00"
    assert appointment.walk_in, "14:00 has passed, and 14:20 is no answer to somebody who waits"
    assert appointment.starts_at == now + timedelta(seconds=30)
    again = actions.accept_ask(ask_id=wish.pk, by=make.actor_for(ben), now=now + timedelta(minutes=1))
    assert again.appointment == appointment
    assert Appointment.objects.count() == 1


def test_a_doctor_who_took_it_and_did_not_come_is_noticed(schedule, ben, ana, visit_type, now) -> None:
    """Beside the grid it is marked as walked in; by video nobody has walked anywhere."""
    go_on_call(ben, visit_type, now)
    wish = ask(ana, now)
    soon = now + timedelta(seconds=30)
    taken = actions.accept_ask(ask_id=wish.pk, by=make.actor_for(ben), now=soon).appointment
    assert taken is not None and taken.walk_in
    actions.book_appointment(appointment_id=taken.pk, by=SYSTEM, now=soon)
    assert queries.nobody_came(now) == []
    assert queries.nobody_came(now + timedelta(hours=2)) == [taken.pk]


def test_a_start_that_is_near_is_taken_from_the_grid(schedule, ben, ana, visit_type, now) -> None:
    soon = now + timedelta(minutes=15)  # 14:15; the grid has 14:20
    go_on_call(ben, visit_type, soon)
    wish = ask(ana, soon)
    taken = actions.accept_ask(ask_id=wish.pk, by=make.actor_for(ben), now=soon)
    assert taken.appointment is not None
    assert not taken.appointment.walk_in
    assert taken.appointment.starts_at == now + timedelta(minutes=20)


def test_accepting_too_late_changes_nothing(schedule, second, ben, ana, visit_type, now) -> None:
    go_on_call(ben, visit_type, now)
    go_on_call(second, visit_type, now)
    wish = ask(ana, now)
    first = asked(wish)
    assert first is not None
    with pytest.raises(AskPassed):  # the clock has not come round yet, but the time is over
        actions.accept_ask(ask_id=wish.pk, by=make.actor_for(first), now=now + SECONDS)
    turn(wish, now + SECONDS)
    with pytest.raises(AskPassed):
        actions.accept_ask(ask_id=wish.pk, by=make.actor_for(first), now=now + SECONDS)
    assert not Appointment.objects.exists()
    assert asked(wish) not in (None, first)


def test_a_doctor_in_a_visit_is_not_asked(schedule, second, ben, ana, eve, visit_type, now) -> None:
    go_on_call(ben, visit_type, now)
    booked = stage.book(schedule, visit_type, eve, stage.at("14:20", now.date()), now=now - timedelta(hours=1))
    actions.start_consultation(appointment_id=booked.pk, by=SYSTEM, now=now)
    go_on_call(second, visit_type, now)
    wish = ask(ana, now)
    assert asked(wish) == second
    turn(wish, now + SECONDS)
    assert asked(wish) is None
    wish.refresh_from_db()
    assert wish.status == "searching", "he will be free again"


def test_a_doctor_who_took_somebody_is_not_asked_again(schedule, ben, ana, eve, visit_type, now) -> None:
    go_on_call(ben, visit_type, now)
    actions.accept_ask(ask_id=ask(ana, now).pk, by=make.actor_for(ben), now=now)
    assert asked(ask(eve, now)) is None
    # She never paid: the hold ran out, and he is free.
    over = now + timedelta(minutes=11)
    assert queries.duties_for(UrgentAsk.objects.get(person=eve), over)


def test_only_the_right_specialty_and_way_are_asked(schedule, ben, ana, visit_type, now) -> None:
    go_on_call(ben, visit_type, now)
    make.make_specialty("dermatology")
    assert ask(ana, now, specialty="dermatology").status == "nobody"
    assert ask(ana, now, mode="phone").status == "nobody"
    assert asked(ask(ana, now, specialty="general")) == ben


def test_going_off_call_sends_the_citizen_on(schedule, second, ben, ana, visit_type, now) -> None:
    go_on_call(ben, visit_type, now)
    wish = ask(ana, now)
    go_on_call(second, visit_type, now)
    actions.stop_on_call(by=make.actor_for(ben), now=now)
    turn(wish, now)
    assert asked(wish) == second
    with pytest.raises(NotOnCall):
        actions.stop_on_call(by=make.actor_for(ben), now=now)


def test_asking_again_is_the_same_wish_and_taking_back_frees_the_doctor(schedule, ben, ana, visit_type, now) -> None:
    go_on_call(ben, visit_type, now)
    wish = ask(ana, now)
    assert ask(ana, now).pk == wish.pk
    actions.withdraw_ask(ask_id=wish.pk, by=make.actor_for(ana), now=now)
    actions.withdraw_ask(ask_id=wish.pk, by=make.actor_for(ana), now=now)
    assert queries.offer_for(make.actor_for(ben), now) is None
    other = ask(ana, now)
    actions.accept_ask(ask_id=other.pk, by=make.actor_for(ben), now=now)
    with pytest.raises(WrongState):
        actions.withdraw_ask(ask_id=other.pk, by=make.actor_for(ana), now=now)


def test_an_emergency_is_sent_to_115_and_a_busy_person_to_their_visit(schedule, ben, ana, visit_type, now) -> None:
    go_on_call(ben, visit_type, now)
    with pytest.raises(EmergencyWords) as refusal:
        ask(ana, now, reason="Đau ngực dữ dội, khó thở")
    assert refusal.value.signs == ["Đau ngực", "khó thở"]
    with pytest.raises(ConditionNeeded):
        ask(ana, now, condition="")
    stage.book(schedule, visit_type, ana, stage.at("14:40", now.date()))
    with pytest.raises(PersonBusy):
        ask(ana, now + timedelta(minutes=35))
    assert not UrgentAsk.objects.exists()
    assert ask(ana, now, reason="Đau ngực từ lâu", not_an_emergency=True).status == "searching"


def test_outside_the_list_the_doctor_says_why(schedule, ben, ana, visit_type, now) -> None:
    go_on_call(ben, visit_type, now)
    wish = ask(ana, now, condition="other")
    doctor = make.actor_for(ben)
    with pytest.raises(ReasonNeeded):
        actions.accept_ask(ask_id=wish.pk, by=doctor, now=now)
    assert not Appointment.objects.exists()
    taken = actions.accept_ask(ask_id=wish.pk, fit_reason="Tái khám, đã khám trực tiếp", by=doctor, now=now)
    assert taken.appointment is not None and taken.appointment.fit_reason == "Tái khám, đã khám trực tiếp"


def test_eve_and_other_doctors_find_nothing(schedule, second, ben, ana, eve, dan, visit_type, now) -> None:
    go_on_call(ben, visit_type, now)
    wish = ask(ana, now)
    for stranger in (eve, second, dan):
        by = make.actor_for(stranger)
        for verb in (actions.accept_ask, actions.decline_ask, actions.withdraw_ask):
            with pytest.raises(NotFound):
                verb(ask_id=wish.pk, by=by, now=now)
    with pytest.raises(NotFound):
        ask_for = make.actor_for(eve)
        actions.ask_for_someone_now(person_id=ana.pk, reason="x", condition="J00", by=ask_for, now=now)
    with pytest.raises(NotFound):
        actions.start_on_call(
            schedule_id=schedule.pk, visit_type_id=visit_type.pk, mode="video",
            until=now + timedelta(hours=1), by=make.actor_for(second), now=now,
        )  # fmt: skip
    assert asked(wish) == ben


def test_a_duty_is_kept_within_reason(schedule, ben, visit_type, now) -> None:
    duty = go_on_call(ben, visit_type, now)
    assert go_on_call(ben, visit_type, now, until=now + timedelta(hours=3)).pk == duty.pk
    for wrong in ({"until": now}, {"until": now + timedelta(days=2)}, {"mode": "phone"}):
        with pytest.raises(NotBookable):
            go_on_call(ben, visit_type, now, **wrong)
    assert OnCall.objects.get().until == now + timedelta(hours=3)
