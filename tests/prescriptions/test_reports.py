"""The tables of statistics: who sees whose, sums by hand, and no two pages that tell what one hides."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from core.actor import Actor
from core.errors import WrongRole
from prescriptions import queries
from prescriptions.counting import FIGURES
from prescriptions.models import DrugFigure, Figure
from prescriptions.queries import Wish
from tests import make

pytestmark = pytest.mark.django_db
MINISTRY = Actor("regulator")
DAY = date(2031, 3, 25)


def add(facility: Any, practitioner: Any, count: int, *, day: date = DAY, chapter: int = 10, **values: int) -> None:
    """`count` prescriptions of two items each, all settled and collected unless said otherwise."""
    figures = dict.fromkeys(FIGURES, 0) | {
        "prescriptions": count, "items": 2 * count, "settled": count, "collected": count, "collected_whole": count,
        "within_day": count, "minutes": 60 * count,
    } | values  # fmt: skip
    Figure.objects.create(day=day, facility=facility, practitioner=practitioner, chapter=chapter, **figures)


@pytest.fixture
def places(db: None) -> dict[str, Any]:
    hue = make.make_facility(name="Trạm Y tế Phú Xuân", province_id="46", commune="Phường Phú Xuân")
    river, clinic = make.make_facility(name="Sông Hồng"), make.make_facility(name="An Tâm", commune="Phường Cửa Nam")
    return {
        "river": river,
        "clinic": clinic,
        "hue": hue,
        "ben": make.make_practitioner(facility=river, full_name="Trần Minh Bình"),
        "mai": make.make_practitioner(facility=river, full_name="Đặng Ngọc Mai"),
        "yen": make.make_practitioner(facility=clinic, full_name="Ngô Hải Yến"),
        "hanh": make.make_practitioner(facility=hue, full_name="Tôn Nữ Hạnh"),
    }


def shown(lines: list[Any], name: str = "prescriptions") -> dict[Any, int | None]:
    return {line.name or line.key: line.get(name) for line in lines}


def test_sums_and_rates_by_hand(places):
    add(places["river"], places["ben"], 40, antibiotic=10, overridden=5, overrides=6, settled=30, collected=24,
        collected_whole=18, within_day=12, minutes=24 * 90)  # fmt: skip
    found = queries.report(MINISTRY, Wish(2031)).total
    assert (found.prescriptions, found.items, found.items_each) == (40, 80, 2.0)
    assert found.antibiotic_share == 25.0  # 10 of 40
    assert found.fill_rate == 80.0  # 24 of 30 whose story is over
    assert found.whole_rate == 60.0  # 18 of 30
    assert found.within_day_rate == 50.0  # 12 of 24
    assert found.hours_to_collect == 1.5  # 90 minutes each
    assert found.overridden_share == 12.5  # 5 of 40
    assert queries.report(MINISTRY, Wish(2030)).is_empty


def test_each_sees_their_own(places):
    add(places["river"], places["ben"], 30)
    add(places["river"], places["mai"], 20, day=date(2031, 4, 1))
    add(places["hue"], places["hanh"], 3)
    add(places["clinic"], places["yen"], 50)
    by_ben, by_hanh = make.actor_for(places["ben"]), make.actor_for(places["hanh"])
    dan = make.actor_for(make.make_desk(facility=places["river"]))

    assert queries.report(by_ben, Wish(2031)).total.prescriptions == 30
    # Asking for somebody else's finds nothing, and says no more than that.
    for wish in (Wish(2031, practitioner=places["mai"].id), Wish(2031, facility=places["clinic"].id)):
        assert queries.report(by_ben, wish).is_empty
    assert queries.report(dan, Wish(2031, facility=places["clinic"].id)).is_empty
    assert queries.report(by_hanh, Wish(2031)).total.prescriptions == 3  # her own patients are no secret to her

    desk = queries.report(dan, Wish(2031))
    assert (desk.total.prescriptions, desk.place_level) == (50, "practitioner")
    assert set(shown(desk.places).values()) == {30, 20}
    for role in ("citizen", "pharmacist", "nurse", "anonymous"):
        with pytest.raises(WrongRole):
            queries.report(Actor(role), Wish(2031))
        with pytest.raises(WrongRole):
            queries.years_counted(Actor(role))


def test_down_from_the_country_to_a_doctor(places):
    add(places["river"], places["ben"], 30)
    add(places["river"], places["mai"], 20)
    add(places["clinic"], places["yen"], 50)
    add(places["hue"], places["hanh"], 9)
    top = queries.report(MINISTRY, Wish(2031))
    assert (top.place_level, list(shown(top.places).values())) == ("province", [100, 9])
    communes = queries.report(MINISTRY, Wish(2031, province="01"))
    assert (communes.place_level, sorted(shown(communes.places).values())) == ("commune", [50, 50])
    facility = queries.report(MINISTRY, Wish(2031, facility=places["river"].id))
    assert sorted(shown(facility.places).values()) == [20, 30]
    doctor = queries.report(MINISTRY, Wish(2031, facility=places["river"].id, practitioner=places["mai"].id))
    assert (doctor.total.prescriptions, doctor.places) == (20, [])


def test_a_small_place_stays_hidden_by_every_way(places):
    """Three prescriptions in Huế. Neither its row, nor its page, nor the rest of a sum tells of them."""
    add(places["river"], places["ben"], 30, antibiotic=6)
    add(places["clinic"], places["yen"], 50, antibiotic=20)
    add(places["hue"], places["hanh"], 3, antibiotic=3)
    top = queries.report(MINISTRY, Wish(2031))
    assert top.total.prescriptions == 83
    assert [line.prescriptions for line in top.places] == [None, None]  # 83 − 80 would be 3
    for wish in (Wish(2031, province="46"), Wish(2031, province="01"), Wish(2031, facility=places["hue"].id)):
        assert queries.report(MINISTRY, wish).is_hidden
    assert queries.report(MINISTRY, Wish(2031, province="46")).places == []


def test_rows_are_hidden_as_the_page_behind_them_is(places):
    """Chapter I: 7 in Hà Nội, 3 in Huế, 10 together. Hà Nội's 7 would tell Huế's 3, so it is hidden on Hà Nội's page too."""
    for facility, doctor, small in ((places["river"], places["ben"], 7), (places["hue"], places["hanh"], 3)):
        add(facility, doctor, 90, chapter=10)
        add(facility, doctor, small, chapter=1)
        add(facility, doctor, 60, chapter=11)
    top = queries.report(MINISTRY, Wish(2031))
    assert shown(top.chapters) == {10: 180, 11: 120, 1: 10}
    hanoi = queries.report(MINISTRY, Wish(2031, province="01"))
    assert hanoi.total.prescriptions == 157
    assert shown(hanoi.chapters) == {10: 90, 11: None, 1: None}  # and a second one, or 157 − 90 − 60 would tell it
    assert queries.report(MINISTRY, Wish(2031, province="01", chapter=1)).is_hidden


