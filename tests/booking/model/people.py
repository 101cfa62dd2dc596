"""What citizens, the desk and the doctors do with a visit, and what must come of it."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

import booking.actions
import booking.errors as refused
from core.errors import WrongState
from journeys import consultation, moving
from tests.booking.model.house import Reasons
from tests.booking.model.steps import Steps, actors, crashes, places, which
from tests.booking.model.visit import (
    ACTIVE,
    AGREED,
    FREE_CANCEL,
    HOLD,
    LATE_FEE,
    PRICES,
    Visit,
    Wish,
    day_of,
    length,
)

somebody_is_there = precondition(lambda self: bool(self.house.visits))


class People(Steps):
    """Each rule: what the model expects, the real thing's answer, what the model makes of it."""

    @rule(who=st.integers(0, 1), place=places, swap=st.booleans(), crash=crashes)
    def somebody_holds(self, who: int, place: tuple[int, str, int], swap: bool, crash: int | None) -> None:
        doctor, kind, start = wish = self.wish(place)
        same = self.house.same_hold(who, wish)
        why_not: Reasons = set()
        if same is None:
            why_not |= self.house.why_no_time(doctor, kind, start) | self.house.why_not_there(who, kind, start)
            why_not |= self.house.why_no_hold(who) | self.house.why_no_more(who)
        found = self.attempt(
            lambda: consultation.book(
                schedule_id=self.stage.schedules[doctor].pk,
                starts_at=start,
                visit_type_id=self.stage.kinds[kind].pk,
                person_id=self.stage.people[who].pk,
                mode="in_person",
                values={"if_late": "swap" if swap else "refund"},
                by=self.stage.citizen(who),
                now=self.now,
            ),
            why_not,
            crash,
        )
        if found is None:
            return
        appointment, payment = found
        if same is not None:
            assert appointment.pk == same.id, "asking again keeps the same hold"
            return
        price = PRICES[kind][1]
        one = Visit(appointment.pk, who, doctor, kind, start, "held", price, self.now + HOLD, swap=swap, due=price)
        if price == 0:
            one.agree()
        else:
            one.payment = payment.pk
        self.house.visits.append(one)

    @somebody_is_there
    @rule(number=which, actor=actors, crash=crashes)
    def gives_up(self, number: int, actor: str, crash: int | None) -> None:
        one = self.choose(number)
        begun = actor == "citizen" and one.status in AGREED and one.start <= self.now
        why_not: Reasons = set()
        if one.status == "expired":
            why_not = {refused.HoldExpired}
        elif begun or one.status not in {"held", "booked", "checked_in", "cancelled"}:
            why_not = {refused.TooLate}
        done = self.attempt(
            lambda: booking.actions.cancel_appointment(appointment_id=one.id, by=self.acting(actor, one), now=self.now),
            why_not,
            crash,
        )
        if done is None or one.status == "cancelled":
            return
        if actor == "citizen" and one.status in AGREED and self.now >= one.start - FREE_CANCEL:
            one.fee = one.price * LATE_FEE // 100
        one.status = "cancelled"
        self.house.drop_what_waits(one)

    @somebody_is_there
    @rule(number=which, actor=actors, place=places, crash=crashes)
    def moves(self, number: int, actor: str, place: tuple[int, str, int], crash: int | None) -> None:
        one = self.choose(number)
        doctor, kind, start = wish = self.wish(place)
        price = PRICES[kind][1] if actor == "citizen" else min(PRICES[kind][1], one.price)
        same, why_not = self._what_of_the_move(one, actor, wish, dearer=price > one.price)
        waiting = self.house.waiting_to_move(one)
        found = self.attempt(
            lambda: moving.move(
                appointment_id=one.id,
                schedule_id=self.stage.schedules[doctor].pk,
                starts_at=start,
                visit_type_id=self.stage.kinds[kind].pk,
                by=self.acting(actor, one),
                now=self.now,
            ),
            why_not,
            crash,
        )
        if found is None:
            return
        new, payment = found
        if same is not None:
            assert new.pk == same.id, "the same wish is the same move"
            return
        if waiting is not None:
            waiting.status = "expired"
        made = Visit(new.pk, one.who, doctor, kind, start, "held", price, old=one)
        if price > one.price:
            made.hold_until, made.due, made.payment = self.now + HOLD, price - one.price, payment.pk
        else:
            made.agree()
            one.status = "rescheduled"
        self.house.visits.append(made)

    def _what_of_the_move(self, one: Visit, actor: str, wish: Wish, *, dearer: bool) -> tuple[Visit | None, Reasons]:
        """Say which visit it is already, or why it may not be."""
        doctor, kind, start = wish
        waiting = self.house.waiting_to_move(one)
        if one.status == "rescheduled":
            same = next((new for new in self.house.after(one) if new.wish == wish and new.was_agreed), None)
            return same, set() if same else {WrongState}
        if one.status not in AGREED:
            return None, {WrongState}
        if one.wish == wish:
            return one, set()
        if actor == "citizen" and self.now >= one.start - FREE_CANCEL:
            return None, {refused.TooLateToMove}
        if waiting is not None and waiting.wish == wish and not waiting.lapsed(self.now):
            return waiting, set()
        leaving = [gone for gone in (waiting, None if dearer else one) if gone is not None]
        why_not = self.house.why_no_time(doctor, kind, start, leaving)
        why_not |= self.house.why_not_there(one.who, kind, start, leaving)
        if dearer and one.meets(start, start + length(kind)):
            why_not.add(refused.MoveOverlaps)
        if actor == "citizen":
            why_not |= self.house.why_no_more(one.who, instead_of=one)
        return None, why_not

    # -- the day of the visit -------------------------------------------------------------------------------------

    @somebody_is_there
    @rule(number=which, actor=actors, crash=crashes)
    def arrives(self, number: int, actor: str, crash: int | None) -> None:
        one = self.choose(number)
        why_not: Reasons = set() if one.status in AGREED else {WrongState}
        if day_of(self.now) < day_of(one.start) and one.status != "checked_in":
            why_not.add(refused.TooEarly)
        verb, by = booking.actions.check_in, self.acting(actor, one)
        if self.attempt(lambda: verb(appointment_id=one.id, by=by, now=self.now), why_not, crash) is not None:
            one.status, one.came = "checked_in", True

    @somebody_is_there
    @rule(number=which, crash=crashes)
    def it_was_somebody_else(self, number: int, crash: int | None) -> None:
        one = self.choose(number)
        why_not: Reasons = set() if one.status in AGREED else {WrongState}
        verb, by = booking.actions.undo_check_in, self.stage.desk
        if self.attempt(lambda: verb(appointment_id=one.id, by=by, now=self.now), why_not, crash) is not None:
            one.status, one.came = "booked", False

    @somebody_is_there
    @rule(number=which, finish=st.booleans(), crash=crashes)
    def the_doctor_sees_them(self, number: int, finish: bool, crash: int | None) -> None:
        one = self.choose(number)
        allowed = {*AGREED, "in_consultation", "fulfilled"}
        why_not: Reasons = set() if one.status in allowed else {WrongState}
        verb = booking.actions.fulfil if finish else booking.actions.start_consultation
        by = self.stage.doctor(one.doctor)
        if self.attempt(lambda: verb(appointment_id=one.id, by=by, now=self.now), why_not, crash) is not None:
            one.status = "fulfilled" if finish or one.status == "fulfilled" else "in_consultation"

    @somebody_is_there
    @rule(number=which, side=st.sampled_from(["citizen", "practitioner"]), crash=crashes)
    def somebody_does_not_come(self, number: int, side: str, crash: int | None) -> None:
        one = self.choose(number)
        why_not: Reasons = set()
        if one.status == "no_show":
            why_not = set() if one.missed_by == side else {WrongState}
        elif one.status not in AGREED:
            why_not = {WrongState}
        elif self.now < one.start:
            why_not = {refused.NotBegunYet}
        verb, by = booking.actions.record_no_show, self.stage.desk
        call = lambda: verb(appointment_id=one.id, side=side, by=by, now=self.now)  # noqa: E731
        if self.attempt(call, why_not, crash) is not None and one.status != "no_show":
            self.house.miss(one, side)

    @somebody_is_there
    @rule(number=which, crash=crashes)
    def they_were_only_late(self, number: int, crash: int | None) -> None:
        one = self.choose(number)
        why_not: Reasons = set() if one.status in {*AGREED, "no_show"} else {WrongState}
        if one.status == "no_show":
            if not self.house.not_settled(one):
                why_not.add(refused.NoShowSettled)
            others = [v for v in self.house.visits if v.status in ACTIVE and v.meets(one.start, one.end)]
            if any(other.who == one.who or other.doctor == one.doctor for other in others):
                why_not.add(refused.SlotTaken)
        verb, by = booking.actions.undo_no_show, self.stage.desk
        done = self.attempt(lambda: verb(appointment_id=one.id, by=by, now=self.now), why_not, crash)
        if done is not None and one.status == "no_show":
            one.status = "checked_in" if one.came else "booked"
            one.fee, one.missed_by, one.settled_at, one.undone = 0, "", None, True
