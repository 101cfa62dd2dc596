"""From money to papers: whoever paid gets a receipt at once, a paid visit its invoice, and what goes back its slip.

The desk writes bills beside it: for what a visit costs more, for one that was not paid before, and with a health insurance card.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

import booking.queries
import payments.actions
import payments.papers
import payments.queries
from core.actor import Actor
from core.edge import now as this_instant
from core.errors import WrongState
from core.events import on
from core.money import Money
from core.refs import Ref
from payments.errors import InvoiceFinal, NotADeposit
from payments.events import PaymentCaptured, PaymentRefunded

if TYPE_CHECKING:
    from booking.queries import AppointmentFacts
    from payments.models import Invoice, Payment

STORY = Actor.system("billing")
BILLED = {"booked", "checked_in", "in_consultation", "fulfilled", "interrupted"}  # there is, or was, a visit


@transaction.atomic
def begin_bill(*, appointment_id: UUID, by: Actor, now: datetime) -> Invoice:
    """Begin the desk's bill for a visit; asking again returns the one being written.

    While nobody has paid the visit itself it stands on the bill as well, and its own payment is no longer asked for: so a
    walk-in pays once, and only what the health insurance leaves. Raises NotAllowed, WrongState for a time nobody has booked.
    """
    facts = booking.queries.get_facts(appointment_id)
    subject = Ref("appointment", facts.id)
    if not facts.was_booked or facts.status not in BILLED:
        raise WrongState()
    payments.actions.cancel_payment(
        subject=subject, by=by, now=now
    )  # before the bill, as payments are locked before invoices
    bill = payments.actions.prepare_invoice(
        subject=subject,
        person_id=facts.person_id,
        payer_id=payer_of(facts),
        facility_id=facts.facility_id,
        visited_on=day_of(facts),
        form=form_of(facts),
        by=by,
        now=now,
    )
    is_first = not bill.items.exists() and not payments.papers.is_billed(subject, beside=bill.id)
    if is_first and not facts.series and not facts.due.is_zero and not payments.queries.is_paid(subject):
        payments.actions.charge_visit(
            invoice_id=bill.id,
            visit_type_id=facts.visit_type_id,
            mode=facts.mode,
            name=facts.visit_type_name,
            price=facts.due,
            by=by,
            now=now,
        )
    return bill


def ask_for_deposit(*, appointment_id: UUID, deposit_id: UUID, money: Money, by: Actor, now: datetime) -> Payment:
    """Ask whoever pays for a visit for money ahead of its bill. Raises what payments.ask_for_deposit raises."""
    facts = booking.queries.get_facts(appointment_id)
    return payments.actions.ask_for_deposit(
        deposit_id=deposit_id,
        payer_id=payer_of(facts),
        facility_id=facts.facility_id,
        money=money,
        by=by,
        now=now,
    )


def payer_of(facts: AppointmentFacts) -> UUID:
    """Return who pays for a visit: who paid it, or was asked to, else the patient."""
    asked = payments.queries.payer_of(
        [Ref("appointment", facts.id), *([Ref("series", facts.series)] if facts.series else [])]
    )
    return asked or facts.person_id


def form_of(facts: AppointmentFacts) -> str:
    """Return the form of care of a visit, as a bill says it."""
    return "in_person" if facts.mode == "in_person" else facts.form


def day_of(facts: AppointmentFacts) -> date:
    """Return the day of a visit on its facility's clock."""
    return facts.starts_at.astimezone(ZoneInfo(facts.zone)).date()


@on(PaymentCaptured)
def write_the_receipt(event: PaymentCaptured) -> None:
    """Money came: its receipt, at once."""
    payments.actions.issue_receipt(payment_id=UUID(event.payment_id), by=STORY, now=this_instant())


@on(PaymentCaptured)
def bill_the_visit(event: PaymentCaptured) -> None:
    """A visit is paid before it is held: its invoice is issued and settled in one. Late money that goes back has none.

    If the desk had put the visit on a bill before the money was here, it counts there. A bill begun later, also while the
    money was held on a card, is about other things.
    """
    subject = payments.queries.get_facts(UUID(event.payment_id)).subject  # by now perhaps the visit's new time
    if subject.kind not in {"appointment", "series"}:
        return
    visit_id = subject.id if subject.kind == "appointment" else booking.queries.visits_of_series(subject.id)[0]
    facts = booking.queries.get_facts(visit_id)
    if payments.papers.was_billed_before(UUID(event.payment_id)):
        _count_for_the_bill(UUID(event.payment_id), subject)
        return
    payments.actions.bill_payment(
        payment_id=UUID(event.payment_id),
        person_id=facts.person_id,
        form=form_of(facts),
        visited_on=day_of(facts),
        visit_type_id=facts.visit_type_id,
        mode=facts.mode,
        by=STORY,
        now=this_instant(),
    )


def _count_for_the_bill(payment_id: UUID, subject: Ref) -> None:
    """Somebody paid the visit although it stands on a bill. One that is still being written finds the money as a deposit."""
    bill_id = payments.papers.standing_bill_of(subject)
    if bill_id is not None:
        with suppress(NotADeposit):
            payments.actions.count_payment(payment_id=payment_id, invoice_id=bill_id, by=STORY, now=this_instant())
    if not payments.papers.is_being_billed(subject):
        payments.actions.give_back_free(payment_id=payment_id, reason="not_owed", by=STORY, now=this_instant())


@on(PaymentCaptured)
def count_it_for_its_invoice(event: PaymentCaptured) -> None:
    """What was paid for an invoice settles it, or the one in its place; what is too much for that goes back."""
    subject = Ref.parse(event.subject)
    if subject.kind != "invoice":
        return
    payment_id = UUID(event.payment_id)
    with suppress(InvoiceFinal, NotADeposit):  # paid in another way meanwhile
        payments.actions.count_payment(payment_id=payment_id, invoice_id=subject.id, by=STORY, now=this_instant())
    payments.actions.give_back_free(payment_id=payment_id, reason="not_owed", by=STORY, now=this_instant())


@on(PaymentRefunded)
def write_the_refund_slip(event: PaymentRefunded) -> None:
    """Money went back: its slip, and the credit note of the invoice it was paid for."""
    payments.actions.paper_refunds(payment_id=UUID(event.payment_id), by=STORY, now=this_instant())