def test_a_month_and_its_days(places):
    add(places["river"], places["ben"], 30, day=date(2031, 1, 31))
    add(places["river"], places["ben"], 8, day=date(2031, 2, 1))
    add(places["river"], places["ben"], 7, day=date(2031, 2, 28))
    year = queries.report(MINISTRY, Wish(2031))
    assert [line.prescriptions for line in year.times] == [30, 15, *[0] * 10]
    month = queries.report(MINISTRY, Wish(2031, month=2))
    assert (len(month.times), month.times[0].prescriptions, month.times[27].prescriptions) == (28, 8, 7)
    assert month.total.prescriptions == 15


def test_parts_are_hidden_where_they_or_what_they_leave_is_small(places):
    add(places["river"], places["ben"], 30, antibiotic=28)
    add(places["clinic"], places["yen"], 50, antibiotic=20)
    add(places["hue"], places["hanh"], 60, antibiotic=40)
    rows = {line.name: line for line in queries.report(MINISTRY, Wish(2031, province="01")).places}
    assert {name: line.prescriptions for name, line in rows.items()} == {"Phường Cửa Nam": 50, "Phường Hoàn Kiếm": 30}
    assert [line.antibiotic_share for line in rows.values()] == [None, None]  # two of thirty were without one
    assert [line.fill_rate for line in rows.values()] == [100.0, 100.0]


def test_drugs_by_group_and_nothing_by_subtraction(places):
    add(places["river"], places["ben"], 60, antibiotic=30)
    for code, items in (("J01CA04", 20), ("J01FA10", 10), ("N02BE01", 60), ("R06AE07", 3), ("R05CB06", 9)):
        DrugFigure.objects.create(
            day=DAY, facility=places["river"], practitioner=places["ben"], chapter=10, atc=code, items=items,
            settled=items, collected=items,
        )  # fmt: skip
    first = queries.report(MINISTRY, Wish(2031, level=1))
    assert [(line.key, line.items) for line in first.drugs] == [("N", 60), ("J", 30), ("R", 12)]
    second = queries.report(MINISTRY, Wish(2031, level=2))
    assert [(line.key, line.items) for line in second.drugs] == [("N02", 60), ("J01", 30), ("R05", None), ("R06", None)]
    inside = queries.report(MINISTRY, Wish(2031, level=5, group="J01"))
    assert [(line.key, line.items) for line in inside.drugs] == [("J01CA04", 20), ("J01FA10", 10)]
