"""Setting the stage for bills: a published price list, a bill with items, a payment of one."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from core.actor import Actor
from core.ids import new_id
from core.money import Money
from core.refs import Ref
from identity.models import Facility, Person
from payments import actions
from payments.gateways.sandbox import bank
from payments.models import Invoice, Payment, PriceList

HOUSE = Actor.system("payments")
VISITED = date(2026, 8, 3)
PRICES = [
    {"code": "KB01", "name_vi": "Khám nội tổng quát", "category": "insured", "amount": 150_000, "in_scope": "1"},
    {
        "code": "XN12",
        "name_vi": "Tổng phân tích tế bào máu",
        "category": "insured",
        "amount": 1_034_567,
        "in_scope": "1",
    },
    {"code": "DV07", "name_vi": "Phòng chờ riêng", "category": "on_request", "amount": 90_000},
]


def publish(facility: Facility, *, first_day: date = date(2026, 1, 1), now: datetime, **changes: int) -> PriceList:
    """Publish the three prices, some of them changed: KB01=160_000."""
    begun = actions.begin_price_list(facility_id=facility.id, name="", first_day=first_day, by=HOUSE, now=now)
    for values in PRICES:
        said = {**values, "amount": changes.get(str(values["code"]), values["amount"])}
        actions.put_price(list_id=begun.id, values=said, by=HOUSE, now=now)
    return actions.publish_price_list(list_id=begun.id, by=HOUSE, now=now)


def bill(facility: Facility, person: Person, *codes: str, now: datetime, form: str = "in_person") -> Invoice:
    """Prepare a bill with items of the list."""
    invoice = actions.prepare_invoice(
        subject=Ref("encounter", new_id()),
        person_id=person.id,
        payer_id=person.id,
        facility_id=facility.id,
        visited_on=VISITED,
        form=form,
        by=HOUSE,
        now=now,
    )
    for code in codes:
        actions.charge_item(invoice_id=invoice.id, code=code, by=HOUSE, now=now)
    return Invoice.objects.get(id=invoice.id)


def paid_for(facility: Facility, payer: Person, subject: Ref, amount: int, *, now: datetime) -> Payment:
    """Somebody has paid for a thing, as the sandbox tells."""
    payment = actions.open_payment(
        subject=subject,
        price=Money.vnd(amount),
        payer_id=payer.id,
        facility_id=facility.id,
        description="Khám từ xa",
        expires_at=now + timedelta(minutes=10),
        by=HOUSE,
        now=now,
    )
    return pay(payment, now=now)


def pay(payment: Payment, *, now: datetime) -> Payment:
    """Pay at the sandbox, and have it recorded."""
    started = actions.start_payment(payment_id=payment.id, gateway="sandbox", by=HOUSE, now=now)
    bank.pay(started.gateway_reference, now=now)
    actions.ask_gateway(payment_id=started.id, by=HOUSE, now=now)
    return Payment.objects.get(id=started.id)


def give_back(payment: Payment, *, now: datetime, amount: int | None = None) -> Any:
    """Promise a part or all back and have it sent."""
    money = Money.vnd(amount) if amount else None
    refund = actions.request_refund(payment_id=payment.id, reason="cancelled", money=money, by=HOUSE, now=now)
    actions.carry_out_refund(refund_id=refund.id, by=HOUSE, now=now)
    refund.refresh_from_db()
    return refund
