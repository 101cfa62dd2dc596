"""The demo's stories go the real path: what the seed makes is what the pages show."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

import booking.queries
from audit.models import Line
from booking.models import Appointment, Ticket
from identity.models import Arrival, Facility, Person, Practitioner, Specialty, User
from notifications.models import Message
from payments.models import Invoice, Payment
from prescriptions.models import Prescription
from records import telemedicine
from records.models import Allergy, Encounter
from runtime.demo.clock import as_of
from runtime.demo.seed import seed
from web.demo import CAST

# Ten minutes after midnight in Vietnam: what is a matter of one day, a line or who came to the station, is then ten
# minutes long. Made in the middle of a day it is in every house the other tests walk through.
NOW = datetime(2031, 3, 25, 17, 10, tzinfo=UTC)
TODAY = date(2031, 3, 26)
STATEMENTS = (
    40_000  # whoever starts the house for the first time waits for them; each visit that is paid has its papers
)


@pytest.mark.django_db
def test_makes_the_whole_demo_in_so_many_statements() -> None:
    asked = 0

    def count(execute: Any, *statement: Any) -> Any:
        nonlocal asked
        asked += 1
        return execute(*statement)

    with as_of(NOW):
        with connection.execute_wrapper(count):
            assert seed(NOW)
        assert asked < STATEMENTS, asked
        assert not seed(NOW)  # once is enough

    places = Facility.objects.exclude(kind="pharmacy")
    assert places.count() == 7
    assert places.values("province").distinct().count() >= 4
    assert set(places.values_list("kind", flat=True)) == {"hospital", "clinic", "station"}
    assert Facility.objects.filter(kind="pharmacy").count() == 10
    assert Practitioner.objects.count() == 21  # twenty doctors and a station's nurse
    assert Specialty.objects.filter(practitioners__isnull=False).distinct().count() >= 10
    assert Person.objects.filter(user__isnull=False).count() == 13
    assert Person.objects.filter(user__isnull=True).count() == 14  # ana's child, and thirteen who walked in
    for member in CAST:
        assert User.objects.filter(email=member.email or None, phone=member.phone or None).exists(), member.key

    assert Encounter.objects.filter(status="finished").count() >= 20
    assert not Encounter.objects.filter(status="finished", diagnoses__isnull=True).exists()
    assert Appointment.objects.filter(status="fulfilled").count() == Encounter.objects.filter(status="finished").count()
    assert Appointment.objects.filter(status="booked").count() >= 10
    assert not Appointment.objects.filter(status__in=["held", "in_consultation"], walk_in=False).exists()
    assert Payment.objects.filter(status="captured").count() >= 25
    assert set(Prescription.objects.values_list("status", flat=True)) >= {"signed", "dispensed"}
    assert Allergy.objects.exists()
    assert Message.objects.filter(kind="prescription_dispensed").exists()

    # One invoice waits for a citizen with an account, and they were reminded of it once; the desk's own wait for who walked in.
    unpaid = Invoice.objects.get(status="issued", payer__user__isnull=False)
    assert (str(unpaid.due), unpaid.payments.count()) == ("236.000 ₫", 0)
    assert Message.objects.get(kind="invoice_reminder").about == f"invoice:{unpaid.id}"

    # Somebody sits at the commune's station, and the doctor in the city sees him soon.
    at_station = Encounter.objects.get(form="via_receiving_facility")
    assert (at_station.status, at_station.person.full_name) == ("planned", "Giàng A Páo")
    assert NOW < at_station.planned_from <= NOW + timedelta(minutes=50)
    assert not telemedicine.refusals_of(at_station, NOW)

    inside = Ticket.objects.filter(line__day=TODAY).values_list("status", flat=True)
    assert sorted(set(inside)) == ["called", "done", "serving", "waiting"] and len(inside) == 13
    assert Arrival.objects.count() == 1 and Appointment.objects.filter(partner__isnull=False).count() == 1

    # A doctor can be seen at once, and on each of the next thirty days.
    ben = Practitioner.objects.get(user__email="binh@demo.lanh.vn")
    visit_type = ben.memberships.get().facility.visit_types.get(minutes=15, price_amount=120_000)  # type: ignore[union-attr]
    found = booking.queries.slots_of(ben.id, visit_type.id, TODAY, TODAY + timedelta(days=30), NOW)
    assert found[0].starts_at <= NOW + timedelta(minutes=15)
    assert found[-1].starts_at > NOW + timedelta(days=29)

    # Nothing happened in the future, and the past is not all of one minute.
    assert not Line.objects.filter(created_at__gt=NOW).exists()
    assert Line.objects.filter(created_at__lt=NOW - timedelta(days=30)).exists()


def test_the_clock_can_be_set_back() -> None:
    before = timezone.now()
    with as_of(NOW):
        assert timezone.now() == NOW
        assert isinstance(before, timezone.datetime)  # type: ignore[attr-defined]
        assert User().created_at == NOW
    assert timezone.now() >= before
