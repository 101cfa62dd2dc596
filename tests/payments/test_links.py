"""Paying for somebody by a link: it says little, works once for all, ends in time, and can be taken back."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client

from core.actor import Actor
from core.errors import NotFound
from core.ids import new_id
from core.refs import Ref
from identity.models import Person
from payments import access, actions
from payments.errors import AlreadyPaid, LinksEnough, LinkSpent, PaymentExpired
from payments.gateways.sandbox import bank
from payments.models import Charge, PayLink, Payment
from tests.jobs import run_jobs
from tests.make import actor_for, make_desk, make_facility
from tests.payments.billing import HOUSE
from tests.payments.conftest import again

pytestmark = pytest.mark.django_db
SECRET = "Khám nam khoa"


@pytest.fixture
def owed(open_payment: Callable[..., Payment]) -> Payment:
    """A payment whose description says more than a stranger may know."""
    return open_payment(subject=Ref("appointment", new_id()), description=SECRET)


@pytest.fixture
def token(owed: Payment, by_ana: Actor, now: datetime) -> str:
    return actions.make_link(payment_id=owed.id, by=by_ana, now=now)[1]


def test_the_page_says_whom_how_much_and_nothing_else(owed: Payment, token: str, ana: Person) -> None:
    answer = Client().get(f"/pay/{token}/")
    shown = answer.content.decode()
    assert answer.status_code == 200
    assert "Ngọc" in shown and "150.000" in shown and owed.facility.name in shown
    assert SECRET not in shown and ana.full_name not in shown and str(owed.id) not in shown
    assert str(owed.payer_id) not in shown and owed.subject not in shown
    assert (answer["Referrer-Policy"], answer["X-Robots-Tag"], answer["Cache-Control"]) == (
        "same-origin", "noindex", "no-store",
    )  # fmt: skip


def test_only_a_hash_is_kept(token: str) -> None:
    link = PayLink.objects.get()
    assert token not in str(vars(link)) and len(token) >= 43


def test_a_relative_pays_without_an_account(owed: Payment, token: str) -> None:
    browser = Client()
    to_bank = browser.post(f"/pay/{token}/start/")
    assert to_bank.status_code == 302 and SECRET not in to_bank["Location"]
    address = re.sub(r"^https?://[^/]+", "", to_bank["Location"])
    back = Client().post(f"{address}answer/", {"way": "pay"})
    assert back.status_code == 302 and f"/pay/{token}/back/" in back["Location"]
    browser.get(f"/pay/{token}/back/")
    run_jobs()
    assert again(owed).status == "captured"
    shown = browser.get(f"/pay/{token}/").content.decode()
    assert 'data-state="captured"' in shown and "/start/" not in shown
    assert browser.post(f"/pay/{token}/start/").status_code == 409


def test_after_a_refusal_the_link_pays_the_next_try(owed: Payment, token: str, now: datetime) -> None:
    Client().post(f"/pay/{token}/start/")
    bank.decline(again(owed).gateway_reference, now=now)
    run_jobs()
    assert Client().post(f"/pay/{token}/start/").status_code == 302
    fresh = Payment.objects.get(subject=owed.subject, status="pending")
    assert fresh.id != owed.id and fresh.payer_id == owed.payer_id
    bank.pay(fresh.gateway_reference, now=now)
    run_jobs()
    assert 'data-state="captured"' in Client().get(f"/pay/{token}/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_double_tap_and_the_payers_own_phone_make_one_payment(
    owed: Payment, token: str, by_ana: Actor, now: datetime
) -> None:
    at_once = threading.Barrier(4)

    def tap() -> None:
        at_once.wait()
        Client().post(f"/pay/{token}/start/")
        connection.close()

    def tap_oneself() -> None:
        at_once.wait()
        actions.start_payment(payment_id=owed.id, gateway="sandbox", by=by_ana, now=now)
        connection.close()

    threads = [*(threading.Thread(target=tap) for _ in range(3)), threading.Thread(target=tap_oneself)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Payment.objects.get(subject=owed.subject).status == "pending"
    assert Charge.objects.count() == 1


def test_a_link_reaches_its_own_payment_alone(
    owed: Payment, token: str, open_payment: Callable[..., Payment], now: datetime
) -> None:
    other = open_payment()
    bearer, _link = actions.use_link(token=token, now=now)
    assert access.get_payment(bearer, owed.id) == owed
    with pytest.raises(NotFound):
        access.get_payment(bearer, other.id)
    with pytest.raises(NotFound):
        actions.start_payment(payment_id=other.id, gateway="sandbox", by=bearer, now=now)
    with pytest.raises(NotFound):
        actions.make_link(payment_id=owed.id, by=bearer, now=now)
    assert again(other).status == "created"


def test_a_link_that_was_taken_back_is_gone(owed: Payment, token: str, by_ana: Actor, now: datetime) -> None:
    bearer, _link = actions.use_link(token=token, now=now)
    assert actions.revoke_links(payment_id=owed.id, by=by_ana, now=now) == 1
    assert actions.revoke_links(payment_id=owed.id, by=by_ana, now=now) == 0
    for path in (f"/pay/{token}/", f"/pay/{token}/qr.svg", f"/pay/{token}/back/", "/pay/guess/"):
        assert Client().get(path).status_code == 404
    assert Client().post(f"/pay/{token}/start/").status_code == 404
    with pytest.raises(NotFound):
        access.get_payment(bearer, owed.id)
    assert again(owed).status == "created"


def test_a_link_ends_with_its_payment(owed: Payment, token: str, by_ana: Actor, now: datetime) -> None:
    late = owed.expires_at
    with pytest.raises(PaymentExpired):
        actions.use_link(token=token, now=late)
    with pytest.raises(NotFound):
        actions.use_link(token=token, now=late + timedelta(days=1))
    with pytest.raises(PaymentExpired):
        actions.make_link(payment_id=owed.id, by=by_ana, now=late)


def test_many_taps_are_slowed(token: str, now: datetime) -> None:
    for _ in range(10):
        actions.use_link(token=token, now=now)
    with pytest.raises(LinkSpent):
        actions.use_link(token=token, now=now)
    assert Client().post(f"/pay/{token}/start/").status_code == 429
    assert Client().get(f"/pay/{token}/").status_code == 200
    PayLink.objects.update(expires_at=now + timedelta(hours=1))
    actions.use_link(token=token, now=now + timedelta(minutes=11))


def test_not_more_than_five_links_live_at_once(owed: Payment, by_ana: Actor, now: datetime) -> None:
    for _ in range(5):
        actions.make_link(payment_id=owed.id, by=by_ana, now=now)
    with pytest.raises(LinksEnough):
        actions.make_link(payment_id=owed.id, by=by_ana, now=now)


def test_what_is_paid_needs_no_link(paid: Payment, by_ana: Actor, now: datetime) -> None:
    with pytest.raises(AlreadyPaid):
        actions.make_link(payment_id=paid.id, by=by_ana, now=now)


def test_strangers_and_other_desks_share_and_stop_nothing(
    owed: Payment, token: str, by_eve: Actor, eve_browser: Client, now: datetime
) -> None:
    elsewhere = actor_for(make_desk(facility=make_facility(name="Elsewhere")))
    for by in (by_eve, elsewhere):
        with pytest.raises(NotFound):
            actions.make_link(payment_id=owed.id, by=by, now=now)
        with pytest.raises(NotFound):
            actions.revoke_links(payment_id=owed.id, by=by, now=now)
    assert eve_browser.post(f"/payments/{owed.id}/share/").status_code == 404
    assert eve_browser.post(f"/payments/{owed.id}/share/stop/").status_code == 404
    assert PayLink.objects.filter(revoked_at=None).count() == 1


def test_the_payer_shares_from_the_payments_page(owed: Payment, ana_browser: Client) -> None:
    assert f"/payments/{owed.id}/share/" in ana_browser.get(f"/payments/{owed.id}/").content.decode()
    shown = ana_browser.post(f"/payments/{owed.id}/share/").content.decode()
    (path,) = set(re.findall(r"/pay/[\w-]{43}/", shown))
    assert Client().get(path).status_code == 200
    assert f"/payments/{owed.id}/share/stop/" in ana_browser.get(f"/payments/{owed.id}/").content.decode()
    ana_browser.post(f"/payments/{owed.id}/share/stop/")
    assert Client().get(path).status_code == 404


def test_the_signed_in_relative_pays_by_the_link_too(token: str, owed: Payment, eve_browser: Client) -> None:
    assert eve_browser.post(f"/pay/{token}/start/").status_code == 302
    assert again(owed).status == "pending"
    assert eve_browser.get(f"/payments/{owed.id}/").status_code == 404


def test_the_house_knows_who_acted(owed: Payment, token: str, now: datetime) -> None:
    assert actions.use_link(token=token, now=now)[0].role == "guest"
    assert HOUSE.is_system
