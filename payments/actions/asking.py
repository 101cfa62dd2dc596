"""Asking for money: open a payment, send the payer to a gateway, stop asking."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

import audit
from core import rounds
from core.actor import Actor
from core.errors import WrongState
from core.money import Money
from core.refs import Ref
from payments import access, gateways, queries
from payments.errors import AlreadyPaid, NothingToPay, PaymentExpired, PriceDiffers
from payments.models import Payment

Status = Payment.Status


def open_payment(
    *,
    subject: Ref,
    price: Money,
    payer_id: UUID,
    facility_id: UUID,
    description: str,
    expires_at: datetime,
    by: Actor,
    now: datetime,
) -> Payment:
    """Ask for a price until a moment; asking again for the same returns the same payment.

    Raises NothingToPay for a price of zero, PriceDiffers when another amount is already asked for.
    """
    access.require_payer_or_desk(by, payer_id=payer_id, facility_id=facility_id)
    if price.amount <= 0:
        raise NothingToPay()
    payment = Payment(
        subject=str(subject),
        payer_id=payer_id,
        facility_id=facility_id,
        amount=price.amount,
        currency=price.currency,
        description=description[:160],
        expires_at=expires_at,
        created_at=now,
    )
    if _write(payment, by):
        return payment
    with transaction.atomic():
        known = [row for row in access.lock_subject(str(subject)) if row.is_open or row.is_captured]
    if not known:  # it was closed this very moment
        raise WrongState()
    return _same_wish(known[0], price)


def _write(payment: Payment, by: Actor) -> bool:
    """Write payment and audit line in one statement, unless one of the subject is open or paid; say whether it is so.

    Two at once: the unique index lets one in, and the other finds it.
    """
    text, values = rounds.insert(Payment._meta.db_table, rounds.values_of(payment), "p_")
    line, its_values = audit.as_insert(
        by, "payments.open", payment, person_id=payment.payer_id, facility_id=payment.facility_id
    )
    statement = f"""WITH p AS ({text} WHERE NOT EXISTS (
        SELECT FROM payments_payment WHERE subject = %(subject)s AND status = ANY(%(known)s))
      ON CONFLICT DO NOTHING RETURNING id), line AS ({line} WHERE EXISTS (SELECT FROM p))
    SELECT count(*) FROM p"""
    known = [str(status) for status in (*Payment.OPEN, *Payment.PAID)]
    if not rounds.ask((statement, {**values, **its_values, "subject": payment.subject, "known": known}))[0][0]:
        return False
    payment._state.adding, payment._state.db = False, connection.alias
    return True


def _same_wish(payment: Payment, price: Money) -> Payment:
    if payment.price != price:
        raise PriceDiffers()
    return payment


def start_payment(*, payment_id: UUID, gateway: str, by: Actor, now: datetime) -> Payment:
    """Send the payer to a gateway: returns the payment, pending, with `gateway_url`. After a refusal, opens the next try.

    The gateway is asked between two transactions, never inside one. Raises UnknownGateway, AlreadyPaid, PaymentExpired,
    WrongState, GatewayUnavailable.
    """
    chosen = gateways.get(gateway)
    payment = _startable(payment_id, by=by, now=now)
    if payment.status == Status.PENDING and payment.gateway == gateway:
        return payment
    redirect = chosen.begin(
        gateways.Wanted(
            payment_id=payment.id,
            price=payment.price,
            payee=payment.facility.name,
            description=payment.description,
            return_path=queries.page_url(payment),
            expires_at=payment.expires_at,
        )
    )
    with transaction.atomic():
        payment = access.lock_payment(by, payment.id)
        if payment.status == Status.CREATED:  # anything else: somebody was faster, and what they did stands
            payment.gateway, payment.gateway_reference = gateway, redirect.reference
            payment.gateway_url = redirect.url
            payment.move_to(Status.PENDING, at=now)
            payment.save()
    return payment


@transaction.atomic
def _startable(payment_id: UUID, *, by: Actor, now: datetime) -> Payment:
    payment = access.lock_payment(by, payment_id)
    if payment.captured_at is not None:
        raise AlreadyPaid()
    if payment.status in {Status.CANCELLED, Status.EXPIRED} or payment.is_late(now):
        raise PaymentExpired()
    if payment.status == Status.FAILED:
        return open_payment(
            subject=Ref.parse(payment.subject),
            price=payment.price,
            payer_id=payment.payer_id,
            facility_id=payment.facility_id,
            description=payment.description,
            expires_at=payment.expires_at,
            by=by,
            now=now,
        )
    return payment


@transaction.atomic
def cancel_payment(*, subject: Ref, by: Actor, now: datetime) -> Payment | None:
    """Stop asking for money for this subject. Returns the payment closed, or None when nothing was open.

    What is already paid stays paid: giving it back is request_refund().
    """
    closed = None
    for payment in access.lock_subject(str(subject)):
        access.get_payment(by, payment.id)
        if payment.can_move_to(Status.CANCELLED):
            payment.move_to(Status.CANCELLED, at=now)
            payment.save(update_fields=["status", "cancelled_at"])
            closed = payment
    return closed


@transaction.atomic
def expire_payment(*, payment_id: UUID, by: Actor, now: datetime) -> Payment:
    """Close a payment nobody paid in time. Repeatable. Raises WrongState while there is still time."""
    access.require_house(by)
    payment = access.lock_payment(by, payment_id)
    if payment.is_open:
        if not payment.is_late(now):
            raise WrongState()
        payment.move_to(Status.EXPIRED, at=now)
        payment.save(update_fields=["status", "expired_at"])
    return payment
