"""What lies about at a desk where money is in question: drawer, refund to approve, higher limit, credit, differing day, dispute."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.test import override_settings

from core.money import Money
from identity.models import Facility
from payments import actions
from payments.models import Credit, Difference, Dispute, Payment
from tests.make import actor_for, make_desk


def in_question(hospital: Facility, payment_id: UUID | str, now: datetime) -> dict[str, str]:
    """Make one of each about a paid payment, by somebody at the hospital's desk; return their ids."""
    by = actor_for(make_desk(facility=hospital, full_name="Lê Thị Thu Ngân"))
    payment = Payment.objects.get(id=payment_id)
    shift = actions.open_shift(opening_float=100_000, by=by, now=now)
    with override_settings(REFUND_APPROVAL_ABOVE=0):
        refund = actions.request_refund(
            payment_id=payment.id, reason="Thu thừa", money=Money.vnd(1_000), by=by, now=now
        )
    credit = Credit.objects.create(
        payment=payment, payer=payment.payer, facility=hospital, amount=1_000, cause=Credit.Cause.TWICE
    )
    day = actions.begin_reconciliation(
        facility_id=hospital.id, gateway="sandbox", day=(now - timedelta(days=1)).date(), by=by, now=now
    )
    difference = Difference.objects.create(
        reconciliation=day, kind="missing_here", side="capture", transaction="T1", their_amount=1_000, at=now
    )
    limit = actions.set_refund_limit(amount=9_000_000, by=by, now=now)
    assert limit is not None
    dispute = Dispute.objects.create(
        payment=payment, gateway="sandbox", gateway_reference="du_1", amount=1_000, reason="general", opened_at=now
    )
    return {
        "dispute": str(dispute.id),
        "limit": str(limit.id),
        "shift": str(shift.id),
        "refund": str(refund.id),
        "credit": str(credit.id),
        "reconciliation": str(day.id),
        "difference": str(difference.id),
    }
