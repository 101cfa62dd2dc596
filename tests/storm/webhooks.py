"""Thousands of calls from a payment company: repeated, shuffled, forged, stale, and the app killed while it takes and settles them.

Receivers and workers are the app in processes of their own: receivers are called through the public door, workers do the jobs
that follow. Any of them is killed (by its id, kill -9) in the middle; a call without an answer comes again, as companies do,
and what a dead worker held is done by another. In the end the clock's jobs run once, and our ledger is the company's books,
one to one; of forged and stale calls nothing is left but the counter. `--long` is 2,000 calls and twenty kills.

The company is pluggable (`--company`, see tests/storm/companies.py). Two ways to see that the storm finds something: `--without
lock` takes the row locks away, `--without constraint` the unique constraints as well.
"""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Literal

from tests.site import own_database
from tests.storm.booking import Outcome, database
from tests.storm.companies import Call, Company, company_called

RECEIVERS, WORKERS = 2, 2
LONG, LONG_CALLS, SHORT_CALLS = 300, 2000, 240  # LONG in seconds
LONG_KILLS, SHORT_KILLS = 20, 4
REPEATED, FORGED, STALE = 0.20, 0.05, 0.02
UNHEARD = 0.05  # payments of which no call arrives at all: only asking finds them
PATIENCE = 900.0  # seconds until everything must be at rest, on however busy a machine

PROMISES = {
    "the ledger sums to zero": """
        SELECT transaction, sum(amount) FROM payments_entry GROUP BY transaction, currency HAVING sum(amount) <> 0""",
    "each capture is in the ledger once": """
        SELECT p.id, count(DISTINCT e.transaction) FROM payments_payment p LEFT JOIN payments_entry e
        ON e.payment_id = p.id AND e.kind = 'capture' WHERE p.captured_at IS NOT NULL
        GROUP BY p.id HAVING count(DISTINCT e.transaction) <> 1""",
    "each capture is in the audit trail once": """
        SELECT p.id FROM payments_payment p WHERE (p.captured_at IS NOT NULL)::int <> (
            SELECT count(*) FROM audit_line l WHERE l.subject = 'payment:' || p.id AND l.action = 'payments.capture')""",
    "of one thing one money is kept": """
        SELECT subject, count(*) FROM payments_payment WHERE status = 'captured' GROUP BY subject HAVING count(*) > 1""",
    "each call is kept once": """
        SELECT gateway, event_id, count(*) FROM payments_delivery GROUP BY 1, 2 HAVING count(*) > 1""",
    "each call was looked into": "SELECT id, event_id FROM payments_delivery WHERE handled_at IS NULL",
    "no refund waits": "SELECT id FROM payments_refund WHERE status = 'requested'",
    "no job has failed or hangs": """
        SELECT id, task_name, status, attempts FROM procrastinate_jobs WHERE status IN ('failed', 'doing', 'todo')
        AND coalesce(scheduled_at, now()) <= now()""",
}
GUARDS = """
    ALTER TABLE payments_delivery DROP CONSTRAINT delivery_once;
    DROP INDEX entry_captured_once; DROP INDEX entry_refund_once;"""


def blow(
    *,
    seed: int,
    seconds: float,
    company: str = "sandbox",
    without: Literal["lock", "constraint"] | None = None,
) -> Outcome:
    """Send all calls, kill in the middle, wait for rest, compare the books."""
    own_database(f"storm_webhooks_{company}")
    from django.db import connections
    from django.test.utils import setup_test_environment

    setup_test_environment()
    logging.disable(logging.ERROR)  # refused calls are what this is about
    long, chance, outcome = seconds >= LONG, random.Random(seed), Outcome()
    with database() as connection:
        connection.execute("CREATE TABLE storm_workers (worker bigint, pid int)")
        if without == "constraint":
            connection.execute(GUARDS)
    with company_called(company) as other_side:
        wanted = LONG_CALLS if long else SHORT_CALLS
        calls = _calls(other_side, wanted, chance)
        connections.close_all()
        storm = _Storm(other_side, calls, Path(mkdtemp(prefix="lanh-storm-")), without is not None)
        outcome.done["calls"] = len(calls)
        outcome.done.update(Counter(f"calls, {call.kind}" for call in calls))
        begun = time.monotonic()
        storm.rage(LONG_KILLS if long else SHORT_KILLS, chance, outcome)
        outcome.done["seconds of storm"] = round(time.monotonic() - begun)
        _look(outcome, storm)
        connections.close_all()
    return outcome


