"""A day's summary invoice, and money of that day which goes back: adjusted by a document of its own, never taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction

from core.actor import Actor
from core.errors import NotAllowed
from core.ids import new_id
from core.refs import Ref
from identity.models import Facility, Person
from payments import actions, papers
from payments.errors import EInvoiceUnavailable, InSummary
from payments.models import EInvoice, Invoice, Payment, Receipt
from payments.tasks import look_after_papers
from tests.jobs import run_jobs
from tests.payments.billing import HOUSE, give_back, paid_for
from tests.payments.conftest import at_once
from tests.payments.test_papers import folder, receipt_of  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture
def received(hospital: Facility, ana: Person, now: datetime) -> Payment:
    """80.000 ₫ of ana's, with a receipt."""
    payment = paid_for(hospital, ana, Ref("deposit", new_id()), 80_000, now=now)
    receipt_of(payment, now)
    return payment


@pytest.fixture
def sum_up(folder: Path, hospital: Facility, now: datetime) -> Callable[[], EInvoice]:  # noqa: F811
    def make() -> EInvoice:
        day = now.astimezone(ZoneInfo(hospital.zone)).date()
        made = actions.sum_up_day(facility_id=hospital.id, day=day, by=HOUSE, now=now)
        assert made is not None
        return made

    return make


def back(payment: Payment, now: datetime, amount: int | None = None) -> list[Receipt]:
    give_back(payment, now=now, amount=amount)
    return actions.paper_refunds(payment_id=payment.id, by=HOUSE, now=now)


def test_money_that_goes_back_later_adjusts_the_summary_of_its_day(
    received: Payment, sum_up: Callable[[], EInvoice], ana: Person, now: datetime
) -> None:
    summary = sum_up()
    run_jobs()
    (slip,) = back(received, now + timedelta(days=2), 30_000)
    actions.paper_refunds(payment_id=received.id, by=HOUSE, now=now)
    run_jobs()
    summary.refresh_from_db()
    (note,) = summary.adjustments.all()
    assert (summary.status, note.status, note.slip, note.invoice, note.day) == ("adjusted", "issued", slip, None, None)
    said = note.content
    assert (said["kind"], said["original"], said["total"], said["number"]) == (
        "adjustment", summary.tax_code, 30_000, slip.number,
    )  # fmt: skip
    assert summary.content["total"] == 80_000  # what was said stays
    assert ana.full_name not in str(said) and "cancelled" not in str(said) and "Khám" not in str(said)
    back(received, now + timedelta(days=3))
    run_jobs()
    assert sorted(one.content["total"] for one in summary.adjustments.all()) == [30_000, 50_000]
    assert set(EInvoice.objects.values_list("status", flat=True)) == {"adjusted", "issued"}


def test_the_summary_is_issued_before_what_adjusts_it(
    received: Payment, sum_up: Callable[[], EInvoice], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = sum_up()
    back(received, now)
    note = EInvoice.objects.get(adjusts=summary)
    with monkeypatch.context() as patch:
        patch.setattr("payments.einvoice.files.Files.issue", lambda *_: (_ for _ in ()).throw(EInvoiceUnavailable()))
        with pytest.raises(EInvoiceUnavailable):
            actions.send_einvoice(einvoice_id=note.id, by=HOUSE, now=now)
    assert set(EInvoice.objects.values_list("status", flat=True)) == {"draft"}
    sent = actions.send_einvoice(einvoice_id=note.id, by=HOUSE, now=now)
    summary.refresh_from_db()
    assert (sent.status, summary.status) == ("issued", "adjusted")
    assert sent.content["original"] == summary.tax_code != ""


def test_money_that_went_back_before_the_day_was_summed_up_adjusts_it_within_the_hour(
    received: Payment, sum_up: Callable[[], EInvoice], now: datetime
) -> None:
    back(received, now, 30_000)
    assert not EInvoice.objects.exists()
    summary = sum_up()
    for _ in range(2):
        look_after_papers.func(timestamp=int(now.timestamp()))
        run_jobs()
    assert [one.content["total"] for one in summary.adjustments.all()] == [30_000]
    assert not papers.slips_of_summed_money()


def test_money_with_an_invoice_of_its_own_leaves_the_summary_alone(
    received: Payment, sum_up: Callable[[], EInvoice], hospital: Facility, ana: Person, now: datetime
) -> None:
    billed = paid_for(hospital, ana, Ref("appointment", new_id()), 150_000, now=now)
    receipt_of(billed, now)
    values: Any = {"payment_id": billed.id, "person_id": ana.id, "form": "", "visited_on": date(2026, 8, 3)}
    invoice = actions.bill_payment(**values, by=HOUSE, now=now)
    assert invoice is not None and actions.request_einvoice(invoice_id=invoice.id, by=HOUSE, now=now) is not None
    summary = sum_up()
    back(billed, now)
    run_jobs()
    assert EInvoice.objects.get(invoice__kind="credit").content["kind"] == "adjustment"
    assert not summary.adjustments.exists()


def test_the_credit_note_of_summed_money_has_no_electronic_invoice_besides(
    sum_up: Callable[[], EInvoice], hospital: Facility, ana: Person, now: datetime
) -> None:
    billed = paid_for(hospital, ana, Ref("appointment", new_id()), 150_000, now=now)
    receipt_of(billed, now)
    values: Any = {"payment_id": billed.id, "person_id": ana.id, "form": "", "visited_on": date(2026, 8, 3)}
    actions.bill_payment(**values, by=HOUSE, now=now)
    summary = sum_up()
    back(billed, now, 50_000)
    with pytest.raises(InSummary):
        actions.request_einvoice(invoice_id=Invoice.objects.get(kind="credit").id, by=HOUSE, now=now)
    assert [one.content["total"] for one in summary.adjustments.all()] == [50_000]


def test_without_a_provider_nothing_is_adjusted(
    received: Payment, sum_up: Callable[[], EInvoice], settings: Any, now: datetime
) -> None:
    summary = sum_up()
    settings.EINVOICE_PROVIDER = ""
    back(received, now)
    look_after_papers.func(timestamp=int(now.timestamp()))
    assert not summary.adjustments.exists()


def test_only_the_house_adjusts(
    received: Payment, sum_up: Callable[[], EInvoice], by_dan: Actor, by_ana: Actor, by_eve: Actor, now: datetime
) -> None:
    (slip,) = back(received, now)
    sum_up()
    for by in (by_dan, by_ana, by_eve):
        with pytest.raises(NotAllowed):
            actions.adjust_summary(slip_id=slip.id, by=by, now=now)
    assert not EInvoice.objects.filter(slip=slip).exists()


def test_the_table_itself_refuses_an_adjustment_of_nothing(
    received: Payment, sum_up: Callable[[], EInvoice], now: datetime
) -> None:
    (slip,) = back(received, now)
    summary = sum_up()
    for wrong in ({"slip": slip}, {"adjusts": summary}, {"slip": slip, "adjusts": summary, "day": now.date()}):
        with pytest.raises(IntegrityError), transaction.atomic():
            EInvoice.objects.create(facility=received.facility, provider="files", **wrong)


@pytest.mark.django_db(transaction=True)
def test_many_at_once_adjust_once(received: Payment, sum_up: Callable[[], EInvoice], now: datetime) -> None:
    (slip,) = back(received, now)
    summary = sum_up()
    made = at_once([lambda: actions.adjust_summary(slip_id=slip.id, by=HOUSE, now=now) for _ in range(4)])
    assert len({one.id for one in made}) == 1 and summary.adjustments.count() == 1
