"""A stranger, signed in, finds nothing: every id of the citizen's things, over every path that takes an id.

The paths are read from the URL table, so a new address that takes an id fails here until it is named in THINGS.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import MULTIPART_CONTENT
from django.urls import URLPattern, URLResolver, get_resolver

import booking.actions
import records.actions
from notifications.models import Message
from payments.models import Invoice, Receipt
from prescriptions.models import Acceptance, Filing, PharmacyAnswer
from realtime.models import StreamEntry
from tests import make
from tests.jobs import run_jobs
from tests.journeys import stage
from tests.journeys.conftest import clock, story  # noqa: F401
from tests.journeys.stage import Story, ok
from tests.payments.bank_stage import money_that_came
from tests.payments.desk_stage import in_question
from tests.realtime import handed_in, recorded

pytestmark = pytest.mark.django_db
PUBLIC = re.compile(
    r"^(api/v1/(practitioners|facilities|visit-types|specialties)/|admin/|static/|doctors/|sandbox/pay/|hooks/|demo/|facilities/|_allauth/|\.well-known/|verify/|sign-in|staff/)"
)


def addresses(patterns: Any = None, before: str = "") -> Iterator[str]:
    """Every route of ours that takes an id."""
    for one in patterns if patterns is not None else get_resolver().url_patterns:
        route = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from addresses(one.url_patterns, route)
        elif isinstance(one, URLPattern) and "<" in route:
            yield route


@pytest.fixture
def told(story: Story, clock) -> Story:  # noqa: F811
    """The story, told to its end; every kind of thing exists."""
    story.hold()
    story.pay()
    clock.move_to(datetime.fromisoformat(story.appointment()["starts_at"]))
    story.room()
    story.let_in()
    story.ids["file"] = ok(send_photo(story.api(story.ana), f"/api/v1/rooms/{story.ids['room']}/files"), 201)["id"]
    recording = recorded.made(story.ids["room"], at=stage.this_instant())
    story.ids |= {"recording": str(recording.id), "film": str(recording.films.first().id)}
    story.write_note()
    story.prescribe()
    story.ids["hand_over"] = hand_over(story)
    story.finish()
    where = {"latitude": 21.0285, "longitude": 105.8542, "include_closed": True}
    asked = story.api(story.ana).post(f"/api/v1/prescriptions/{story.ids['prescription']}/inquiries", where)
    story.ids["inquiry"] = ok(asked, 201)["id"]
    story.collect()
    ana = story.api(story.ana)
    allergy = records.actions.add_allergy(
        person_id=story.ana.id,
        substance="Penicillin",
        ingredient="penicillin",
        reaction="Nổi mề đay",
        severity="severe",
        by=make.actor_for(story.ana),
        now=stage.this_instant(),
    )
    story.ids["allergy"] = str(allergy.id)
    entry = booking.actions.join_waiting_list(
        person_id=story.ana.id,
        visit_type_id=story.visit_type.id,
        mode="video",
        first_day=stage.this_instant().date(),
        last_day=stage.this_instant().date() + timedelta(days=2),
        by=make.actor_for(story.ana),
        now=stage.this_instant(),
    )
    run_jobs()
    story.ids["entry"] = str(entry.id)
    story.ids["offer"] = ok(story.api(story.ana).get("/api/v1/waiting-list/offers"))["results"][0]["id"]
    story.ids["message"] = str(Message.objects.filter(recipient=story.ana.user).first().id)
    ask = ok(ana.post("/api/v1/urgent-asks", {"reason": "Ho khan", "condition": "J00"}), 201)
    wish = ok(ana.post("/api/v1/remote-wishes", {"practitioner": str(story.ben.id), "words": "Ho khan"}), 201)
    story.ids |= {"ask": ask["id"], "wish": wish["id"]}
    story.ids |= line_and_screen(story)
    story.ids |= money_that_came(story.hospital, stage.this_instant())
    story.ids |= in_question(story.hospital, story.ids["payment"], stage.this_instant())
    people = ok(ana.get("/api/v1/me/people"))
    assert people
    return story


def send_photo(api: Any, address: str) -> Any:
    body = {"file": SimpleUploadedFile("toa.jpg", handed_in.photo(), "image/jpeg"), "client_id": "c1"}
    return api.post(address, body, content_type=MULTIPART_CONTENT)


def hand_over(story: Story) -> str:  # noqa: F811
    """A colleague is asked to go on with ana's visit."""
    colleague = make.make_practitioner(facility=story.hospital, full_name="Đinh Thị Diệp")
    wish = {"colleague": str(colleague.id), "why": "Ho khan"}
    path = f"/api/v1/encounters/{story.ids['encounter']}/hand-overs"
    return str(ok(story.api(story.ben).post(path, wish, HTTP_IDEMPOTENCY_KEY="hand over"), 201)["id"])


