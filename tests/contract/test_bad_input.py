"""Whatever comes in by any door, the answer is a typed refusal, and nothing has changed."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.test import Client

from payments.gateways import signature
from tests import make
from tests.contract import doors
from tests.contract.doors import Operation, Turns, everything, fitting, ids_of, problem
from tests.journeys.conftest import clock, story  # noqa: F401
from tests.journeys.stage import Story
from tests.rules.test_strangers import told  # noqa: F401

pytestmark = pytest.mark.django_db

DEEP = 100_000
UNREADABLE = {
    "no JSON": b"{",
    "empty": b"",
    "deep lists": b"[" * DEEP,
    "deep objects": b'{"a":' * DEEP,
    "not UTF-8": b'{"reason": "\xff"}',
    "UTF-16": '{"reason": "x"}'.encode("utf-16"),
    "not a number": b'{"reason": NaN}',
    "a number without end": b'{"reason": ' + b"9" * 20_000 + b"}",
    "a lone surrogate": b'{"reason": "\\ud800"}',
    "a key twice": b'{"reason": "a", "reason": "b"}',
    "something behind": b"{} {}",
    "too large": b'{"reason": "' + b"x" * 1024 * 1024 + b'"}',
}
WRONG = [{"x": 1}, [["x"]], "\x00", "x\x00y", -(2**63) - 1, 1e308, "9" * 20_000]
TIMES = ["0001-01-01", "9999-12-31", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-02-30", "24:00"]
JUNK = [
    "",
    "\x00",
    "-1",
    str(10**9),
    "9" * 400,
    "0001-01-01",
    "9999-12-31",
    "2031-13",
    "x" * 3000,
    "'\"<>%",
    "cD0w",
    "é́\u202e",
]
JSON = "application/json"


@pytest.fixture
def cast(told: Story, dan) -> dict[str, Any]:  # noqa: F811
    return {
        "ana": told.api(told.ana),
        "ben": told.api(told.ben),
        "cara": told.api(told.cara),
        "dan": make.api_client(dan),
    }


def writing() -> list[Operation]:
    # What hospital systems write over FHIR is refused in FHIR's words: tests/booking/test_hospital_fhir.py.
    return [one for one in doors.operations() if one.method != "get" and not one.path.startswith("/fhir/")]


def send(cast: dict[str, Any], one: Operation, told: Story, body: Any, kind: str = JSON, **extra: Any) -> Any:  # noqa: F811
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return cast[one.who()].generic(one.method.upper(), one.address(ids_of(told)), raw, kind, **extra)


def test_an_unreadable_body_is_a_400_and_changes_nothing(told, cast):  # noqa: F811
    before, wrong, turns = everything(), [], Turns(UNREADABLE.items(), 4)
    for one in writing():
        if not one.takes_body:
            continue
        for name, raw in turns.next():
            if name == "empty" and not fitting(one, told):
                continue  # an empty object, where nothing is required of it
            allowed = (400, 409, 422) if name == "empty" else (400,)
            wrong += (
                [f"{one.name}, {name}: {found}"] if (found := problem(send(cast, one, told, raw), *allowed)) else []
            )
    assert not wrong, "\n".join(wrong)
    assert everything() == before


def test_a_body_of_another_type_is_a_415(told, cast):  # noqa: F811
    before, wrong = everything(), []
    for one in writing():
        if one.takes_body and fitting(one, told):
            for kind in ("text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "junk"):
                found = problem(send(cast, one, told, b"reason=x", kind), 415)
                wrong += [f"{one.name} as {kind}: {found}"] if found else []
    assert not wrong, "\n".join(wrong)
    assert everything() == before


def test_an_unknown_field_or_no_object_is_refused(told, cast):  # noqa: F811
    before, wrong = everything(), []
    for one in writing():
        if not one.takes_body:
            continue
        answer = send(cast, one, told, {**fitting(one, told), "is_staff": True})
        found = problem(answer, 422) or ("" if answer.json()["code"] == "unknown_field" else "another code")
        wrong += [f"{one.name}: {found}"] if found else []
        for body in ([], [{}], "x", 1, True):
            found = problem(send(cast, one, told, body), 422)
            wrong += [f"{one.name} {body!r}: {found}"] if found else []
    assert not wrong, "\n".join(wrong)
    assert everything() == before


def test_a_wrong_value_in_any_field_is_refused(told, cast):  # noqa: F811
    wrong, before, turns = [], everything(), Turns(WRONG, 2)
    for one in writing():
        for field in one.fields:
            for value in turns.next():
                body = {**fitting(one, told), field: value}
                found = problem(send(cast, one, told, body), 400, 403, 404, 409, 422)
                wrong += [f"{one.name} {field}={str(value)[:30]!r}: {found}"] if found else []
    assert not wrong, "\n".join(wrong)
    assert everything() == before


def test_days_at_the_end_of_the_calendar_break_nothing(told, cast):  # noqa: F811
    wrong = []
    for one in writing():
        for field, shape in one.fields.items():
            if "date" not in str(shape) and "time" not in field:
                continue
            for value in TIMES:
                answer = send(cast, one, told, {**fitting(one, told), field: value})
                found = "" if answer.status_code < 300 else problem(answer, 400, 404, 409, 422)
                wrong += [f"{one.name} {field}={value}: {found}"] if found else []
    assert not wrong, "\n".join(wrong)


def test_an_odd_idempotency_key_is_refused(told, cast):  # noqa: F811
    keys = Turns(["k" * 300, "a\x01b", "\x7f"], 1)
    before, wrong, tried = everything(), [], 0
    doors = [one for one in writing() if one.method == "post" and fitting(one, told)]
    for one, key in ((one, key) for one in doors for key in keys.next()):
        answer = send(cast, one, told, fitting(one, told), HTTP_IDEMPOTENCY_KEY=key)
        if answer.status_code == 422 and "Idempotency-Key" in answer.json().get("errors", {}):
            tried += 1
        elif answer.status_code >= 500:
            wrong.append(f"{one.name}: {answer.status_code}")
    assert not wrong and tried >= 10, (tried, wrong)
    changed = {table for table, stamp in everything().items() if stamp != before[table]}
    assert changed <= {"identity_device", "prescriptions_guess"}, changed  # doors that take no key did their work


def test_other_peoples_ids_in_a_body_are_as_good_as_none(told, cast, eve):  # noqa: F811
    """Each line: somebody with a right to the door, and in the body an id that is not theirs to use."""
    ids = ids_of(told)
    cast |= {"eve": make.api_client(eve)}
    elsewhere = make.make_facility(name="Bệnh viện khác")
    stranger = make.make_practitioner(facility=elsewhere, full_name="Lý Văn Xa")
    cast |= {"xa": make.api_client(stranger)}
    foreign_type = make.make_visit_type(facility=elsewhere)
    time = "2031-03-27T09:00:00+07:00"
    wish = {"schedule": ids["schedule_id"], "starts_at": time, "visit_type": str(told.visit_type.id), "mode": "video"}
    rule = {"weekday": 1, "from_time": "00:00", "to_time": "00:00"}
    own = f"people/{eve.id}/record"
    table: list[tuple[str, str, str, dict[str, Any]]] = [
        ("eve", "post", "appointments", {**wish, "person": ids["person_id"]}),
        ("eve", "post", "appointments", {**wish, "visit_type": str(foreign_type.id)}),
        ("eve", "post", "appointments", {**wish, "schedule": str(uuid4())}),
        ("eve", "post", "payments", {"subject": f"appointment:{ids['appointment_id']}"}),
        ("eve", "post", "payments", {"subject": f"prescription:{ids['prescription_id']}"}),
        ("eve", "post", "payments", {"subject": f"payment:{ids['payment_id']}"}),
        ("eve", "post", f"{own}/allergies", {"substance": "x", "encounter": ids["encounter_id"]}),
        ("eve", "post", f"{own}/observations", {"values": [{"code": "8867-4", "value": "70"}], "encounter": ids["encounter_id"]}),
        ("eve", "put", "me/acting-as", {"membership": str(told.cara.id)}),
        ("xa", "post", "prescriptions", {"encounter": ids["encounter_id"]}),
        ("xa", "post", f"people/{ids['person_id']}/record/allergies", {"substance": "x", "encounter": ids["encounter_id"]}),
        ("ana", "post", f"prescriptions/{ids['prescription_id']}/route", {"pharmacy": str(elsewhere.id)}),
        ("dan", "post", "schedules", {"practitioner": str(stranger.id)}),
        ("dan", "post", f"schedules/{ids['schedule_id']}/rules", {**rule, "visit_types": [str(foreign_type.id)]}),
    ]  # fmt: skip
    wrong = []
    for who, method, path, body in table:
        before = everything()
        found = problem(getattr(cast[who], method)(f"/api/v1/{path}", body), 403, 404, 409, 422)
        changed = {name for name, stamp in everything().items() if stamp != before[name]}
        wrong += [f"{who} {method} {path} {body}: {found} {changed}"] if found or changed else []
    assert not wrong, "\n".join(wrong)


def test_junk_in_any_query_string_is_a_refusal_or_a_page(told, cast):  # noqa: F811
    ids, wrong, turns = ids_of(told), [], Turns(JUNK, 3)
    for one in doors.operations():
        if one.method != "get":
            continue
        needed = f"practitioner={told.ben.id}&visit_type={told.visit_type.id}&month=2031-03&q=ho&"
        for name in [*one.parameters, "cursor", "limit", "unheard_of"]:
            for junk in turns.next():
                base = "&".join(part for part in needed.split("&") if part and not part.startswith(f"{name}="))
                once = f"{base}&{name}={quote(junk)}"
                for query in (once, f"{once}&{name}=2") if junk == "-1" else (once,):
                    answer = cast[one.who()].get(f"{one.address(ids)}?{query}")
                    found = "" if answer.status_code == 200 else problem(answer, 403, 404, 422)
                    wrong += [f"{one.name}?{query[-80:]}: {found}"] if found else []
    assert not wrong, "\n".join(wrong[:40])


def test_a_limit_that_means_nothing_is_a_422_on_every_list(told, cast):  # noqa: F811
    ids, wrong = ids_of(told), []
    for one in doors.operations():
        if one.method == "get" and "limit" in one.parameters:
            for limit in ("-1", "0", str(10**9), "ten", "1e2"):
                found = problem(cast[one.who()].get(f"{one.address(ids)}?limit={quote(limit)}"), 422)
                wrong += [f"{one.name} limit={limit}: {found}"] if found else []
    assert not wrong, "\n".join(wrong)


def test_fhir_refuses_in_its_own_words(told, cast):  # noqa: F811
    absent = ("Nonsense", "Encounter/x", "Encounter/01900000-0000-7000-8000-00000000000e", "Patient/%00")
    odd = ("patient=%00", "patient=x", "_count=-1", "_id=x")
    for path in (*absent, *(f"Encounter?{one}" for one in odd), "Patient?identifier=%00|"):
        answer = cast["ana"].get(f"/fhir/R4/{path}")
        assert answer.status_code in {404, 422}, (path, answer.content)
        if answer["Content-Type"].startswith("application/fhir+json"):
            assert answer.json()["resourceType"] == "OperationOutcome", path
        else:
            assert problem(answer, 404) == "", path  # no route leads there at all


FORMS = [
    "find/",
    "book/",
    "appointments/",
    "record/",
    "record/who/",
    "record/allergies/add/",
    "profile/",
    "people/add/",
    "language/",
    "theme/",
    "welcome/",
    "roles/act/",
    "sign-in/",
    "sign-in/code/",
    "staff/sign-in/",
    "inbox/",
    "prescriptions/",
    "hospital/",
    "pharmacy/",
    "doctor/",
]
NAMES = [
    "day",
    "date",
    "week",
    "month",
    "page",
    "visit",
    "mode",
    "time",
    "schedule",
    "starts_at",
    "visit_type",
    "person",
    "q",
    "specialty",
    "province",
    "code",
    "next",
    "phone",
    "kind",
    "before",
    "full_name",
    "born_on",
    "language",
    "theme",
    "facility",
    "practitioner",
]


def test_pages_survive_junk_in_addresses_and_forms(told, dan):  # noqa: F811
    browsers = [make.page_client(one) for one in (told.ana, told.ben, told.cara, dan)]
    paths = [*FORMS, f"doctors/{told.ben.id}/", f"appointments/{told.ids['appointment']}/cancel/"]
    before, wrong = everything(), []
    for browser in browsers:
        for path in paths:
            for junk in ("\x00", "9999-12-31", "x" * 3000):
                values = dict.fromkeys(NAMES, junk)
                for answer in (browser.get(f"/{path}", values), browser.post(f"/{path}", values)):
                    if answer.status_code >= 500:
                        wrong.append(f"{path} {junk[:20]!r}: {answer.status_code}")
    assert not wrong, "\n".join(sorted(set(wrong)))
    # Reading one's own record leaves a line, a visit to a page is remembered, and a sign-in code may have been asked for.
    kept = {
        "booking_appointment",
        "payments_payment",
        "prescriptions_prescription",
        "records_encounter",
        "identity_person",
        "booking_rule",
        "booking_schedule",
        "identity_delegation",
        "records_allergy",
    }
    assert not {table for table, stamp in everything().items() if stamp != before[table]} & kept


def test_the_gateways_door_believes_nobody_without_a_signature(told, now):  # noqa: F811
    raw = json.dumps({"id": "evt_9", "type": "charge.paid", "data": {"reference": "x"}}).encode()
    this = int(now.timestamp())
    right = signature.sign("not the secret", raw, at=this)
    headers = [
        "",
        "t=,v1=",
        f"t={this}",
        "v1=00",
        right,
        f"t={this - 301},v1={'0' * 64}",
        "t=x,v1=y",
        "t=1" + ",v1=a" * 10_000,
        "\xff",
        f"t={'9' * 400},v1=00",
    ]
    before = everything()
    for header in headers:
        for body in (raw, b"", b"[" * DEEP, b"\xff"):
            answer = Client().post("/hooks/sandbox/", body, content_type=JSON, headers={"Sandbox-Signature": header})
            assert problem(answer, 400, 401, 403) == "", (header[:40], answer.content)
    huge = Client().post(
        "/hooks/sandbox/", b"x" * (64 * 1024 + 1), content_type=JSON, headers={"Sandbox-Signature": right}
    )
    assert 400 <= huge.status_code < 500
    assert problem(Client().post("/hooks/nobody/", raw, content_type=JSON), 404) == ""
    assert everything() == before


AUTH = [
    "auth/signup",
    "auth/login",
    "auth/code/request",
    "auth/code/confirm",
    "auth/2fa/authenticate",
    "auth/session",
    "tokens/refresh",
    "config",
    "account/password/change",
    "account/authenticators/totp",
    "auth/reauthenticate",
    "auth/phone/verify",
    "auth/provider/token",
    "account/phone",
    "auth/sessions",
]


@pytest.mark.parametrize("path", AUTH)
def test_sign_in_refuses_junk(path, db):
    bodies = [raw for name, raw in UNREADABLE.items()] + [
        json.dumps(dict.fromkeys(("phone", "code", "email", "password", "refresh_token", "full_name", "born_on", "sex"), value)).encode()
        for value in ("\x00", "x" * 5000, {"a": 1}, [1], True, None, -1, "+84\u0660\u0661", "=cmd")
    ]  # fmt: skip
    for method in ("get", "post", "patch", "put", "delete"):
        for raw in bodies:
            for extra in ({}, {"HTTP_X_SESSION_TOKEN": "\x00junk"}):
                answer = Client().generic(method.upper(), f"/_allauth/app/v1/{path}", raw, JSON, **extra)
                assert answer.status_code < 500, (method, raw[:60], answer.content[:300])
