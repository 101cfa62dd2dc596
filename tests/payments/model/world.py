"""The real thing beside the model: who is there, what the companies hold by their own books, and what our rows say."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import time_machine
from django.conf import settings
from django.db import connection

from booking.models import Appointment, Policy, Schedule
from core.actor import Actor
from identity.models import Facility, Person, Practitioner, VisitType
from payments import actions
from payments.models import GatewayAccount, Payment
from tests import make
from tests.booking.model.world import Killed, do_again, dying_at, last_job, revive_jobs
from tests.booking.stage import make_schedule
from tests.payments.holding import CARDS, GATEWAYS, WALLET, Charge, Company

__all__ = ["Killed", "do_again", "dying_at", "last_job", "revive_jobs"]

HOUSE = Actor.system("payments")
COMPANIES: dict[str, Company] = {"holding": CARDS, "wallet": WALLET}
PRICE = 150_000
FREE_CANCEL, LATE_FEE = timedelta(hours=4), 30  # before the visit; percent
KEPT_WHOLE = {"booked", "checked_in", "in_consultation", "interrupted", "fulfilled"}

# Every change of a payment's state, one by one, whoever writes it: a row that was moved twice in one step is two moves.
NOTE_MOVES = """
CREATE TABLE IF NOT EXISTS model_moves (number bigserial, payment uuid, origin text, target text);
CREATE OR REPLACE FUNCTION model_notes_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO model_moves (payment, origin, target) VALUES (NEW.id, OLD.status, NEW.status); RETURN NULL; END $$;
CREATE OR REPLACE TRIGGER model_notes_moves AFTER UPDATE ON payments_payment FOR EACH ROW
  WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION model_notes_moves();
"""
# Each finds what nobody may ever see.
BROKEN = {
    "a transaction of the ledger that does not sum to zero": """
        SELECT transaction, currency, sum(amount) FROM payments_entry GROUP BY 1, 2 HAVING sum(amount) <> 0""",
    "two open payments of one thing": """
        SELECT subject, count(*) FROM payments_payment WHERE status IN ('created', 'pending', 'unknown')
        GROUP BY 1 HAVING count(*) > 1""",
    "more given back than came": """
        SELECT p.id FROM payments_payment p WHERE p.refunded_amount > p.captured_amount OR p.captured_amount < (
          SELECT coalesce(sum(amount), 0) FROM payments_refund r WHERE r.payment_id = p.id
            AND r.status IN ('requested', 'credited', 'done'))""",
    "a payment whose refunds are not what it says": """
        SELECT p.id FROM payments_payment p WHERE p.refunded_amount <> (
          SELECT coalesce(sum(amount), 0) FROM payments_refund r WHERE r.payment_id = p.id AND r.status = 'done')""",
    "money that came and is not in the ledger once": """
        SELECT p.id FROM payments_payment p LEFT JOIN payments_entry e
          ON e.payment_id = p.id AND e.kind = 'capture' AND e.amount > 0
        GROUP BY p.id HAVING coalesce(sum(e.amount), 0) <> p.captured_amount OR count(e.id) > 1""",
    "money without its line in the audit trail": """
        SELECT p.id FROM payments_payment p WHERE (p.captured_at IS NOT NULL)::int <> (
          SELECT count(*) FROM audit_line l WHERE l.subject = 'payment:' || p.id AND l.action = 'payments.capture')""",
    "a flaw": "SELECT id, flaw FROM payments_payment WHERE flaw <> ''",
}


@dataclass(eq=False)
class Thing:
    """What the model believes of one visit's money."""

    id: UUID
    starts_at: datetime
    price: int = PRICE
    fee: int = 0  # owed although it was cancelled
    given_by_desk: int = 0
    moments: list[str] = field(default_factory=list)  # what was done with it, for whoever reads a failure

    @property
    def subject(self) -> str:
        return f"appointment:{self.id}"

    def owed(self, status: str) -> int:
        """What the hospital may keep, by the rules written down here."""
        return self.price if status in KEPT_WHOLE else self.fee


@dataclass
class Stage:
    """Made once; every example begins from it."""

    hospital: Facility
    ana: Person
    ben: Practitioner
    schedule: Schedule
    kind: VisitType
    desk: Actor
    accounts: dict[str, GatewayAccount]

    @property
    def by_ana(self) -> Actor:
        return make.actor_for(self.ana)

    @property
    def by_ben(self) -> Actor:
        return make.actor_for(self.ben)


def set_stage() -> Stage:
    """A hospital with one doctor that can be paid by card and by wallet, a citizen, the desk."""
    settings.PAYMENT_GATEWAYS = GATEWAYS
    with time_machine.travel(make.NOW, tick=False):
        hospital = make.make_facility()
        Policy.objects.create(facility=hospital, max_open_bookings=1000, created_at=make.NOW)
        kind = make.make_visit_type(facility=hospital, price=PRICE)
        ben, ana = make.make_practitioner(facility=hospital), make.make_person()
        hours = ("00:00", "23:40")
        schedule = make_schedule(practitioner=ben, facility=hospital, hours=hours, min_notice_minutes=0)
        accounts = {
            code: actions.enter_account(
                facility_id=hospital.id,
                gateway=code,
                merchant=f"m-{code}",
                credentials={"secret": f"key of {code}"},
                by=HOUSE,
                now=make.NOW,
            )
            for code in COMPANIES
        }
        with connection.cursor() as cursor:
            cursor.execute(NOTE_MOVES)
        return Stage(hospital, ana, ben, schedule, kind, make.actor_for(make.make_desk(facility=hospital)), accounts)


def ask(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def as_at_a_commit() -> None:
    """Let the database look at once at what it would look at when the step is committed."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def broken() -> list[str]:
    """Say which promises do not hold just now."""
    found = [f"{what}: {rows[:3]}" for what, question in BROKEN.items() if (rows := ask(question))]
    wrong = [
        f"{origin} -> {target}"
        for origin, target in ask("SELECT DISTINCT origin, target FROM model_moves")
        if target not in Payment.MOVES[origin]
    ]
    return found + ([f"moves: {wrong}"] if wrong else [])


def balances() -> dict[str, int]:
    """Return what each account of the ledger comes to, by the first part of its name and its gateway."""
    sums: dict[str, int] = defaultdict(int)
    for account, amount in ask("SELECT account, sum(amount)::bigint FROM payments_entry GROUP BY account"):
        kind, _, rest = account.partition("/")
        sums[f"{kind}/{rest.partition('/')[0]}" if kind == "clearing" else kind] += amount
    return sums


def statuses() -> dict[UUID, str]:
    return dict(Appointment.objects.values_list("pk", "status"))


def snapshot() -> tuple[Any, ...]:
    """All that a call nobody believes must leave alone."""
    return (
        ask("SELECT id, status, subject, captured_amount, refunded_amount FROM payments_payment ORDER BY id"),
        ask("SELECT count(*) FROM payments_delivery"),
        ask("SELECT count(*) FROM payments_entry"),
        ask("SELECT count(*) FROM procrastinate_jobs"),
    )


def charges_of(thing: Thing) -> list[Charge]:
    """Return what the companies have of all tries for a visit."""
    keys = set(Payment.objects.filter(subject=thing.subject).values_list("id", flat=True))
    return [one for company in COMPANIES.values() for one in company.charges.values() if one.key in keys]
