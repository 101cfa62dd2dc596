"""Asking for money: open a payment, send the payer to a gateway, stop asking."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

import audit
from core import rounds
from core.actor import Actor
from core.errors import WrongState
from core.money import Money
from core.refs import Ref
from payments import access, gateways, queries
from payments.actions import recording
from payments.actions.recording import close_there
from payments.errors import (
    AlreadyPaid,
    BeingChecked,
    GatewayUnavailable,
    NoAccount,
    NothingToPay,
    PaymentExpired,
    PriceDiffers,
    UnknownGateway,
)
from payments.models import Payment

Status = Payment.Status
# What a payment company, and a relative who pays on its page, is told it is for: which care somebody takes is not their business.
UNSAID = "Thanh toán viện phí"


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
    capture_by: datetime | None = None,
) -> Payment:
    """Ask for a price until a moment; asking again for the same returns the same payment.

    With `capture_by`, when the care is done, a card may be held until then instead of charged at once.
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
        capture_by=capture_by,
        created_at=now,
    )
    if _write(payment, by):
        return payment
    with transaction.atomic():
        known = [row for row in access.lock_subject(str(subject)) if row.is_open or row.is_paid]
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


def start_payment(
    *,
    payment_id: UUID,
    gateway: str,
    by: Actor,
    now: datetime,
    site: str = "",
    return_path: str = "",
    language: str = "vi",
    address: str = "127.0.0.1",
) -> Payment:
    """Send the payer to a gateway: returns the payment, pending, with where to go. After a refusal, opens the next try.

    Another gateway than before closes the try there first, or lets it go when it does not answer. The gateway is asked between
    two transactions, never inside one; what it is asked is written down before, so asking again after a crash or a time-out
    is the same wish. `site` is the address the payer sees us under, `return_path` where they come back to there, `address`
    the payer's own.
    Raises UnknownGateway, NoAccount, AlreadyPaid, BeingChecked, PaymentExpired, WrongState, GatewayUnavailable.
    """
    chosen = gateways.get(gateway)
    if not chosen.is_offered and by.role != "desk":
        raise UnknownGateway()
    payment = _startable(payment_id, gateway, by=by, now=now)
    if payment.is_waiting:
        return payment
    redirect = chosen.begin(
        queries.speaks_for(payment.account, payment.facility_id),
        gateways.Wanted(
            payment_id=payment.id,
            code=payment.code,
            price=payment.price,
            payee=payment.facility.name,
            description=UNSAID,
            return_url=(site or settings.PUBLIC_URL).rstrip("/") + (return_path or queries.return_path(payment)),
            hook_url=settings.PUBLIC_URL.rstrip("/") + queries.hook_path(gateway, payment.account_id),
            expires_at=payment.expires_at,
            now=payment.begun_at or now,
            language=language,
            payer_address=address,
            hold=chosen.can_hold and _may_be_held(payment, now),
        ),
    )
    with transaction.atomic():
        payment = access.lock_payment(by, payment.id)
        if payment.status == Status.CREATED:  # anything else: somebody was faster, and what they did stands
            payment.gateway_reference, payment.gateway_url = redirect.reference, redirect.url
            payment.deep_link, payment.qr = redirect.deep_link, redirect.qr
            payment.move_to(Status.PENDING, at=now)
            payment.save()
        elif payment.gateway == gateway and not payment.gateway_reference:
            # Closed meanwhile: nobody is sent there, but money that came all the same must find its payment.
            payment.gateway_reference = redirect.reference
            payment.save(update_fields=["gateway_reference"])
    return payment


def _may_be_held(payment: Payment, now: datetime) -> bool:
    """A card's company lets a reserved amount go after some days: what is further off is charged at once."""
    return payment.capture_by is not None and payment.capture_by - now <= timedelta(days=settings.PAYMENT_HOLD_DAYS)


