"""Deposits ("tạm ứng viện phí"): money ahead of a bill. What is counted for none goes back when somebody asks for it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from core.actor import Actor
from core.money import Money
from core.refs import Ref
from payments import paper_access
from payments.actions.asking import open_payment
from payments.errors import BadDeposit
from payments.models import Payment

LEAST, MOST = 1_000, 1_000_000_000  # dong
TIME_TO_PAY = timedelta(days=1)


def ask_for_deposit(
    *, deposit_id: UUID, payer_id: UUID, facility_id: UUID, money: Money, by: Actor, now: datetime
) -> Payment:
    """Ask for money ahead of a bill. The id is the wish's: asking twice with it asks once.

    Raises NotAllowed, BadDeposit, PriceDiffers when the same wish named another amount before.
    """
    paper_access.require_desk_of(by, facility_id)
    if money.currency != "VND" or not LEAST <= money.amount <= MOST:
        raise BadDeposit()
    return open_payment(
        subject=Ref("deposit", deposit_id),
        price=money,
        payer_id=payer_id,
        facility_id=facility_id,
        description="Tạm ứng viện phí",
        expires_at=now + TIME_TO_PAY,
        by=by,
        now=now,
    )
