"""Thousands of attempts to book by eight processes, all after the same few times, while app and database are killed.

The database is a cluster of this storm alone, so that nobody else's dies with it. It keeps its promises to the disk, as
the house's own does: what was answered with 201 must be there after a kill -9, exactly once. `--long` is 12,000 attempts
and twenty kills. `--without constraint` takes the guards away and must end in broken promises: a storm that cannot
find anything proves nothing.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Any, Literal

from tests.site import Site, own_database
from tests.storm.booking import ACTIVE, PROMISES, Outcome, at_the_bank, database, settle

ATTEMPTS = 12_000
KILLS = 20
LONG = 300  # seconds; a shorter storm has fewer kills
CLIENTS = 8
CITIZENS = 24
FREE_DOCTORS, PAID_DOCTORS = 4, 2
STARTS = 150  # with six doctors about a dozen attempts for each time
NEAR = 6  # everybody wants one of the next few starts, so that they meet
# Seconds after the database's return in which the app may still be without it: its pool tries again after 1, 2, 4 seconds,
# and who waits for a connection then waits five.
GRACE = 10.0
BLIND = """
    CREATE OR REPLACE FUNCTION booking_run(first integer, count integer) RETURNS bit(312)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN repeat('0', 312)::bit(312)"""

OVERLAPS = {
    "no practitioner is at two places": f"""
        SELECT a.id, b.id FROM booking_appointment a JOIN booking_appointment b
        ON a.id < b.id AND a.practitioner_id = b.practitioner_id AND a.blocked && b.blocked AND a.session <> b.session
        AND NOT a.walk_in AND NOT b.walk_in AND a.status IN {ACTIVE} AND b.status IN {ACTIVE}""",
    "no attempt has two appointments": """
        SELECT reason, count(*) FROM booking_appointment GROUP BY reason HAVING count(*) > 1""",
}


@dataclass(frozen=True)
class Wish:
    """One attempt: who wants what. Its name is the key it is asked with and the reason it is remembered by."""

    name: str
    person: str
    schedule: str
    starts_at: str


@dataclass
class Report:
    """What one client did and was told."""

    done: Counter[str] = field(default_factory=Counter)
    acknowledged: list[tuple[str, Wish, str]] = field(default_factory=list)  # appointment, wish, its status then
    given_up: set[str] = field(default_factory=set)  # appointments whose cancelling was asked for
    failures: list[tuple[float, str]] = field(default_factory=list)  # server errors and their moment


def blow(
    *, seed: int, seconds: float, attempts: int | None = None, without: Literal["constraint"] | None = None
) -> Outcome:
    """Let eight processes try to book until all attempts are made or `seconds` are over; settle, and look."""
    from runtime import postgres

    cluster = postgres.Cluster("storm")
    cluster.destroy()  # what an earlier one left; refuses while another storm is using it
    cluster.start()
    os.environ["DATABASE_URL"] = cluster.database_url("storm_attempts")
    try:
        return _blow(cluster, seed, seconds, attempts or ATTEMPTS, without)
    finally:
        for client in multiprocessing.active_children():
            client.kill()
            client.join()
        cluster.leave()
        cluster.destroy()


def _blow(cluster: Any, seed: int, seconds: float, attempts: int, without: str | None) -> Outcome:
    own_database("storm_attempts")
    from tests import crowd

    doctors, citizens = _stage()
    starts = [start.isoformat() for start in crowd.starts()[: STARTS + NEAR]]
    if without == "constraint":
        with database() as connection:
            for guard in ("practitioner", "person"):
                connection.execute(f"ALTER TABLE booking_appointment DROP CONSTRAINT appointment_{guard}_free")  # type: ignore[call-overload]
            connection.execute(BLIND)  # type: ignore[call-overload]
    chance, outcome, away = random.Random(seed), Outcome(), list[tuple[float, float]]()
    count = KILLS if seconds >= LONG else max(2, int(seconds) // 8)
    kills = ["web", "database"] * (count // 2)
    chance.shuffle(kills)
    environment = {"BOOKING_MAX_OPEN_HOLDS": "10000", "BOOKING_HOLD_MINUTES": "1"}
    with Site(environment=environment) as site:
        fork = multiprocessing.get_context("fork")  # Django is set up already, and its connections are closed
        made, over = fork.Value("i", 0), fork.Event()
        clients = []
        for number in range(CLIENTS):
            ours, theirs = fork.Pipe(duplex=False)
            share = attempts // CLIENTS + (number < attempts % CLIENTS)
            client = _Client(site.url, seed * 1000 + number, share, doctors, citizens, starts, made, over)
            process = fork.Process(target=client.run, args=[theirs], daemon=True)
            process.start()
            theirs.close()
            clients.append((process, ours))
        begun, killed = time.monotonic(), 0
        while time.monotonic() - begun < seconds and made.value < attempts:
            time.sleep(0.05)
            gone = max(made.value / attempts, (time.monotonic() - begun) / seconds)
            if killed < len(kills) and gone > (killed + 0.7) / (len(kills) + 0.7):
                _kill(kills[killed], site, cluster, away)
                outcome.done[f"kill -9 of the {kills[killed]}"] += 1
                print(f"  {made.value} attempts, kill -9 of the {kills[killed]}", flush=True)
                killed += 1
        over.set()
        reports = [_report_of(process, pipe) for process, pipe in clients]
        outcome.done["seconds of storm"] = round(time.monotonic() - begun)
        settle(outcome)
    _look(outcome, reports, away)
    return outcome


def _stage() -> tuple[list[Any], list[Any]]:
    """Doctors, two of them with a pause after each visit, and citizens who may have any number of visits."""
    from django.db import connections
    from django.utils import timezone

    from booking import days
    from booking.models import Policy, Schedule
    from tests import crowd

    doctors = [*crowd.doctors(FREE_DOCTORS, price=0), *crowd.doctors(PAID_DOCTORS)]
    for facility in Schedule.objects.values_list("facility_id", flat=True).distinct():
        Policy.objects.create(facility_id=facility, max_open_bookings=30_000, created_at=timezone.now())
    hasty = [doctors[0].schedule_id, doctors[-1].schedule_id]
    Schedule.objects.filter(pk__in=hasty).update(buffer_after_minutes=5)
    days.rebuild(hasty, now=timezone.now())
    citizens = crowd.citizens(CITIZENS)
    connections.close_all()
    return doctors, citizens


def _kill(what: str, site: Site, cluster: Any, away: list[tuple[float, float]]) -> None:
    """kill -9, and start again at once."""
    if what == "web":
        site.kill()
        site.start()
        return
    gone = time.time()
    postmaster = int((Path(cluster.data) / "postmaster.pid").read_text().split("\n", 1)[0])
    os.kill(postmaster, signal.SIGKILL)
    while _lives(postmaster):
        time.sleep(0.005)
    cluster.start()
    away.append((gone, time.time()))


def _lives(pid: int) -> bool:
    with suppress(OSError):
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    return False


def _report_of(process: Any, pipe: Connection) -> Report:
    if not pipe.poll(60):
        raise RuntimeError(f"a client does not come back (process {process.pid})")
    report: Report = pipe.recv()
    process.join(10)
    return report


@dataclass
class _Client:
    """One process: it takes one citizen after the other and tries, until its share is done."""

    url: str
    seed: int
    share: int
    doctors: list[Any]
    citizens: list[Any]
    starts: list[str]
    made: Synchronized[int]
    over: Any

    def run(self, pipe: Connection) -> None:
        """The whole life of the process; what it saw goes home through the pipe."""
        from tests import crowd

        self.chance, self.report = random.Random(self.seed), Report()
        self.line = crowd.Line(self.url)
        self.signed_in: dict[str, float] = {}
        for number in range(self.share):
            if self.over.is_set():
                break
            with suppress(_Over):
                self._attempt(number)
                with self.made.get_lock():
                    self.made.value += 1
        pipe.send(self.report)

    def _attempt(self, number: int) -> None:
        doctor, citizen = self.chance.choice(self.doctors), self.chance.choice(self.citizens)
        start = self.starts[STARTS * number // self.share + self.chance.randrange(NEAR)]
        wish = Wish(f"attempt {self.seed} {number}", citizen.id, doctor.schedule_id, start)
        body = {
            "schedule": doctor.schedule_id,
            "starts_at": start,
            "visit_type": doctor.visit_type_id,
            "mode": "video",
            "condition": "J00",
            "reason": wish.name,
        }
        status, answer = self._ask(citizen, "POST", "/api/v1/appointments", body, wish.name)
        self.report.done[f"attempt {status}"] += 1
        if status == 201:
            self.report.acknowledged.append((answer["id"], wish, answer["status"]))
            self._go_on(citizen, answer)

    def _go_on(self, citizen: Any, answer: dict[str, Any]) -> None:
        """Some change their minds, and some of those who should pay do."""
        turn = self.chance.random()
        if turn < 0.15:
            self.report.given_up.add(answer["id"])
            path = f"/api/v1/appointments/{answer['id']}/cancel"
            status, _ = self._ask(citizen, "POST", path, {"reason": "storm"}, f"cancel {answer['id']}")
            self.report.done[f"cancel {status}"] += 1
        elif answer["status"] == "held" and turn < 0.8:
            body = {"subject": f"appointment:{answer['id']}", "gateway": "sandbox"}
            status, payment = self._ask(citizen, "POST", "/api/v1/payments", body, f"pay {answer['id']}")
            self.report.done[f"pay {status}"] += 1
            if status == 200 and payment.get("redirect_url"):
                way = self.chance.choices(["pay", "decline", "late"], [8, 1, 1])[0]
                with suppress(ConnectionError):  # nobody asks a bank's page twice
                    at_the_bank(self.line, payment["redirect_url"], way)
                    self.report.done[f"bank {way}"] += 1

    def _ask(self, citizen: Any, method: str, path: str, body: dict[str, Any], key: str) -> tuple[int, Any]:
        """Ask until there is an answer: with the same key, as an app does that does not know whether it was heard."""
        while not self.over.is_set():
            try:
                self._sign_in(citizen)
                status, answer = self.line.call(method, path, body, **{"Idempotency-Key": key})
            except ConnectionError:
                self.report.done["cut off"] += 1
                time.sleep(0.2)
                continue
            if status < 500:
                return status, answer
            self.report.failures.append((time.time(), f"{method} {path}: {status} {str(answer)[:200]}"))
            self.report.done[f"answer {status}"] += 1
            time.sleep(0.2)
        raise _Over

    def _sign_in(self, citizen: Any) -> None:
        from django.contrib.sessions.backends.base import UpdateError
        from django.db import Error, connections

        if time.monotonic() - self.signed_in.get(citizen.id, -1000) > 200:
            try:
                citizen.sign_in()
            except (Error, UpdateError) as error:
                connections.close_all()
                raise ConnectionError(str(error)) from error
            self.signed_in[citizen.id] = time.monotonic()
        self.line.token = citizen.token


class _Over(Exception):
    """The storm ends while an attempt has no answer: it was not acknowledged, so nothing is promised."""


def _look(outcome: Outcome, reports: list[Report], away: list[tuple[float, float]]) -> None:
    """Add up what the clients saw and hold it against what is kept."""
    from django.db import connections
    from django.utils import timezone

    from booking import days

    for report in reports:
        outcome.done.update(report.done)
    outcome.done["attempts"] = sum(n for what, n in outcome.done.items() if what.startswith("attempt "))
    with database() as connection:
        for promise, question in (PROMISES | OVERLAPS).items():
            outcome.promises[promise] = [str(row) for row in connection.execute(question).fetchall()]  # type: ignore[call-overload]
        rows = connection.execute(
            "SELECT id::text, reason, person_id::text, schedule_id::text, lower(during), status FROM booking_appointment"
        ).fetchall()
    kept = {row[0]: row[1:] for row in rows}
    outcome.done["appointments"] = len(kept)
    outcome.promises["what was acknowledged is there, once"] = _missing(reports, kept)
    connections.close_all()
    outcome.promises["the projection says what is true"] = [str(one) for one in days.check(now=timezone.now())]
    outcome.promises["no answer is a server error while the database is there"] = [
        failure
        for report in reports
        for at, failure in report.failures
        if not any(gone <= at <= back + GRACE for gone, back in away)
    ]
    outcome.promises["something happened"] = [] if outcome.done["attempt 201"] else ["not one attempt succeeded"]


def _missing(reports: list[Report], kept: dict[str, Any]) -> list[str]:
    """What clients were promised and is not so: gone, another's, or given up though nobody asked for that."""
    found = []
    given_up = set().union(*(report.given_up for report in reports))
    agreed = {"booked", "checked_in", "in_consultation", "interrupted", "fulfilled"}
    for appointment, wish, status in (one for report in reports for one in report.acknowledged):
        row = kept.get(appointment)
        if row is None:
            found.append(f"{appointment}: acknowledged as {status} and gone")
            continue
        reason, person, schedule, starts_at, now = row
        if (person, schedule, starts_at) != (wish.person, wish.schedule, datetime.fromisoformat(wish.starts_at)):
            found.append(f"{appointment}: acknowledged for {wish}, kept for {row}")
        if status == "booked" and now not in agreed and appointment not in given_up:
            found.append(f"{appointment}: acknowledged as booked, now {now} ({reason})")
    return found
