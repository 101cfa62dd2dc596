"""A doctor with 80 appointments falls ill, and the site is killed again and again while everybody is told and chooses."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
from django.utils import timezone

VISITS, COLLEAGUES, CHOOSERS = 80, 2, 4
KILL_EVERY = (2.0, 4.0)  # seconds
CALM = 120.0


def blow(*, seed: int, seconds: float) -> Any:
    """Take the leave, kill for `seconds`, let the other half stay silent, and look at every promise."""
    from tests.site import Site, own_database
    from tests.storm.booking import Outcome

    own_database("storm_leave")
    from tests import crowd, make

    outcome, chance = Outcome(), random.Random(seed)
    doctors, people, visits = _stage(crowd)
    desk = make.make_desk(facility=make.Facility.objects.get())
    with Site() as site:
        before = time.monotonic()
        line, headers = _as_desk(crowd, make, site, desk)
        wish = {
            "practitioner": doctors[0].practitioner_id,
            "starts_at": (visits[0].starts_at - timedelta(hours=1)).isoformat(),
            "ends_at": (visits[-1].ends_at + timedelta(hours=1)).isoformat(),
            "message": "Bác sĩ nghỉ ốm.",
        }
        status, _answer = line.call("POST", "/api/v1/leaves", wish, **headers)
        outcome.done[f"leave {status}"] += 1
        site.kill()  # in the middle: the cases are written, the jobs have hardly begun
        outcome.done["kill -9"] += 1
        site.start()
        over = threading.Event()
        groups = [people[number : VISITS // 2 : CHOOSERS] for number in range(CHOOSERS)]
        threads = [
            threading.Thread(target=_choose, args=[site, crowd, group, outcome, over, seed + n], daemon=True)
            for n, group in enumerate(groups)
        ]
        for thread in threads:
            thread.start()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(chance.uniform(*KILL_EVERY))
            site.kill()
            outcome.done["kill -9"] += 1
            site.start()
        for thread in threads:
            thread.join(timeout=CALM)
        over.set()
        _settle()
        with _database() as database:  # the clock runs ahead for those who said nothing
            outcome.done["silent"] = database.execute(
                "UPDATE booking_leavecase SET decide_by = now() WHERE status = 'open'"
            ).rowcount
        time.sleep(1)
        site.kill()
        outcome.done["kill -9"] += 1
        site.start()
        _until_decided()
        _settle()
        outcome.done["seconds"] = round(time.monotonic() - before)
    with _database() as database:
        for promise, question in PROMISES.items():
            outcome.promises[promise] = [str(row) for row in database.execute(question).fetchall()]  # type: ignore[call-overload]
    from booking import days

    outcome.promises["the projection says the truth"] = [str(one) for one in days.check(now=timezone.now())][:5]
    outcome.promises["no answer is a server error"] = [
        f"{what}: {n}" for what, n in outcome.done.items() if " 5" in what
    ]
    return outcome


def _stage(crowd: Any) -> tuple[list[Any], list[Any], list[Any]]:
    import booking.actions
    from core.actor import Actor

    by, now = Actor.system("storm"), timezone.now()
    doctors, people = crowd.doctors(1 + COLLEAGUES, price=0), crowd.citizens(VISITS)
    visits = []
    for citizen, start in zip(people, crowd.starts()[:VISITS], strict=True):
        held = booking.actions.hold_slot(
            schedule_id=UUID(doctors[0].schedule_id), starts_at=start, visit_type_id=UUID(doctors[0].visit_type_id),
            person_id=citizen.person.id, mode="video", by=by, now=now,
        )  # fmt: skip
        visits.append(booking.actions.book_appointment(appointment_id=held.id, by=by, now=now))
    return doctors, people, visits


def _as_desk(crowd: Any, make: Any, site: Any, desk: Any) -> tuple[Any, dict[str, str]]:
    client = make.api_client(desk)
    return crowd.Line(site.url, str(client.defaults["HTTP_AUTHORIZATION"])), {"Lanh-Acting-As": str(desk.id)}


def _choose(site: Any, crowd: Any, group: list[Any], outcome: Any, over: threading.Event, seed: int) -> None:
    """Each of these people finds the message, reads the case and chooses; what is cut off is tried again."""
    chance, left = random.Random(seed), list(group)
    while left and not over.is_set():
        citizen = left[0]
        try:
            citizen.sign_in()
            line = crowd.Line(site.url, citizen.token)
            _status, inbox = line.call("GET", "/api/v1/notifications?limit=20")
            told = [one for one in (inbox or {}).get("results", []) if one["kind"] == "leave_choice"]
            if not told:
                time.sleep(0.3)
                left.append(left.pop(0))
                continue
            case = _case_of(citizen)
            status, answer = line.call("GET", f"/api/v1/leave-cases/{case}")
            if status != 200 or answer["status"] != "open":
                outcome.done[f"read {status}"] += 1
                left.pop(0)
                continue
            way = chance.randrange(len(answer["ways"]) or 1)
            wish: dict[str, Any] = {"choice": "way", "way": way, "condition": "J00"}  # where the way is by video
            if chance.random() < 0.2 or not answer["ways"]:
                wish = {"choice": "cancel"}
            status, _answer = line.call("POST", f"/api/v1/leave-cases/{case}/choose", wish)
            outcome.done[f"choose {wish['choice']} {status}"] += 1
        except ConnectionError:
            outcome.done["cut off"] += 1
            time.sleep(0.3)


def _case_of(citizen: Any) -> str:
    with _database() as database:
        row = database.execute(
            "SELECT c.id FROM booking_leavecase c JOIN booking_appointment a ON a.id = c.appointment_id"
            " WHERE a.person_id = %s", [citizen.id],
        ).fetchone()  # fmt: skip
    assert row is not None
    return str(row[0])


def _settle() -> None:
    deadline = time.monotonic() + CALM
    while time.monotonic() < deadline:
        with _database() as database:
            (busy,) = database.execute(
                """SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')
                   AND coalesce(scheduled_at, now()) <= now() + interval '20 seconds'"""
            ).fetchone() or (0,)
        if not busy:
            return
        time.sleep(0.5)


def _until_decided() -> None:
    deadline = time.monotonic() + CALM
    while time.monotonic() < deadline:
        with _database() as database:
            (left,) = database.execute("SELECT count(*) FROM booking_leavecase WHERE status = 'open'").fetchone() or (
                0,
            )
        if not left:
            return
        time.sleep(0.5)


@contextmanager
def _database() -> Iterator[psycopg.Connection]:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        yield connection


ACTIVE = "('held', 'booked', 'checked_in', 'in_consultation', 'interrupted')"
PROMISES = {
    "the leave is there once, with all 80": """
        SELECT count(DISTINCT leave_id), count(*) FROM booking_leavecase
        HAVING count(DISTINCT leave_id) <> 1 OR count(*) <> 80""",
    "everybody was told once": """
        SELECT c.id, count(m.id) FROM booking_leavecase c LEFT JOIN notifications_message m
        ON m.kind = 'leave_choice' AND m.about = 'leavecase:' || c.id GROUP BY c.id HAVING count(m.id) <> 1""",
    "nobody is forgotten": "SELECT id, status FROM booking_leavecase WHERE status NOT IN ('moved', 'cancelled')",
    "who was moved has one visit, who was not has none": f"""
        SELECT c.id, c.status, count(a.id) FROM booking_leavecase c JOIN booking_appointment o ON o.id = c.appointment_id
        LEFT JOIN booking_appointment a ON a.person_id = o.person_id AND a.status IN {ACTIVE}
        GROUP BY c.id, c.status HAVING count(a.id) <> (CASE WHEN c.status = 'moved' THEN 1 ELSE 0 END)""",
    "the old visit is what the case says": """
        SELECT c.id, c.status, o.status FROM booking_leavecase c JOIN booking_appointment o ON o.id = c.appointment_id
        WHERE (c.status = 'moved') <> (o.status = 'rescheduled') OR (c.status = 'cancelled') <> (o.status = 'cancelled')""",
    "nobody counts as absent and nobody pays": """
        SELECT id FROM booking_appointment WHERE status = 'no_show' OR fee_amount > 0""",
    "the doctor sees nobody in the leave": f"""
        SELECT a.id FROM booking_appointment a JOIN booking_leave l ON l.practitioner_id = a.practitioner_id
        AND l.during && a.during WHERE a.status IN {ACTIVE}""",
    "each new visit has its encounter": """
        SELECT a.id FROM booking_appointment a JOIN booking_leavecase c ON c.moved_to_id = a.id WHERE a.encounter_id IS NULL""",
    "no job has failed or hangs": """
        SELECT id, task_name, status, args FROM procrastinate_jobs
        WHERE status IN ('failed', 'doing') OR (status = 'todo' AND coalesce(scheduled_at, now()) <= now() - interval '5 seconds')""",
}
