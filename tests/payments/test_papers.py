"""Receipts, slips, invoices and statements: numbered without gaps, printed, shown to whom they belong, sent to the tax office."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from django.core.files.storage import FileSystemStorage
from django.db import IntegrityError, connection, transaction
from django.test import Client

from core.ids import new_id
from core.money import Money
from core.refs import Ref
from identity.models import Facility, Person
from payments import actions, einvoice, ledger, months, papers, price_lists
from payments.actions import books, numbers
from payments.errors import EInvoiceUnavailable, InSummary, NotCaptured
from payments.models import EInvoice, Entry, Invoice, Payment, Receipt, Series
from tests.jobs import run_jobs
from tests.make import ApiClient, api_client, make_desk, make_facility, page_client
from tests.payments.billing import HOUSE, bill, give_back, paid_for, publish
from tests.payments.pdf_text import attached, text_of

pytestmark = pytest.mark.django_db


def receipt_of(payment: Payment, now: datetime) -> Receipt:
    return actions.issue_receipt(payment_id=payment.id, by=HOUSE, now=now)


@pytest.fixture
def billed(hospital: Facility, ana: Person, now: datetime) -> tuple[Payment, Invoice]:
    """A visit of ana's, paid, billed, with its receipt."""
    Facility.objects.filter(id=hospital.id).update(tax_code="0109900009")
    payment = paid_for(hospital, ana, Ref("appointment", new_id()), 150_000, now=now)
    receipt_of(payment, now)
    invoice = actions.bill_payment(
        payment_id=payment.id, person_id=ana.id, form="", visited_on=date(2026, 8, 3), by=HOUSE, now=now
    )
    assert invoice is not None
    return payment, Invoice.objects.get(id=invoice.id)


def test_a_receipt_is_written_once(paid: Payment, now: datetime) -> None:
    first, second = receipt_of(paid, now), receipt_of(paid, now)
    assert (first.id, first.number) == (second.id, f"PT{now:%y}-0000001")
    assert Receipt.objects.get().amount == 150_000


def test_nothing_is_receipted_before_it_came(pending: Payment, now: datetime) -> None:
    with pytest.raises(NotCaptured):
        receipt_of(pending, now)
    assert not Receipt.objects.exists() and not Series.objects.exists()


def test_what_goes_back_gets_a_slip_of_its_own_series(paid: Payment, now: datetime) -> None:
    give_back(paid, now=now, amount=40_000)
    give_back(paid, now=now)
    for _ in range(2):
        slips = actions.paper_refunds(payment_id=paid.id, by=HOUSE, now=now)
    assert [(one.number, one.amount) for one in slips] == [
        (f"PC{now:%y}-0000001", 40_000),
        (f"PC{now:%y}-0000002", 110_000),
    ]
    assert Counter(Receipt.objects.values_list("kind", flat=True)) == {"receipt": 1, "payout": 2}


def test_a_receipt_never_changes(paid: Payment, now: datetime) -> None:
    receipt_of(paid, now)
    for change in (lambda: Receipt.objects.update(amount=1), lambda: Receipt.objects.all().delete()):
        with pytest.raises(IntegrityError, match="only appends"), transaction.atomic():
            change()
    assert Receipt.objects.get().amount == 150_000


def test_the_year_is_that_of_the_facilitys_clock(hospital: Facility) -> None:
    new_year = datetime(2027, 12, 31, 17, 30, tzinfo=UTC)  # half past midnight in Hà Nội
    with transaction.atomic():
        before = numbers.take("receipt", hospital, new_year - timedelta(hours=1))
        after = numbers.take("receipt", hospital, new_year)
    assert (before.text, after.text) == ("PT27-0000001", "PT28-0000001")


