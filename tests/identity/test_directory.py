"""The public directory: found without tone marks, by place, by specialty, by distance."""

from __future__ import annotations

import pytest

from identity.models import Province
from tests import make
from tests.make import ApiClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def country() -> None:
    hue = make.make_facility(
        name="Bệnh viện Trung ương Hương Giang",
        province=Province.objects.get(code="46"),
        latitude=16.4637,
        longitude=107.5909,
    )
    hanoi = make.make_facility(name="Phòng khám Đông Đô", kind="clinic")
    make.make_visit_type(facility=hue, modes=["in_person"])
    make.make_visit_type(facility=hanoi, modes=["video"], price=90_000)
    make.make_practitioner(facility=hue, full_name="Đặng Thị Ngọc Yến", specialties=["cardiology"])
    make.make_practitioner(facility=hanoi, full_name="Nguyễn Văn Đức", specialties=["paediatrics", "general"])
    make.make_practitioner(facility=hanoi, full_name="Trần Thị Hương", profession="nurse")


def names(api: ApiClient, path: str) -> list[str]:
    answer = api.get(path)
    assert answer.status_code == 200, answer.json()
    return [row.get("full_name") or row["name"] for row in answer.json()["results"]]


@pytest.mark.parametrize("q", ["dang thi ngoc yen", "Ngọc Yến", "YEN", "  dang   yen "])
def test_finds_a_doctor_without_tone_marks(country: None, nobody_api: ApiClient, q: str) -> None:
    assert names(nobody_api, f"/api/v1/practitioners?q={q}") == ["Đặng Thị Ngọc Yến"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("specialty=paediatrics", ["Nguyễn Văn Đức"]),
        ("province=46", ["Đặng Thị Ngọc Yến"]),
        ("mode=video", ["Nguyễn Văn Đức"]),
        ("specialty=paediatrics&province=46", []),
        ("q=huong", []),  # a nurse is not booked
        ("near=16.46,107.59", ["Đặng Thị Ngọc Yến", "Nguyễn Văn Đức"]),
        ("near=21.03,105.85", ["Nguyễn Văn Đức", "Đặng Thị Ngọc Yến"]),
    ],
)
def test_filters_doctors(country: None, nobody_api: ApiClient, query: str, found: list[str]) -> None:
    assert names(nobody_api, f"/api/v1/practitioners?{query}") == found


def test_finds_places(country: None, nobody_api: ApiClient) -> None:
    assert names(nobody_api, "/api/v1/facilities?q=dong do") == ["Phòng khám Đông Đô"]
    assert names(nobody_api, "/api/v1/facilities?kind=hospital") == ["Bệnh viện Trung ương Hương Giang"]
    assert names(nobody_api, "/api/v1/facilities?specialty=paediatrics") == ["Phòng khám Đông Đô"]
    near = nobody_api.get("/api/v1/facilities?near=16.46,107.59").json()["results"]
    assert [row["province"]["code"] for row in near] == ["46", "01"]
    assert near[0]["distance_m"] < 1_000
    assert 500_000 < near[1]["distance_m"] < 600_000


def test_pages_by_cursor(country: None, nobody_api: ApiClient) -> None:
    first = nobody_api.get("/api/v1/practitioners?limit=1").json()
    assert first["next"]
    second = nobody_api.get(first["next"]).json()
    assert first["results"][0]["id"] != second["results"][0]["id"]
    near = nobody_api.get("/api/v1/practitioners?limit=1&near=16.46,107.59").json()
    assert nobody_api.get(near["next"]).json()["results"][0]["full_name"] == "Nguyễn Văn Đức"


def test_shows_prices_as_whole_numbers(country: None, nobody_api: ApiClient) -> None:
    [row] = nobody_api.get("/api/v1/visit-types?mode=video").json()["results"]
    assert row["price"] == {"amount": 90_000, "currency": "VND"}
    assert nobody_api.get(f"/api/v1/visit-types/{row['id']}").json() == row


def test_speaks_the_reader_s_language(country: None, nobody_api: ApiClient) -> None:
    vietnamese = nobody_api.get("/api/v1/specialties/cardiology").json()["name"]
    english = nobody_api.get("/api/v1/specialties/cardiology", HTTP_ACCEPT_LANGUAGE="en").json()["name"]
    assert (vietnamese, english) == ("Tim mạch", "Cardiology")


def test_lists_the_34_provinces(nobody_api: ApiClient) -> None:
    assert len(nobody_api.get("/api/v1/provinces?limit=100").json()["results"]) == 34


@pytest.mark.parametrize(
    "query", ["near=1", "near=a,b", "near=91,0", "province=x", "mode=carrier-pigeon", "facility=1"]
)
def test_refuses_filters_it_cannot_read(nobody_api: ApiClient, query: str) -> None:
    answer = nobody_api.get(f"/api/v1/practitioners?{query}")
    assert answer.status_code == 422
    assert query.split("=")[0] in answer.json()["errors"]


def test_an_unknown_id_is_not_found(nobody_api: ApiClient) -> None:
    for path in ("facilities", "practitioners", "visit-types"):
        assert nobody_api.get(f"/api/v1/{path}/0190aaaa-0000-7000-8000-000000000000").status_code == 404
