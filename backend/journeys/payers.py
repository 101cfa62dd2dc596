"""What payers hear beside the visit's own story: what is still to be paid, and what is kept for them."""

from __future__ import annotations

from uuid import UUID

import booking.queries
import notifications.actions
import payments.papers
import payments.queries
from core.actor import Actor
from core.edge import now as this_instant
from core.events import on
from core.money import Money
from core.refs import Ref
from identity.models import Facility
from payments.events import CreditOwed, InvoiceUnpaid, PaymentUnpaid

STORY = Actor.system("payers")


@on(PaymentUnpaid)
def remind_the_payer(event: PaymentUnpaid) -> None:
    """Still to be paid: said once for each reminder, and not if it was paid meanwhile."""
    payment = payments.queries.get_facts(UUID(event.payment_id))
    facility = Facility.objects.get(id=payment.facility_id)
    if not payment.is_open or payment.expires_at <= this_instant():
        return
    notifications.actions.send(
        kind="payment_reminder",
        to_person_id=payment.payer_id,
        params={
            "amount": str(payment.price),
            "description": payment.description,
            "facility": facility.name,
            "code": payment.code,
            "until": payment.expires_at.isoformat(),
            "zone": facility.zone,
            "nth": event.nth,
        },
        key=f"payment_reminder:{payment.id}:{event.nth}",
        about=Ref("payment", payment.id),
        by=STORY,
        now=this_instant(),
    )


@on(InvoiceUnpaid)
def remind_of_the_invoice(event: InvoiceUnpaid) -> None:
    """Nobody has begun to pay it: said once for each reminder, and not if that changed meanwhile.

    Of a visit that was cancelled nobody is reminded: what of its bill is still owed, the desk has to say.
    """
    invoice = payments.papers.unpaid_facts(UUID(event.invoice_id))
    if invoice is None or _is_cancelled(invoice.subject):
        return
    notifications.actions.send(
        kind="invoice_reminder",
        to_person_id=invoice.payer_id,
        params={
            "amount": str(invoice.left),
            "number": invoice.number,
            "facility": Facility.objects.get(id=invoice.facility_id).name,
            "nth": event.nth,
        },
        key=f"invoice_reminder:{invoice.id}:{event.nth}",
        about=Ref("invoice", invoice.id),
        by=STORY,
        now=this_instant(),
    )


def _is_cancelled(subject: Ref) -> bool:
    return subject.kind == "appointment" and booking.queries.get_facts(subject.id).status == "cancelled"


@on(CreditOwed)
def tell_the_payer_what_is_kept(event: CreditOwed) -> None:
    """No way leads back: the payer gets it at the desk or by a transfer."""
    payment = payments.queries.get_facts(UUID(event.payment_id))
    notifications.actions.send(
        kind="payment_owed",
        to_person_id=payment.payer_id,
        params={
            "amount": str(Money(event.amount, event.currency)),
            "description": payment.description,
            "facility": Facility.objects.get(id=payment.facility_id).name,
            "code": payment.code,
        },
        key=f"payment_owed:{event.credit_id}",
        about=Ref("payment", payment.id),
        by=STORY,
        now=this_instant(),
    )