def _startable(payment_id: UUID, gateway: str, *, by: Actor, now: datetime) -> Payment:
    """Return the payment to begin with, its gateway written down, or one that is there already."""
    payment = access.get_payment(by, payment_id)
    account = queries.account_of(payment.facility_id, gateway)
    is_refused = account is None and bool(gateways.get(gateway).fields)
    let_go = False
    if payment.is_waiting and payment.gateway not in {"", gateway}:
        if is_refused:  # before anything is closed elsewhere
            raise NoAccount()
        let_go = not _stop_elsewhere(payment, now=now)
    with transaction.atomic():
        payment = access.lock_payment(by, payment_id)
        if payment.status == Status.AUTHORISED or payment.captured_at is not None:
            raise AlreadyPaid()
        if payment.status == Status.UNKNOWN:
            raise BeingChecked()
        if payment.status in {Status.CANCELLED, Status.EXPIRED} or payment.is_late(now):
            raise PaymentExpired()
        newer = _newer_try(payment) if payment.status == Status.FAILED else None
        if newer is None:
            if payment.status == Status.FAILED or payment.gateway not in {"", gateway}:
                if payment.status != Status.FAILED:  # the try at the other gateway ends here
                    payment.move_to(Status.CANCELLED, at=now)
                    payment.save(update_fields=["status", "cancelled_at"])
                    if let_go:
                        close_there(payment)
                payment = _next_try(payment, by=by, now=now)
            if payment.status == Status.CREATED and not payment.gateway:
                if is_refused:
                    raise NoAccount()
                payment.gateway, payment.account, payment.begun_at = gateway, account, now
                payment.save(update_fields=["gateway", "account", "begun_at"])
            return payment
    return _startable(newer, gateway, by=by, now=now)


def _newer_try(declined: Payment) -> UUID | None:
    """Return the try that is open or paid for the same subject by now: from another device, or an older page."""
    siblings = Payment.objects.filter(subject=declined.subject, status__in=[*Payment.OPEN, *Payment.PAID])
    return siblings.values_list("id", flat=True).first()


def _next_try(payment: Payment, *, by: Actor, now: datetime) -> Payment:
    return open_payment(
        subject=Ref.parse(payment.subject),
        price=payment.price,
        payer_id=payment.payer_id,
        facility_id=payment.facility_id,
        description=payment.description,
        expires_at=payment.expires_at,
        capture_by=payment.capture_by,
        by=by,
        now=now,
    )


def _stop_elsewhere(payment: Payment, *, now: datetime) -> bool:
    """Have the gateway that waits close its page, so that two ways cannot both be paid; what was paid meanwhile counts.

    False when it does not answer: the payer goes another way all the same, for a gateway that is down takes no money either,
    and one who waits for it loses the time that is kept. What comes there in spite of it is not kept twice:

    - The try stays in the books, closed, under its gateway's reference: money that comes finds it. If another try is paid by
      then, record_capture() promises the second money back in the same transaction (a hold is let go); if not, this money
      counts, and the newer try is closed here and there.
    - Nobody has to tell us of it: as soon as the gateway answers, stop_there() closes its page or hears that it was paid,
      and the clock asks each hour for a day. Its own call, if one comes, says so earlier; its statement later.

    Raises BeingChecked when the payer has been there and may have paid already: then nothing is let go.
    """
    try:
        _stop(payment, now=now)
    except GatewayUnavailable:
        if payment.status == Status.UNKNOWN:
            raise BeingChecked() from None
        return False
    return True


def _stop(payment: Payment, *, now: datetime) -> None:
    if payment.gateway not in gateways.codes():  # taken out of the settings: nobody is left to ask
        return
    gateway, account = gateways.get(payment.gateway), queries.speaks_for(payment.account, payment.facility_id)
    what = queries.asked(payment, now)
    truth = gateway.ask(account, what)
    if truth.status == "waiting":
        gateway.void(account, what)
    recording.record_truth(payment_id=payment.id, truth=truth, by=Actor.system("payments"), now=now)


def stop_there(*, payment_id: UUID, by: Actor, now: datetime) -> Payment:
    """Close at its gateway what was closed here, so that nobody pays it there; what was paid is written down. Repeatable.

    Raises GatewayUnavailable.
    """
    access.require_house(by)
    payment = access.get_payment(by, payment_id)
    if payment.status == Status.CANCELLED and payment.gateway_reference:
        _stop(payment, now=now)
    return access.get_payment(by, payment_id)


@transaction.atomic
def cancel_payment(*, subject: Ref, by: Actor, now: datetime) -> Payment | None:
    """Stop asking for money for this subject. Returns the payment closed, or None when nothing was open.

    What is paid or reserved already stays so: giving it back is request_refund(), or settle().
    """
    closed = None
    for payment in access.lock_subject(str(subject)):
        access.get_payment(by, payment.id)
        if payment.is_open or payment.status == Status.FAILED:
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
