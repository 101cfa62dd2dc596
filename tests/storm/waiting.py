"""Many places come free at once for a crowd that waits: workers hand them round while people take, decline and stay silent.

Threads of this process are the workers and the people, each with a connection of its own; jobs are taken as workers take
them, several of one story at the same time, some of them twice. `--long` frees 500 places, `--places` as many as one
likes. `free_for_all` is what the suite uses, too.
"""

from __future__ import annotations

import json
import random
import threading
import time
import traceback
from collections import Counter
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from unittest import mock
from uuid import UUID

from django.db import OperationalError, connection
from django.utils import timezone

PLACES, WORKERS, PEOPLE_AT_ONCE = 500, 4, 4
LONG = 300  # seconds; a shorter storm frees fewer
FEWER = 80
# Reactions that hand times round. Who is told what is another story, and would only slow this one down.
STORY = {
    "journeys.waiting.offer_it_to_who_waits",
    "journeys.waiting.wait_on_after_expiry",
    "journeys.waiting.wait_on_after_cancel",
}


def blow(*, seed: int, seconds: float, places: int | None = None) -> Any:
    """Free the places once, and look whether each went to one person at a time."""
    from tests.site import own_database
    from tests.storm.booking import Outcome

    own_database("storm_waiting")
    places = places or (PLACES if seconds >= LONG else FEWER)
    done, promises = free_for_all(places=places, seed=seed, workers=WORKERS, people=PEOPLE_AT_ONCE)
    return Outcome(done, promises)


def free_for_all(*, places: int, seed: int, workers: int, people: int) -> tuple[Counter[str], dict[str, list[str]]]:
    """Free so many places for half as many people again; return what was done and, for each promise, what breaks it."""
    stage = _Stage(places, seed)
    begun = time.monotonic()
    with _only_this_story():
        threads = [threading.Thread(target=stage.guard(stage.work), args=[n], daemon=True) for n in range(workers)]
        threads += [threading.Thread(target=stage.guard(stage.answer), args=[n], daemon=True) for n in range(people)]
        threads.append(threading.Thread(target=stage.guard(stage.watch), args=[0], daemon=True))
        for thread in threads:
            thread.start()
        stage.free_everything()
        stage.wait_until_quiet()
        for thread in threads:
            thread.join(timeout=60)
    stage.done["seconds"] = round(time.monotonic() - begun)
    return stage.done, stage.look()