@pytest.mark.django_db(transaction=True)
def test_numbers_have_neither_gaps_nor_twins_among_threads_and_rollbacks(hospital: Facility, now: datetime) -> None:
    """Eight threads take twenty numbers each; every third transaction is rolled back after it took one."""
    kept: list[int] = []
    at_once = threading.Barrier(8)

    class Undo(Exception):
        pass

    def take(seed: int) -> None:
        at_once.wait()
        for n in range(20):
            try:
                with transaction.atomic():
                    number = numbers.take("invoice", hospital, now)
                    if (seed + n) % 3 == 0:
                        raise Undo
                kept.append(number.sequence)
            except Undo:
                pass
        connection.close()

    threads = [threading.Thread(target=take, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(kept) > 100
    assert sorted(kept) == list(range(1, len(kept) + 1))
    assert Series.objects.get().last == len(kept)


def test_a_number_is_not_taken_outside_a_transaction(hospital: Facility, now: datetime, monkeypatch: Any) -> None:
    monkeypatch.setattr(connection, "in_atomic_block", False)
    with pytest.raises(RuntimeError, match="transaction"):
        numbers.take("invoice", hospital, now)


def test_the_receipt_reads_as_an_accountant_wants_it(
    billed: tuple[Payment, Invoice], ana: Person, ana_browser: Client
) -> None:
    payment, _invoice = billed
    receipt = Receipt.objects.get()
    answer = ana_browser.get(f"/receipts/{receipt.id}/receipt.pdf")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    text = text_of(answer.content)
    for words in (
        "PHIẾU THU", receipt.number, receipt.code, ana.full_name, "150.000 ₫", payment.code, "0109900009",
        "Một trăm năm mươi nghìn đồng", "Bệnh viện Đa khoa Sông Hồng",
    ):  # fmt: skip
        assert words in text, words
    said = attached(answer.content, "receipt.json")
    assert said["number"] == receipt.number and receipt.code in said["code"]
    assert answer.content == ana_browser.get(f"/receipts/{receipt.id}/receipt.pdf").content


def test_the_invoice_and_its_credit_note_read_right(
    billed: tuple[Payment, Invoice], ana: Person, ana_browser: Client, now: datetime
) -> None:
    payment, invoice = billed
    give_back(payment, now=now, amount=50_000)
    actions.paper_refunds(payment_id=payment.id, by=HOUSE, now=now)
    note = Invoice.objects.get(kind="credit")
    bill = text_of(ana_browser.get(f"/invoices/{invoice.id}/invoice.pdf").content)
    for words in (
        "HÓA ĐƠN DỊCH VỤ Y TẾ",
        invoice.number,
        "Khám từ xa",
        "150.000 ₫",
        ana.full_name,
        "Đã được điều chỉnh",
    ):
        assert words in bill, words
    credit = text_of(ana_browser.get(f"/invoices/{note.id}/invoice.pdf").content)
    for words in ("ĐIỀU CHỈNH GIẢM", note.number, invoice.number, "Năm mươi nghìn đồng"):
        assert words in credit, words
    slip = Receipt.objects.get(kind="payout")
    assert "PHIẾU CHI" in text_of(ana_browser.get(f"/receipts/{slip.id}/receipt.pdf").content)


def test_a_text_with_markup_stays_text(hospital: Facility, ana: Person, ana_browser: Client, now: datetime) -> None:
    Person.objects.filter(id=ana.id).update(full_name='#panic("x") *An* $x$ \\')
    receipt = receipt_of(paid_for(hospital, ana, Ref("deposit", new_id()), 1_000, now=now), now)
    assert '#panic("x") *An* $x$' in text_of(ana_browser.get(f"/receipts/{receipt.id}/receipt.pdf").content)


def test_papers_over_the_api(billed: tuple[Payment, Invoice], ana_api: ApiClient, dan_api: ApiClient) -> None:
    payment, invoice = billed
    receipt = Receipt.objects.get()
    for api in (ana_api, dan_api):
        found = api.get(f"/api/v1/payments/{payment.id}/papers").json()
        assert [one["number"] for one in found["receipts"]] == [receipt.number]
        assert [one["number"] for one in found["invoices"]] == [invoice.number]
        one = api.get(f"/api/v1/invoices/{invoice.id}").json()
        assert (one["status"], one["due"]["amount"], one["parts"]["own"]["amount"]) == ("settled", 150_000, 150_000)
        assert one["pdf_url"].endswith(f"/invoices/{invoice.id}/invoice.pdf")
        assert api.get(f"/api/v1/receipts/{receipt.id}").json()["money"] == {"amount": 150_000, "currency": "VND"}


def test_eve_and_another_desk_find_no_paper(
    billed: tuple[Payment, Invoice], eve_api: ApiClient, eve_browser: Client, nobody_api: ApiClient
) -> None:
    payment, invoice = billed
    receipt = Receipt.objects.get()
    other = make_desk(facility=make_facility(name="Elsewhere"))
    paths = (f"invoices/{invoice.id}", f"receipts/{receipt.id}", f"payments/{payment.id}/papers")
    for path in paths:
        assert eve_api.get(f"/api/v1/{path}").status_code == 404
        assert api_client(other).get(f"/api/v1/{path}").status_code == 404
        assert nobody_api.get(f"/api/v1/{path}").status_code == 401
    for browser in (eve_browser, page_client(other)):
        for page in (f"/invoices/{invoice.id}/", f"/invoices/{invoice.id}/invoice.pdf", f"/receipts/{receipt.id}/",
                     f"/receipts/{receipt.id}/receipt.pdf"):  # fmt: skip
            assert browser.get(page).status_code == 404
        assert browser.post(f"/invoices/{invoice.id}/electronic/").status_code == 404
    assert not EInvoice.objects.exists()


def test_who_may_pay_for_a_child_reads_its_papers(
    hospital: Facility, child: Person, ana_api: ApiClient, eve_api: ApiClient, now: datetime
) -> None:
    receipt = receipt_of(paid_for(hospital, child, Ref("deposit", new_id()), 1_000, now=now), now)
    assert ana_api.get(f"/api/v1/receipts/{receipt.id}").status_code == 200
    assert eve_api.get(f"/api/v1/receipts/{receipt.id}").status_code == 404


def test_the_payments_page_lists_its_papers(billed: tuple[Payment, Invoice], ana_browser: Client) -> None:
    payment, invoice = billed
    shown = ana_browser.get(f"/payments/{payment.id}/").content.decode()
    assert Receipt.objects.get().number in shown and invoice.number in shown


def test_who_pays_what_is_shown_before_paying(
    hospital: Facility, ana: Person, ana_browser: Client, ana_api: ApiClient, eve_browser: Client, now: datetime
) -> None:
    publish(hospital, now=now)
    draft = bill(hospital, ana, "XN12", "DV07", now=now)
    actions.split_by_insurance(invoice_id=draft.id, card="GD4010123456789", visit_object="1.1", by=HOUSE, now=now)
    actions.issue_invoice(invoice_id=draft.id, by=HOUSE, now=now)
    payment = actions.ask_to_pay(invoice_id=draft.id, expires_at=now + timedelta(days=1), by=HOUSE, now=now)
    assert payment is not None and payment.amount == 206_913 + 90_000
    shown = ana_browser.get(f"/payments/{payment.id}/").content.decode()
    for words in ("Bảo hiểm y tế trả", "827.654", "206.913", "90.000", "296.913", "6789"):
        assert words in shown, words
    assert "GD4010123456789" not in shown
    assert eve_browser.get(f"/payments/{payment.id}/").status_code == 404
    parts = ana_api.get(f"/api/v1/invoices/{draft.id}").json()["parts"]
    assert [parts[name]["amount"] for name in ("insurance", "copay", "own")] == [827_654, 206_913, 90_000]
    paper = text_of(ana_browser.get(f"/invoices/{draft.id}/invoice.pdf").content)
    assert "Quỹ BHYT thanh toán: 827.654 ₫" in paper and "Còn phải trả: 296.913 ₫" in paper
    assert "6789" in paper and "GD4010123456789" not in paper


def test_a_paper_that_is_missing_is_noticed(paid: Payment, now: datetime) -> None:
    later = now + timedelta(minutes=11)
    assert list(papers.without_papers(later, longer_than=timedelta(minutes=10))) == [paid.id]
    receipt_of(paid, now)
    assert not papers.without_papers(later, longer_than=timedelta(minutes=10))
    give_back(paid, now=now)
    assert list(papers.without_papers(later, longer_than=timedelta(minutes=10))) == [paid.id]
    actions.paper_refunds(payment_id=paid.id, by=HOUSE, now=now)
    assert not papers.without_papers(later, longer_than=timedelta(minutes=10))


@pytest.fixture
def folder(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Electronic invoices become files here."""
    settings.EINVOICE_PROVIDER = "payments.einvoice.files.Files"
    store = FileSystemStorage(location=str(tmp_path))
    monkeypatch.setattr("payments.einvoice.files.storages", {"files": store})
    return tmp_path


def test_an_electronic_invoice_is_sent_once(
    folder: Path, billed: tuple[Payment, Invoice], ana_browser: Client, now: datetime
) -> None:
    _payment, invoice = billed
    for _ in range(2):
        assert ana_browser.post(f"/invoices/{invoice.id}/electronic/").status_code == 302
    run_jobs()
    row = EInvoice.objects.get()
    (file,) = folder.rglob("*.xml")
    root = ElementTree.fromstring(file.read_bytes())
    assert root.findtext(".//SHDon") == invoice.number
    assert (root.findtext(".//NBan/MST"), root.findtext(".//TgTTTBSo")) == ("0109900009", "150000")
    assert (row.status, row.tax_code[:4], row.reference) == ("issued", "TEP-", str(file.relative_to(folder)))
    again = actions.send_einvoice(einvoice_id=row.id, by=HOUSE, now=now)
    assert again.tax_code == row.tax_code and len(list(folder.rglob("*.xml"))) == 1


def test_a_provider_that_does_not_answer_is_asked_again(
    folder: Path, billed: tuple[Payment, Invoice], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = actions.request_einvoice(invoice_id=billed[1].id, by=HOUSE, now=now)
    assert row is not None
    with monkeypatch.context() as patch:
        patch.setattr("payments.einvoice.files.Files.issue", lambda *_: (_ for _ in ()).throw(EInvoiceUnavailable()))
        with pytest.raises(EInvoiceUnavailable):
            actions.send_einvoice(einvoice_id=row.id, by=HOUSE, now=now)
    waiting = EInvoice.objects.get()
    assert (waiting.status, waiting.tries, waiting.tax_code) == ("draft", 1, "")
    assert list(papers.einvoices_to_send(now + timedelta(minutes=11), longer_than=timedelta(minutes=10))) == [row]
    # It was written, but we died before noting it: the same wish gives the same answer.
    provider = einvoice.provider()
    assert provider is not None
    first = provider.issue(einvoice.Wanted.from_json(waiting.content))
    assert actions.send_einvoice(einvoice_id=row.id, by=HOUSE, now=now).tax_code == first.tax_code


def test_a_credit_note_adjusts_the_electronic_invoice(
    folder: Path, billed: tuple[Payment, Invoice], now: datetime
) -> None:
    payment, invoice = billed
    original = actions.request_einvoice(invoice_id=invoice.id, by=HOUSE, now=now)
    give_back(payment, now=now, amount=50_000)
    actions.paper_refunds(payment_id=payment.id, by=HOUSE, now=now)
    run_jobs()
    assert original is not None
    original.refresh_from_db()
    note = EInvoice.objects.get(invoice__kind="credit")
    assert (original.status, note.status) == ("adjusted", "issued")
    assert (note.content["kind"], note.content["original"], note.content["total"]) == (
        "adjustment", original.tax_code, 50_000,
    )  # fmt: skip


def test_the_rest_of_a_day_becomes_one_summary(
    folder: Path, billed: tuple[Payment, Invoice], hospital: Facility, ana: Person, now: datetime
) -> None:
    wanted, invoice = billed
    actions.request_einvoice(invoice_id=invoice.id, by=HOUSE, now=now)
    other = paid_for(hospital, ana, Ref("appointment", new_id()), 80_000, now=now)
    receipt_of(other, now)
    values = {"payment_id": other.id, "person_id": ana.id, "form": "", "visited_on": date(2026, 8, 3)}
    late = actions.bill_payment(**values, by=HOUSE, now=now)  # type: ignore[arg-type]
    assert late is not None
    day = now.astimezone(tz=__import__("zoneinfo").ZoneInfo(hospital.zone)).date()
    summary = actions.sum_up_day(facility_id=hospital.id, day=day, by=HOUSE, now=now)
    assert summary is not None and actions.sum_up_day(facility_id=hospital.id, day=day, by=HOUSE, now=now) is None
    assert (summary.content["total"], summary.content["kind"]) == (80_000, "summary")
    assert ana.full_name not in str(summary.content) and "Khám" not in str(summary.content)
    with pytest.raises(InSummary):
        actions.request_einvoice(invoice_id=late.id, by=HOUSE, now=now)
    third = paid_for(hospital, ana, Ref("deposit", new_id()), 7_000, now=now)
    receipt_of(third, now)
    further = actions.sum_up_day(facility_id=hospital.id, day=day, by=HOUSE, now=now)
    assert further is not None and (further.number_of_day, further.content["total"]) == (1, 7_000)
    assert wanted.id not in {one.receipt.payment_id for one in summary.receipts.all()}


def test_without_a_provider_nothing_is_asked_for(settings: Any, billed: tuple[Payment, Invoice], now: datetime) -> None:
    settings.EINVOICE_PROVIDER = ""
    assert actions.request_einvoice(invoice_id=billed[1].id, by=HOUSE, now=now) is None
    assert not EInvoice.objects.exists()


def first_day(facility: Facility, now: datetime) -> date:
    """The first day of this month where the facility is: there it is tomorrow already while it is evening in Greenwich."""
    return price_lists.today_at(facility, now).replace(day=1)


def test_the_month_adds_up(
    hospital: Facility, ana: Person, dan_browser: Client, now: datetime, open_payment: Callable[..., Payment]
) -> None:
    payments = [paid_for(hospital, ana, Ref("deposit", new_id()), amount, now=now) for amount in (150_000, 80_000)]
    give_back(payments[0], now=now, amount=50_000)
    actions.request_refund(payment_id=payments[1].id, reason="x", by=HOUSE, now=now)  # promised, not sent yet
    with transaction.atomic():
        fee = ledger.fee_kept("sandbox", hospital.id, Money.vnd(1_650))
        books.write(Entry.Kind.FEE, fee, payment=payments[0])
    elsewhere = make_facility(name="Elsewhere")
    paid_for(elsewhere, ana, Ref("deposit", new_id()), 999_000, now=now)
    month = months.month_of(hospital, first_day(hospital, now))
    total = month.total
    assert (total.number, total.income, total.refunds, total.sent_back, total.fees) == (
        2,
        230_000,
        130_000,
        50_000,
        1_650,
    )
    assert sum(sums.income for sums in month.by_day.values()) == sum(s.income for s in month.by_way.values()) == 230_000
    assert {one.account.split("/")[0]: (one.opening, one.closing) for one in month.balances} == {
        "clearing": (0, 178_350),
        "fees": (0, 1_650),
        "income": (0, -230_000),
        "refunds": (0, 130_000),
        "refunds_due": (0, -80_000),
    }
    following = months.month_of(hospital, (first_day(hospital, now) + timedelta(days=32)).replace(day=1))
    assert following.total.income == 0 and sum(one.opening for one in following.balances) == 0
    where = f"?month={first_day(hospital, now):%Y-%m}"
    assert "230.000" in dan_browser.get(f"/hospital/statement/{where}").content.decode()
    assert "230000" in dan_browser.get(f"/hospital/statement/statement.csv{where}").content.decode()
    pdf = text_of(dan_browser.get(f"/hospital/statement/statement.pdf{where}").content)
    assert "230.000 ₫" in pdf and hospital.name in pdf and "999.000" not in pdf


def test_the_months_invoices_say_who_owes_which_part(
    hospital: Facility, ana: Person, dan_browser: Client, now: datetime
) -> None:
    """1.034.567 ₫ at 80 %: 827.654 to be claimed, 206.913 the patient's; 90.000 less 10.000 her own, of which 30.000 came."""
    publish(hospital, now=now)
    insured, own = bill(hospital, ana, "XN12", now=now), bill(hospital, ana, "DV07", now=now)
    actions.split_by_insurance(invoice_id=insured.id, card="GD4010123456789", visit_object="1.1", by=HOUSE, now=now)
    actions.give_discount(item_id=own.items.get().id, money=Money.vnd(10_000), reason="Hộ nghèo", by=HOUSE, now=now)
    for one in (insured, own):
        actions.issue_invoice(invoice_id=one.id, by=HOUSE, now=now)
    deposit = paid_for(hospital, ana, Ref("deposit", new_id()), 30_000, now=now)
    actions.count_payment(payment_id=deposit.id, invoice_id=own.id, by=HOUSE, now=now)
    bill(hospital, ana, "DV07", now=now)  # a draft says nothing
    found = months.month_of(hospital, first_day(hospital, now)).billed
    assert (found.number, found.total, found.discount, found.insurance) == (2, 1_114_567, 10_000, 827_654)
    assert (found.patients, found.unpaid, found.credited) == (286_913, 256_913, 0)
    where = f"?month={first_day(hospital, now):%Y-%m}"
    assert "827.654" in dan_browser.get(f"/hospital/statement/{where}").content.decode()
    assert "256913" in dan_browser.get(f"/hospital/statement/statement.csv{where}").content.decode()
    assert "827.654 ₫" in text_of(dan_browser.get(f"/hospital/statement/statement.pdf{where}").content)
    replaced = actions.replace_invoice(invoice_id=own.id, reason="x", by=HOUSE, now=now)
    actions.issue_invoice(invoice_id=replaced.id, by=HOUSE, now=now)
    assert months.month_of(hospital, first_day(hospital, now)).billed == found


@pytest.mark.parametrize("month", ["", "x", "2026-13", "0001-01", "99999-01"])
def test_nonsense_shows_this_month(dan_browser: Client, month: str) -> None:
    assert dan_browser.get(f"/hospital/statement/?month={month}").status_code == 200


def test_what_replaces_a_bill_the_tax_office_never_saw_is_its_first_invoice(
    folder: Path, billed: tuple[Payment, Invoice], ana_browser: Client, now: datetime
) -> None:
    """Nobody wanted an electronic invoice of the first one. Who asks for it afterwards gets that of the one in its place."""
    _payment, invoice = billed
    draft = actions.replace_invoice(invoice_id=invoice.id, reason="Sai tên", by=HOUSE, now=now)
    fresh = actions.issue_invoice(invoice_id=draft.id, by=HOUSE, now=now)
    assert f"/invoices/{invoice.id}/electronic/" not in ana_browser.get(f"/invoices/{invoice.id}/").content.decode()
    for one in (invoice, fresh):
        assert ana_browser.post(f"/invoices/{one.id}/electronic/").status_code == 302
    run_jobs()
    row = EInvoice.objects.get()
    assert (row.invoice_id, row.status, row.content["kind"], row.content["original"]) == (
        fresh.id, "issued", "invoice", "",
    )  # fmt: skip


def test_what_replaces_a_bill_replaces_its_electronic_invoice(
    folder: Path, billed: tuple[Payment, Invoice], now: datetime
) -> None:
    _payment, invoice = billed
    original = actions.request_einvoice(invoice_id=invoice.id, by=HOUSE, now=now)
    draft = actions.replace_invoice(invoice_id=invoice.id, reason="Sai tên", by=HOUSE, now=now)
    fresh = actions.issue_invoice(invoice_id=draft.id, by=HOUSE, now=now)
    run_jobs()
    assert original is not None
    original.refresh_from_db()
    row = EInvoice.objects.get(invoice=fresh)
    assert (original.status, row.content["kind"], row.content["original"]) == (
        "replaced", "replacement", original.tax_code,
    )  # fmt: skip
    assert row.content["payment_methods"] == ["sandbox"]


def test_a_replaced_invoice_on_paper_asks_for_nothing(
    hospital: Facility, ana: Person, ana_browser: Client, now: datetime
) -> None:
    publish(hospital, now=now)
    invoice = actions.issue_invoice(invoice_id=bill(hospital, ana, "KB01", now=now).id, by=HOUSE, now=now)
    paper = f"/invoices/{invoice.id}/invoice.pdf"
    assert "Còn phải trả: 150.000 ₫" in text_of(ana_browser.get(paper).content)
    draft = actions.replace_invoice(invoice_id=invoice.id, reason="x", by=HOUSE, now=now)
    actions.issue_invoice(invoice_id=draft.id, by=HOUSE, now=now)
    assert "Còn phải trả" not in text_of(ana_browser.get(paper).content)
