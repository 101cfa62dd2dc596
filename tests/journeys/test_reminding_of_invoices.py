"""Payers are reminded of invoices nobody pays: as rarely as of payments, once each, and not once it is settled or replaced."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from core.errors import NotAllowed
from identity.models import Facility, Person
from journeys import payers
from notifications.models import Message
from payments import actions
from payments.events import InvoiceUnpaid
from payments.models import Invoice, InvoiceReminder
from tests.jobs import run_jobs
from tests.make import actor_for
from tests.payments.billing import bill, publish
from tests.payments.conftest import HOUSE

pytestmark = pytest.mark.django_db


@pytest.fixture
def unpaid(ana: Person, hospital: Facility, now: datetime) -> Invoice:
    """Issued, 240.000 ₫; nobody has begun to pay it."""
    publish(hospital, now=now)
    return actions.issue_invoice(invoice_id=bill(hospital, ana, "KB01", "DV07", now=now).id, by=HOUSE, now=now)


def remind(at: datetime) -> int:
    told = actions.remind_of_invoices(by=HOUSE, now=at)
    run_jobs()
    return told


def messages(ana: Person) -> Any:
    return Message.objects.filter(recipient=ana.user, kind="invoice_reminder").order_by("created_at", "id")


def begin_to_pay(invoice: Invoice, *, until: datetime, at: datetime) -> Any:
    return actions.ask_to_pay(invoice_id=invoice.id, expires_at=until, by=HOUSE, now=at)


def test_as_often_as_payments_and_no_more(unpaid: Invoice, ana: Person, now: datetime) -> None:
    assert remind(now + timedelta(hours=23)) == 0
    assert [remind(now + timedelta(days=day)) for day in (1, 1, 2, 3, 4, 7, 8, 20)] == [1, 0, 0, 1, 0, 1, 0, 0]

    first, second, third = messages(ana)
    assert (first.params["amount"], first.params["number"]) == ("240.000 ₫", unpaid.number)
    assert [one.params["nth"] for one in (first, second, third)] == [1, 2, 3]
    assert first.about == f"invoice:{unpaid.id}"  # the message leads to the invoice's page


def test_a_house_that_stood_still_reminds_once_not_three_times(unpaid: Invoice, ana: Person, now: datetime) -> None:
    assert [remind(now + timedelta(days=30)) for _ in range(2)] == [1, 0]
    assert messages(ana).get().params["nth"] == 3


def test_while_it_is_being_paid_only_its_payment_is_spoken_of(unpaid: Invoice, ana: Person, now: datetime) -> None:
    day = now + timedelta(days=1)
    payment = begin_to_pay(unpaid, until=now + timedelta(days=2), at=now)
    assert remind(day) == 0

    actions.expire_payment(payment_id=payment.id, by=HOUSE, now=now + timedelta(days=2))
    assert remind(now + timedelta(days=2)) == 1  # asked for once more, and again not paid
    assert messages(ana).count() == 1


def settled(invoice: Invoice, at: datetime, by_dan: Any) -> None:
    payment = begin_to_pay(invoice, until=at + timedelta(hours=1), at=at)
    actions.open_shift(opening_float=0, by=by_dan, now=at)
    actions.take_cash(payment_id=payment.id, given=500_000, by=by_dan, now=at)
    run_jobs()
    assert Invoice.objects.get(id=invoice.id).status == "settled"


def adjusted(invoice: Invoice, at: datetime, by_dan: Any) -> None:
    settled(invoice, at, by_dan)
    refund = actions.request_refund(payment_id=invoice.payments.get().payment_id, reason="x", by=HOUSE, now=at)
    actions.credit_refund(refund_id=refund.id, by=HOUSE, now=at)
    assert Invoice.objects.get(id=invoice.id).status == "adjusted"


def replaced(invoice: Invoice, at: datetime, by_dan: Any) -> None:
    draft = actions.replace_invoice(invoice_id=invoice.id, reason="Sai tên", by=HOUSE, now=at)
    for line in draft.items.all():
        actions.give_discount(item_id=line.id, money=line.total, reason="x", by=HOUSE, now=at)
    actions.issue_invoice(invoice_id=draft.id, by=HOUSE, now=at)
    assert Invoice.objects.get(id=invoice.id).status == "replaced"


@pytest.mark.parametrize("ended", [settled, adjusted, replaced])
def test_what_is_settled_adjusted_or_replaced_is_not_spoken_of(
    ended: Any, unpaid: Invoice, ana: Person, by_dan: Any, now: datetime
) -> None:
    ended(unpaid, now, by_dan)
    assert [remind(now + timedelta(days=day)) for day in (1, 3, 7)] == [0, 0, 0]
    assert not messages(ana).exists()


def test_what_is_paid_between_the_reminder_and_its_telling_is_not_told(
    unpaid: Invoice, ana: Person, now: datetime
) -> None:
    day = now + timedelta(days=1)
    assert actions.remind_of_invoices(by=HOUSE, now=day) == 1
    begin_to_pay(unpaid, until=day + timedelta(days=1), at=day)
    run_jobs()
    assert not messages(ana).exists()


def test_a_crash_in_between_tells_it_once(
    unpaid: Invoice, ana: Person, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = now + timedelta(days=1)

    def cut_the_power(event: Any) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as broken:
        broken.setattr("payments.actions.reminding.emit", cut_the_power)
        with pytest.raises(RuntimeError):
            actions.remind_of_invoices(by=HOUSE, now=day)
    assert not InvoiceReminder.objects.exists() and not messages(ana).exists()

    assert [remind(day), remind(day)] == [1, 0]
    payers.remind_of_the_invoice(InvoiceUnpaid(invoice_id=str(unpaid.id), nth=1))  # the worker died before its note
    assert messages(ana).count() == 1


def test_a_draft_and_a_credit_note_are_nobodys_debt(
    hospital: Facility, ana: Person, unpaid: Invoice, by_dan: Any, now: datetime
) -> None:
    adjusted(unpaid, now, by_dan)
    bill(hospital, ana, "KB01", now=now)
    assert sorted(Invoice.objects.values_list("kind", "status")) == [
        ("bill", "adjusted"),
        ("bill", "draft"),
        ("credit", "settled"),
    ]
    assert remind(now + timedelta(days=10)) == 0


def test_nobody_but_the_house_reminds(unpaid: Invoice, ana: Person, now: datetime) -> None:
    with pytest.raises(NotAllowed):
        actions.remind_of_invoices(by=actor_for(ana), now=now + timedelta(days=1))
    assert not InvoiceReminder.objects.exists()
