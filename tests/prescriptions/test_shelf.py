"""The shelf: deliveries, corrections, lists, warnings, sales; what a pharmacy keeps is its own."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from core.errors import NotFound, WrongRole
from core.tables import FileProblem
from prescriptions import actions, queries, stock_files
from prescriptions.errors import BadLot, BadStockFile, LotDiffers, LotExpired, NotOnTheShelf, TakenInAlready
from prescriptions.models import Lot, LowMark, Sale, StockMove
from tests import make
from tests.prescriptions import stage
from tests.prescriptions.stage import handed, make_held, only_item

TODAY = date(2031, 3, 25)
LATER = date(2032, 1, 31)
CSV = "drug;số lô;hạn dùng;số lượng;đơn giá\n"


def put(by, now, quantity=20, price=1000, number="A1", drug=stage.AMOXICILLIN, expires_on=LATER):
    return actions.receive_lot(
        drug_code=drug, number=number, expires_on=expires_on, quantity=quantity, unit_price=price, by=by, now=now
    )


def test_a_delivery_adds_up_and_a_correction_has_a_reason(cara, by_cara, hoa, by_eve, by_ana, by_ben, by_dan, now):
    lot = put(by_cara, now)
    put(by_cara, now, quantity=5, price=1100)
    lot.refresh_from_db()
    assert (lot.quantity, lot.unit_price) == (25, 1100)
    with pytest.raises(LotDiffers):
        put(by_cara, now, expires_on=LATER + timedelta(days=1))
    for bad in ({"quantity": 0}, {"price": -1}, {"number": ""}, {"number": "x" * 41}, {"drug": "no-such-drug"}):
        with pytest.raises(BadLot):
            put(by_cara, now, **bad)
    with pytest.raises(BadLot):
        actions.correct_lot(lot_id=lot.id, quantity=3, reason="", by=by_cara, now=now)
    for by in (make.actor_for(hoa), by_eve, by_ana, by_ben, by_dan):
        with pytest.raises(NotFound):
            actions.correct_lot(lot_id=lot.id, quantity=3, reason="counted", by=by, now=now)
        with pytest.raises((WrongRole, NotFound)):
            actions.set_price(lot_id=lot.id, unit_price=1, by=by, now=now)
    for by in (by_eve, by_ana, by_ben, by_dan):
        with pytest.raises(WrongRole):
            put(by, now)
        with pytest.raises(WrongRole):
            queries.shelves_of(by, TODAY)
    actions.correct_lot(lot_id=lot.id, quantity=22, reason="broken", by=by_cara, now=now)
    moves = list(StockMove.objects.order_by("at", "id").values_list("kind", "change", "reason"))
    assert moves == [("received", 20, ""), ("received", 5, ""), ("corrected", -3, "broken")]
    assert queries.shelves_of(make.actor_for(hoa), TODAY) == []


@pytest.mark.parametrize("wrong", [{"quantity": -1}, {"reserved": 21}, {"reserved": -1}, {"unit_price": 100_000_001}])
def test_the_database_itself_refuses_less_than_nothing(wrong, by_cara, now):
    lot = put(by_cara, now)
    with pytest.raises(IntegrityError), transaction.atomic():
        Lot.objects.filter(id=lot.id).update(**wrong)


def test_handing_out_takes_from_the_lot_and_never_below_nothing(signed, cara, by_cara, now):
    put(by_cara, now, quantity=10)
    put(by_cara, now, quantity=10, number="OLD", expires_on=TODAY - timedelta(days=1))
    secret = make_held(prescription=signed, pharmacist=cara)
    item = only_item(signed)

    def give(quantity, lot):
        actions.dispense(
            prescription_id=signed.id, secret=secret, items=[handed(item, quantity, lot)], by=by_cara, now=now
        )

    with pytest.raises(NotOnTheShelf):
        give(11, "A1")
    with pytest.raises(LotExpired):
        give(1, "OLD")
    item.refresh_from_db()
    assert (item.dispensed_quantity, Sale.objects.count()) == (0, 0)
    give(10, "A1")
    give(2, "NOT-KEPT-HERE")
    assert set(Lot.objects.values_list("number", "quantity")) == {("A1", 0), ("OLD", 10)}
    assert Sale.objects.get().amount == 10_000
    (sold,) = queries.sales_of(by_cara, now - timedelta(hours=1), now + timedelta(hours=1), "Asia/Ho_Chi_Minh")
    assert (sold.quantity, sold.amount, sold.unpriced, sold.prescriptions) == (12, 10_000, 2, 1)


def test_warns_of_what_is_low_and_what_expires(by_cara, now):
    put(by_cara, now, quantity=9)
    put(by_cara, now, number="SOON", quantity=4, expires_on=TODAY + timedelta(days=90))
    put(by_cara, now, number="OVER", quantity=50, expires_on=TODAY - timedelta(days=1))
    put(by_cara, now, drug=stage.CEFIXIME, quantity=100)
    actions.set_low_mark(drug_code=stage.AMOXICILLIN, at_least=14, by=by_cara, now=now)
    actions.set_low_mark(drug_code=stage.PARACETAMOL, at_least=1, by=by_cara, now=now)
    by_code = {one.drug.code: one for one in queries.shelves_of(by_cara, TODAY)}
    amoxicillin = by_code[stage.AMOXICILLIN]
    assert (amoxicillin.free, amoxicillin.is_low) == (13, True)
    assert ([one.number for one in amoxicillin.soon], [one.number for one in amoxicillin.expired]) == (
        ["SOON"],
        ["OVER"],
    )
    assert by_code[stage.PARACETAMOL].is_low
    assert not by_code[stage.CEFIXIME].is_low
    assert {one.drug.code for one in queries.shelves_of(by_cara, TODAY, only="low")} == {
        stage.AMOXICILLIN,
        stage.PARACETAMOL,
    }
    assert [one.drug.code for one in queries.shelves_of(by_cara, TODAY, only="expiring")] == [stage.AMOXICILLIN]
    assert [one.drug.code for one in queries.shelves_of(by_cara, TODAY, q="cefi")] == [stage.CEFIXIME]
    actions.set_low_mark(drug_code=stage.AMOXICILLIN, at_least=0, by=by_cara, now=now)
    assert LowMark.objects.count() == 1


def test_a_list_lands_row_by_row_and_once(by_cara, now):
    put(by_cara, now, number="B2")
    rows = (
        f"{stage.AMOXICILLIN};B1;2032-01-31;100;1.200\n"
        f"{stage.AMOXICILLIN.upper()};B3;31/01/2032;7;900\n"
        f"{stage.AMOXICILLIN};B1;2032-01-31;5;1200\n"  # twice
        f"{stage.AMOXICILLIN};B2;2031-12-31;5;1200\n"  # there with another day
        "unknown;B4;2032-01-31;5;1200\n"
        f"{stage.CEFIXIME};;2032-01-31;5;1200\n"
        f"{stage.CEFIXIME};B5;2031-03-24;5;1200\n"  # yesterday
        f"{stage.CEFIXIME};B6;2032-13-31;5;1200\n"
        f"{stage.CEFIXIME};B7;2032-01-31;1,5;1200\n"
        f"{stage.CEFIXIME};B8;2032-01-31;5;free\n"
    )
    content = (CSV + rows).encode()
    landed = actions.import_stock(file_name="kho.csv", content=content, by=by_cara, now=now)
    assert landed.landed == 2
    assert [one["line"] for one in landed.problems] == [4, 5, 6, 7, 8, 9, 10, 11]
    assert set(Lot.objects.values_list("number", "quantity", "unit_price")) == {
        ("B1", 100, 1200),
        ("B2", 20, 1000),
        ("B3", 7, 900),
    }
    with pytest.raises(TakenInAlready):
        actions.import_stock(file_name="again.csv", content=content, by=by_cara, now=now)
    for bad in (b"", b"a;b;c\n1;2;3\n", "drug;số lô\n".encode("utf-16-be")):
        with pytest.raises(BadStockFile):
            actions.import_stock(file_name="bad.csv", content=bad, by=by_cara, now=now)
    assert Lot.objects.get(number="B1").quantity == 100


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content):
    for bytes_ in (content, CSV.encode() + content):
        try:
            sheet = stock_files.read(bytes_, {"a": "a"}, TODAY)
        except FileProblem as problem:
            assert problem.code in stock_files.REASONS
        else:
            assert all(code in stock_files.REASONS for _line, code, _value in sheet.problems)


@pytest.mark.parametrize(
    ("text", "number"),
    [("1200", 1200), ("1.200", 1200), ("1 200", 1200), ("1,200,000", 1_200_000), ("1.20", None), ("-1", None)],
)
def test_reads_whole_numbers_as_offices_write_them(text, number):
    assert stock_files.whole(text) == number


def test_the_pages_of_the_shelf(cara_browser, by_cara, signed, cara, now, ana_browser):
    empty = cara_browser.get("/pharmacy/stock/").content.decode()
    assert "Kệ chưa có gì" in empty
    at = "/pharmacy/stock/receive/"
    assert stage.AMOXICILLIN in cara_browser.get(f"{at}?q=amoxicilin").content.decode()
    form = {"drug": stage.AMOXICILLIN, "number": "A1", "expires_on": "2032-01-31", "quantity": "20"}
    assert cara_browser.post(at, form | {"unit_price": "x"}).status_code == 422
    assert cara_browser.post(at, form | {"unit_price": "1.000"}).status_code == 302
    lot = Lot.objects.get()
    assert (lot.quantity, lot.unit_price) == (20, 1000)
    change = {"lot": str(lot.id), "was": "20", "quantity": "18", "reason": "broken", "unit_price": "900"}
    assert cara_browser.post("/pharmacy/stock/correct/", change).status_code == 302
    cara_browser.post("/pharmacy/stock/low-mark/", {"drug": stage.AMOXICILLIN, "at_least": "30"})
    shown = cara_browser.get("/pharmacy/stock/?only=low").content.decode()
    assert "900 ₫" in shown
    assert "sắp hết, dưới 30" in shown
    assert "-2" in cara_browser.get("/pharmacy/stock/changes/").content.decode()
    secret = make_held(prescription=signed, pharmacist=cara)
    review = cara_browser.get(f"/pharmacy/prescriptions/{signed.id}/").content.decode()
    assert 'value="A1"' in review
    given = [handed(only_item(signed), 14, "A1")]
    actions.dispense(prescription_id=signed.id, secret=secret, items=given, by=by_cara, now=now)
    held = signed.acceptances.get()
    receipt = cara_browser.get(f"/pharmacy/handed-out/{held.id}/receipt/").content.decode()
    assert "12.600 ₫" in receipt  # 14 × 900
    assert "buổi sáng – buổi tối" in cara_browser.get(f"/pharmacy/handed-out/{held.id}/labels/").content.decode()
    month = cara_browser.get("/pharmacy/sales/?of=2031-03").content.decode()
    assert "12.600 ₫" in month
    table = cara_browser.get("/pharmacy/sales/?of=2031-03-25&csv=1").content.decode("utf-8-sig").splitlines()
    assert table[1].split(",")[-4:] == ["14", "12600", "0", "1"]
    assert "12.600" not in cara_browser.get("/pharmacy/sales/?of=2031-02").content.decode()
    for address in ("/pharmacy/stock/", "/pharmacy/sales/", f"/pharmacy/handed-out/{held.id}/receipt/"):
        assert ana_browser.get(address).status_code == 403
