"""Price lists at their doors: the desk writes and publishes, everybody reads."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from identity.models import Facility
from payments.models import PriceList
from tests.make import ApiClient, make_desk, make_facility, page_client
from tests.payments.billing import publish

pytestmark = pytest.mark.django_db


def test_anybody_reads_what_holds(hospital: Facility, nobody_api: ApiClient, now: datetime) -> None:
    publish(hospital, now=now)
    publish(hospital, first_day=date(2099, 1, 1), now=now, KB01=1)
    shown = Client().get(f"/facilities/{hospital.id}/prices/").content.decode()
    assert "Khám nội tổng quát" in shown and "150.000" in shown
    answer = nobody_api.get(f"/api/v1/facilities/{hospital.id}/prices").json()
    assert (answer["version"], answer["valid_from"], answer["valid_to"]) == (1, "2026-01-01", "2099-01-01")
    assert {one["code"]: one["price"]["amount"] for one in answer["items"]}["KB01"] == 150_000
    later = nobody_api.get(f"/api/v1/facilities/{hospital.id}/prices?on=2099-01-02").json()
    assert later["version"] == 2
    assert nobody_api.get(f"/api/v1/facilities/{hospital.id}/prices?on=x").status_code == 422
    none = nobody_api.get(f"/api/v1/facilities/{make_facility(name='Elsewhere').id}/prices").json()
    assert (none["version"], none["items"]) == (None, [])


def test_search_needs_no_tones(hospital: Facility, now: datetime) -> None:
    publish(hospital, now=now)
    shown = Client().get(f"/facilities/{hospital.id}/prices/?q=kham noi").content.decode()
    assert "Khám nội tổng quát" in shown and "Phòng chờ" not in shown


def test_a_draft_is_read_by_its_desk_alone(hospital: Facility, dan_browser: Client, eve_browser: Client) -> None:
    begun = dan_browser.post("/hospital/prices/begin/", {"name": "Giá mới", "first_day": "2026-09-01", "copy_of": ""})
    page = begun["Location"]
    assert dan_browser.get(page).status_code == 200
    other = page_client(make_desk(facility=make_facility(name="Elsewhere")))
    assert other.get(page).status_code == 404 and other.get(f"{page}prices.csv").status_code == 404
    assert other.post(f"{page}publish/").status_code == 404 and other.post(f"{page}drop/").status_code == 404
    assert eve_browser.get(page).status_code == 403
    assert "Giá mới" not in Client().get(f"/facilities/{hospital.id}/prices/").content.decode()
    assert PriceList.objects.get().published_at is None


def test_the_desk_writes_takes_in_and_publishes(hospital: Facility, dan_browser: Client) -> None:
    page = dan_browser.post("/hospital/prices/begin/", {"first_day": "2026-09-01"})["Location"]
    line = {"code": "KB01", "name_vi": "Khám nội", "category": "insured", "amount": "150.000", "in_scope": "1"}
    assert dan_browser.post(f"{page}put/", line).status_code == 302
    wrong = dan_browser.post(f"{page}put/", {**line, "code": "KB02", "amount": "viel"})
    assert wrong.status_code == 422 and "KB02" in wrong.content.decode()
    file = SimpleUploadedFile("gia.csv", "code,name_vi,category,amount\nXN1,Máu,insured,90000\nXN2,,x,1\n".encode())
    report = dan_browser.post(f"{page}import/", {"file": file})
    assert report.status_code == 422 and "XN2" not in report.content.decode().split("price-list")[-1]
    assert dan_browser.post(f"{page}take-out/", {"code": "XN1"}).status_code == 302
    assert dan_browser.post(f"{page}publish/").status_code == 302
    assert [one.code for one in PriceList.objects.get().items.all()] == ["KB01"]
    assert "KB01" in dan_browser.get(f"{page}prices.csv").content.decode()
    for act in ("put", "take-out", "drop"):
        assert dan_browser.post(f"{page}{act}/", line).status_code == 409
    assert dan_browser.post(f"{page}import/", {}).status_code == 302
    assert dan_browser.post(f"{page}import/", {"file": SimpleUploadedFile("x.csv", b"code")}).status_code == 409


@pytest.mark.parametrize("form", [{}, {"first_day": "x"}, {"first_day": "2026-09-01", "copy_of": "x"}])
def test_nonsense_begins_nothing(hospital: Facility, dan_browser: Client, form: dict[str, str]) -> None:
    assert dan_browser.post("/hospital/prices/begin/", form).status_code in {404, 422}
    assert not PriceList.objects.exists()
