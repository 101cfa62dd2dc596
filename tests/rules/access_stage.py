"""The stage of the access matrix: a visit in the middle of its story, and everybody who might look at it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

import payments.actions
import records.actions
from core.actor import Actor
from core.money import Money
from identity.models import Delegation, Person
from journeys import billing
from payments.models import Invoice, PriceList, Receipt
from prescriptions.models import Filing
from tests import make
from tests.journeys import stage
from tests.journeys.conftest import clock, story  # noqa: F401
from tests.journeys.stage import Story, ok
from tests.payments.bank_stage import money_that_came
from tests.payments.desk_stage import in_question
from tests.realtime import recorded


@pytest.fixture
def told(story: Story, clock) -> Story:  # noqa: F811
    """In the middle of the visit: paid, let in, noted, prescribed, sent to the pharmacy, not yet taken in hand."""
    story.hold()
    story.pay()
    clock.move_to(datetime.fromisoformat(story.appointment()["starts_at"]))
    story.room()
    story.let_in()
    story.ids["recording"] = str(recorded.made(story.ids["room"], at=stage.this_instant()).id)
    story.write_note()
    story.prescribe()
    ok(
        story.api(story.ana).post(
            f"/api/v1/prescriptions/{story.ids['prescription']}/route", {"pharmacy": str(story.pharmacy.id)}
        )
    )
    told_of = asked_around(story)
    story.ids |= told_of
    allergy = records.actions.add_allergy(
        person_id=story.ana.id, substance="Penicillin", ingredient="penicillin", reaction="", severity="severe",
        by=make.actor_for(story.ana), now=stage.this_instant(),
    )  # fmt: skip
    story.ids["allergy"] = str(allergy.id)
    asked = story.api(story.ana).post(
        "/api/v1/remote-wishes", {"practitioner": str(story.ben.id), "words": "Vết mổ đã lành"}
    )
    story.ids["wish"] = ok(asked, 201)["id"]
    story.ids |= money_that_came(story.hospital, stage.this_instant())
    story.ids |= in_question(story.hospital, story.ids["payment"], stage.this_instant())
    return story


def asked_around(story: Story) -> dict[str, str]:  # noqa: F811
    """Ana has asked who has it, and her pharmacy has answered."""
    path = f"/api/v1/prescriptions/{story.ids['prescription']}/inquiries"
    where = {"latitude": 21.0285, "longitude": 105.8542, "include_closed": True}
    inquiry = ok(story.api(story.ana).post(path, where), 201)["id"]
    counter = story.api(story.cara)
    (here,) = ok(counter.get("/api/v1/dispensing/inquiries"))["results"]
    soon = (stage.this_instant() + timedelta(minutes=30)).isoformat()
    wish = {"lines": [{"line": here["lines"][0]["id"], "quantity": 1, "unit_price": 900}], "ready_at": soon}
    ok(counter.post(f"/api/v1/dispensing/inquiries/{here['id']}/answer", wish))
    return {"inquiry": inquiry, "answer": here["id"], "line": here["lines"][0]["id"], "soon": soon}


@pytest.fixture
def everybody(told: Story, eve: Person, dan: Any) -> dict[str, Any]:
    """The columns of the table, by name; None for nobody."""
    today = timezone.localdate()
    other = make.make_facility(name="Bệnh viện Núi Tản")
    station = make.make_station()
    make.make_contract(facility=told.hospital, station=station)

    def acts_for_ana(name: str, scopes: list[str], **values: Any) -> Person:
        person = make.make_person(full_name=name)
        Delegation.objects.create(grantor=told.ana, delegate=person, relation="parent", scopes=scopes, **values)
        return person

    every = list(Delegation.SCOPES)
    return {
        "nobody": None,
        "ana": told.ana,
        "eve": eve,
        "reader": acts_for_ana("Người Đọc", ["read"]),
        "booker": acts_for_ana("Người Đặt", ["book"]),
        "collector": acts_for_ana("Người Nhận", ["collect"]),
        "payer": acts_for_ana("Người Trả", ["pay"]),
        "expired": acts_for_ana("Người Cũ", every, valid_to=today - timedelta(days=1)),
        "revoked": acts_for_ana("Người Thôi", every, revoked_at=timezone.now()),
        "ben": told.ben,
        "colleague": make.make_practitioner(facility=told.hospital, full_name="Ngô Văn Đông"),
        "elsewhere": make.make_practitioner(facility=other, full_name="Hồ Thị Xa"),
        "nurse": make.make_nurse(station=station),
        "dan": dan,
        "desk2": make.make_desk(facility=other, full_name="Cao Thị Quầy"),
        "cara": told.cara,
        "shop2": make.make_pharmacist(pharmacy=make.make_pharmacy(name="Nhà thuốc Khác")),
        "regulator": make.make_membership(user=make.make_staff_user(name="Sở Y tế"), facility=None, role="regulator"),
        "operator": make.make_membership(user=make.make_staff_user(name="Vận hành"), facility=None, role="operator"),
    }


def bill_of(told: Story) -> dict[str, str]:
    """A bill the desk is writing about the visit, with one line."""
    house, at = Actor.system("rules"), stage.this_instant()
    bill = billing.begin_bill(appointment_id=UUID(told.ids["appointment"]), by=house, now=at)
    line = bill.items.first() or payments.actions.charge_amount(
        invoice_id=bill.id, name="Cấp lại sổ khám", price=Money.vnd(20_000), by=house, now=at
    )
    return {"bill": str(bill.id), "bill_line": str(line.id)}


def draft_of_prices(told: Story) -> UUID:
    """A price list of the hospital's that is not published yet."""
    house, values = Actor.system("rules"), {"facility_id": told.hospital.id, "name": "", "now": stage.this_instant()}
    found = PriceList.objects.filter(facility=told.hospital).first()
    if found is None:
        found = payments.actions.begin_price_list(first_day=timezone.localdate(), by=house, **values)
        line = {"code": "KB00", "name_vi": "Khám", "category": "insured", "amount": "1"}
        payments.actions.put_price(list_id=found.id, values=line, by=house, now=values["now"])
    return found.id


def names_of(told: Story) -> dict[str, str]:
    """What the {names} in addresses and wishes stand for."""
    doctor = told.api(told.ben)
    return {
        **told.ids,
        "person": str(told.ana.id),
        "schedule": str(told.schedule.id),
        "visit_type": str(told.visit_type.id),
        "pharmacy": str(told.pharmacy.id),
        "filing": str(Filing.objects.get().id),
        "invoice": str(Invoice.objects.exclude(status="draft").get().id),
        **bill_of(told),
        "receipt": str(Receipt.objects.get().id),
        "price_list": str(draft_of_prices(told)),
        "version": ok(doctor.get(f"/api/v1/encounters/{told.ids['encounter']}"))["version"],
        "item": ok(doctor.get(f"/api/v1/prescriptions/{told.ids['prescription']}"))["items"][0]["id"],
    }
