"""The statistics pages: each role its own, words and drawings, filters that make no sense, the CSV."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from typing import Any

import pytest

from prescriptions.counting import FIGURES
from prescriptions.models import DrugFigure, Figure, Recount
from tests import make
from web import charts

ADDRESSES = {"doctor": "ben", "hospital": "dan", "ministry": "ha", "operator": "hai"}


def add(facility: Any, practitioner: Any, count: int, *, month: int = 3, chapter: int = 10, **values: int) -> None:
    figures = dict.fromkeys(FIGURES, 0) | {
        "prescriptions": count, "items": 2 * count, "settled": count, "collected": count, "within_day": count,
        "minutes": 90 * count,
    } | values  # fmt: skip
    day = date(2031, month, 4)
    Figure.objects.create(day=day, facility=facility, practitioner=practitioner, chapter=chapter, **figures)
    DrugFigure.objects.create(
        day=day, facility=facility, practitioner=practitioner, chapter=chapter, atc="J01CA04", items=count,
        settled=count, collected=count,
    )  # fmt: skip


@pytest.fixture
def house(db: None) -> dict[str, Any]:
    river = make.make_facility(name="Sông Hồng")
    hue = make.make_facility(name="Phú Xuân", province_id="46", commune="Phường Phú Xuân")
    ben, hanh = make.make_practitioner(facility=river), make.make_practitioner(facility=hue, full_name="Tôn Nữ Hạnh")
    mai = make.make_practitioner(facility=river, full_name="Đặng Ngọc Mai")
    add(river, ben, 1200, antibiotic=400, overridden=60, overrides=60)
    add(river, ben, 200, month=2, chapter=9)
    add(river, mai, 900, chapter=11)
    add(hue, hanh, 2)
    return {
        "river": river, "ben": ben, "hanh": hanh, "dan": make.make_desk(facility=river),
        "ha": make.make_membership(user=make.make_staff_user(name="Hà"), facility=None, role="regulator"),
        "hai": make.make_membership(user=make.make_staff_user(name="Hải"), facility=None, role="operator"),
    }  # fmt: skip


@pytest.mark.parametrize(("home", "who"), ADDRESSES.items())
def test_each_role_has_its_page(house, home, who):
    page = make.page_client(house[who])
    answer = page.get(f"/{home}/statistics/?year=2031")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    total = {"ben": "1.400", "dan": "2.300"}.get(who, "2.302")
    assert f"<dd>{total}</dd>" in text
    # What an SVG reads must be written with points, whatever the reader's language.
    assert not re.search(r'<(?:rect|line)[^>]*"[0-9]+,[0-9]', text)
    assert ("Tôn Nữ Hạnh" in text) is False
    for other in set(ADDRESSES) - {home}:
        assert page.get(f"/{other}/statistics/?year=2031").status_code == 403


def test_small_numbers_are_stars_in_the_file_and_a_word_on_the_page(house):
    page = make.page_client(house["ha"])
    rows = list(csv.DictReader(io.StringIO(page.get("/ministry/statistics.csv?year=2031").content.decode("utf-8-sig"))))
    places = {row["key"]: row["prescriptions"] for row in rows if row["table"] == "province"}
    assert places == {"01": "*", "46": "*"}  # 2 302 − 2 300 would be 2
    (total,) = [row for row in rows if row["table"] == "total"]
    assert (total["prescriptions"], total["antibiotic"], total["minutes"]) == ("2302", "400", str(2302 * 90))
    assert [row["prescriptions"] for row in rows if row["table"] == "month"][:3] == ["0", "200", "2102"]
    assert {row["key"]: row["items"] for row in rows if row["table"] == "atc"} == {"J01": "2302"}
    page.cookies["language"] = "en"
    text = page.get("/ministry/statistics/?year=2031").content.decode()
    assert text.count('class="veiled"') >= 2
    hidden = page.get("/ministry/statistics/?year=2031&province=46").content.decode()
    assert "Too few to be shown" in hidden
    assert "Tôn Nữ" not in hidden


def test_filters_that_make_no_sense_are_as_if_not_said(house):
    page = make.page_client(house["ha"])
    for query in (
        "year=abc&month=99&chapter=77&level=9&group=';DROP", "year=²&month=²", "facility=x&practitioner=%00",
        "province=%00%00&commune=%00", "year=99999999999999999999", "group=J01&level=1", "month=2&year=2031&chapter=0",
    ):  # fmt: skip
        assert page.get(f"/ministry/statistics/?{query}").status_code == 200, query
        assert page.get(f"/ministry/statistics.csv?{query}").status_code == 200, query


def test_nothing_yet_and_what_is_being_counted_are_said(house):
    page = make.page_client(house["ben"])
    page.cookies["language"] = "en"
    empty = page.get("/doctor/statistics/?year=2019").content.decode()
    assert "Nothing was prescribed here in this time" in empty
    Recount.objects.create(prescription_id=house["ben"].id)
    said = page.get("/doctor/statistics/?year=2031").content.decode()
    assert "1 change is still being counted." in said


def test_the_ministry_lands_on_its_statistics(house):
    assert make.page_client(house["ha"]).get("/ministry/").headers["Location"] == "/ministry/statistics/"


def test_columns_are_as_high_as_they_should_be():
    """Of 180: the highest fills it, half as much is half as high; a hidden one is marked, a hidden part as well."""
    full, half, none, unknown = charts.columns([40, 20, 0, None], [10, None, 0, None])
    assert (full.height, full.y, full.part_height) == ("180.0", "0.0", "45.0")
    assert (half.height, half.y, half.part_is_hidden) == ("90.0", "90.0", True)
    assert (none.height, none.part_is_hidden) == ("0.0", False)
    assert (unknown.is_hidden, unknown.part_is_hidden) == (True, False)


def test_a_line_breaks_where_nothing_is_known():
    assert charts.strokes([50.0, 100.0, None, 0.0]) == ["90.0,90.0 270.0,0.0", "610.2,180.0 649.8,180.0"]
    assert charts.strokes([None]) == []
    assert charts.bars([10, 5, None, 0]) == ["100.0", "50.0", None, "0.0"]