class _Stage:
    """The crowd, the places, and what became of them."""

    def __init__(self, places: int, seed: int) -> None:
        import booking.actions
        from booking.models import WaitingEntry
        from core.actor import Actor
        from identity.models import Person, VisitType
        from tests import crowd, make

        self.seed, self.done, self.seen_twice = seed, Counter[str](), list[str]()
        self.over, self.errors = threading.Event(), list[str]()
        self.house, now = Actor.system("storm"), timezone.now()
        self.doctors = crowd.doctors(max(places // 40, 2), price=0)
        day = timezone.localdate() + timedelta(days=2)
        starts = [one for one in crowd.starts(day) if timezone.localdate(one) == day]
        spots = [(doctor, start) for start in starts for doctor in self.doctors][:places]
        self.free: list[Any] = []
        for number, (doctor, start) in enumerate(spots):
            has = make.make_person(full_name=f"Đã Hẹn {number}", user=None)
            held = booking.actions.hold_slot(
                schedule_id=UUID(doctor.schedule_id),
                starts_at=start,
                visit_type_id=UUID(doctor.visit_type_id),
                person_id=has.id,
                mode="video",
                by=self.house,
                now=now,
            )
            self.free.append(booking.actions.book_appointment(appointment_id=held.id, by=self.house, now=now))
        self._close_the_rest(day, now)
        kind = VisitType.objects.get(pk=self.doctors[0].visit_type_id)
        people = Person.objects.bulk_create(
            Person(full_name=f"Đang Chờ {number}", born_on=day - timedelta(days=12_000), sex="female")
            for number in range(places * 3 // 2)
        )
        WaitingEntry.objects.bulk_create(
            WaitingEntry(
                person=person,
                facility_id=kind.facility_id,
                visit_type=kind,
                mode="video",
                first_day=day,
                last_day=day,
                urgency=1 + number % 2,
                created_at=now + timedelta(microseconds=number),
            )
            for number, person in enumerate(people)
        )
        _execute("DELETE FROM procrastinate_jobs WHERE status = 'todo'", [])

    def _close_the_rest(self, day: Any, now: Any) -> None:
        """Nothing else is free that day: only what is given back can be offered."""
        import booking.actions
        from booking.models import Appointment

        for doctor in self.doctors:
            ends = Appointment.objects.filter(schedule=UUID(doctor.schedule_id)).order_by("-during").first()
            until = timezone.make_aware(datetime.combine(day + timedelta(days=1), datetime.min.time()))
            if ends is not None and ends.ends_at < until:
                booking.actions.add_closure(
                    schedule_id=UUID(doctor.schedule_id), starts_at=ends.ends_at, ends_at=until, by=self.house, now=now
                )

    def guard(self, play: Any) -> Any:
        """Run a part in its thread with a connection of its own, and remember what went wrong."""

        def run(number: int) -> None:
            try:
                play(random.Random(self.seed * 100 + number))
            except Exception as error:
                self.errors.append("".join(traceback.format_exception(error)[-3:]))
                self.over.set()
            finally:
                connection.close()

        return run

    def free_everything(self) -> None:
        """Cancel every visit, in bursts."""
        import booking.actions

        for one in self.free:
            booking.actions.cancel_appointment(appointment_id=one.id, by=self.house, now=timezone.now())

    def work(self, chance: random.Random) -> None:
        """Be a worker: take the next job, now and then do it twice. A deadlock is tried again, as the worker does."""
        from procrastinate.contrib.django import app

        import booking.tasks  # noqa: F401 - the jobs themselves
        from core.errors import DomainError

        while not self.over.is_set():
            job = _next_job()
            if job is None:
                time.sleep(0.02)
                continue
            for _ in range(2 if chance.random() < 0.1 else 1):
                for _try in range(6):
                    try:
                        app.tasks[job[1]].func(**job[2])
                        break
                    except OperationalError as error:
                        self.done["deadlocks"] += "deadlock" in str(error)
                    except DomainError:
                        break
                else:
                    raise AssertionError(f"{job[1]} did not get through")
            _execute("UPDATE procrastinate_jobs SET status = 'succeeded' WHERE id = %s", [job[0]])
            self.done["jobs"] += 1

    def answer(self, chance: random.Random) -> None:
        """Be people: take, decline or stay silent; sometimes several of it at the same moment, from several threads."""
        from booking.models import Offer

        while not self.over.is_set():
            found = list(Offer.objects.filter(status="open").order_by("expires_at", "pk")[:12])
            if not found:
                time.sleep(0.02)
                continue
            offer = chance.choice(found)
            self._say(chance.choices(["take", "decline", "pass", "expire"], [5, 3, 2, 1])[0], offer)

    def _say(self, what: str, offer: Any) -> None:
        import booking.actions
        from booking.actions.offering import BREATH
        from core.errors import Conflict

        now = timezone.now()
        try:
            if what == "take":
                booking.actions.take_offer(offer_id=offer.pk, by=self.house, now=now)
                booking.actions.book_appointment(appointment_id=offer.appointment_id, by=self.house, now=now)
            elif what == "decline":
                booking.actions.decline_offer(offer_id=offer.pk, by=self.house, now=now)
            elif what == "pass":  # the clock runs ahead for this one offer
                booking.actions.pass_offer_on(offer_id=offer.pk, by=self.house, now=offer.expires_at)
            else:  # its job is late, and the sweeper of holds is faster
                late = offer.expires_at + BREATH
                booking.actions.expire_hold(appointment_id=offer.appointment_id, by=self.house, now=late)
        except Conflict:
            what = "too late"
        except OperationalError:
            what = "deadlocks"
        self.done[what] += 1

    def watch(self, chance: random.Random) -> None:
        """Look all the time whether a place is on offer to two people."""
        while not self.over.is_set():
            self.seen_twice += _rows(TWICE)
            time.sleep(0.05)

    def wait_until_quiet(self) -> None:
        """No job is due and no offer open; what is put off for a few seconds is waited for."""
        quiet, deadline = 0, time.monotonic() + 600
        while quiet < 3 and not self.over.is_set() and time.monotonic() < deadline:
            busy = _rows(BUSY)[0] != "(0,)"
            quiet = 0 if busy else quiet + 1
            time.sleep(0.2)
        self.over.set()

    def look(self) -> dict[str, list[str]]:
        """Ask the database whether every promise holds."""
        from booking import days

        found = {promise: _rows(question) for promise, question in PROMISES.items()}
        found["no place is ever on offer to two people"] = self.seen_twice + _rows(TWICE)
        found["the projection says the truth"] = [str(one) for one in days.check(now=timezone.now())][:5]
        found["nothing went wrong"] = self.errors
        found["every place was freed and offered"] = [] if self.done["take"] else ["nothing was taken"]
        self.done["places"] = len(self.free)
        self.done["offers"] = int(_rows("SELECT count(*) FROM booking_offer")[0].strip("(),"))
        return found


TWICE = """SELECT o.schedule_id, o.during, count(*) FROM booking_offer o WHERE o.status = 'open'
           GROUP BY o.schedule_id, o.during HAVING count(*) > 1"""
BUSY = """SELECT (SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')
                  AND coalesce(scheduled_at, now()) <= now() + interval '30 seconds')
               + (SELECT count(*) FROM booking_offer WHERE status = 'open')"""
ACTIVE = "('held', 'booked', 'checked_in', 'in_consultation', 'interrupted')"
PLACES_FREED = """SELECT DISTINCT schedule_id, facility_id, practitioner_id, during FROM booking_appointment
                  WHERE status = 'cancelled' AND booked_at IS NOT NULL"""
PROMISES = {
    # A place nobody has must have been refused by everybody who still waits for it.
    "no place is lost while somebody waits for it": f"""
        SELECT p.schedule_id, p.during, w.id FROM ({PLACES_FREED}) p JOIN booking_waitingentry w
        ON w.facility_id = p.facility_id AND w.status = 'waiting' AND w.last_day >= now()::date
        WHERE NOT EXISTS (SELECT FROM booking_appointment a WHERE a.practitioner_id = p.practitioner_id
                          AND a.during && p.during AND a.status IN {ACTIVE})
          AND NOT EXISTS (SELECT FROM booking_offer o WHERE o.entry_id = w.id AND o.schedule_id = p.schedule_id
                          AND o.during = p.during)""",
    "no place is taken twice": """
        SELECT o.schedule_id, o.during, count(*) FROM booking_offer o JOIN booking_appointment a ON a.id = o.appointment_id
        WHERE o.status = 'taken' AND a.status <> 'expired' GROUP BY o.schedule_id, o.during HAVING count(*) > 1""",
    # Whose hold ran out between taking and paying (the late job's clock is ahead here) waits on in the old place.
    "who took a place has it, and is no longer waiting": """
        SELECT o.id, a.status, w.status FROM booking_offer o JOIN booking_appointment a ON a.id = o.appointment_id
        JOIN booking_waitingentry w ON w.id = o.entry_id
        WHERE o.status = 'taken' AND NOT (a.status = 'booked' AND w.status = 'taken')
          AND a.status <> 'expired'""",
    "nobody has two": """
        SELECT o.entry_id, count(*) FROM booking_offer o JOIN booking_appointment a ON a.id = o.appointment_id
        WHERE o.status = 'taken' AND a.status <> 'expired' GROUP BY o.entry_id HAVING count(*) > 1""",
    "no time is kept for nobody": """
        SELECT a.id FROM booking_appointment a JOIN booking_offer o ON o.appointment_id = a.id
        WHERE a.status = 'held' AND o.status <> 'open'""",
    "nobody is stuck with an offer that is over": """
        SELECT w.id FROM booking_waitingentry w WHERE w.status = 'offered'
        AND NOT EXISTS (SELECT FROM booking_offer o WHERE o.entry_id = w.id AND o.status = 'open')""",
}


def _next_job() -> tuple[int, str, dict[str, Any]] | None:
    """Take a job as a worker does, but without its lock: also two of one story at a time must do no harm."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE procrastinate_jobs SET status = 'doing', lock = NULL WHERE id = (
                   SELECT id FROM procrastinate_jobs WHERE status = 'todo' AND coalesce(scheduled_at, now()) <= now()
                   ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id, task_name, args"""
        )
        row = cursor.fetchone()
    return (row[0], row[1], json.loads(row[2]) if isinstance(row[2], str) else row[2]) if row else None


def _execute(statement: str, values: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def _rows(question: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return [str(row) for row in cursor.fetchall()]


@contextmanager
def _only_this_story() -> Any:
    from core import events

    everything = events.reactions_to
    with mock.patch.object(events, "reactions_to", lambda path: [one for one in everything(path) if one in STORY]):
        yield