def line_and_screen(story: Story) -> dict[str, str]:  # noqa: F811
    """A number of ana's in the line, and a kiosk."""
    desk = make.actor_for(make.make_desk(facility=story.hospital))
    ticket = booking.actions.walk_in(
        schedule_id=story.schedule.id, visit_type_id=story.visit_type.id, person_id=story.ana.id,
        by=desk, now=stage.this_instant(),
    )  # fmt: skip
    screen = booking.actions.add_screen(kind="kiosk", name="x", rooms=[], by=desk, now=stage.this_instant())
    return {"ticket": str(ticket.pk), "screen": str(screen.pk)}


def things(told: Story) -> dict[str, str]:
    """Which of ana's things stands for each parameter of a route."""
    return {
        "person_id": str(told.ana.id),
        "appointment_id": told.ids["appointment"],
        "schedule_id": str(told.schedule.id),
        "rule_id": str(told.schedule.rules.first().id),
        "closure_id": str(uuid4()),
        "undo_id": str(uuid4()),
        "encounter_id": told.ids["encounter"],
        "room_id": told.ids["room"],
        "prescription_id": told.ids["prescription"],
        "payment_id": told.ids["payment"],
        **{
            f"{name}_id": told.ids[name]
            for name in ("dispute", "shift", "refund", "limit", "credit", "reconciliation", "difference")
        },
        "invoice_id": str(Invoice.objects.get().pk),
        "item_id": str(Invoice.objects.get().items.get().pk),
        "receipt_id": str(Receipt.objects.get().pk),
        "list_id": str(uuid4()),  # tried in tests/payments/test_price_pages.py, with eve and another desk
        "message_id": told.ids["message"],
        "allergy_id": told.ids["allergy"],
        "delegation_id": str(uuid4()),
        "device_id": str(uuid4()),
        "practitioner_id": str(told.ben.id),
        "facility_id": str(told.hospital.id),
        "membership_id": str(uuid4()),
        "visit_type_id": str(told.visit_type.id),
        "ask_id": told.ids["ask"],
        "wish_id": told.ids["wish"],
        "ticket_id": told.ids["ticket"],
        "verb": "call",
        "screen_id": told.ids["screen"],
        "address": "invented",
        "entry_id": told.ids["entry"],
        "offer_id": told.ids["offer"],
        "file_id": told.ids["file"],
        "recording_id": told.ids["recording"],
        "film_id": told.ids["film"],
        "observation_id": str(
            uuid4()
        ),  # tried in tests/journeys/test_station.py, with another doctor and another station
        "arrival_id": str(uuid4()),
        "hand_over_id": told.ids["hand_over"],
        "invite_id": str(uuid4()),  # tried in tests/realtime/test_invites.py, with another doctor and another room
        "leave_id": str(uuid4()),  # tried in tests/journeys/test_leaves.py, with eve and another desk
        "case_id": str(uuid4()),
        "resource_type": "Encounter",
        "series_id": str(uuid4()),
        "block_id": str(uuid4()),
        "run_id": str(uuid4()),
        "link_id": str(uuid4()),
        "feed_id": str(uuid4()),
        "client_id": str(uuid4()),
        "endpoint_id": str(uuid4()),
        "delivery_id": str(uuid4()),
        "inquiry_id": told.ids["inquiry"],
        "answer_id": str(PharmacyAnswer.objects.filter(inquiry_id=told.ids["inquiry"]).first().pk),
        "reservation_id": str(uuid4()),  # tried in tests/prescriptions/test_asking.py, with eve
        "acceptance_id": str(Acceptance.objects.get(prescription_id=told.ids["prescription"]).pk),
        # a doctor's own habits: tried in tests/prescriptions/test_own.py, with a colleague
        "favourite_id": str(uuid4()),
        "set_id": str(uuid4()),
        "snippet_id": str(uuid4()),
        "filing_id": str(Filing.objects.get(kind="prescription").pk),
        "account_id": str(uuid4()),
        "line_id": told.ids["bank_line"],
        "statement_id": told.ids["bank_statement"],
        "token": "unknown",
        "kind": "csv",
        "gateway": "sandbox",
    }


def address_of(route: str, values: dict[str, str]) -> str:
    def fill(found: re.Match[str]) -> str:
        return values[found[2]]

    return "/" + re.sub(r"<(?:(\w+):)?(\w+)>", fill, route)


