"""The desk's pages of money over HTTP: what is found, what is shown, what is refused, and whom nothing is shown."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

import booking.actions
from booking.models import Appointment, Schedule
from core.ids import new_id
from core.money import Money
from core.refs import Ref, ref
from identity.models import Facility, Person, VisitType
from payments import actions
from payments.gateways import ZONE
from payments.gateways.sandbox import bank
from payments.models import CashMovement, CashShift, Difference, Payment, Reconciliation, Refund
from tests import make
from tests.jobs import run_jobs
from tests.payments.conftest import HOUSE

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(dan: Any) -> Any:
    return make.page_client(dan)


@pytest.fixture
def other(db: None) -> Any:
    return make.page_client(make.make_desk(facility=make.make_facility(name="Bệnh viện Khác")))


@pytest.fixture
def payment(ana: Person, hospital: Facility, now: datetime) -> Payment:
    """Ana is asked for 600.000 ₫."""
    return actions.open_payment(
        subject=Ref("deskitem", new_id()),
        price=Money.vnd(600_000),
        payer_id=ana.id,
        facility_id=hospital.id,
        description="Siêu âm tim",
        expires_at=now + timedelta(hours=2),
        by=HOUSE,
        now=now,
    )


def text(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    return str(answer.content.decode())


def test_finds_a_payment_by_code_name_and_phone_and_another_hospital_finds_none(
    desk: Any, other: Any, payment: Payment, ana: Person
) -> None:
    typed = (
        payment.code,
        payment.code.lower().replace("lh", "lh "),
        "anh ngoc",
        "Ánh Ngọc",
        ana.phone,
        "0" + ana.phone[3:],
    )
    for q in typed:
        assert payment.description in text(desk.get("/hospital/cash/", {"q": q})), q
        assert payment.description not in text(other.get("/hospital/cash/", {"q": q})), q
    for q in ("ngoc tran", "0999999999", "LH00000000000", "7", "%", "'"):
        assert payment.description not in text(desk.get("/hospital/cash/", {"q": q})), q


def test_finds_a_payment_by_the_queue_number_of_today(
    desk: Any, other: Any, schedule: Schedule, visit_type: VisitType, ana: Person, dan: Any, now: datetime
) -> None:
    ticket = booking.actions.walk_in(
        schedule_id=schedule.id, visit_type_id=visit_type.id, person_id=ana.id, by=make.actor_for(dan), now=now
    )
    asked = actions.open_payment(
        subject=Ref("appointment", ticket.appointment_id),
        price=Money.vnd(150_000),
        payer_id=ana.id,
        facility_id=schedule.facility_id,
        description="Khám bệnh",
        expires_at=now + timedelta(hours=2),
        by=HOUSE,
        now=now,
    )
    assert asked.code in text(desk.get("/hospital/cash/", {"q": f"{ticket.number:03}"}))
    assert asked.code not in text(other.get("/hospital/cash/", {"q": str(ticket.number)}))


def test_takes_cash_and_says_the_change_and_a_second_tap_is_the_same(desk: Any, payment: Payment) -> None:
    page = f"/hospital/cash/payments/{payment.id}/"
    assert desk.post(f"{page}take/", {"given": "1.000.000"}).status_code == 422  # no drawer is open
    desk.post("/hospital/cash/open/", {"float": "500.000"})
    assert desk.post(f"{page}take/", {"given": "599.999"}).status_code == 422
    assert not CashMovement.objects.exists()
    for _ in range(2):
        assert desk.post(f"{page}take/", {"given": "1.000.000"}).status_code == 302
    assert "400.000" in text(desk.get(page))
    assert CashMovement.objects.count() == 1


def test_a_count_that_differs_needs_a_reason(desk: Any) -> None:
    desk.post("/hospital/cash/open/", {"float": "500.000"})
    assert desk.post("/hospital/cash/close/", {"note-200000": "2"}).status_code == 422
    assert desk.post("/hospital/cash/close/", {"note-200000": "-2", "reason": "x"}).status_code == 422
    assert CashShift.objects.get().is_open
    closed = desk.post("/hospital/cash/close/", {"note-200000": "2", "reason": "Thiếu"})
    assert "-100.000" in text(desk.get(closed["Location"]))
    assert desk.get("/hospital/cash/close/").status_code == 409


def test_a_large_refund_waits_for_another_person(desk: Any, dan: Any, payment: Payment, hospital: Facility) -> None:
    desk.post("/hospital/cash/open/", {"float": "0"})
    desk.post(f"/hospital/cash/payments/{payment.id}/take/", {"given": "600.000"})
    ask = f"/hospital/cash/payments/{payment.id}/refund/"
    desk.post(ask, {"amount": "600.000", "reason": " "})
    assert not Refund.objects.exists()
    desk.post(ask, {"amount": "600.000", "reason": "Máy hỏng"})
    refund = Refund.objects.get()
    decide = f"/hospital/money/refunds/{refund.id}/decide/"
    desk.post(decide, {"answer": "approve"})
    assert Refund.objects.get().status == "awaiting_approval"
    colleague = make.page_client(make.make_desk(facility=hospital))
    assert "Máy hỏng" in text(colleague.get("/hospital/money/refunds/"))
    colleague.post(decide, {"answer": "approve"})
    run_jobs()
    refund = Refund.objects.get()
    assert refund.status == "credited"  # it was cash: it is handed out
    desk.post(f"/hospital/money/credits/{refund.credit.id}/pay-out/", {"way": "cash"})
    assert Refund.objects.get().status == "done"
    assert CashMovement.objects.filter(kind="pay_out").count() == 1


def test_the_payer_reads_what_is_kept_for_them(
    desk: Any, ana_browser: Any, eve_browser: Any, payment: Payment, now: datetime
) -> None:
    desk.post("/hospital/cash/open/", {"float": "0"})
    desk.post(f"/hospital/cash/payments/{payment.id}/take/", {"given": "600.000"})
    actions.request_refund(payment_id=payment.id, reason="x", by=HOUSE, now=now)
    run_jobs()
    shown = text(ana_browser.get(f"/payments/{payment.id}/"))
    assert "600.000" in shown and payment.code in shown and "quầy thu ngân" in shown
    assert eve_browser.get(f"/payments/{payment.id}/").status_code == 404


def test_income_by_day_kind_and_doctor_and_as_csv(
    desk: Any, other: Any, dan: Any, booked: Appointment, now: datetime
) -> None:
    asked = actions.open_payment(
        subject=ref(booked),
        price=Money.vnd(150_000),
        payer_id=booked.person_id,
        facility_id=booked.facility_id,
        description="Khám từ xa",
        expires_at=now + timedelta(hours=2),
        by=HOUSE,
        now=now,
    )
    actions.open_shift(opening_float=0, by=make.actor_for(dan), now=now)
    actions.take_cash(payment_id=asked.id, given=150_000, by=make.actor_for(dan), now=now)
    page = text(desk.get("/hospital/money/"))
    assert booked.visit_type.name_vi in page and booked.practitioner.display_name in page
    assert "150.000" in page
    csv = desk.get("/hospital/money/income.csv").content.decode("utf-8-sig")
    assert f"visit_type,{booked.visit_type.name_vi},1,150000,0,150000,0" in csv
    assert booked.practitioner.display_name not in text(other.get("/hospital/money/"))
    assert "150000" not in other.get("/hospital/money/income.csv").content.decode()
    empty = text(desk.get("/hospital/money/", {"from": "2020-01-01", "to": "2020-12-31"}))
    assert booked.practitioner.display_name not in empty
    for nonsense in ({"from": "x", "to": "9999-99-99"}, {"from": "2031-03-26", "to": "1999-01-01"}):
        assert desk.get("/hospital/money/", nonsense).status_code == 200


def test_compares_a_day_on_demand_and_refuses_what_cannot_be(desk: Any, other: Any, now: datetime) -> None:
    address = "/hospital/money/reconciliations/"
    made = desk.post(address, {"gateway": "sandbox", "day": "2031-03-24"})
    row = Reconciliation.objects.get()
    assert made["Location"] == f"{address}{row.id}/" and row.status == "agreed"
    for wish in ({"gateway": "cash", "day": "2031-03-24"}, {"gateway": "nobody", "day": "2031-03-24"}, {}):
        desk.post(address, wish)
    assert Reconciliation.objects.count() == 1
    assert "24/03/2031" not in text(other.get(address))
    assert other.get(f"{address}{row.id}/").status_code == 404
    assert other.post(f"{address}{row.id}/again/").status_code == 404


def test_posts_a_fee_and_records_a_dispute_by_one_click(desk: Any, other: Any, payment: Payment, now: datetime) -> None:
    paid = actions.start_payment(payment_id=payment.id, gateway="sandbox", by=HOUSE, now=now)
    bank.pay(paid.gateway_reference, now=now)
    actions.ask_gateway(payment_id=paid.id, by=HOUSE, now=now)
    day = now.astimezone(ZONE)
    said = f"{day:%Y-%m-%d %H:%M:%S},{{}},{paid.gateway_reference},{{}},{{}},{{}}\n".format
    lines = said("capture", paid.gateway_reference, paid.amount, paid.amount) + said("dispute", "du_1", paid.amount, 0)
    file = SimpleUploadedFile("sk.csv", b"time,kind,reference,transaction,amount,fee\n" + lines.encode())
    made = desk.post("/hospital/money/reconciliations/", {"gateway": "sandbox", "day": f"{day:%Y-%m-%d}", "file": file})
    page = text(desk.get(made["Location"]))
    assert page.count('value="fee"') == 1 and page.count('value="record"') == 1
    for one, way in zip(Difference.objects.order_by("side"), ("record", "fee"), strict=True):
        address = f"/hospital/money/differences/{one.id}/settle/"
        assert other.post(address, {"way": way}).status_code == 404
        assert one.resolution == ""
        assert desk.post(address, {"way": way})["Location"] == made["Location"]
    assert set(Difference.objects.values_list("resolution", flat=True)) == {"recorded"}
    paid.refresh_from_db()
    assert (paid.fee_amount, paid.disputes.get().is_taken) == (paid.amount, True)
