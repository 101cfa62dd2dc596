"""What pharmacies, citizen, doctor and clock do at random, killed in the middle now and then; and what must always be so.

Promises looked at after every step, beside that the rows say what the model says: no item is handed out beyond what was
prescribed, one pharmacy holds it at a time, what was taken back or replaced is never open again, and each effect has its
line in the audit trail, refusals and repetitions none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import time_machine
from django.db import connection, transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import prescriptions.errors as refused
from core.errors import DomainError
from prescriptions import actions
from prescriptions.models import Item, Prescription
from prescriptions.tasks import expire_prescriptions
from tests import make
from tests.prescriptions.model.paper import SHOWN_FOR, Hold, Paper, Reasons
from tests.prescriptions.model.world import Killed, Stage, dying_at, look, paper_of

taken = Counter[str]()  # steps, and how they ended, for whoever wants to tell
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
which, counters = st.integers(0, 11), st.integers(0, 1)
# One rule with a choice: Hypothesis leaves whole rules out of an example, and most acts here need others before them.
acts = st.sampled_from(
    [
        *["hand out"] * 7,
        *["hand out all", "close", "give back", "show and take"] * 4,
        *["show", "take", "guess", "route", "cancel", "replace", "house", "a while", "a day"],
        *["edge"] * 2,
    ]
)
crashes = st.one_of(st.none(), st.none(), st.none(), st.integers(1, 30))
amounts = st.tuples(st.sampled_from([1, 2, 1, 2, 0, 3, 6]), st.sampled_from([1, 0, 1, 2, 3]))
NEEDS_A_HOLD = {"hand out", "hand out all", "close", "give back"}
LAST = make.NOW + 25 * DAY
OVER = {"cancelled", "expired", "dispensed"}


class PrescriptionMachine(RuleBasedStateMachine):
    """Rules are what happens; invariants are what nobody may ever see broken."""

    stage: Stage

    def __init__(self) -> None:
        super().__init__()
        self.now = make.NOW
        self.clock = time_machine.travel(self.now, tick=False)
        self.traveller = self.clock.start()
        self.savepoint = transaction.savepoint()
        self.papers = self.stage.papers()
        seen = look()
        self.said_before = {key: len(one.trail) for key, one in seen.items()}
        self.refused_for_good: set[Any] = set()
        self.own = {one.id: Prescription.objects.get(id=one.id).person_id for one in self.papers}
        self.whole = True

    def teardown(self) -> None:
        transaction.savepoint_rollback(self.savepoint)
        self.clock.stop()

    # -- how a step is taken --------------------------------------------------------------------------------------

    def move_clock(self, moment: datetime) -> None:
        if self.now < moment <= LAST:
            self.now = moment
            self.traveller.move_to(moment)

    def choose(self, number: int) -> Paper:
        """Mostly one that is still to be collected."""
        self.move_clock(self.now + timedelta(seconds=1))  # no two things happen at one instant
        alive = [one for one in self.papers if one.is_open]
        among = alive if alive and number % 4 else self.papers
        return among[number // 4 % len(among)]

    def attempt(self, call: Callable[[], Any], why_not: Reasons, crash: int | None, what: str) -> Any:
        """Do it: it succeeds, or is refused for one of these reasons; refused or killed, it has changed nothing."""
        before, self.whole = look(), False
        try:
            with transaction.atomic(), dying_at(crash):
                try:
                    found = call()
                except DomainError as error:
                    assert type(error) in why_not, f"{error!r}, not one of {why_not}"
                    assert look() == before, "a refusal changed something"
                    taken[f"refused {type(error).__name__}"] += 1
                    return None
        except Killed:
            assert look() == before, "something is left of what was killed"
            taken["killed"] += 1
            return None
        assert not why_not, f"done, although {why_not}"
        with connection.cursor() as cursor:  # as at a commit
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        taken[f"done {what}"] += 1
        return found

    # -- the clock ------------------------------------------------------------------------------------------------

    def _comes_an_edge(self, one: Paper, number: int, before: int) -> None:
        """The first or the last moment of a window, or of the whole; mostly the next one."""
        edges = [moment for go in one.goes for moment in (go.opens, go.closes)] + [one.expires]
        if ahead := [moment for moment in edges if moment > self.now]:
            self.move_clock(ahead[number % len(ahead) if number > 8 else 0] + timedelta(seconds=before))

    def _closes_what_is_over(self) -> None:
        self.move_clock(self.now + timedelta(seconds=1))
        expire_prescriptions(timestamp=int(self.now.timestamp()))
        for one in self.papers:
            if one.status == "signed" and one.expires <= self.now:
                one.status = "expired"
                one.effects.append("prescription.expire")

    # -- a counter ------------------------------------------------------------------------------------------------

    @initialize(number=st.sampled_from([8, 4]), at=counters, quantities=amounts)
    def somebody_comes(self, number: int, at: int, quantities: tuple[int, int]) -> None:
        """Every example begins at a counter: most that can go wrong comes after it."""
        one = self.choose(number)
        self._shows(one, at, True, None)
        self._accepts(one, at, None)
        self._hands_out(one, at, list(quantities), False, None)

    @rule(act=acts, number=which, at=counters, quantities=amounts, slip=st.integers(0, 5), crash=crashes)
    def something_happens(
        self, act: str, number: int, at: int, quantities: tuple[int, int], slip: int, crash: int | None
    ) -> None:
        """`slip`: now and then somebody is at the wrong counter, has the wrong code, an old secret, no reasons."""
        one = self.choose(number)
        if one.hold is None and slip > 1 and act in NEEDS_A_HOLD:
            act = "show and take"
        if one.hold is not None and slip:
            at = one.hold.pharmacy
        match act:
            case "show":
                self._shows(one, at, bool(slip), crash)
            case "guess":
                for _ in range(2 + slip):
                    self._shows(one, at, False, None)
            case "take":
                self._accepts(one, at, crash)
            case "show and take":
                self._shows(one, at, True, None)
                self._accepts(one, at, crash)
            case "hand out":
                self._hands_out(one, at, list(quantities), slip == 1, crash)
            case "hand out all":
                done, most = one.counted()
                self._hands_out(one, at, [of - had for had, of in zip(done, most, strict=True)], False, crash)
            case "close":
                self._closes(one, at, slip != 1, crash)
            case "give back":
                self._gives_back(one, at, crash)
            case "route":
                self._routes(one, at, crash)
            case "cancel":
                self._cancels(one, bool(slip % 2), crash)
            case "replace":
                self._replaces(one, crash)
            case "house":
                self._closes_what_is_over()
            case "edge":
                self._comes_an_edge(one, number, slip % 3 - 1)
            case "a day":
                self.move_clock(self.now + (1 + slip % 3) * DAY)
            case _:
                self.move_clock(self.now + [MINUTE, 10 * MINUTE, 31 * MINUTE, 6 * HOUR][slip % 4])

    def _shows(self, one: Paper, at: int, right: bool, crash: int | None) -> None:
        one.wrong = [moment for moment in one.wrong if moment > self.now - DAY]
        slowed, digits = one.why_slowed(self.now), one.access_code
        access_code = digits if right else f"{(int(digits) + 1) % 10**8:08d}"
        by, why_not = self.stage.counters[at], one.why_no_look(at, right, self.now)
        missed = taken["killed"]
        found = self.attempt(
            lambda: actions.lookup(code=one.code, access_code=access_code, by=by, now=self.now),
            why_not,
            crash,
            "lookup",
        )
        if found is not None:
            one.shown[at] = max(one.shown.get(at, self.now), self.now + SHOWN_FOR)
            one.effects.append("prescription.lookup")
        elif not right and not slowed and taken["killed"] == missed:
            one.wrong.append(self.now)

    def _accepts(self, one: Paper, at: int, crash: int | None) -> None:
        by, why_not = self.stage.counters[at], one.why_no_accept(at, self.now)
        found = self.attempt(
            lambda: actions.accept(prescription_id=one.id, by=by, now=self.now), why_not, crash, "accept"
        )
        if found is None:
            return
        if one.hold is not None:  # a lost answer is asked for again
            assert found.secret == one.hold.secret
            taken["read the secret again"] += 1
            return
        assert found.secret not in [hold.secret for paper in self.papers for hold in paper.holds]
        one.holds.append(Hold(at, found.secret, one.open_go(self.now)))
        one.status = "accepted"
        one.effects.append("prescription.accept")

    def _secret(self, one: Paper, at: int, old: bool) -> str:
        """The pharmacy's own; or one it had before."""
        mine = [hold.secret for hold in one.holds if hold.pharmacy == at]
        return (mine[0] if old else mine[-1]) if mine else "none"

    def _hands_out(self, one: Paper, at: int, quantities: list[int], old: bool, crash: int | None) -> None:
        if not any(quantities):
            return
        secret, by = self._secret(one, at, old), self.stage.counters[at]
        items = list(Item.objects.filter(prescription_id=one.id).order_by("rank").values_list("id", flat=True))
        lots = [
            {"item": item, "quantity": quantity, "lot": "L"}
            for item, quantity in zip(items, quantities, strict=True)
            if quantity
        ]
        done = self.attempt(
            lambda: actions.dispense(prescription_id=one.id, secret=secret, items=lots, by=by, now=self.now),
            one.why_no_hand_out(at, secret, quantities, self.now),
            crash,
            "dispense",
        )
        if done is not None:
            one.hand_out(quantities)
            one.effects.append("prescription.dispense")

    def _closes(self, one: Paper, at: int, reasons: bool, crash: int | None) -> None:
        by, secret = self.stage.counters[at], self._secret(one, at, False)
        items = Item.objects.filter(prescription_id=one.id).values_list("id", flat=True) if reasons else []
        left = [{"item": item, "reason": "out_of_stock"} for item in items]
        was = one.status
        done = self.attempt(
            lambda: actions.complete(prescription_id=one.id, secret=secret, not_dispensed=left, by=by, now=self.now),
            one.why_no_end(at, secret, reasons, self.now),
            crash,
            "complete",
        )
        if done is not None and was != "dispensed":
            one.close(self.now)
            one.effects.append("prescription.complete")

    def _gives_back(self, one: Paper, at: int, crash: int | None) -> None:
        by, mine = self.stage.counters[at], one.last_of(at)
        done = self.attempt(
            lambda: actions.return_(prescription_id=one.id, reason="patient_left", by=by, now=self.now),
            one.why_no_return(at, self.now),
            crash,
            "return",
        )
        if done is not None and mine is not None and mine.ended is None:
            one.give_back(self.now)
            one.effects.append("prescription.return")

    # -- citizen and doctor ---------------------------------------------------------------------------------------

    def _routes(self, one: Paper, at: int, crash: int | None) -> None:
        by = self.stage.citizens[self.own[one.id]]
        done = self.attempt(
            lambda: actions.route(prescription_id=one.id, pharmacy_id=self.stage.pharmacies[at], by=by, now=self.now),
            one.why_no_route(self.now),
            crash,
            "route",
        )
        if done is not None and one.routed != at:
            one.routed = at
            one.effects.append("prescription.route")

    def _cancels(self, one: Paper, by_doctor: bool, crash: int | None) -> None:
        by = self.stage.doctor if by_doctor else self.stage.citizens[self.own[one.id]]
        done = self.attempt(
            lambda: actions.cancel(prescription_id=one.id, reason="mistake", by=by, now=self.now),
            one.why_no_cancel(),
            crash,
            "cancel",
        )
        if done is not None and not (one.pending or one.status == "cancelled"):
            one.take_back()
            one.effects.append("prescription.cancel")

    def _replaces(self, one: Paper, crash: int | None) -> None:
        """A new draft, then its signature; who is killed between the two signs it at another time."""
        if len(self.papers) > 3:
            return
        why_not: Reasons = set() if one.can_be_replaced(self.now) else {refused.CannotReplace}
        if one.draft is None or why_not:
            begun = self.attempt(
                lambda: actions.replace(prescription_id=one.id, by=self.stage.doctor, now=self.now),
                why_not,
                crash,
                "begin to replace",
            )
            if begun is None:
                return
            one.draft = begun.id
        new = self.attempt(
            lambda: actions.sign(prescription_id=one.draft, by=self.stage.doctor, now=self.now),
            set(),
            crash,
            "replace",
        )
        if new is None:
            return
        one.take_back()
        one.replaced = True
        one.effects.append("prescription.replace")
        paper = paper_of(Prescription.objects.get(id=new.id))
        assert paper.totals == one.totals
        assert paper.code != one.code
        day = (self.now + 7 * HOUR).date() + 6 * DAY  # five days after today, to midnight in Hà Nội
        assert paper.expires == make.at(day, "00:00")
        self.own[paper.id] = self.own[one.id]
        self.papers.append(paper)
        self.said_before[paper.id] = len(look()[paper.id].trail)

    # -- what must be so after every step -------------------------------------------------------------------------

    @invariant()
    def all_is_well(self) -> None:
        taken["steps"] += 1
        seen = look()
        assert set(seen) >= {one.id for one in self.papers}
        for one in self.papers:
            row = seen[one.id]
            # Promises, whatever the model thinks.
            assert row.handed_out == row.counted, "what is counted is not what was handed out"
            assert all(0 <= out <= most for out, most in zip(row.handed_out, one.totals, strict=True)), "too much"
            assert len(row.holders) <= 1, "two hold it at once"
            assert (row.status == "accepted") == bool(row.holders)
            if one.id in self.refused_for_good:
                assert row.status in OVER or row.pending, "what was taken back is open again"
            if row.pending or row.replaced or row.status in OVER:
                self.refused_for_good.add(one.id)
            # And the model.
            hold = one.hold
            assert (row.status, row.pending, row.replaced) == (one.status, one.pending or False, one.replaced), one
            assert row.counted == one.done
            assert row.in_parts == [done for go in one.goes for done in go.done]
            assert row.collected == [go.collected for go in one.goes]
            assert row.holders == ([self.stage.pharmacies[hold.pharmacy]] if hold else [])
            assert row.trail[self.said_before[one.id] :] == one.effects, "an effect without its line, or twice"
        self.whole = True
