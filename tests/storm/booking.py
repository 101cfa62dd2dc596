"""Citizens hold, pay, cancel and let expire at random, all after the same few times, while the app is killed under them."""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg

from tests.site import Site, own_database

CITIZENS = 6
DOCTORS = 2
SLOTS = 40  # few enough that they collide all the time
KILL_EVERY = (4.0, 9.0)  # seconds
CALM = 90.0  # how long jobs may be left afterwards without getting fewer

ACTIVE = "('held', 'booked', 'checked_in', 'in_consultation', 'interrupted')"
AGREED = "('booked', 'checked_in', 'in_consultation', 'interrupted', 'fulfilled')"

# Each finds the rows that break the promise.
PROMISES = {
    "no practitioner is at two places": f"""
        SELECT a.id, b.id FROM booking_appointment a JOIN booking_appointment b
        ON a.id < b.id AND a.practitioner_id = b.practitioner_id AND a.during && b.during
        AND a.status IN {ACTIVE} AND b.status IN {ACTIVE}""",
    "no citizen is at two places": f"""
        SELECT a.id, b.id FROM booking_appointment a JOIN booking_appointment b
        ON a.id < b.id AND a.person_id = b.person_id AND a.during && b.during
        AND a.status IN {ACTIVE} AND b.status IN {ACTIVE}""",
    "what is booked is paid or free": f"""
        SELECT a.id, a.status FROM booking_appointment a WHERE a.status IN {AGREED} AND a.price_amount > 0 AND NOT EXISTS (
            SELECT FROM payments_payment p WHERE p.subject = 'appointment:' || a.id AND p.status IN ('captured', 'partly_refunded'))""",
    "money kept has its appointment": f"""
        SELECT p.id, p.status, a.status FROM payments_payment p
        JOIN booking_appointment a ON p.subject = 'appointment:' || a.id
        WHERE p.status = 'captured' AND a.status NOT IN {AGREED}""",
    "every hold lives or has expired": """
        SELECT id, hold_expires_at FROM booking_appointment
        WHERE status = 'held' AND hold_expires_at < now() - interval '2 minutes'""",
    "the ledger sums to zero": """
        SELECT transaction, currency, sum(amount) FROM payments_entry GROUP BY transaction, currency HAVING sum(amount) <> 0""",
    "each capture is in the ledger once": """
        SELECT p.id, count(DISTINCT e.transaction) FROM payments_payment p LEFT JOIN payments_entry e
        ON e.payment_id = p.id AND e.kind = 'capture' WHERE p.captured_at IS NOT NULL
        GROUP BY p.id HAVING count(DISTINCT e.transaction) <> 1""",
    "each booking is told once": f"""
        SELECT a.id, count(m.id) FROM booking_appointment a LEFT JOIN notifications_message m
        ON m.kind = 'appointment_booked' AND m.about = 'appointment:' || a.id AND m.recipient_id = a.booked_by
        WHERE a.status IN {AGREED} GROUP BY a.id HAVING count(m.id) <> 1""",
    "each booking has its encounter": f"""
        SELECT id FROM booking_appointment WHERE status IN {AGREED} AND encounter_id IS NULL""",
    "no job has failed or hangs": """
        SELECT id, task_name, status, args FROM procrastinate_jobs
        WHERE status IN ('failed', 'doing') OR (status = 'todo' AND coalesce(scheduled_at, now()) <= now() - interval '5 seconds')""",
}


@dataclass
class Outcome:
    """What was done, and for each promise the rows that break it."""

    done: Counter[str] = field(default_factory=Counter)
    promises: dict[str, list[str]] = field(default_factory=dict)


