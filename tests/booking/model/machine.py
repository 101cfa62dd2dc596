"""What clocks, banks and workers do, and what must be so after every step: the machine itself.

Two citizens, the desk and a doctor act at random; money comes in time, late or never; the clock jumps; jobs wait, run twice
and long after, and whatever runs is killed now and then in the middle of a statement. The real thing must say what the
model says.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

import payments.actions
from booking import days, queries
from booking.models import Appointment
from journeys import absence
from payments.errors import AlreadyPaid, PaymentExpired
from payments.gateways.sandbox import bank
from payments.models import Entry, Payment, Refund
from tests.booking.model.house import Reasons
from tests.booking.model.people import People
from tests.booking.model.steps import crashes, taken, which
from tests.booking.model.visit import ACTIVE, DAY, DAYS, HOLD, HOUR, MINUTE, TODAY, Visit, starts
from tests.booking.model.world import Killed, do_again, dying_at, revive_jobs, snapshot, statuses
from tests.jobs import run_jobs

lateness = st.sampled_from([0 * MINUTE, 0 * MINUTE, 0 * MINUTE, HOLD, 2 * HOUR, 6 * HOUR])  # of the bank
LONG = st.integers(1, 400)  # statements: what waits for the workers is much


class VisitMachine(People):
    """Rules are what happens; invariants are what nobody may ever see broken."""

    @initialize(number=st.integers(1, 18), doctor=st.integers(0, 1), swap=st.booleans(), late=lateness)
    def somebody_has_paid(self, number: int, doctor: int, swap: bool, late: timedelta) -> None:
        """Every example begins with money: most that can go wrong comes after it."""
        self.somebody_holds(0, (doctor, "usual", number), swap, None)
        self.pays(1, late)

    # -- the clock ------------------------------------------------------------------------------------------------

    @rule(step=st.sampled_from([MINUTE, 5 * MINUTE, HOLD, HOUR, 5 * HOUR, DAY]))
    def time_passes(self, step: timedelta) -> None:
        self.move_clock(self.now + step)

    @precondition(lambda self: bool(self.house.visits))
    @rule(number=which, before=st.sampled_from([5 * HOUR, 4 * HOUR, MINUTE, -MINUTE, -5 * MINUTE, -2 * HOUR]))
    def the_hour_comes(self, number: int, before: timedelta) -> None:
        self.move_clock(self.choose(number).start - before)

    # -- the bank -------------------------------------------------------------------------------------------------

    @precondition(lambda self: any(one.payment for one in self.house.visits))
    @rule(number=which, crash=crashes)
    def goes_to_the_bank(self, number: int, crash: int | None) -> None:
        """Whoever was asked for money goes, also when it is paid or too late."""
        asked = [one for one in self.house.visits if one.payment]
        self._go_to_the_bank(asked[number % len(asked)], crash)

    @precondition(lambda self: bool(self._unpaid()))
    @rule(number=which, late=lateness)
    def pays(self, number: int, late: timedelta) -> None:
        """The usual way, and the bank that takes its time about it."""
        unpaid = self._unpaid()
        one = unpaid[number % len(unpaid)]
        self._go_to_the_bank(one, None)
        self.move_clock(self.now + late)
        self._the_bank_has_it(next(n for n, (known, _) in enumerate(self.at_bank) if known is one))
        if number % 3:
            self.work()

    @precondition(lambda self: bool(self.at_bank))
    @rule(number=which)
    def the_bank_has_the_money(self, number: int) -> None:
        """In time, late, or after everything is over: banks do as they like."""
        self._the_bank_has_it(number % len(self.at_bank))

    def _unpaid(self) -> list[Visit]:
        gone = [*self.paid, *(one for one, _ in self.at_bank)]
        return [
            one
            for one in self.house.visits
            if one.status == "held" and one.payment and not one.lapsed(self.now) and one not in gone
        ]

    def _go_to_the_bank(self, one: Visit, crash: int | None) -> None:
        before = Payment.objects.get(pk=one.payment)
        why_not: Reasons = set()
        if before.captured_at:
            why_not = {AlreadyPaid}
        elif before.status in {"cancelled", "expired"} or before.expires_at <= self.now:
            why_not = {PaymentExpired}
        assert why_not or not one.lapsed(self.now), "money is asked for although the time is no longer kept"
        payer = self.stage.citizen(one.who)
        begun = self.attempt(
            lambda: payments.actions.start_payment(payment_id=before.pk, gateway="sandbox", by=payer, now=self.now),
            why_not,
            crash,
        )
        if begun is not None and all(known is not one for known, _ in self.at_bank) and one not in self.paid:
            self.at_bank.append((one, begun.gateway_reference))

    def _the_bank_has_it(self, number: int) -> None:
        one, reference = self.at_bank.pop(number)
        bank.pay(reference, now=self.now)
        self.paid.append(one)
        self.quiet, self.touched = False, True

    # -- the workers ----------------------------------------------------------------------------------------------

    @rule(crash=st.one_of(st.none(), LONG), again=st.one_of(st.none(), st.integers(0, 1000)))
    def workers_work(self, crash: int | None, again: int | None) -> None:
        """One dies at its work, another goes on; and what was done long ago is done once more."""
        try:
            with dying_at(crash):
                run_jobs()
        except Killed:
            taken["a worker died"] += 1
            revive_jobs()
        self.work()
        if again is not None:
            before = snapshot()
            what = do_again(again, since=self.first_job)
            assert snapshot() == before, f"done twice, it changes something: {what}"
            taken["done again"] += bool(what)

    @rule()
    def the_house_notes_who_never_came(self) -> None:
        self.work()
        absence.sweep(self.now)
        for one in self.house.nobody_came():
            self.house.miss(one, "citizen")
            taken["nobody came"] += 1
        self.work()

    # -- what must be so after every step -------------------------------------------------------------------------

    @invariant()
    def all_is_well(self) -> None:
        """Look at everything; at what takes long only where something may have changed."""
        taken["steps"] += 1
        self.whole = False
        self.every_visit_stands_where_the_model_says()
        self.statuses_move_along_the_allowed_ways()
        if self.touched:
            self.nobody_is_at_two_places()
            self.the_books_balance()
            self.what_is_free_is_offered()
            if self.quiet:
                self.the_money_is_right()
        self.touched, self.whole = False, True

    def teardown(self) -> None:
        try:
            if self.whole:  # else a step has failed, and what it says is what counts
                self.work()
                self.all_is_well()
        finally:
            super().teardown()

    def every_visit_stands_where_the_model_says(self) -> None:
        rows = statuses()
        for one in self.house.visits:
            may = {"held", "expired"} if one.lapsed(self.now) else {one.status}
            assert rows.pop(one.id) in may, f"{one} is none of {may}"
        assert not rows, "visits nobody asked for"

    def statuses_move_along_the_allowed_ways(self) -> None:
        rows = statuses()
        for pk, status in rows.items():
            before = self.last.get(pk, "held")
            near = {before} | Appointment.MOVES[before]
            assert status in near | {far for one in near for far in Appointment.MOVES[one]}, f"{before} → {status}"
        self.last = rows

    def nobody_is_at_two_places(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT a.id, b.id FROM booking_appointment a JOIN booking_appointment b ON a.id < b.id
                   AND a.during && b.during AND (a.practitioner_id = b.practitioner_id OR a.person_id = b.person_id)
                   WHERE a.status = ANY(%s) AND b.status = ANY(%s)""",
                [list(ACTIVE), list(ACTIVE)],
            )
            assert cursor.fetchall() == []

    def the_books_balance(self) -> None:
        assert sum(Entry.objects.values_list("amount", flat=True)) == 0

    def the_money_is_right(self) -> None:
        """What is kept is the price of what is agreed, the fee of what was missed, and nothing else."""
        captured = sum(Payment.objects.filter(captured_at__isnull=False).values_list("amount", flat=True))
        kept = captured - sum(Refund.objects.exclude(status="failed").values_list("amount", flat=True))
        assert kept == self.house.kept(), f"kept {kept}, agreed {self.house.kept()}"

    def what_is_free_is_offered(self) -> None:
        """Search and model agree on every time; then the projection is compared with the rows it comes from."""
        for doctor, practitioner in enumerate(self.stage.doctors):
            for kind in ("usual", "long"):
                kind_id = self.stage.kinds[kind].pk
                offered = queries.slots_of(practitioner.pk, kind_id, TODAY, TODAY + (DAYS - 1) * DAY, self.now)
                free = [start for start in starts() if not self.house.why_no_time(doctor, kind, start)]
                assert [one.starts_at for one in offered] == free, f"doctor {doctor}, {kind}"
        assert days.check(self.stage.schedules, now=self.now) == []
