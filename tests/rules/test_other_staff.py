"""The staff and the system of another facility: no door moves anything of this one, and none shows who is in it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client

import booking.actions
import identity.actions
import prescriptions.actions
from booking.models import Block, Closure, HookDelivery, HookEndpoint, ImportRun, LeaveCase, Undo
from core.actor import Actor
from core.edge import now as this_instant
from identity.models import ApiClient
from tests import make
from tests.booking.stage import make_schedule
from tests.contract.doors import everything
from tests.jobs import run_jobs
from tests.journeys.conftest import clock, story  # noqa: F401
from tests.journeys.stage import Story, ok
from tests.rules.test_strangers import PUBLIC, address_of, addresses, fitting_bodies, things, told  # noqa: F401

pytestmark = pytest.mark.django_db
CSV = b"licence_number,kind,weekday,from_time,to_time\nX,weekly,T3,08:00,09:00\n"


@pytest.fixture
def whole(told: Story) -> dict[str, str]:  # noqa: F811
    """Everything a desk may have, really there."""
    desk_row = make.make_desk(facility=told.hospital, full_name="Phạm Quốc Dân Một")
    desk, api, now = make.actor_for(desk_row), make.api_client(desk_row), this_instant()
    rule = told.schedule.rules.first()
    day = now + timedelta(days=9)
    booking.actions.add_closure(
        schedule_id=told.schedule.id, starts_at=day, ends_at=day + timedelta(hours=1), kind="closed", by=desk, now=now
    )
    endpoint, _secret = booking.actions.add_hook(url="https://his.example.vn/hook", events=[], by=desk, now=now)
    booking.actions.ping_hook(endpoint_id=endpoint.pk, by=desk, now=now)
    client, _secret = identity.actions.make_client(name="HIS", scopes=list(ApiClient.SCOPES), by=desk, now=now)
    account, _waited = prescriptions.actions.save_account(
        kind="facility", account="79999", password="x", by=desk, now=now
    )
    run = booking.actions.begin_import(file_name="x.csv", content=CSV, by=desk, now=now)
    feed = booking.actions.follow_calendar(
        schedule_id=told.schedule.id, url="https://lich.example.vn/a.ics", by=desk, now=now
    )
    block = Block.objects.create(person=told.ana, facility=told.hospital, until=day, created_at=now)
    other = make.make_practitioner(facility=told.hospital, full_name="Phan Thị Cẩm")
    there = make_schedule(practitioner=other, facility=told.hospital, now=now)
    starts_at = now.replace(hour=3, minute=0, second=0, microsecond=0) + timedelta(days=3)
    wish = {"schedule": str(there.id), "starts_at": starts_at.isoformat(), "visit_type": str(told.visit_type.id)}
    Block.objects.update(status="lifted", lifted_at=now)
    held = ok(told.api(told.ana).post("/api/v1/appointments", {**wish, "mode": "in_person"}), 201)
    booking.actions.book_appointment(appointment_id=UUID(held["id"]), by=Actor.system("x"), now=now)
    Block.objects.update(status="active", lifted_at=None)
    away = {"starts_at": starts_at.isoformat(), "ends_at": (starts_at + timedelta(hours=2)).isoformat()}
    leave = ok(api.post("/api/v1/leaves", {"practitioner": str(other.id), **away}), 201)
    run_jobs()
    return things(told) | {
        "rule_id": str(rule.pk),
        "closure_id": str(Closure.objects.filter(source="desk").first().pk),
        "undo_id": str(Undo.objects.first().pk) if Undo.objects.exists() else str(uuid4()),
        "endpoint_id": str(HookEndpoint.objects.get().pk),
        "delivery_id": str(HookDelivery.objects.first().pk),
        "client_id": str(client.pk),
        "account_id": str(account.pk),
        "run_id": str(ImportRun.objects.get(pk=run.pk).pk),
        "feed_id": str(feed.pk),
        "block_id": str(block.pk),
        "leave_id": leave["id"],
        "case_id": str(LeaveCase.objects.get().pk),
        "future": held["id"],
    }


def bodies(told: Story, whole: dict[str, str]) -> dict[str, dict[str, Any]]:  # noqa: F811
    """What their owner, or the owner's desk, would send, so that it is the thing that is refused and not the body."""
    when = {"starts_at": (this_instant() + timedelta(days=20)).isoformat()}
    ends = {"ends_at": (this_instant() + timedelta(days=20, hours=1)).isoformat()}
    return fitting_bodies(told) | {
        "post hospital/national/<uuid:filing_id>/aside/": {"note": "x"},
        "post pharmacy/national/<uuid:filing_id>/aside/": {"note": "x"},
        "post appointments/<uuid:appointment_id>/no-show": {"side": "citizen"},
        "post queue/<uuid:ticket_id>/transfer": {"schedule": whole["schedule_id"]},
        "post queue/<uuid:ticket_id>/priority": {"priority": "urgent"},
        "post schedules/<uuid:schedule_id>/closures": {**when, **ends, "kind": "closed"},
        "post booking-blocks/<uuid:block_id>/answer": {"lift": True, "answer": "x"},
        "post leave-cases/<uuid:case_id>/choose": {"choice": "cancel"},
        "post appointments/<uuid:appointment_id>/reschedule": {"schedule": whole["schedule_id"], **when},
    }


