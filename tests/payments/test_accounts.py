"""A facility's accounts with payment companies: sealed, its own desk's alone, and still good for what was paid through them."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from audit.models import Line
from core.actor import Actor
from core.errors import NotAllowed, NotFound
from core.ids import new_id
from core.sealing import SealBroken
from identity.models import Facility, Person
from payments import actions, queries
from payments.errors import AccountIncomplete, AccountTaken, UnknownGateway
from payments.models import Delivery, Entry, GatewayAccount, Payment
from payments.webhooks import CALLS
from tests import make
from tests.jobs import run_jobs, waiting_jobs
from tests.payments.conftest import HOUSE, again, at_once, enter
from tests.payments.holding import HEADER, WALLET

pytestmark = pytest.mark.usefixtures("companies")
SECRET = "sk_live_Tuyệt-mật-4711"


@pytest.fixture
def elsewhere(db: None) -> Facility:
    return make.make_facility(name="Bệnh viện Đa khoa Sông Thao")


@pytest.fixture
def account(hospital: Facility, now: datetime, companies: object) -> GatewayAccount:
    return enter(hospital, "wallet", now=now, secret=SECRET)


@pytest.fixture
def waiting(payment: Payment, account: GatewayAccount, now: datetime) -> Payment:
    """Ana has paid at the wallet; we have not heard of it."""
    begun = actions.start_payment(payment_id=payment.id, gateway="wallet", by=HOUSE, now=now)
    WALLET.pay(begun.gateway_reference)
    return begun


def rows() -> list[tuple[Any, ...]]:
    found = GatewayAccount.objects.order_by("gateway", "created_at", "id")
    return [(row.gateway, row.merchant, row.is_active, row.credentials()) for row in found]


def hook(path: str, raw: bytes, headers: dict[str, str]) -> Any:
    return Client().post(f"/hooks/{path}", raw, content_type="application/json", headers=headers)  # type: ignore[arg-type]


# -- at rest


def test_the_bytes_in_the_database_hold_no_secret(account: GatewayAccount) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM payments_gatewayaccount WHERE id = %s", [account.id])
        raw = b"|".join(bytes(one) if isinstance(one, memoryview) else str(one).encode() for one in cursor.fetchone())
        cursor.execute("SELECT string_agg(l::text, '|') FROM audit_line l")
        trail = str(cursor.fetchone()[0])
    for trace in (SECRET, SECRET.encode().hex(), json.dumps(SECRET).strip('"'), "secret"):
        assert trace.encode() not in raw
        assert trace not in trail
    assert GatewayAccount.objects.get(id=account.id).credentials()["secret"] == SECRET


def test_sealed_bytes_open_in_no_other_row(account: GatewayAccount) -> None:
    other = GatewayAccount.objects.get(gateway="holding")
    GatewayAccount.objects.filter(id=other.id).update(sealed=bytes(account.sealed))
    with pytest.raises(SealBroken):
        GatewayAccount.objects.get(id=other.id).credentials()


def test_the_same_secret_looks_different_each_time(account: GatewayAccount, hospital: Facility, now: datetime) -> None:
    before = bytes(GatewayAccount.objects.get(id=account.id).sealed)
    enter(hospital, "wallet", now=now, secret=SECRET)
    assert bytes(GatewayAccount.objects.get(id=account.id).sealed) != before


def test_under_another_secret_of_the_installation_nothing_opens(account: GatewayAccount, settings: Any) -> None:
    settings.SECRET_KEY = "another installation's"
    with pytest.raises(SealBroken):
        GatewayAccount.objects.get(id=account.id).credentials()


# -- entering


def test_is_entered_by_the_desk_and_is_in_the_trail(hospital: Facility, by_dan: Actor, now: datetime) -> None:
    made = actions.enter_account(
        facility_id=hospital.id, gateway="wallet", merchant="m2", credentials={"secret": "s"}, by=by_dan, now=now
    )
    assert (made.merchant, made.is_active, made.credentials()) == ("m2", True, {"secret": "s", "note": ""})
    line = Line.objects.filter(action="payments.enter_account", facility_id=hospital.id, user_id=by_dan.user_id).get()
    assert line.subject.endswith(f":{made.id}")


@pytest.mark.parametrize("who", ["by_ana", "by_ben", "by_cara", "by_eve"])
def test_nobody_else_enters_one(
    account: GatewayAccount, hospital: Facility, now: datetime, who: str, request: pytest.FixtureRequest
) -> None:
    before = rows()
    with pytest.raises(NotAllowed):
        actions.enter_account(
            facility_id=hospital.id,
            gateway="wallet",
            merchant="mine",
            credentials={"secret": "s"},
            by=request.getfixturevalue(who),
            now=now,
        )
    assert rows() == before


def test_the_desk_of_another_house_neither_enters_nor_closes_nor_sees_it(
    account: GatewayAccount, hospital: Facility, elsewhere: Facility, now: datetime
) -> None:
    stranger = make.make_desk(facility=elsewhere)
    by, before = make.actor_for(stranger), rows()
    with pytest.raises(NotAllowed):
        actions.enter_account(
            facility_id=hospital.id, gateway="wallet", merchant="x", credentials={"secret": "s"}, by=by, now=now
        )
    with pytest.raises(NotFound):
        actions.close_account(account_id=account.id, by=by)
    browser = make.page_client(stranger)
    assert browser.post(f"/hospital/payment-accounts/{account.id}/close/").status_code == 404
    assert account.merchant not in browser.get("/hospital/payment-accounts/").content.decode()
    assert rows() == before


def test_the_desks_page_never_shows_a_secret_again(account: GatewayAccount, dan: Any) -> None:
    page = make.page_client(dan).get("/hospital/payment-accounts/").content.decode()
    assert account.merchant in page and f"/hooks/wallet/{account.id}/" in page
    assert SECRET not in page


def test_at_the_page_an_empty_key_keeps_the_old_one(account: GatewayAccount, dan: Any) -> None:
    browser = make.page_client(dan)
    form = {"merchant": account.merchant, "key_secret": "", "key_note": "quầy 2"}
    assert browser.post("/hospital/payment-accounts/wallet/enter/", form).status_code == 302
    assert GatewayAccount.objects.get(id=account.id).credentials() == {"secret": SECRET, "note": "quầy 2"}


def test_eve_has_no_page_of_accounts(account: GatewayAccount, eve: Person, ana: Person) -> None:
    before = rows()
    for who in (eve, ana):
        browser = make.page_client(who)
        for answer in (
            browser.get("/hospital/payment-accounts/"),
            browser.post("/hospital/payment-accounts/wallet/enter/", {"merchant": "x", "key_secret": "y"}),
            browser.post(f"/hospital/payment-accounts/{account.id}/close/"),
        ):
            assert answer.status_code in {302, 403, 404}
            assert SECRET not in answer.content.decode()
    assert rows() == before


@pytest.mark.parametrize(("merchant", "secret"), [("", "s"), ("m9", ""), ("m9", "   ")])
def test_refuses_one_without_name_or_key_and_changes_nothing(
    account: GatewayAccount, hospital: Facility, now: datetime, merchant: str, secret: str
) -> None:
    before = rows()
    with pytest.raises(AccountIncomplete):
        actions.enter_account(
            facility_id=hospital.id,
            gateway="wallet",
            merchant=merchant,
            credentials={"secret": secret},
            by=HOUSE,
            now=now,
        )
    assert rows() == before


def test_refuses_a_gateway_nobody_offers(hospital: Facility, now: datetime) -> None:
    with pytest.raises(UnknownGateway):
        enter(hospital, "gold", now=now)


def test_the_key_of_a_merchant_is_not_kept_for_another_one(
    account: GatewayAccount, hospital: Facility, now: datetime
) -> None:
    with pytest.raises(AccountIncomplete):
        actions.enter_account(
            facility_id=hospital.id, gateway="wallet", merchant="another", credentials={}, by=HOUSE, now=now
        )


def test_a_merchant_in_use_elsewhere_is_taken_and_the_own_one_stays(
    account: GatewayAccount, elsewhere: Facility, now: datetime
) -> None:
    enter(elsewhere, "wallet", now=now)
    before = rows()
    with pytest.raises(AccountTaken):
        enter(elsewhere, "wallet", now=now, merchant=account.merchant)
    assert rows() == before


@pytest.mark.django_db(transaction=True)
def test_two_houses_that_enter_one_merchant_at_once_one_has_it(
    hospital: Facility, elsewhere: Facility, now: datetime
) -> None:
    ends = at_once([lambda one=one: enter(one, "wallet", now=now, merchant="m-same") for one in (hospital, elsewhere)])
    assert sorted(type(end).__name__ for end in ends) == ["AccountTaken", "GatewayAccount"]
    assert GatewayAccount.objects.filter(gateway="wallet", merchant="m-same", is_active=True).count() == 1


# -- closing


def test_closed_it_takes_no_more_money_but_answers_for_what_was_begun(
    waiting: Payment, account: GatewayAccount, by_dan: Actor, now: datetime
) -> None:
    actions.close_account(account_id=account.id, by=by_dan)
    assert "wallet" not in [way.code for way in queries.ways_to_pay(account.facility_id)]
    raw, headers = WALLET.event(waiting.gateway_reference, "e1", secret=SECRET, at=now)
    assert hook(f"wallet/{account.id}/", raw, headers).status_code == 200
    run_jobs()
    assert again(waiting).status == "captured"
    actions.request_refund(payment_id=waiting.id, reason="x", by=HOUSE, now=now)
    run_jobs()
    assert (again(waiting).status, WALLET.kept) == ("refunded", 0)


def test_closed_it_is_still_found_by_its_name_for_what_was_begun(
    waiting: Payment, account: GatewayAccount, now: datetime
) -> None:
    """Companies that know one address for all name the merchant in the message."""
    actions.close_account(account_id=account.id, by=HOUSE)
    raw, headers = WALLET.event(waiting.gateway_reference, "e1", secret=SECRET, at=now)
    assert hook("wallet/", raw, headers).status_code == 200
    run_jobs()
    assert again(waiting).status == "captured"


def test_entered_again_it_is_the_same_account_and_knows_its_old_payments(
    waiting: Payment, account: GatewayAccount, hospital: Facility, now: datetime
) -> None:
    enter(hospital, "wallet", now=now, merchant="for-a-while")
    back = actions.enter_account(
        facility_id=hospital.id, gateway="wallet", merchant=account.merchant, credentials={}, by=HOUSE, now=now
    )
    assert (back.id, back.credentials()["secret"]) == (account.id, SECRET)
    assert list(GatewayAccount.objects.filter(gateway="wallet", is_active=True)) == [back]
    raw, headers = WALLET.event(waiting.gateway_reference, "e1", secret=SECRET, at=now)
    assert hook("wallet/", raw, headers).status_code == 200
    run_jobs()
    assert again(waiting).status == "captured"


def test_closing_twice_is_closing_once(account: GatewayAccount, by_dan: Actor) -> None:
    actions.close_account(account_id=account.id, by=by_dan)
    actions.close_account(account_id=account.id, by=by_dan)
    assert Line.objects.filter(action="payments.close_account").count() == 1


# -- calls


def test_a_call_is_believed_at_the_accounts_own_door_and_by_its_name(
    waiting: Payment, account: GatewayAccount, now: datetime
) -> None:
    for number, path in enumerate((f"wallet/{account.id}/", "wallet/")):
        raw, headers = WALLET.event(waiting.gateway_reference, f"e{number}", secret=SECRET, at=now)
        assert hook(path, raw, headers).status_code == 200
    assert set(Delivery.objects.values_list("account", flat=True)) == {account.id}
    run_jobs()
    assert again(waiting).status == "captured"
    assert Entry.objects.count() == 2


def test_signed_by_another_house_nothing_is_believed(
    waiting: Payment, account: GatewayAccount, elsewhere: Facility, now: datetime
) -> None:
    """Theirs at our door; ours at theirs; one that names us and is signed by them."""
    theirs = enter(elsewhere, "wallet", now=now, secret="their key")
    before, jobs = CALLS.labels("wallet", "bad_signature")._value.get(), waiting_jobs()
    by_them = WALLET.event(waiting.gateway_reference, "e1", secret="their key", at=now)
    by_us = WALLET.event(waiting.gateway_reference, "e1", secret=SECRET, at=now)
    for path, (raw, headers) in (
        (f"wallet/{account.id}/", by_them),
        (f"wallet/{theirs.id}/", by_us),
        ("wallet/", by_them),
        (f"holding/{account.id}/", by_us),  # the account of another company
        (f"wallet/{new_id()}/", by_us),
    ):
        answer = hook(path, raw, headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_signature")
    assert not Delivery.objects.exists() and waiting_jobs() == jobs
    assert again(waiting).status == "pending"
    assert CALLS.labels("wallet", "bad_signature")._value.get() == before + 4  # the fifth came to the cards' door


def test_rightly_signed_by_another_house_about_our_payment_it_finds_nothing(
    waiting: Payment, elsewhere: Facility, now: datetime
) -> None:
    theirs = enter(elsewhere, "wallet", now=now, secret="their key")
    raw, headers = WALLET.event(waiting.gateway_reference, "e1", secret="their key", at=now)
    assert hook(f"wallet/{theirs.id}/", raw, headers).status_code == 200
    run_jobs()
    assert Delivery.objects.get().outcome == "unknown"
    assert again(waiting).status == "pending"


def test_an_event_another_house_has_signed_before_does_not_stand_for_ours(
    waiting: Payment, account: GatewayAccount, elsewhere: Facility, now: datetime
) -> None:
    """Companies number each merchant's events from one; and whoever foresees our next number must not use it up."""
    theirs = enter(elsewhere, "wallet", now=now, secret="their key")
    for one, secret in ((theirs, "their key"), (account, SECRET), (account, SECRET)):
        raw, headers = WALLET.event(waiting.gateway_reference, "1", secret=secret, at=now)
        assert hook(f"wallet/{one.id}/", raw, headers).status_code == 200
    run_jobs()
    outcomes = Delivery.objects.order_by("received_at", "id").values_list("account", "outcome")
    assert set(outcomes) == {(theirs.id, "unknown"), (account.id, "captured")}
    assert Delivery.objects.count() == 2
    assert again(waiting).status == "captured"


def test_without_a_name_or_with_nonsense_at_the_common_door_nothing_is_believed(
    waiting: Payment, now: datetime
) -> None:
    for raw in (b"", b"{}", b"[]", b'{"merchant": ""}', b'{"merchant": null}', b"\xff", b'{"merchant": {"a": 1}}'):
        answer = hook("wallet/", raw, {HEADER: "t=1,v1=" + "0" * 64})
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_signature")
    assert not Delivery.objects.exists()


def test_after_the_key_has_changed_the_old_one_opens_nothing(
    waiting: Payment, account: GatewayAccount, hospital: Facility, now: datetime
) -> None:
    enter(hospital, "wallet", now=now, secret="a new key")
    raw, headers = WALLET.event(waiting.gateway_reference, "e1", secret=SECRET, at=now)
    assert hook(f"wallet/{account.id}/", raw, headers).status_code == 400
    raw, headers = WALLET.event(waiting.gateway_reference, "e1", secret="a new key", at=now)
    assert hook(f"wallet/{account.id}/", raw, headers).status_code == 200