def fitting_bodies(told: Story) -> dict[str, dict[str, Any]]:
    """Bodies the doors would accept from their owner, so that what is refused is the thing and not the body."""
    return {
        "patch encounters/<uuid:encounter_id>": {"version": 0, "plan": "x"},
        "post rooms/<uuid:room_id>/consent": {"what": "remote_visit", "given": True},
        "post rooms/<uuid:room_id>/device-check": {"camera": "ok", "microphone": "ok"},
        "post people/<uuid:person_id>/record/allergies": {"substance": "Aspirin"},
        "post people/<uuid:person_id>/record/observations": {"values": [{"code": "8867-4", "value": "70"}]},
        "post prescriptions/<uuid:prescription_id>/cancel": {"reason": "mistake"},
        "post prescriptions/<uuid:prescription_id>/route": {"pharmacy": str(told.pharmacy.id)},
        "post appointments/<uuid:appointment_id>/reschedule": {
            "schedule": str(told.schedule.id),
            "starts_at": told.appointment()["starts_at"],
        },
        "post recordings/<uuid:recording_id>/answer": {"answer": "delete"},
        "post booking-blocks/<uuid:block_id>/appeal": {"words": "x"},
        "post leave-cases/<uuid:case_id>/choose": {"choice": "cancel"},
        "post appointments/<uuid:appointment_id>/cut-short/choose": {"choice": "refund"},
    }


def test_eve_finds_nothing_on_any_address(told: Story, eve):
    values, eve_api = things(told), make.api_client(eve)
    eve_browser = make.page_client(eve)
    secrets = [told.ana.full_name, "Ho khan", "Penicillin", told.ids["payment"]]
    fitting, unknown, leaks = fitting_bodies(told), [], []
    for route in sorted(set(addresses())):
        if PUBLIC.match(route) or route.startswith("fhir/"):
            continue
        try:
            address = address_of(route, values)
        except KeyError as missing:
            unknown.append(f"{route}: {missing}")
            continue
        machine = route.startswith("api/")
        client = eve_api if machine else eve_browser
        for method in ("get", "post", "patch", "put", "delete"):
            if (method, route) == ("post", "api/v1/rooms/<uuid:room_id>/files"):
                answer = send_photo(client, address)
            else:
                body = fitting.get(f"{method} {route.removeprefix('api/v1/')}", {}) if method != "get" else None
                answer = getattr(client, method)(address, body)
            allowed = {404, 405} if machine else {404, 405, 403}
            if machine and answer.status_code == 403:
                assert answer.json()["code"] == "wrong_role", address  # a citizen has no business there at all
                continue
            if answer.status_code not in allowed:
                leaks.append(f"{method} {address} -> {answer.status_code}")
            shown = answer.content.decode(errors="replace")
            leaks += [
                f"{method} {address} shows {secret}" for secret in secrets if secret in shown and secret not in address
            ]
    assert not unknown, unknown
    assert not leaks, "\n".join(leaks)


def test_eve_finds_nothing_over_fhir(told: Story, eve):
    values, eve_api = things(told), make.api_client(eve)
    found = {
        "Patient": values["person_id"],
        "Appointment": values["appointment_id"],
        "Encounter": values["encounter_id"],
        "MedicationRequest": values["prescription_id"],
        "AllergyIntolerance": values["allergy_id"],
        "Condition": values["encounter_id"],
        "MedicationDispense": values["prescription_id"],
        "Provenance": values["prescription_id"],
        "Bundle": values["prescription_id"],
    }
    for kind, thing in found.items():
        one = eve_api.get(f"/fhir/R4/{kind}/{thing}")
        assert one.status_code == 404, f"{kind}: {one.status_code}"
        absent = eve_api.get(f"/fhir/R4/{kind}/{uuid4()}")
        assert one.content == absent.content, f"{kind}: absent and not yours are told apart"
        many = eve_api.get(f"/fhir/R4/{kind}?patient={values['person_id']}")
        assert many.status_code in {200, 404}
        assert told.ana.full_name not in many.content.decode()
        if many.status_code == 200:
            assert many.json().get("total", 0) == 0, kind


def test_absent_and_not_yours_read_alike(told: Story, eve):
    values, eve_api = things(told), make.api_client(eve)
    for path in (
        "appointments/{appointment_id}",
        "encounters/{encounter_id}",
        "rooms/{room_id}",
        "prescriptions/{prescription_id}",
        "payments/{payment_id}",
        "invoices/{invoice_id}",
        "receipts/{receipt_id}",
        "people/{person_id}/record/timeline",
    ):
        theirs = eve_api.get(f"/api/v1/{path}".format(**values))
        absent = eve_api.get(f"/api/v1/{path}".format(**dict.fromkeys(values, str(uuid4()))))
        assert (theirs.status_code, theirs.content) == (absent.status_code, absent.content), path


def test_lists_show_eve_nothing_of_ana(told: Story, eve):
    eve_api = make.api_client(eve)
    for path in ("appointments", "prescriptions", "notifications", "me/people", "me/delegations"):
        answer = eve_api.get(f"/api/v1/{path}")
        body = answer.content.decode()
        assert answer.status_code == 200, path
        assert told.ana.full_name not in body, path
        assert not any(thing in body for thing in told.ids.values()), path


def test_eve_hears_nothing(told: Story, eve):
    assert StreamEntry.objects.filter(user_id=told.ana.user_id).exists()
    assert not StreamEntry.objects.filter(user_id=eve.user_id).exists()