@pytest.mark.parametrize("role", ["desk", "practitioner"])
def test_staff_of_another_facility_move_nothing_and_see_nobody(told: Story, whole, role):  # noqa: F811
    elsewhere = make.make_facility(name="Bệnh viện Khác")
    somebody: Any
    if role == "desk":
        somebody = make.make_desk(facility=elsewhere, full_name="Võ Kẻ Lạ")
    else:
        somebody = make.make_practitioner(facility=elsewhere, full_name="Võ Kẻ Lạ")
    api, browser = make.api_client(somebody), make.page_client(somebody)
    secrets = [told.ana.full_name, "Ho khan", "Penicillin", told.ids["payment"], "his.example.vn", "lich.example.vn"]
    more, before, wrong = bodies(told, whole), everything(), []
    for route in sorted(set(addresses())):
        if PUBLIC.match(route) or route.startswith("fhir/") or "<slug:kind>" in route:  # files of one's own facility
            continue
        machine = route.startswith("api/")
        client = api if machine else browser
        for values in (whole, {**whole, "appointment_id": whole["future"]}):
            address = address_of(route, values)
            for method in ("get", "post", "patch", "put", "delete"):
                name = f"{method} {route.removeprefix('api/v1/')}"
                body = None if method == "get" else more.get(name, {})
                answer = getattr(client, method)(address, body)
                if answer.status_code not in {400, 403, 404, 405, 415, 422}:
                    wrong.append(f"{name} -> {answer.status_code}")
                said = answer.content.decode(errors="replace")
                wrong += [f"{name} shows {one}" for one in secrets if one in said and one not in address]
            if "appointment_id" not in route:
                break
    after = everything()
    changed = {table for table in before if before[table] != after[table]}
    assert not wrong, "\n".join(sorted(set(wrong)))
    # Signing in, reading one's own session: nothing else.
    assert changed <= {"identity_user", "django_session", "audit_line"}, changed


def test_the_system_of_another_facility_neither_reads_nor_moves(told: Story, whole):  # noqa: F811
    stranger = make.actor_for(make.make_desk(facility=make.make_facility(name="Bệnh viện Khác")))
    client, secret = identity.actions.make_client(
        name="HIS", scopes=list(ApiClient.SCOPES), by=stranger, now=this_instant()
    )
    _row, token = identity.actions.issue_token(client_id=client.client_id, secret=secret, scope="", now=this_instant())
    door, headers = Client(), {"Authorization": f"Bearer {token}"}
    step = [{"op": "replace", "path": "/status", "value": "cancelled"}]
    before = everything()
    for thing in (whole["future"], whole["appointment_id"]):
        path = f"/fhir/R4/Appointment/{thing}"
        absent = f"/fhir/R4/Appointment/{uuid4()}"
        for address in (path, absent):
            assert door.get(address, headers=headers).status_code == 404
            kind = "application/json-patch+json"
            assert door.patch(address, step, content_type=kind, headers=headers).status_code == 404
        assert door.get(path, headers=headers).content == door.get(absent, headers=headers).content
    after = everything()
    assert {one for one in before if before[one] != after[one]} <= {"identity_apiclient"}
