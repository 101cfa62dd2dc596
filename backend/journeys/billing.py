"""From money to papers: whoever paid gets a receipt at once, a paid visit its invoice, and what goes back its slip."""

from __future__ import annotations

from uuid import UUID
from zoneinfo import ZoneInfo

import booking.queries
import payments.actions
import payments.queries
from core.actor import Actor
from core.edge import now as this_instant
from core.events import on
from core.refs import Ref
from payments.errors import InvoiceFinal, NotADeposit
from payments.events import PaymentCaptured, PaymentRefunded

STORY = Actor.system("billing")


@on(PaymentCaptured)
def write_the_receipt(event: PaymentCaptured) -> None:
    """Money came: its receipt, at once."""
    payments.actions.issue_receipt(payment_id=UUID(event.payment_id), by=STORY, now=this_instant())


@on(PaymentCaptured)
def bill_the_visit(event: PaymentCaptured) -> None:
    """A visit is paid before it is held: its invoice is issued and settled in one. Late money that goes back has none."""
    subject = payments.queries.get_facts(UUID(event.payment_id)).subject  # by now perhaps the visit's new time
    if subject.kind not in {"appointment", "series"}:
        return
    visit_id = subject.id if subject.kind == "appointment" else booking.queries.visits_of_series(subject.id)[0]
    facts = booking.queries.get_facts(visit_id)
    payments.actions.bill_payment(
        payment_id=UUID(event.payment_id),
        person_id=facts.person_id,
        form="in_person" if facts.mode == "in_person" else facts.form,
        visited_on=facts.starts_at.astimezone(ZoneInfo(facts.zone)).date(),
        visit_type_id=facts.visit_type_id,
        mode=facts.mode,
        by=STORY,
        now=this_instant(),
    )


@on(PaymentCaptured)
def count_it_for_its_invoice(event: PaymentCaptured) -> None:
    """What was paid for an invoice settles it."""
    subject = Ref.parse(event.subject)
    if subject.kind != "invoice":
        return
    try:
        payments.actions.count_payment(
            payment_id=UUID(event.payment_id), invoice_id=subject.id, by=STORY, now=this_instant()
        )
    except (InvoiceFinal, NotADeposit):  # paid in another way meanwhile, or replaced: it is not owed
        payments.actions.request_refund(
            payment_id=UUID(event.payment_id), reason="not_owed", by=STORY, now=this_instant()
        )


@on(PaymentRefunded)
def write_the_refund_slip(event: PaymentRefunded) -> None:
    """Money went back: its slip, and the credit note of the invoice it was paid for."""
    payments.actions.paper_refunds(payment_id=UUID(event.payment_id), by=STORY, now=this_instant())
