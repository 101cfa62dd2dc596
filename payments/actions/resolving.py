"""What the desk decides about money that came to the bank account and fits no payment by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

import audit
from core.actor import Actor
from core.errors import WrongState
from core.events import emit
from core.refs import Ref, ref
from payments import access, ledger
from payments.actions import asking, bank, books
from payments.actions.refunds import owed
from payments.errors import AlreadyPaid, SayWhy, SumDiffers, WaitsElsewhere
from payments.models import BankLine, Credit, Entry, Payment

Status = BankLine.Status


@transaction.atomic
def assign_lines(*, line_ids: Sequence[UUID], payment_id: UUID, by: Actor, now: datetime) -> Payment:
    """Put one transfer, or several together, to a payment whose price they make up to the dong. Repeatable.

    A payment that was closed unpaid is confirmed, too: the journey then finds out whether the thing is still to be had.
    Raises NotFound, WrongState when a line is settled otherwise, AlreadyPaid, WaitsElsewhere, SumDiffers.
    """
    lines = access.lock_bank_lines(by, line_ids)
    access.require_money_desk(by, lines[0].facility_id)
    payment = access.lock_payment(by, payment_id)
    if all(line.payment_id == payment.id for line in lines):
        return payment
    if any(line.status != Status.UNMATCHED for line in lines):
        raise WrongState()
    if payment.captured_at is not None or bank.is_paid_already(payment):
        raise AlreadyPaid()
    if sum(line.amount for line in lines) != payment.amount:
        raise SumDiffers()
    payment = _ready_for_a_transfer(payment, lines[-1], now)
    bank.put_to_payment(lines, payment, by=by, now=now)
    audit.record(
        by, "payments.bank_assign", payment, person_id=payment.payer_id, facility_id=payment.facility_id,
        detail={"numbers": [line.number for line in lines], **payment.price.as_json()},
    )  # fmt: skip
    return access.get_payment(by, payment.id)


@transaction.atomic
def split_line(*, line_id: UUID, payment_id: UUID, sent_back: str | None = None, by: Actor, now: datetime) -> Payment:
    """A transfer brought more than its payment asks for: the price counts, and the rest is the payer's.

    The rest is owed to the payer from then on, to be handed out or transferred; or, with `sent_back`, the number of the
    transfer by which it went back already. Both parts are booked together or not at all. Repeatable.
    Raises NotFound, SayWhy for an empty number, WrongState when the line is settled otherwise, AlreadyPaid, WaitsElsewhere,
    SumDiffers when it brought no more than was asked for.
    """
    [line] = access.lock_bank_lines(by, [line_id])
    access.require_money_desk(by, line.facility_id)
    said = "" if sent_back is None else _said(sent_back)
    payment = access.lock_payment(by, payment_id)
    if line.payment_id == payment.id and line.over_amount and line.over_note == said:
        return payment
    if line.status != Status.UNMATCHED:
        raise WrongState()
    if payment.captured_at is not None or bank.is_paid_already(payment):
        raise AlreadyPaid()
    if line.currency != payment.currency or line.amount <= payment.amount:
        raise SumDiffers()
    payment = _ready_for_a_transfer(payment, line, now)
    line.over_amount, line.over_note = line.amount - payment.amount, said
    bank.put_to_payment([line], payment, by=by, now=now)
    if said:
        entries = ledger.bank_left(line.account.gateway, line.facility_id, line.over)
        books.write_of_bank(Entry.Kind.BANK_RETURNED, entries, bank_line=line)
    else:
        _owe_the_rest(line, payment, by=by, now=now)
    audit.record(
        by, "payments.bank_split", payment, person_id=payment.payer_id, facility_id=payment.facility_id,
        detail={"number": line.number, "sent_back": said, "over": line.over_amount, **payment.price.as_json()},
    )  # fmt: skip
    return access.get_payment(by, payment.id)


def _owe_the_rest(line: BankLine, payment: Payment, *, by: Actor, now: datetime) -> None:
    credit = Credit.objects.create(
        payment=payment,
        payer_id=payment.payer_id,
        facility_id=line.facility_id,
        amount=line.over_amount,
        currency=line.currency,
        cause=Credit.Cause.MORE,
        made_by=by.user_id,
        created_at=now,
    )
    lines = ledger.overpaid(line.facility_id, line.over)
    books.write_for(ref(credit), Entry.Kind.CREDIT, lines, facility_id=line.facility_id, payment=payment)
    emit(owed(credit))


def _ready_for_a_transfer(payment: Payment, line: BankLine, now: datetime) -> Payment:
    """Return the payment as one that is paid by transfer; what was tried at another gateway stays as it ended there."""
    here = line.account.gateway
    if payment.gateway == here and payment.gateway_reference:
        return payment
    if payment.is_waiting:
        raise WaitsElsewhere()
    if payment.status != Payment.Status.CREATED:
        opened = asking.open_payment(
            subject=Ref.parse(payment.subject),
            price=payment.price,
            payer_id=payment.payer_id,
            facility_id=payment.facility_id,
            description=payment.description,
            expires_at=payment.expires_at,
            by=bank.HOUSE,
            now=now,
        )
        payment = access.lock_payment(bank.HOUSE, opened.id)
        if payment.is_waiting:
            raise WaitsElsewhere()
    payment.gateway, payment.account, payment.gateway_reference = here, line.account, payment.code
    payment.begun_at = payment.begun_at or now
    payment.move_to(Payment.Status.PENDING, at=now)
    payment.save(update_fields=["gateway", "account", "gateway_reference", "begun_at", "status", "pending_at"])
    return payment


@transaction.atomic
def note_transfer_back(*, line_id: UUID, number: str, by: Actor, now: datetime) -> BankLine:
    """Note that money was sent back by hand, with the number of that transfer. Repeatable. Raises SayWhy, WrongState."""
    [line] = access.lock_bank_lines(by, [line_id])
    access.require_money_desk(by, line.facility_id)
    said = _said(number)
    if line.status == Status.RETURNED and line.note == said:
        return line
    _settle(line, Status.RETURNED, said, by=by, now=now)
    entries = ledger.bank_left(line.account.gateway, line.facility_id, line.money)
    books.write_of_bank(Entry.Kind.BANK_RETURNED, entries, bank_line=line)
    _note(line, "payments.bank_return", by)
    return line


@transaction.atomic
def ignore_line(*, line_id: UUID, reason: str, by: Actor, now: datetime) -> BankLine:
    """Say that money is not for a payment, and why: it stays the facility's. Repeatable. Raises SayWhy, WrongState."""
    [line] = access.lock_bank_lines(by, [line_id])
    access.require_money_desk(by, line.facility_id)
    said = _said(reason)
    if line.status == Status.IGNORED and line.note == said:
        return line
    _settle(line, Status.IGNORED, said, by=by, now=now)
    entries = ledger.bank_ignored(line.facility_id, line.money)
    books.write_of_bank(Entry.Kind.BANK_IGNORED, entries, bank_line=line)
    _note(line, "payments.bank_ignore", by)
    return line


def _said(text: str) -> str:
    said = " ".join(text.split())[:200]
    if not said:
        raise SayWhy()
    return said


def _settle(line: BankLine, status: str, note: str, *, by: Actor, now: datetime) -> None:
    line.move_to(status, at=now)
    line.note, line.resolved_by = note, by.user_id
    line.save(update_fields=["status", "note", "resolved_by", "returned_at", "ignored_at"])


def _note(line: BankLine, action: str, by: Actor) -> None:
    detail = {"number": line.number, "note": line.note, **line.money.as_json()}
    audit.record(by, action, line, facility_id=line.facility_id, detail=detail)
