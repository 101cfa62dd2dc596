"""The public contract under fire: schemathesis throws what it can think of at every operation, as several people."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.cast_of_the_demo import CITIZEN, DOCTOR, PHARMACIST, sign_in
from tests.house import House

# Cases for an operation and phase; together the three runs make more than 2,000 cases (the test counts them).
CASES = int(os.environ.get("LANH_CONTRACT_CASES", "12"))


@pytest.mark.parametrize("who", [CITIZEN, DOCTOR, PHARMACIST], ids=["citizen", "doctor", "pharmacist"])
def test_no_input_breaks_the_api_or_surprises_its_description(house: House, who: str, tmp_path: Path) -> None:
    phone = sign_in(house, who)
    report = tmp_path / "report.json"
    command = [
        str(Path(sys.executable).parent / "schemathesis"), "run", f"{house.url}/api/schema/",
        "--header", f"Authorization: {phone.http.headers['Authorization']}",
        "--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
        "--phases", "examples,coverage,fuzzing,stateful",
        "--max-examples", str(CASES), "--seed", "20261123", "--workers", "2", "--continue-on-failure",
        "--request-timeout", "30", "--suppress-health-check", "all", "--report-json-path", str(report),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, cwd=tmp_path, check=False)
    counted = re.search(r"Test cases:\s+([\d,]+)\s+generated", done.stdout) or re.search(r"([\d,]+) generated", done.stdout)
    assert counted, done.stdout[-3000:]
    assert done.returncode == 0, done.stdout[-12_000:]
    assert int(counted[1].replace(",", "")) >= 700


def test_the_schema_names_every_refusal(house: House) -> None:
    schema = httpx.get(f"{house.url}/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"}).json()
    assert schema["openapi"].startswith("3.1")
    assert "Problem" in schema["components"]["schemas"]
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            assert {"422", "503"} <= set(operation["responses"]), f"{method} {path}"


@pytest.mark.parametrize("raw", [b"[" * 100_000, b'{"a":' * 100_000, b"{", b"\xff", b"NaN"])
def test_unreadable_bodies_are_400_on_every_writing_address(house: House, raw: bytes) -> None:
    phone = sign_in(house, CITIZEN)
    schema = httpx.get(f"{house.url}/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"}).json()
    for path, operations in schema["paths"].items():
        for method in {"post", "put", "patch"} & set(operations):
            if "requestBody" not in operations[method]:
                continue
            address = re.sub(r"\{[^}]+\}", "01900000-0000-7000-8000-000000000000", path)
            answer = phone.http.request(method, address, content=raw, headers={"Content-Type": "application/json"})
            assert answer.status_code in {400, 403, 404}, f"{method} {path}: {answer.status_code}"
            assert json.loads(answer.content)["status"] == answer.status_code