def _calls(other_side: Company, wanted: int, chance: random.Random) -> list[Call]:
    """What the company sends: honest calls about payments of all ends, some of them twice; forged and stale ones."""
    honest = round(wanted * (1 - REPEATED - FORGED - STALE))
    payments = other_side.prepare(honest * 2 // 3, chance)
    heard = [one for one in payments if chance.random() >= UNHEARD]
    calls = [Call("honest", chance.choice(heard), f"evt_{number}") for number in range(honest)]
    calls += [Call("repeated", one.reference, one.event) for one in chance.choices(calls, k=round(wanted * REPEATED))]
    for kind, part in (("forged", FORGED), ("stale", STALE)):
        calls += [Call(kind, chance.choice(payments), f"{kind}_{number}") for number in range(round(wanted * part))]
    chance.shuffle(calls)
    return calls


class _Storm:
    """The processes, and the journals they write: a line before each call, and one with its answer."""

    def __init__(self, other_side: Company, calls: list[Call], folder: Path, unguarded: bool) -> None:
        self.other_side, self.calls, self.folder, self.unguarded = other_side, calls, folder, unguarded
        self.fork = multiprocessing.get_context("fork")  # Django is set up, and its connections are closed
        self.received, self.settled = self.fork.Event(), self.fork.Event()
        self.processes: dict[tuple[str, int], Any] = {}

    def rage(self, kills: int, chance: random.Random, outcome: Outcome) -> None:
        """Kill at even steps of the way, receivers and workers in turn, until all calls are answered and all jobs are done."""
        for what in [*(("receiver", number) for number in range(RECEIVERS)), *(("worker", n) for n in range(WORKERS))]:
            self._start(*what)
        steps = sorted(chance.uniform(0.02, 0.98) * len(self.calls) for _ in range(kills))
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            time.sleep(0.03)
            answered = len(self.answers())
            while steps and answered >= steps[0]:
                steps.pop(0)
                alive = [one for one in self.processes if self.processes[one].is_alive()]
                kind = "receiver" if len(steps) % 2 else "worker"
                if victims := sorted(one for one in alive if one[0] == kind):
                    self._kill(chance.choice(victims))
                    outcome.done[f"kill -9 of a {kind}"] += 1
            if answered == len(self.calls) and not steps and self._is_done():
                break
        self.settled.set()
        for process in self.processes.values():
            process.join(30)
            if process.is_alive():
                process.kill()
                process.join()
        outcome.promises["it comes to rest"] = [] if time.monotonic() < deadline else ["it did not, in time"]

    def answers(self) -> dict[int, dict[str, Any]]:
        """The last answer to each call, by its number."""
        found: dict[int, dict[str, Any]] = {}
        for number in range(RECEIVERS):
            found.update({said["call"]: said for said in _lines(self._journal(number)) if "status" in said})
        return found

    def asked_again(self) -> int:
        """How many calls were cut off and came again."""
        asked = Counter(
            said["call"] for number in range(RECEIVERS) for said in _lines(self._journal(number)) if "ask" in said
        )
        return sum(times - 1 for times in asked.values())

    def errors(self) -> list[str]:
        """What workers stumbled over, but for a company that is away."""
        return [said["error"] for number in range(WORKERS) for said in _lines(self.folder / f"worker-{number}")]

    def _journal(self, number: int) -> Path:
        return self.folder / f"receiver-{number}"

    def _start(self, kind: str, number: int) -> None:
        live = self._receive if kind == "receiver" else self._work
        process = self.fork.Process(target=live, args=(number,), daemon=True)
        process.start()
        self.processes[kind, number] = process

    def _kill(self, victim: tuple[str, int]) -> None:
        process = self.processes[victim]
        process.kill()
        process.join()
        self._start(*victim)

    def _is_done(self) -> bool:
        alive = [process.pid for process in self.processes.values() if process.is_alive()]
        with database() as connection:
            # As the sweeper does once the heartbeat stops. Again and again: the last statement of a process that was killed may
            # take a job after we have looked.
            connection.execute(
                """UPDATE procrastinate_jobs SET status = 'todo', worker_id = NULL
                   WHERE status = 'doing' AND worker_id IN (SELECT worker FROM storm_workers WHERE pid <> ALL(%s))""",
                [alive],
            )
            left = connection.execute(
                "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND coalesce(scheduled_at, now()) <= now()"
            ).fetchone()
        return left is not None and left[0] == 0

    def _receive(self, number: int) -> None:
        """Take every second call, those without an answer first: the one before me died over them."""
        if self.unguarded:
            _take_the_locks_away()
        from django.test import Client

        from payments.webhooks import CALLS

        mine = self._journal(number)
        answered = {said["call"] for said in _lines(mine) if "status" in said}
        door = Client(raise_request_exception=False)
        refusals = CALLS.labels(self.other_side.gateway, "bad_signature")._value
        for place in range(number, len(self.calls), RECEIVERS):
            if place in answered:
                continue
            call = self.calls[place]
            _note(mine, {"call": place, "ask": call.kind})
            before = refusals.get()
            path, raw, headers = self.other_side.write(call)
            answer = door.post(path, raw, content_type="application/json", headers=headers)
            _note(mine, {"call": place, "status": answer.status_code, "counted": int(refusals.get() - before)})

    def _work(self, number: int) -> None:
        """Take jobs as a worker does, with its name on them, until all is settled."""
        if self.unguarded:
            _take_the_locks_away()
        from django.db import connection

        from tests import jobs

        with connection.cursor() as cursor:
            cursor.execute("SELECT worker_id FROM procrastinate_register_worker_v1()")
            (worker,) = cursor.fetchone()
            cursor.execute("INSERT INTO storm_workers VALUES (%s, %s)", [worker, os.getpid()])
        while not self.settled.is_set():
            job = _fetch(worker)
            if job is None:
                time.sleep(0.02)
                continue
            try:
                jobs._run(job, "raise")
            except Exception as error:
                _note(self.folder / f"worker-{number}", {"error": f"{job.task_name}: {error!r}"[:300]})


def _fetch(worker: int) -> Any:
    from django.db import connection
    from procrastinate import jobs

    from tests.jobs import _as_dict

    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT id, status, task_name, priority, lock, queueing_lock, args, scheduled_at, queue_name, attempts
               FROM procrastinate_fetch_job_v2(NULL, %s)""",
            [worker],
        )
        row = cursor.fetchone()
    if row is None or row[0] is None:
        return None
    names = ("id", "status", "task_name", "priority", "lock", "queueing_lock", "task_kwargs", "scheduled_at", "queue")
    facts = dict(zip((*names, "attempts"), row, strict=True))
    return jobs.Job(**{**facts, "status": jobs.Status.DOING, "task_kwargs": _as_dict(facts["task_kwargs"])})


def _note(journal: Path, said: dict[str, Any]) -> None:
    """One write of one line: a kill leaves all of it or nothing."""
    door = os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(door, (json.dumps(said) + "\n").encode())
    finally:
        os.close(door)


def _lines(journal: Path) -> Iterator[dict[str, Any]]:
    with suppress(FileNotFoundError):
        for text in journal.read_text().splitlines():
            yield json.loads(text)


def _take_the_locks_away() -> None:
    """In this process nobody waits for a row of payments any more."""
    from django.db.models import QuerySet

    from payments.models import Payment, Refund

    locking = QuerySet.select_for_update

    def unlocked(self: Any, *args: Any, **values: Any) -> Any:
        return self if self.model in (Payment, Refund) else locking(self, *args, **values)

    QuerySet.select_for_update = unlocked  # type: ignore[method-assign]


def _look(outcome: Outcome, storm: _Storm) -> None:
    """Let the clock's jobs run, then hold our rows against what was sent and against the company's books."""
    _reconcile()
    answers, promises = storm.answers(), outcome.promises
    outcome.done["calls that were cut off and came again"] = storm.asked_again()
    with database() as connection:
        for promise, question in PROMISES.items():
            promises[promise] = [str(row) for row in connection.execute(question).fetchall()]  # type: ignore[call-overload]
        kept = {row[0] for row in connection.execute("SELECT event_id FROM payments_delivery").fetchall()}
        status = connection.execute("SELECT status, count(*) FROM payments_payment GROUP BY status").fetchall()
        jobs = connection.execute("SELECT count(*) FROM procrastinate_jobs").fetchone()
    outcome.done.update({f"payments {what}": count for what, count in status})
    outcome.done["jobs"] = jobs[0] if jobs else 0
    told = {call.event for call in storm.calls if call.is_honest}
    promises["every honest call is answered 200 and kept"] = [
        f"{place}: {answers.get(place)}"
        for place, call in enumerate(storm.calls)
        if call.is_honest and (answers.get(place, {}).get("status") != 200 or call.event not in kept)
    ]
    promises["forged and stale calls are answered 400, counted, and nothing else"] = [
        f"{place}: {answers.get(place)}"
        for place, call in enumerate(storm.calls)
        if not call.is_honest and (answers.get(place, {}).get("status"), answers[place].get("counted")) != (400, 1)
    ] + sorted(kept - told)
    promises["the ledger is the company's books"] = _differences(storm.other_side)
    promises["workers meet no error"] = [f"{what}: {n} times" for what, n in Counter(storm.errors()).items()]
    happened = outcome.done["payments captured"] and (storm.asked_again() or not outcome.done["kill -9 of a receiver"])
    promises["something happened"] = [] if happened else ["nothing was captured, or no call was cut off"]


def _reconcile() -> None:
    """What the minute and the hour do: ask about all that no call told of; then the jobs that follow."""
    from django.utils import timezone

    from payments.tasks import look_after_payments, look_again
    from tests import jobs

    now = timezone.now()
    for _ in range(2):
        look_after_payments.func(timestamp=int(now.timestamp()))
        look_again.func(timestamp=int(now.timestamp()))
        while job := jobs._take_next(now + timedelta(minutes=20)):
            jobs._run(job, "raise")


def _differences(other_side: Company) -> list[str]:
    """Compare, payment by payment and in sum, what the company holds with what we say it holds."""
    from payments import queries
    from payments.models import Payment

    theirs, wrong = other_side.books(), []
    for payment in Payment.objects.exclude(gateway_reference=""):
        taken, back = theirs.pop(payment.gateway_reference, (0, 0))
        if (payment.captured_amount, payment.refunded_amount) != (taken, back):
            wrong.append(
                f"{payment.status} {payment.id}: {payment.captured_amount}, {payment.refunded_amount}; there {taken}, {back}"
            )
    wrong += [f"{reference}: {money}, and no payment of ours" for reference, money in theirs.items() if any(money)]
    held = sum(taken - back for taken, back in other_side.books().values())
    # What a company keeps for its work it no longer holds for the facility; its own books name the whole.
    ours = sum(
        total for (account, _), total in queries.balances().items() if account.startswith(("clearing/", "fees/"))
    )
    return wrong + ([f"in sum {ours}, there {held}"] if ours != held else [])
