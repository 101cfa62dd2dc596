"""The public contract under fire: schemathesis throws what it can think of at every operation, as several people."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from runtime.folders import CHECKOUT
from tests.cast_of_the_demo import CITIZEN, DESK, DOCTOR, PHARMACIST, sign_in
from tests.contract.doors import WHOLE
from tests.house import House
from tests.phone import Phone

# Fuzzed cases for each operation, on top of what the schema's edges give; a hundred is a night's run.
CASES = os.environ.get("LANH_CONTRACT_CASES", "4")
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
# Where the ids of things that exist are read, for each name a parameter or field may have.
LISTS = {
    "appointment": "/appointments",
    "ask": "/urgent-asks",
    "block": "/booking-blocks",
    "delegation": "/me/delegations",
    "entry": "/waiting-list",
    "facility": "/facilities",
    "leave": "/leaves",
    "link": "/calendar-links",
    "message": "/notifications",
    "offer": "/waiting-list/offers",
    "person": "/me/people",
    "pharmacy": "/facilities?kind=pharmacy",
    "practitioner": "/practitioners",
    "prescription": "/prescriptions",
    "run": "/schedules/import",
    "schedule": "/schedules",
    "ticket": "/queue",
    "visit_type": "/visit-types",
    "wish": "/remote-wishes",
}

# Doors whose business is somebody's own. The others are the citizen's; `storm contract` has citizen and doctor try all.
OWN = {
    PHARMACIST: r"^/api/v1/dispensing",
    DESK: r"^/api/v1/(schedules|leaves|booking-blocks|hospital)",
    DOCTOR: r"^/api/v1/(encounters|prescribing|prescriptions|drugs|recordings|rooms|icd10)",
}
SHARED = {
    PHARMACIST: r"^/api/v1/(dispensing|prescriptions|drugs|me|notifications|facilities|socket-tickets)",
    DESK: r"^/api/v1/(schedules|appointments|payments|slots|me|notifications|practitioners|visit-types)",
}
# In the suite each door has one who tries it, of citizen's and doctor's every second has its turn, and nothing is drawn.
PHASES = "examples,coverage,fuzzing,stateful" if WHOLE else "examples,coverage"
ENOUGH = 2_000 if WHOLE else 300

tallies: dict[str, dict[str, int]] = {}


def _ids(phone: Phone) -> dict[str, list[str]]:
    """Ids of things this person may see; a list that is not theirs to read gives none."""
    found: dict[str, list[str]] = {}
    for name, path in LISTS.items():
        answer = phone.http.get(f"/api/v1{path}")
        rows = answer.json().get("results", []) if answer.status_code == 200 else []
        found[name] = [row["id"] for row in rows if "id" in row]
    for schedule in found["schedule"][:3]:
        for name, path in (("rule", "rules"), ("closure", "exceptions")):
            found.setdefault(name, []).extend(
                row["id"] for row in phone.get(f"/schedules/{schedule}/{path}")["results"]
            )
    for appointment in found["appointment"]:
        row = phone.get(f"/appointments/{appointment}")
        found["schedule"].append(row["schedule"])
        if row["encounter"]:
            found.setdefault("encounter", []).append(row["encounter"])
    for prescription in found["prescription"]:
        row = phone.get(f"/prescriptions/{prescription}")
        found.setdefault("encounter", []).append(row["encounter"])
        found["person"].append(row["person"]["id"])
    return {name: sorted(set(ids)) for name, ids in found.items() if ids}


def _doors_of(phone: Phone, who: str) -> list[str]:
    """Which doors somebody tries."""
    if WHOLE:
        return ["--include-path-regex", SHARED[who]] if who in SHARED else []
    every = phone.http.get("/api/schema/", headers={"Accept": "application/json"}).json()["paths"]
    mine = [path for path in every if next((one for one, own in OWN.items() if re.match(own, path)), CITIZEN) == who]
    step = 2 if who in (CITIZEN, DOCTOR) else 1  # they have by far the most
    return ["--include-path-regex", f"^({'|'.join(re.escape(path) for path in sorted(mine)[::step])})$"]


def _fire(house: House, who: str, folder: Path) -> subprocess.CompletedProcess[str]:
    phone = sign_in(house, who)
    roles = phone.get("/me")["roles"]
    aim = {
        "url": house.url,
        "refresh_token": phone.refresh_token,
        "acting_as": roles[0]["id"] if roles else "citizen",
        "ids": _ids(phone),
        "tally": str(folder / "tally.json"),
    }
    (folder / "aim.json").write_text(json.dumps(aim))
    command = [
        str(Path(sys.executable).parent / "schemathesis"), "run", f"{house.url}/api/schema/", "--checks", CHECKS,
        "--phases", PHASES, "--max-examples", CASES, "--seed", os.environ.get("LANH_CONTRACT_SEED", "20261123"),
        # One worker: two of them trip over a race of Python 3.11's own compiler ("AST constructor recursion depth").
        "--workers", "1", "--continue-on-failure", "--request-timeout", "30", "--suppress-health-check", "all",
        "--warnings", "off", "--no-shrink",
        *_doors_of(phone, who),
    ]  # fmt: skip
    own = {
        "SCHEMATHESIS_HOOKS": "tests.contract.hooks",
        "LANH_CONTRACT_AIM": str(folder / "aim.json"),
        "PYTHONPATH": os.pathsep.join([str(CHECKOUT), str(CHECKOUT / "backend")]),
    }
    return subprocess.run(
        command, capture_output=True, text=True, timeout=3600, cwd=folder, env={**os.environ, **own}, check=False
    )


@pytest.mark.parametrize("who", [CITIZEN, DOCTOR, PHARMACIST, DESK], ids=["citizen", "doctor", "pharmacist", "desk"])
def test_no_input_breaks_the_api_or_surprises_its_description(target: House, who: str, tmp_path: Path) -> None:
    done = _fire(target, who, tmp_path)
    failures = re.search(r"^=+ FAILURES.*", done.stdout, re.DOTALL | re.MULTILINE)
    # A tool that broke has proved nothing: its errors count like the API's.
    assert done.returncode == 0, (failures[0] if failures else done.stdout + done.stderr)[:12_000]
    counted = json.loads((tmp_path / "tally.json").read_text())
    tallies[who] = tally = counted["all"]
    assert not [status for status in tally if status.startswith("5") and status != "503"], tally
    assert tally.get("401", 0) < sum(tally.values()) * 0.1, f"the run was signed out half-way: {tally}"
    # What is made to be refused is refused; of what is well formed a fair part must come past the first guard and do something.
    formed = counted["well-formed"]
    good = sum(count for status, count in formed.items() if status.startswith("2"))
    assert good > sum(formed.values()) * 0.1, f"too few answers come from behind the first guard: {formed}"
    let_in = sum(count for status, count in formed.items() if status not in {"401", "403"})
    assert good > let_in * (0.2 if WHOLE else 0.1), f"too few well-formed wishes are fulfilled: {formed}"


def test_there_were_enough_cases() -> None:
    if len(tallies) < 4:
        pytest.skip("counts the four runs above, and not all of them ran to their end here")
    assert sum(sum(tally.values()) for tally in tallies.values()) >= ENOUGH


# ---- the description itself


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    from drf_spectacular.generators import SchemaGenerator

    return dict(SchemaGenerator().get_schema(request=None, public=True))


def _operations(schema: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(method, path, one) for path, methods in schema["paths"].items() for method, one in methods.items()]


def _component(schema: dict[str, Any], operation: dict[str, Any]) -> dict[str, Any]:
    """The schema of what a good answer holds."""
    good = next(answer for status, answer in operation["responses"].items() if status.startswith("2"))
    shape = next(iter(good.get("content", {}).values()), {}).get("schema", {})
    return schema["components"]["schemas"].get(shape.get("$ref", "").rpartition("/")[2], shape)


def test_the_description_is_made_without_a_warning(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema")],
        capture_output=True, text=True, cwd=CHECKOUT, check=False,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "settings"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]


def test_every_operation_has_a_name_of_its_own_and_names_its_refusals(schema: dict[str, Any]) -> None:
    operations = _operations(schema)
    names = [one["operationId"] for _, _, one in operations]
    assert schema["openapi"].startswith("3.1")
    assert len(names) == len(set(names)) >= 80
    for method, path, one in operations:
        wanted = {"404", "406", "422", "429", "503"} | (set() if method == "get" else {"400", "409", "415"})
        assert wanted <= set(one["responses"]), f"{method} {path}"


def test_every_list_is_a_page(schema: dict[str, Any]) -> None:
    """Nobody has to learn a second way of reading a list."""
    for method, path, one in _operations(schema):
        shape = _component(schema, one)
        assert shape.get("type") != "array", f"{method} {path} answers a bare list"
        if "results" in shape.get("properties", {}):
            assert set(shape["properties"]) == {"results", "next", "previous"}, f"{method} {path}"
            assert set(shape["required"]) == {"results", "next", "previous"}, f"{method} {path}"


def test_every_choice_has_a_name(schema: dict[str, Any]) -> None:
    for name, shape in schema["components"]["schemas"].items():
        for field, values in shape.get("properties", {}).items():
            assert "enum" not in values, f"{name}.{field}"


def test_no_two_kinds_of_thing_share_a_name() -> None:
    """drf-spectacular would quietly let one of them win."""
    from rest_framework.serializers import Serializer

    def below(kind: type) -> set[type]:
        return {one for child in kind.__subclasses__() for one in {child} | below(child)}

    import urls  # noqa: F401  # loads every door

    ours = [one for one in below(Serializer) if not one.__module__.startswith(("rest_framework", "allauth", "drf_"))]
    twice: dict[str, set[str]] = {}
    for one in ours:
        twice.setdefault(one.__name__, set()).add(one.__module__)
    shared = {name: sorted(modules) for name, modules in twice.items() if len(modules) > 1}
    assert {name: modules for name, modules in shared.items() if name != "NoWish"} == {}  # an empty object is one thing
