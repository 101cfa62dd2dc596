"""Price lists: one a day, final when published, filled from tables whose bad rows are told one by one."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from django.db import IntegrityError, transaction

from core.actor import Actor
from core.errors import NotAllowed, NotFound
from identity.models import Facility
from payments import actions, price_lists, price_sheets
from payments.errors import BadPriceLine, ListEmpty, ListFinal, ListOverlaps
from payments.models import PriceItem, PriceList
from tests.make import actor_for, make_desk, make_facility
from tests.payments.billing import HOUSE, publish

pytestmark = pytest.mark.django_db


def begin(hospital: Facility, by: Actor, now: datetime, day: date = date(2026, 9, 1)) -> PriceList:
    return actions.begin_price_list(facility_id=hospital.id, name="Giá tháng 9", first_day=day, by=by, now=now)


def test_the_next_list_ends_the_one_before(hospital: Facility, now: datetime) -> None:
    publish(hospital, now=now)
    publish(hospital, first_day=date(2026, 9, 1), now=now, KB01=160_000)
    on = price_lists.item_on
    assert on(hospital.id, "KB01", date(2026, 8, 31)).amount == 150_000  # type: ignore[union-attr]
    assert on(hospital.id, "KB01", date(2026, 9, 1)).amount == 160_000  # type: ignore[union-attr]
    assert on(hospital.id, "KB01", date(2025, 12, 31)) is None


def test_two_lists_never_hold_on_one_day(hospital: Facility, now: datetime) -> None:
    publish(hospital, first_day=date(2026, 9, 1), now=now)
    with pytest.raises(ListOverlaps):
        publish(hospital, first_day=date(2026, 8, 1), now=now)
    assert PriceList.objects.filter(published_at__isnull=False).count() == 1
    draft = begin(hospital, HOUSE, now)
    with pytest.raises(IntegrityError), transaction.atomic():
        PriceList.objects.filter(id=draft.id).update(published_at=now)


def test_a_published_list_is_final_also_for_sql(hospital: Facility, now: datetime) -> None:
    found = publish(hospital, now=now)
    with pytest.raises(ListFinal):
        actions.put_price(list_id=found.id, values={"code": "X"}, by=HOUSE, now=now)
    with pytest.raises(ListFinal):
        actions.drop_price_list(list_id=found.id, by=HOUSE, now=now)
    for change in (
        lambda: PriceItem.objects.filter(price_list=found).update(amount=1),
        lambda: PriceItem.objects.filter(price_list=found).delete(),
        lambda: PriceItem.objects.create(price_list=found, code="NEW", name_vi="x", category="budget", amount=1),
        lambda: PriceList.objects.filter(id=found.id).update(name="other"),
        lambda: PriceList.objects.filter(id=found.id).update(published_at=None),
        lambda: PriceList.objects.filter(id=found.id).delete(),
    ):
        with pytest.raises(IntegrityError, match="final"), transaction.atomic():
            change()
    assert found.items.count() == 3


def test_an_empty_list_is_not_published(hospital: Facility, now: datetime) -> None:
    draft = begin(hospital, HOUSE, now)
    with pytest.raises(ListEmpty):
        actions.publish_price_list(list_id=draft.id, by=HOUSE, now=now)
    assert not price_lists.items_on(hospital.id, date(2026, 9, 1)).exists()


def test_a_copy_begins_with_the_lines_of_the_other(hospital: Facility, now: datetime) -> None:
    first = publish(hospital, now=now)
    copy = actions.begin_price_list(
        facility_id=hospital.id, name="", first_day=date(2027, 1, 1), copy_of=first.id, by=HOUSE, now=now
    )
    assert list(copy.items.values_list("code", "amount")) == list(first.items.values_list("code", "amount"))
    assert (first.version, copy.version) == (1, 2)


def test_a_file_lands_row_by_row(hospital: Facility, now: datetime) -> None:
    draft = begin(hospital, HOUSE, now)
    content = (
        "Mã;Tên dịch vụ;Nhóm giá;Đơn giá;Trong phạm vi BHYT;direct;wages\r\n"
        "KB01;Khám nội;bhyt;150.000;có;100000;50000\r\n"
        "KB02;Khám theo yêu cầu;theo yêu cầu;300 000 ₫;;;\r\n"
        "KB03;;insured;1;;;\r\n"
        "KB04;Khám;free;1;;;\r\n"
        "KB05;Khám;insured;12,5;;;\r\n"
        "KB06;Khám;on_request;10;x;;\r\n"
        "KB07;Khám;insured;10;x;4;5\r\n"
        "KB01;Khám lần nữa;insured;10;;;\r\n"
        "\r\n"
    ).encode()
    landed = actions.import_prices(list_id=draft.id, content=content, by=HOUSE, now=now)
    assert (landed.fresh, landed.changed, landed.unchanged) == (2, 0, 0)
    assert [(one.line, one.column, one.reason) for one in landed.problems] == [
        (4, "name_vi", "missing"),
        (5, "category", "unknown_category"),
        (6, "amount", "bad_amount"),
        (7, "in_scope", "not_insured"),
        (8, "amount", "parts_differ"),
        (9, "code", "twice"),
    ]
    assert all(one.words and one.title for one in landed.problems)
    first = draft.items.get(code="KB01")
    assert (first.amount, first.in_scope, first.components) == (150_000, True, {"direct": 100_000, "wages": 50_000})
    again = actions.import_prices(list_id=draft.id, content=content, by=HOUSE, now=now)
    assert (again.fresh, again.changed, again.unchanged) == (0, 0, 2)


def test_what_is_given_out_is_taken_in_again(hospital: Facility, now: datetime) -> None:
    first = publish(hospital, now=now)
    draft = begin(hospital, HOUSE, now)
    landed = actions.import_prices(list_id=draft.id, content=price_sheets.write(first.items.all()), by=HOUSE, now=now)
    assert (landed.fresh, landed.problems) == (3, [])


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"\xff\xfe\x00", b"code;name_vi;category;amount"])
def test_a_file_nobody_can_read_changes_nothing(hospital: Facility, now: datetime, content: bytes) -> None:
    draft = begin(hospital, HOUSE, now)
    if content.startswith(b"code"):
        assert actions.import_prices(list_id=draft.id, content=content, by=HOUSE, now=now).fresh == 0
    else:
        with pytest.raises(BadPriceLine):
            actions.import_prices(list_id=draft.id, content=content, by=HOUSE, now=now)
    assert not draft.items.exists()


def test_another_hospitals_desk_and_citizens_set_no_prices(hospital: Facility, by_ana: Actor, now: datetime) -> None:
    draft = begin(hospital, HOUSE, now)
    elsewhere = actor_for(make_desk(facility=make_facility(name="Elsewhere")))
    for by in (elsewhere, by_ana):
        with pytest.raises(NotAllowed):
            begin(hospital, by, now)
        for act in (
            lambda by: actions.put_price(list_id=draft.id, values={}, by=by, now=now),
            lambda by: actions.publish_price_list(list_id=draft.id, by=by, now=now),
            lambda by: actions.import_prices(list_id=draft.id, content=b"", by=by, now=now),
            lambda by: actions.drop_price_list(list_id=draft.id, by=by, now=now),
        ):
            with pytest.raises(NotFound):
                act(by)
    assert PriceList.objects.count() == 1