def blow(*, seed: int, seconds: float) -> Outcome:
    """Let it blow for `seconds`, then wait until the jobs have settled and look."""
    own_database("storm_lanh")
    from tests import crowd

    chance = random.Random(seed)
    doctors = [*crowd.doctors(DOCTORS), *crowd.doctors(1, price=0)]
    citizens, starts = crowd.citizens(CITIZENS), crowd.starts()[:SLOTS]
    outcome, over = Outcome(), threading.Event()
    confirmed: set[str] = set()
    with Site(environment={"BOOKING_MAX_OPEN_HOLDS": "1000", "BOOKING_HOLD_MINUTES": "30"}) as site:

        def live(number: int) -> None:
            own, citizen = random.Random(seed * 1000 + number), citizens[number]
            line, mine = crowd.Line(site.url, citizen.token), list[str]()
            signed_in = time.monotonic()
            while not over.is_set():
                if time.monotonic() - signed_in > 200:
                    citizen.sign_in()
                    line.token, signed_in = citizen.token, time.monotonic()
                try:
                    outcome.done.update(_one_wish(own, line, doctors, starts, mine, confirmed))
                except ConnectionError:
                    outcome.done["cut off"] += 1
                    time.sleep(0.2)

        people = [threading.Thread(target=live, args=[number], daemon=True) for number in range(CITIZENS)]
        for person in people:
            person.start()
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, chance.uniform(*KILL_EVERY)))
            if end - time.monotonic() > 2:
                site.kill()
                outcome.done["kill -9"] += 1
                site.start()
        over.set()
        for person in people:
            person.join(timeout=40)
        settle(outcome)
    with database() as connection:
        for promise, question in PROMISES.items():
            outcome.promises[promise] = [str(row) for row in connection.execute(question).fetchall()]  # type: ignore[call-overload]
        kept = {str(row[0]) for row in connection.execute("SELECT id FROM booking_appointment").fetchall()}
    outcome.promises["what was confirmed is there"] = sorted(confirmed - kept)
    outcome.promises["no answer is a server error"] = [
        f"{what}: {n} times" for what, n in outcome.done.items() if " 5" in what
    ]
    outcome.promises["something happened"] = [] if outcome.done["hold 201"] else ["not one hold succeeded"]
    return outcome


def _one_wish(
    chance: random.Random, line: Any, doctors: list[Any], starts: list[Any], mine: list[str], confirmed: set[str]
) -> list[str]:
    """One thing a citizen does; says what it was and how it was answered."""
    wish = chance.choices(["hold", "pay", "cancel", "expire"], [5, 4, 2, 1])[0]
    if wish == "hold" or not mine:
        doctor = chance.choice(doctors)
        body = {
            "schedule": doctor.schedule_id,
            "starts_at": chance.choice(starts).isoformat(),
            "visit_type": doctor.visit_type_id,
            "mode": "video",
            "condition": "J00",
        }
        status, answer = line.call("POST", "/api/v1/appointments", body)
        if status == 201:
            mine.append(answer["id"])
            confirmed.add(answer["id"])
        return [f"hold {status}"]
    appointment = chance.choice(mine[-8:])
    if wish == "pay":
        status, answer = line.call(
            "POST", "/api/v1/payments", {"subject": f"appointment:{appointment}", "gateway": "sandbox"}
        )
        if status == 200 and answer.get("redirect_url"):
            choice = chance.choices(["pay", "decline", "late"], [8, 1, 1])[0]
            return [f"pay {status}", f"bank {choice} {at_the_bank(line, answer['redirect_url'], choice)}"]
        return [f"pay {status}"]
    if wish == "cancel":
        status, _answer = line.call("POST", f"/api/v1/appointments/{appointment}/cancel", {"reason": "storm"})
        return [f"cancel {status}"]
    with database() as connection:  # the clock runs ahead for one hold
        connection.execute(
            "UPDATE booking_appointment SET hold_expires_at = now() - interval '1 second' WHERE id = %s AND status = 'held'",
            [appointment],
        )
    return ["expire"]


def at_the_bank(line: Any, address: str, choice: str) -> int:
    """Press one of the buttons of the sandbox's page, as a browser does."""
    import httpx

    try:
        with httpx.Client(timeout=20) as browser:
            browser.get(address)
            form = {"way": choice, "csrfmiddlewaretoken": browser.cookies.get("csrftoken", "")}
            return browser.post(f"{address.rstrip('/')}/answer/", data=form, headers={"Referer": address}).status_code
    except httpx.HTTPError as error:
        raise ConnectionError(str(error)) from error


def settle(outcome: Outcome) -> None:
    """Wait until no job is due and no hold is overdue, for as long as they get fewer: a busy machine takes its time."""
    begun = moved = time.monotonic()
    left = fewest = 10**9
    with database() as connection:
        while left and time.monotonic() < moved + CALM:
            (left,) = connection.execute(
                """SELECT (SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')
                           AND coalesce(scheduled_at, now()) <= now() + interval '20 seconds')
                        + (SELECT count(*) FROM booking_appointment WHERE status = 'held' AND hold_expires_at < now())"""
            ).fetchone() or (0,)
            outcome.done.setdefault("jobs left to settle", left)
            if left < fewest:
                moved, fewest = time.monotonic(), left
            if left:
                time.sleep(0.5)
    outcome.done["seconds to settle"] = round(time.monotonic() - begun)
    outcome.promises["the jobs come to rest"] = [f"{left} are left, and get no fewer in {CALM:.0f} s"] if left else []


@contextmanager
def database() -> Iterator[psycopg.Connection]:
    """A connection of our own, beside the app."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        yield connection
