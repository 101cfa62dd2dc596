"""The doors of payments: API and pages, each tried by eve."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client

from core.ids import new_id
from identity.models import Person
from payments.gateways.sandbox import bank
from payments.models import Charge, Payment, Refund
from tests.jobs import run_jobs
from tests.make import ApiClient, api_client, make_desk, make_facility
from tests.payments.conftest import again


def test_pays_for_a_subject(payment: Payment, ana_api: ApiClient) -> None:
    response = ana_api.post("/api/v1/payments", {"subject": payment.subject, "gateway": "sandbox"})
    answer = response.json()
    assert response.status_code == 200
    assert (answer["id"], answer["status"]) == (str(payment.id), "pending")
    assert answer["price"] == {"amount": 150_000, "currency": "VND"}
    assert answer["redirect_url"] == f"http://testserver/sandbox/pay/{Charge.objects.get().reference}/"
    assert ana_api.post("/api/v1/payments", {"subject": payment.subject}).json() == answer


def test_shows_one_payment_to_the_payer_and_the_desk(paid: Payment, ana_api: ApiClient, dan_api: ApiClient) -> None:
    for api in (ana_api, dan_api):
        answer = api.get(f"/api/v1/payments/{paid.id}").json()
        assert (answer["status"], answer["redirect_url"], answer["refunds"]) == ("captured", None, [])


def test_eve_cannot_tell_whether_it_exists(payment: Payment, eve_api: ApiClient, eve_browser: Client) -> None:
    absent = f"thing:{new_id()}"
    there, nowhere = (
        eve_api.post("/api/v1/payments", {"subject": subject}).json() for subject in (payment.subject, absent)
    )
    assert there == nowhere and there["code"] == "not_found"
    for path in (f"/api/v1/payments/{payment.id}", f"/api/v1/payments/{new_id()}"):
        assert eve_api.get(path).status_code == 404
    assert eve_api.post(f"/api/v1/payments/{payment.id}/refunds", {"reason": "x"}).status_code == 403
    assert eve_browser.get(f"/payments/{payment.id}/").status_code == 404
    assert eve_browser.post(f"/payments/{payment.id}/start/").status_code == 404
    assert again(payment).status == "created"


def test_nobody_signed_in_gets_401_and_other_roles_403(
    payment: Payment, nobody_api: ApiClient, cara_api: ApiClient, ben_api: ApiClient
) -> None:
    path = f"/api/v1/payments/{payment.id}"
    assert nobody_api.get(path).status_code == 401
    assert cara_api.get(path).status_code == 403
    assert ben_api.get(path).status_code == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"subject": 5}, 422),
        ({"subject": "nonsense"}, 404),
        ({"subject": "thing:not-a-uuid"}, 404),
        ({"subject": "x" * 81}, 422),
        ({"subject": f"thing:{new_id()}", "amount": 1}, 422),
        ([], 422),
    ],
)
def test_bad_wishes_get_their_own_answer(ana_api: ApiClient, body: object, status: int) -> None:
    response = ana_api.post("/api/v1/payments", body)
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"


def test_an_unknown_gateway_is_refused(payment: Payment, ana_api: ApiClient) -> None:
    response = ana_api.post("/api/v1/payments", {"subject": payment.subject, "gateway": "gold"})
    assert (response.status_code, response.json()["code"]) == (422, "unknown_gateway")


def test_the_desk_gives_a_part_back_once_for_each_key(paid: Payment, dan_api: ApiClient) -> None:
    path, body = f"/api/v1/payments/{paid.id}/refunds", {"amount": 50_000, "reason": "too much"}
    first = dan_api.post(path, body, headers={"Idempotency-Key": "k1"})
    second = dan_api.post(path, body, headers={"Idempotency-Key": "k1"})
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] == second.json()["id"]
    run_jobs()
    assert again(paid).refunded_amount == 50_000
    assert dan_api.post(path, {"amount": 100_001, "reason": "x"}).json()["code"] == "refund_too_high"


def test_the_desk_of_another_house_finds_nothing(paid: Payment) -> None:
    stranger = api_client(make_desk(facility=make_facility(name="Elsewhere")))
    assert stranger.get(f"/api/v1/payments/{paid.id}").status_code == 404
    assert stranger.post(f"/api/v1/payments/{paid.id}/refunds", {"reason": "x"}).status_code == 404
    assert not Refund.objects.exists()


def test_the_whole_way_on_pages(payment: Payment, ana_browser: Client) -> None:
    page = f"/payments/{payment.id}/"
    assert "150.000" in ana_browser.get(page).content.decode()
    to_bank = ana_browser.post(f"{page}start/")
    assert to_bank.status_code == 302
    bank_page = Client().get(to_bank["Location"])  # the bank does not know who is signed in here
    assert bank_page.status_code == 200 and "150.000" in bank_page.content.decode()
    back = Client().post(f"{to_bank['Location']}answer/", {"way": "pay"})
    assert back["Location"] == f"{page}back/"
    assert (
        ana_browser.get(f"{back['Location']}?vnp_ResponseCode=00")["Location"] == f"{page}?back"
    )  # what the address says is not read
    assert 'data-status="pending"' in ana_browser.get(page).content.decode()
    run_jobs()
    assert 'data-status="captured"' in ana_browser.get(page).content.decode()


@pytest.mark.parametrize("way", ["decline", "late"])
def test_the_other_buttons_charge_nothing_now(pending: Payment, way: str) -> None:
    Client().post(f"{pending.gateway_url}answer/", {"way": way})
    run_jobs()
    assert again(pending).status == {"decline": "failed", "late": "pending"}[way]
    assert Charge.objects.get().paid_at is None


def test_after_a_refusal_the_page_offers_another_try(pending: Payment, ana_browser: Client, now: datetime) -> None:
    bank.decline(pending.gateway_reference, now=now)
    run_jobs()
    again_at_the_bank = ana_browser.post(f"/payments/{pending.id}/start/")
    assert again_at_the_bank["Location"] != pending.gateway_url
    assert Payment.objects.filter(status="pending").count() == 1


def test_the_sandbox_has_no_page_for_guesses_and_none_when_it_is_not_offered(
    pending: Payment, settings: object
) -> None:
    assert Client().get("/sandbox/pay/sb_guess/").status_code == 404
    assert Client().post(f"{pending.gateway_url}answer/", {"way": "steal"}).status_code == 404
    settings.PAYMENT_GATEWAYS = {}  # type: ignore[attr-defined]
    assert Client().get(pending.gateway_url).status_code == 404


def test_somebody_who_may_pay_for_a_child_sees_its_payment(
    open_payment: object, child: Person, ana_api: ApiClient, eve_api: ApiClient, now: datetime
) -> None:
    payment = open_payment(payer_id=child.id, expires_at=now + timedelta(minutes=5))  # type: ignore[operator]
    assert ana_api.get(f"/api/v1/payments/{payment.id}").status_code == 200
    assert eve_api.get(f"/api/v1/payments/{payment.id}").status_code == 404
