"""The story over HTTP with jobs by hand: each step as an app would ask it, so a later test can start from any of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.test import Client

import realtime.actions
from booking.models import Schedule
from core.edge import now as this_instant
from identity.models import Facility, Membership, Person, Practitioner, VisitType
from tests import make
from tests.booking.stage import make_schedule
from tests.jobs import run_jobs
from tests.make import ApiClient


def deliver_here(path: str, raw: bytes, headers: dict[str, str]) -> int:
    """settings.SANDBOX_TRANSPORT of these tests: the webhook comes to the same process, signature and all."""
    extra = {
        f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items() if name != "Content-Type"
    }
    return Client().post(path, raw, content_type="application/json", **extra).status_code


def ok(answer: Any, status: int = 200) -> Any:
    """The JSON of an answer that must have this status."""
    assert answer.status_code == status, f"{answer.status_code} {answer.content[:800]!r}"
    return answer.json()


@dataclass
class Story:
    """Who is in it, and the ids that came up so far."""

    ana: Person
    ben: Practitioner
    cara: Membership
    hospital: Facility
    pharmacy: Facility
    visit_type: VisitType
    schedule: Schedule
    ids: dict[str, str] = field(default_factory=dict)
    _apis: dict[UUID, Any] = field(default_factory=dict)

    def api(self, who: Person | Practitioner | Membership) -> ApiClient:
        """An app signed in as somebody; anew when the clock has moved past the life of its token."""
        client, since = self._apis.get(who.id, (None, None))
        if client is None or this_instant() - since > timedelta(minutes=4):
            client, since = make.api_client(who), this_instant()
            self._apis[who.id] = (client, since)
        return client

    # -- the citizen ------------------------------------------------------------------------------------------
    def free_times(self) -> list[dict[str, Any]]:
        day = this_instant().date()
        query = f"practitioner={self.ben.id}&visit_type={self.visit_type.id}&from={day}&to={day}"
        return ok(self.api(self.ana).get(f"/api/v1/slots?{query}"))["results"]

    def hold(self, starts_at: str = "", person: Person | None = None) -> dict[str, Any]:
        wish = {
            "schedule": str(self.schedule.id),
            "starts_at": starts_at or self.free_times()[3]["starts_at"],
            "visit_type": str(self.visit_type.id),
            "mode": "video",
            "condition": "J00",
            "reason": "Ho và sốt nhẹ hai ngày nay",
        } | ({"person": str(person.id)} if person else {})
        held = ok(self.api(self.ana).post("/api/v1/appointments", wish, HTTP_IDEMPOTENCY_KEY=str(uuid4())), 201)
        self.ids["appointment"] = held["id"]
        if held["payment"]:
            self.ids["payment"] = held["payment"]["id"]
        return held

    def to_the_gateway(self) -> str:
        """Ask for the gateway's page; return its address."""
        wish = {"subject": f"appointment:{self.ids['appointment']}", "gateway": "sandbox"}
        started = ok(self.api(self.ana).post("/api/v1/payments", wish))
        return str(started["redirect_url"])

    def pay(self, way: str = "pay") -> None:
        address = self.to_the_gateway()
        path = "/" + address.split("/", 3)[3] if address.startswith("http") else address
        answer = Client().post(path.rstrip("/") + "/answer/", {"way": way})
        assert answer.status_code == 302, answer.content
        run_jobs()

    def appointment(self) -> dict[str, Any]:
        found = ok(self.api(self.ana).get(f"/api/v1/appointments/{self.ids['appointment']}"))
        if found["encounter"]:
            self.ids["encounter"] = found["encounter"]
        return found

    def room(self) -> dict[str, Any]:
        found = ok(self.api(self.ana).get(f"/api/v1/encounters/{self.ids['encounter']}/room"))
        self.ids["room"] = found["id"]
        return found

    def let_in(self) -> None:
        """Both take their seats; the doctor opens the door (over the socket in a real visit)."""
        seat = ok(self.api(self.ana).post(f"/api/v1/rooms/{self.ids['room']}/join"))
        ok(self.api(self.ben).post(f"/api/v1/rooms/{self.ids['room']}/join"))
        self.ids["seat"] = seat["seat"]
        realtime.actions.let_in(
            room_id=UUID(self.ids["room"]), seat_id=UUID(seat["seat"]), by=make.actor_for(self.ben), now=this_instant()
        )
        run_jobs()

    # -- the doctor -------------------------------------------------------------------------------------------
    def write_note(self) -> dict[str, Any]:
        path = f"/api/v1/encounters/{self.ids['encounter']}"
        version = ok(self.api(self.ben).get(path))["version"]
        wish = {
            "version": version,
            "subjective": "Ho khan, sốt nhẹ hai ngày.",
            "assessment": "Viêm mũi họng cấp.",
            "plan": "Nghỉ ngơi, uống nhiều nước.",
            "diagnoses": [{"code": "J00", "name": "Viêm mũi họng cấp tính"}],
        }
        return ok(self.api(self.ben).patch(path, wish))

    def prescribe(self) -> dict[str, Any]:
        doctor = self.api(self.ben)
        draft = ok(doctor.post("/api/v1/prescriptions", {"encounter": self.ids["encounter"]}), 201)
        self.ids["prescription"] = draft["id"]
        drug = ok(doctor.get("/api/v1/drugs?q=paracetamol"))["results"][0]
        item = {"drug": drug["code"], "dose_quantity": "1", "doses_a_day": 3, "days": 3, "instruction": "Sau ăn"}
        path = f"/api/v1/prescriptions/{draft['id']}"
        ok(doctor.patch(path, {"items": [item], "advice": "Tái khám nếu sốt trên 38,5 độ"}))
        ok(doctor.post(f"{path}/check"))
        return ok(doctor.post(f"{path}/sign"))

    def finish(self) -> dict[str, Any]:
        done = ok(self.api(self.ben).post(f"/api/v1/encounters/{self.ids['encounter']}/finish"))
        run_jobs()
        return done

    # -- the pharmacy -----------------------------------------------------------------------------------------
    def collect(self) -> dict[str, Any]:
        path = f"/api/v1/prescriptions/{self.ids['prescription']}"
        ok(self.api(self.ana).post(f"{path}/route", {"pharmacy": str(self.pharmacy.id)}))
        run_jobs()
        shown = ok(self.api(self.ana).get(path))
        counter = self.api(self.cara)
        found = ok(
            counter.post("/api/v1/dispensing/lookup", {"code": shown["code"], "access_code": shown["access_code"]})
        )
        self.ids["prescription"] = found["id"]
        accepted = ok(counter.post(f"/api/v1/dispensing/{found['id']}/accept"))
        items = [{"item": item["id"], "quantity": item["total"], "lot": "A2311"} for item in found["items"]]
        ok(counter.post(f"/api/v1/dispensing/{found['id']}/dispense", {"secret": accepted["secret"], "items": items}))
        done = ok(counter.post(f"/api/v1/dispensing/{found['id']}/complete", {"secret": accepted["secret"]}))
        run_jobs()
        return done


def begin(ana: Person, ben: Practitioner, cara: Membership, visit_type: VisitType) -> Story:
    """The stage: ben sees people round the clock, so that there is always a next time today or tomorrow."""
    assert cara.facility is not None
    schedule = make_schedule(
        practitioner=ben,
        facility=visit_type.facility,
        hours=("00:00", "23:40"),
        now=this_instant(),
        min_notice_minutes=0,
    )
    return Story(ana, ben, cara, visit_type.facility, cara.facility, visit_type, schedule)
