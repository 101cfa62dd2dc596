"""Money on the bank account: written down once, however we hear of it, and put to the payment its memo names.

Only a perfect fit confirms a payment by itself: one code, the account, the amount to the dong, in time, not paid before.
All else waits for the desk (actions.resolving); the ledger knows it as unallocated until then.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from core.actor import Actor
from core.events import emit
from payments import access, codes, ledger, matching
from payments.actions import books, recording
from payments.events import TransferUnmatched
from payments.gateways import Came
from payments.models import BankLine, BankStatement, Entry, GatewayAccount, Payment

log = logging.getLogger("lanh.payments")
HOUSE = Actor.system("payments")
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
STANDS_IN = "~"  # begins a number that stands in for one the bank does not give
Status, Reason = BankLine.Status, BankLine.Reason


@dataclass(frozen=True)
class Taken:
    """How money we heard of meets the book: written down now, or known; `differs` when the same number said otherwise before."""

    line: BankLine
    is_new: bool
    differs: bool = False


@transaction.atomic
def take_line(
    *,
    account: GatewayAccount,
    came: Came,
    source: str,
    by: Actor,
    now: datetime,
    statement: BankStatement | None = None,
) -> Taken:
    """Write down money that came and look for its payment. Heard of again, it changes nothing."""
    access.require_house(by)
    # One at a time for each account: a notice and a statement that tell of the same money must see each other.
    GatewayAccount.objects.select_for_update(no_key=True).get(id=account.id)
    known = _known(account, came) or _same_under_another_number(account, came, source)
    if known is not None:
        if statement is not None and not known.in_statement:
            known.in_statement = True
            known.save(update_fields=["in_statement"])
        differs = known.amount != came.amount
        if differs:
            log.error("bank line %s: %s came first, then %s", known.id, known.amount, came.amount)
        return Taken(known, is_new=False, differs=differs)
    line = BankLine.objects.create(
        facility_id=account.facility_id,
        account=account,
        number=came.number,
        amount=came.amount,
        at=came.at,
        memo=came.memo,
        counter_account=came.counter_account,
        counter_name=came.counter_name,
        source=source,
        statement=statement,
        in_statement=statement is not None,
        created_at=now,
    )
    lines = ledger.bank_came(account.gateway, account.facility_id, line.money)
    books.write_of_bank(Entry.Kind.BANK_CAME, lines, bank_line=line)
    _match(line, now=now)
    if line.status == Status.UNMATCHED:
        emit(TransferUnmatched(line_id=str(line.id), facility_id=str(line.facility_id)))
    return Taken(line, is_new=True)


def _known(account: GatewayAccount, came: Came) -> BankLine | None:
    # Two questions, each to its own index: together they would be a slow one.
    rows = BankLine.objects.filter(account=account)
    return rows.filter(number=came.number).first() or rows.filter(alias=came.number).first()


def _same_under_another_number(account: GatewayAccount, came: Came, source: str) -> BankLine | None:
    """Find the money a statement without numbers tells again, or told first: the same day, amount and memo, each once."""
    is_standing_in = came.number.startswith(STANDS_IN)
    if not is_standing_in and source != BankLine.Source.HOOK:
        return None
    day = came.at.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = BankLine.objects.filter(
        account=account, amount=came.amount, alias="", at__gte=day, at__lt=day + timedelta(days=1)
    )
    rows = rows.filter(source=BankLine.Source.HOOK) if is_standing_in else rows.filter(number__startswith=STANDS_IN)
    for row in rows.order_by("at", "id"):
        if _says_the_same(row, came.memo):
            row.alias = came.number
            row.save(update_fields=["alias"])
            return row
    return None


def _says_the_same(row: BankLine, memo: str) -> bool:
    found = codes.find_in(memo)
    if row.code and found:
        return found == [row.code]
    return matching.packed(row.memo) == matching.packed(memo)


def _match(line: BankLine, *, now: datetime) -> None:
    found = codes.find_in(line.memo)
    payment = _payment_with(found[0], line) if len(found) == 1 else None
    line.code = found[0] if len(found) == 1 else ""
    line.reason = matching.reason_against(line.amount, found, _meant(payment, line))
    line.save(update_fields=["code", "reason"])
    if payment is not None and not line.reason:
        put_to_payment([line], payment, by=HOUSE, now=now)


def _payment_with(code: str, line: BankLine) -> Payment | None:
    """Return the facility's payment of this code, locked with its siblings."""
    found = Payment.objects.filter(code=code, facility_id=line.facility_id).values_list("id", flat=True).first()
    return access.lock_payment(HOUSE, found) if found else None


def _meant(payment: Payment | None, line: BankLine) -> matching.Meant | None:
    if payment is None:
        return None
    return matching.Meant(
        amount=payment.amount,
        is_paid=payment.captured_at is not None or is_paid_already(payment),
        is_waiting=payment.is_open,
        is_here=payment.is_waiting
        and payment.gateway == line.account.gateway
        and payment.account_id == line.account_id,
    )


def is_paid_already(payment: Payment) -> bool:
    """Say whether this payment, or another try for the same thing, is paid."""
    return Payment.objects.filter(subject=payment.subject, status__in=Payment.PAID).exists()


def put_to_payment(lines: Sequence[BankLine], payment: Payment, *, by: Actor, now: datetime) -> None:
    """Confirm a locked payment with locked lines whose counted parts make up its price together."""
    for line in lines:
        line.move_to(Status.MATCHED, at=now)
        line.payment, line.resolved_by = payment, by.user_id
        line.save(update_fields=["status", "matched_at", "payment", "resolved_by", "over_amount", "over_note"])
        entries = ledger.bank_left(line.account.gateway, line.facility_id, line.counted)
        books.write_of_bank(Entry.Kind.BANK_MATCHED, entries, bank_line=line)
    recording.record_capture(
        payment_id=payment.id,
        gateway_reference=payment.gateway_reference,
        transaction_number=lines[-1].number,
        by=HOUSE,
        now=now,
    )
