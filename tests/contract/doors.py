"""Every operation of the public contract with somebody who may use it, an address that exists and a body that fits."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.apps import apps
from django.db import connection
from django.urls import resolve
from drf_spectacular.generators import SchemaGenerator

from tests.journeys.stage import Story
from tests.rules.test_strangers import things

OURS = ("audit", "identity", "records", "booking", "prescriptions", "payments", "notifications", "realtime", "core")

# Everything at every door, as `storm contract` has it; the suite takes its turns through the same tables.
WHOLE = os.environ.get("LANH_CONTRACT") == "whole"


class Turns:
    """Some of a list, the next ones each time: over all doors every one is used many times."""

    def __init__(self, values: Iterable[Any], some: int) -> None:
        self.values, self.some, self.at = list(values), some, 0

    def next(self) -> list[Any]:
        """Return the whole list, or the next few."""
        if WHOLE:
            return self.values
        picked = [self.values[(self.at + n) % len(self.values)] for n in range(self.some)]
        self.at = (self.at + self.some) % len(self.values)
        return picked


@dataclass(frozen=True)
class Operation:
    """One line of the contract."""

    method: str
    path: str  # with its {names}
    fields: dict[str, Any]  # of the body; empty when it takes none
    parameters: list[str]  # of the query string
    takes_body: bool

    @property
    def name(self) -> str:
        return f"{self.method} {self.path.removeprefix('/api/v1/')}"

    def who(self) -> str:
        """The member of the cast whose business this is."""
        if "/dispensing/" in self.path:
            return "cara"
        if "/schedules" in self.path or "/refunds" in self.path:
            return "dan"
        writes = self.method != "get"
        if writes and ("/encounters/" in self.path or self.path.endswith(("/check", "/sign"))):
            return "ben"
        if writes and self.path in {"/api/v1/prescriptions", "/api/v1/prescriptions/{prescription_id}"}:
            return "ben"
        return self._of_the_door()

    def _of_the_door(self) -> str:
        """Whom the view itself lets in: the citizen where it does, else desk, doctor or pharmacist."""
        function = resolve(re.sub(r"{[^}]*}", str(UUID(int=0)), self.path)).func
        access = getattr(getattr(function, "cls", None), "access", frozenset({"citizen"}))
        cast = {"citizen": "ana", "desk": "dan", "practitioner": "ben", "pharmacist": "cara"}
        return next((member for role, member in cast.items() if role in access), "ana")

    def address(self, ids: dict[str, str]) -> str:
        return self.path.format_map(ids)


def operations() -> Iterator[Operation]:
    """All of them, as the schema has them."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    for path, methods in schema["paths"].items():
        for method, one in methods.items():
            body = one.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            component = schema["components"]["schemas"].get(body.get("$ref", "").rpartition("/")[2], {})
            query = [row["name"] for row in one.get("parameters", []) if row["in"] == "query"]
            takes_json = "application/json" in one.get("requestBody", {}).get("content", {})  # not a file
            yield Operation(method, path, component.get("properties", {}), query, takes_json)


def ids_of(told: Story) -> dict[str, str]:
    """What stands for each name in an address."""
    return things(told) | {"type_name": "Encounter", "resource_id": told.ids["encounter"], "code": "cardiology"}


def fitting(operation: Operation, told: Story) -> dict[str, Any]:
    """A body in which nothing is wrong by itself, so that the one wrong thing a test puts in is what is refused."""
    ids, nobody = ids_of(told), str(uuid4())
    item = {"drug": "x", "dose_quantity": "1", "doses_a_day": 3, "days": 3}
    return {
        "post appointments": {
            "schedule": ids["schedule_id"],
            "starts_at": "2031-03-27T09:00:00+07:00",
            "visit_type": str(told.visit_type.id),
            "mode": "video",
        },
        "post dispensing/lookup": {"code": "x", "access_code": "x"},
        "post dispensing/{prescription_id}/dispense": {
            "secret": "x",
            "items": [{"item": nobody, "quantity": 1, "lot": "1"}],
        },
        "post dispensing/{prescription_id}/complete": {"secret": "x"},
        "post dispensing/{prescription_id}/return": {"reason": "out_of_stock"},
        "patch encounters/{encounter_id}": {"version": 0},
        "post encounters/{encounter_id}/vitals": {"values": [{"code": "8867-4", "value": "70"}]},
        "put me/acting-as": {"membership": nobody},
        "post me/devices": {"token": "x", "platform": "ios"},
        "post me/people": {"full_name": "Bé Na", "born_on": "2029-01-01", "sex": "female"},
        "post payments": {"subject": f"appointment:{nobody}"},
        "post payments/{payment_id}/refunds": {"reason": "x"},
        "post people/{person_id}/record/allergies": {"substance": "Aspirin"},
        "post people/{person_id}/record/observations": {"values": [{"code": "8867-4", "value": "70"}]},
        "post prescriptions": {"encounter": nobody},
        "patch prescriptions/{prescription_id}": {"items": [item]},
        "post prescriptions/{prescription_id}/cancel": {"reason": "mistake"},
        "post prescriptions/{prescription_id}/route": {"pharmacy": nobody},
        "post recordings/{recording_id}/answer": {"answer": "delete"},
        "post rooms/{room_id}/invites": {"name": "Trần Thị Lan", "kind": "interpreter"},
        "post schedules": {"practitioner": nobody},
        "post schedules/{schedule_id}/exceptions": {
            "kind": "closed",
            "starts_at": "2031-05-01T09:00:00+07:00",
            "ends_at": "2031-05-01T10:00:00+07:00",
        },
        "post schedules/{schedule_id}/rules": {"weekday": 1, "from_time": "08:00", "to_time": "09:00"},
        "put schedules/{schedule_id}/rules/{rule_id}": {"weekday": 1, "from_time": "08:00", "to_time": "09:00"},
    }.get(operation.name, {})


def everything() -> dict[str, str]:
    """A fingerprint of each table of ours, and of the jobs: equal before and after means that nothing changed."""
    tables = [model._meta.db_table for app in OURS for model in apps.get_app_config(app).get_models()]
    found = {}
    with connection.cursor() as cursor:
        for table in [*tables, "procrastinate_jobs"]:
            cursor.execute(f'SELECT one::text FROM "{table}" one ORDER BY 1')
            found[table] = hashlib.sha256(json.dumps(cursor.fetchall()).encode()).hexdigest()
    return found


def problem(answer: Any, *allowed: int) -> str:
    """Say what is wrong with a refusal; an empty string when it is one of those allowed, typed and short."""
    if answer.status_code not in allowed:
        return f"{answer.status_code} {answer.content[:300]!r}"
    if answer["Content-Type"].startswith("application/fhir+json"):
        return "" if answer.json()["resourceType"] == "OperationOutcome" else "no OperationOutcome"
    if not answer["Content-Type"].startswith("application/problem+json"):
        return f"{answer.status_code} as {answer['Content-Type']}"
    body = answer.json()
    if not (body.get("code") and body.get("title") and body.get("status") == answer.status_code):
        return f"not a problem document: {body}"
    return "" if len(answer.content) < 20_000 else "echoes too much"
