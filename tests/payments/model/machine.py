"""What payers, companies, the desk, workers and the clock do at random, killed in the middle now and then.

A visit is held, paid by card or by wallet, taken back, finished; companies decline, keep silent, answer too late, refuse to
give back; their calls are lost, come twice and in any order. Each step may be killed at any statement of the database, and is
then repeated by whoever asked, or never. What must be so after every step, and once all is at rest, stands in promises.py.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import time_machine
from django.db import transaction
from django.test import Client
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import booking.actions
import records.actions
from booking import queries as booking_queries
from booking import tasks as booking_tasks
from booking.errors import HoldExpired, TooLate
from booking.models import Appointment
from core.errors import DomainError, WrongState
from core.money import Money
from journeys import consultation
from payments import actions, tasks
from payments.errors import GatewayUnavailable, NotCaptured, RefundTooHigh
from payments.models import Payment, Refund
from records.models import Encounter
from tests import make
from tests.jobs import run_jobs
from tests.payments.model import promises
from tests.payments.model.promises import taken
from tests.payments.model.world import (
    COMPANIES,
    FREE_CANCEL,
    HOUSE,
    LATE_FEE,
    Killed,
    Stage,
    Thing,
    charges_of,
    do_again,
    dying_at,
    last_job,
    revive_jobs,
    set_stage,
    snapshot,
    statuses,
)

__all__ = ["PaymentMachine", "set_stage", "taken"]

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# One rule with a choice: Hypothesis leaves whole rules out of an example, and most acts here need others before them.
acts = st.sampled_from(
    [
        *["go and pay"] * 8,
        *["hear", "return", "work", "finish", "cancel"] * 4,
        *["choose", "pay there", "mood", "desk gives back", "a while"] * 3,
        *["book", "hear again", "decline", "poll", "once more"] * 2,
        *["lose", "forged", "rest", "days", "dispute", "dispute", "decide"],
    ]
)
which, ways = st.integers(0, 23), st.sampled_from(["holding", "wallet"])
crashes = st.one_of(st.none(), st.integers(1, 10), st.integers(1, 30))
moods = st.sampled_from(["before", "after", "after", "silent", "refuses", "well", "well"])
A_WHILE = [*[MINUTE, 3 * MINUTE] * 3, 11 * MINUTE, 31 * MINUTE, HOUR, 5 * HOUR]
PAGES_LIVE = 3 * HOUR  # after its time, nobody finds a closed page any more
UNSEEN = 20 * HOUR  # the house asks about what it closed for a day; the model sees to it that it does
LAST = make.NOW + 9 * DAY


class PaymentMachine(RuleBasedStateMachine):
    """Rules are what happens; invariants are what nobody may ever see broken."""

    stage: Stage

    def __init__(self) -> None:
        super().__init__()
        self.now = self.rested_at = make.NOW
        self.clock = time_machine.travel(self.now, tick=False)
        self.traveller = self.clock.start()
        self.savepoint = transaction.savepoint()
        self.first_job = last_job()
        self.things: list[Thing] = []
        self.calls: list[tuple[str, str, str]] = []  # of companies, on their way: company, reference, event
        self.heard: list[tuple[str, str, str]] = []
        self.events = 0
        self.whole = True  # no step is under way
        for company in COMPANIES.values():
            company.reset()

    def teardown(self) -> None:
        try:
            if self.whole:  # else a step has failed, and what it says is what counts
                self._comes_to_rest()
        finally:
            transaction.savepoint_rollback(self.savepoint)
            self.clock.stop()

    # -- how a step is taken --------------------------------------------------------------------------------------

    def attempt(
        self, call: Callable[[], Any], refusals: tuple[type[DomainError], ...], crash: int | None, *, again: bool = True
    ) -> Any:
        """Do it, perhaps killed in the middle and then repeated; None when it is refused for one of these reasons."""
        for deadly in (crash, None) if crash and again else (crash,):
            try:
                with dying_at(deadly):
                    return call()
            except Killed:
                taken["killed"] += 1
                self.looks_well()
            except refusals as error:
                taken[f"refused {type(error).__name__}"] += 1
                return None
        return None

    def move_clock(self, moment: datetime) -> None:
        if self.now < moment <= LAST:
            self.now = moment
            self.traveller.move_to(moment)

    def choose(self, number: int) -> Thing:
        """Mostly a visit that is not over."""
        rows = statuses()
        alive = [one for one in self.things if rows[one.id] in {"held", "booked"}]
        among = alive if alive and number % 4 else self.things
        return among[number // 4 % len(among)]

    def _unpaid(self, number: int) -> Thing | None:
        """A visit that waits for its money."""
        rows = statuses()
        held = [one for one in self.things if rows[one.id] == "held"]
        return held[number % len(held)] if held else None

    def tries(self, one: Thing) -> list[Payment]:
        return list(Payment.objects.filter(subject=one.subject).order_by("-created_at", "-id"))

    @initialize(way=ways, number=which, paid=st.booleans())
    def somebody_has_begun(self, way: str, number: int, paid: bool) -> None:
        """Every example begins with money on its way, mostly with a visit that is booked: most comes after that."""
        self._books(number, None)
        self._goes_and_pays(self.things[0], 1, way, None, True)
        if paid:
            self._hears(0, repeated=False, crash=None, again=True)
            self._works(None)

    @rule(act=acts, number=which, way=ways, mood=moods, crash=crashes, again=st.sampled_from([True, True, True, False]))
    def something_happens(self, act: str, number: int, way: str, mood: str, crash: int | None, again: bool) -> None:
        """`again`: whether whoever was killed, or whose phone died, asks once more."""
        self.whole = False
        one = self.choose(number)
        one.moments.append(f"{act} {way} {mood if act == 'mood' else ''} {crash or ''}")
        match act:
            case "book":
                self._books(number, crash)
            case "choose":
                self._chooses(self._unpaid(number) or one, number, way, crash, again)
            case "go and pay":
                unpaid = self._unpaid(number)
                if unpaid is None and number % 4:
                    self._books(number, crash)
                    unpaid = self.things[-1]
                self._goes_and_pays(unpaid or one, number, way, crash, again)
            case "pay there":  # an older page, or the only one
                tries = self.tries(self._unpaid(number) or one)
                self._pays(tries[number % len(tries)])
            case "decline":
                for charge in charges_of(one)[:1]:
                    self._company_of(charge).decline(charge.reference)
                    self._will_call(self._company_of(charge).code, charge.reference)
            case "hear" | "hear again":
                self._hears(number, repeated=act == "hear again", crash=crash, again=again)
            case "lose":
                # That somebody disputes is told until it was heard: nobody asks about a dispute they never heard of.
                if lost := [call for call in self.calls if not call[1].startswith("dp_")]:
                    self.calls.remove(lost[number % len(lost)])
            case "forged":
                self._is_lied_to(one, way)
            case "return":
                payment = self.tries(one)[0]
                by = self.stage.by_ana
                self.attempt(
                    lambda: actions.note_return(payment_id=payment.id, by=by, now=self.now), (), crash, again=again
                )
            case "poll":
                self._polls(crash)
            case "work":
                self._works(crash)
            case "once more":
                self._does_once_more(number)
            case "mood":
                self._mood_changes(way, mood)
            case "cancel":
                self._cancels(one, by_desk=number % 3 == 0, crash=crash)
            case "dispute" | "decide":
                self._disputes(one, number, opens=act == "dispute")
            case "finish":
                self._finishes(one, crash)
            case "desk gives back":
                self._desk_gives_back(one, number, crash)
            case "rest":
                self._comes_to_rest()
            case "days":
                self._comes_to_rest()
                self.move_clock(self.now + (1 + number % 5) * DAY)
                self._comes_to_rest()
            case _:
                step = A_WHILE[number % len(A_WHILE)]
                if self.now + step > self.rested_at + UNSEEN:
                    self._comes_to_rest()
                self.move_clock(self.now + step)
        taken[act] += 1
        self.whole = True

    # -- the citizen ----------------------------------------------------------------------------------------------

    def _books(self, number: int, crash: int | None) -> None:
        rows = statuses()
        if len([one for one in self.things if rows[one.id] == "held"]) > 1 or len(self.things) > 5:
            return
        stage, day = self.stage, (self.now + 7 * HOUR).date()
        until = day + DAY
        free = booking_queries.slots_of(stage.ben.pk, stage.kind.pk, day, until, self.now)
        starts_at = free[(number * 5 + 1) % len(free)].starts_at
        made = self.attempt(
            lambda: consultation.book(
                schedule_id=stage.schedule.pk,
                starts_at=starts_at,
                visit_type_id=stage.kind.pk,
                person_id=stage.ana.pk,
                mode="in_person",
                by=stage.by_ana,
                now=self.now,
            ),
            (),
            crash,
        )
        assert made is not None
        self.things.append(Thing(made[0].pk, starts_at))

    def _chooses(self, one: Thing, number: int, way: str, crash: int | None, again: bool) -> None:
        """Mostly on the newest page; now and then on one that was left open on another device."""
        tries = self.tries(one)
        page = tries[0] if number % 3 else tries[number % len(tries)]
        by = self.stage.by_ana
        before = len(tries)
        started = self.attempt(
            lambda: actions.start_payment(payment_id=page.id, gateway=way, by=by, now=self.now),
            (WrongState, GatewayUnavailable),  # paid, late, being checked
            crash,
            again=again,
        )
        if started is not None:
            assert started.gateway == way and started.status == "pending", f"{started.status} at {started.gateway}"
            assert started.gateway_reference in COMPANIES[way].charges
            taken["another try"] += len(self.tries(one)) > before

    def _goes_and_pays(self, one: Thing, number: int, way: str, crash: int | None, again: bool) -> None:
        """To where they began, or another way. Now and then they change their mind, and pay where they were first."""
        begun = self.tries(one)[0]
        if number % 3 == 0:
            self._chooses(one, 1, "wallet" if way == "holding" else "holding", None, True)
        self._chooses(one, 1, begun.gateway if begun.is_waiting and number % 4 else way, crash, again)
        tries = self.tries(one)
        self._pays(tries[-1 if number % 2 else 0])
        if number == 9:  # and then at the other place as well
            self._pays(tries[0])

    def _pays(self, payment: Payment) -> None:
        company = COMPANIES.get(payment.gateway)
        if company is None or not payment.gateway_url or self.now > payment.expires_at + PAGES_LIVE:
            return
        if company.pay(payment.gateway_reference):
            taken["paid, held" if company.charges[payment.gateway_reference].holds else "paid"] += 1
            taken["paid when closed"] += not payment.is_waiting
            self._will_call(company.code, payment.gateway_reference)

    def _cancels(self, one: Thing, *, by_desk: bool, crash: int | None) -> None:
        was = statuses()[one.id]
        by = self.stage.desk if by_desk else self.stage.by_ana
        done = self.attempt(
            lambda: booking.actions.cancel_appointment(appointment_id=one.id, by=by, now=self.now),
            (HoldExpired, TooLate),
            crash,
        )
        if done is not None and was == "booked" and not by_desk and self.now >= one.starts_at - FREE_CANCEL:
            one.fee = one.price * LATE_FEE // 100
            taken["cancelled late"] += 1

    def _disputes(self, one: Thing, number: int, *, opens: bool) -> None:
        """The payer's bank takes the money back, or decides about what it took."""
        for charge in charges_of(one):
            company = self._company_of(charge)
            decided = "won" if number % 2 else "lost"
            found = (
                company.dispute(charge.reference, at=self.now) if opens else company.decide(charge.reference, decided)
            )
            if found is not None:
                taken["disputed" if opens else decided] += 1
                self._will_call(company.code, found.reference)

    # -- the companies --------------------------------------------------------------------------------------------

    def _company_of(self, charge: Any) -> Any:
        return next(one for one in COMPANIES.values() if charge.reference in one.charges)

    def _will_call(self, code: str, reference: str) -> None:
        self.events += 1
        self.calls.append((code, reference, f"e{self.events}"))

    def _mood_changes(self, way: str, mood: str) -> None:
        company = COMPANIES[way]
        if mood in {"before", "after"}:
            company.troubles.append(mood)  # type: ignore[arg-type]
        else:
            company.is_silent, company.refuses_refunds = mood == "silent", mood == "refuses"

    def _hears(self, number: int, *, repeated: bool, crash: int | None, again: bool) -> None:
        """Any of the calls on their way comes in, or one comes once more that came before."""
        waiting = self.heard if repeated else self.calls
        if not waiting:
            return
        call = waiting[number % len(waiting)]
        if self.attempt(lambda: self._call(*call), (), crash, again=again) is None:
            return  # lost: the company was told nothing, and this one does not try again
        if not repeated:
            self.calls.remove(call)
            self.heard.append(call)

    def _call(self, code: str, reference: str, event: str, secret: str = "") -> int:
        account = self.stage.accounts[code]
        raw, headers = COMPANIES[code].event(reference, event, secret=secret or f"key of {code}", at=self.now)
        answer = Client().post(
            f"/hooks/{code}/{account.id}/",
            raw,
            content_type="application/json",
            headers=headers,  # type: ignore[arg-type]
        )
        assert answer.status_code == (400 if secret else 200), answer.content
        return answer.status_code

    def _is_lied_to(self, one: Thing, way: str) -> None:
        before = snapshot()
        self._call(way, self.tries(one)[0].gateway_reference, "forged", secret="guessed")
        assert snapshot() == before, "a call nobody believes left a trace"

    # -- desk and doctor ------------------------------------------------------------------------------------------

    def _desk_gives_back(self, one: Thing, number: int, crash: int | None) -> None:
        tries = self.tries(one)
        payment = tries[number % len(tries)]
        money = Money.vnd(10_000 * (1 + number % 16)) if number % 3 else None
        known = Refund.objects.count()
        made = self.attempt(
            lambda: actions.request_refund(
                payment_id=payment.id, reason="desk", money=money, by=self.stage.desk, now=self.now
            ),
            (NotCaptured, RefundTooHigh),
            crash,
        )
        if made is not None and Refund.objects.count() > known:
            one.given_by_desk += made.amount
            taken["given back by the desk"] += 1

    def _finishes(self, one: Thing, crash: int | None) -> None:
        """The doctor has seen them: begun, noted, finished, each of which may be killed and is then done again."""
        found = Appointment.objects.get(pk=one.id)
        if found.status not in {"booked", "in_consultation"} or found.encounter_id is None:
            return
        encounter, by = found.encounter_id, self.stage.by_ben
        if Encounter.objects.get(pk=encounter).status not in {"planned", "in_progress"}:
            return
        self.attempt(lambda: records.actions.start_encounter(encounter_id=encounter, by=HOUSE, now=self.now), (), crash)
        now = Encounter.objects.get(pk=encounter)
        if not now.diagnoses.exists():
            records.actions.save_note(
                encounter_id=encounter,
                version=now.version,
                changes={},
                diagnoses=[{"code": "J02.9"}],
                by=by,
                now=self.now,
            )
        self.attempt(lambda: records.actions.finish_encounter(encounter_id=encounter, by=by, now=self.now), (), crash)
        taken["finished"] += 1

    # -- the house ------------------------------------------------------------------------------------------------

    def _works(self, crash: int | None) -> None:
        """A worker dies at its work, another goes on. What the companies refuse to answer is tried again later."""
        deadly = crash * 5 if crash else None  # what waits for the workers is much
        while True:
            try:
                with dying_at(deadly):
                    run_jobs()
                return
            except Killed:
                taken["a worker died"] += 1
                revive_jobs()
                self.looks_well()
                deadly = None
            except GatewayUnavailable:
                taken["a job has given up"] += 1

    def _polls(self, crash: int | None) -> None:
        """The jobs of the minute and of the hour."""
        stamp = int(self.now.timestamp())
        for job in (booking_tasks.expire_holds, tasks.look_after_payments, tasks.look_again):
            self.attempt(lambda job=job: job.func(timestamp=stamp), (), crash)
        self._works(crash)

    def _does_once_more(self, number: int) -> None:
        """A job that was done long ago is done again: the worker died between the work and the note."""
        try:
            do_again(number, since=self.first_job)
        except GatewayUnavailable:
            taken["a job has given up"] += 1

    def _comes_to_rest(self) -> None:
        """Everybody answers again, all calls come that are not lost, the clock goes on by half an hour; then the books agree."""
        for company in COMPANIES.values():
            company.troubles.clear()
            company.is_silent = company.refuses_refunds = False
        for step in (3 * MINUTE, 31 * MINUTE, 5 * MINUTE):
            while self.calls:
                self._hears(0, repeated=False, crash=None, again=True)
            self.move_clock(self.now + step)
            self._polls(None)
        self.rested_at = self.now
        taken["rests"] += 1
        self.looks_well()
        promises.the_books_agree(self.things, self.now)

    # -- what must be so ------------------------------------------------------------------------------------------

    @invariant()
    def looks_well(self) -> None:
        promises.looks_well()
