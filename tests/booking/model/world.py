"""The real thing beside the model: who is there, how it is killed in the middle of a statement, what is looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import time_machine
from django.db import connection

from booking.models import Appointment, Policy, Schedule
from core.actor import Actor
from identity.models import Person, Practitioner, VisitType
from notifications.models import Message
from payments.models import Payment, Refund
from tests import make
from tests.booking.model.visit import CLOSE, NO_SHOW_FEE, OPEN, PRICES
from tests.booking.stage import make_schedule
from tests.jobs import run_jobs


@dataclass
class Stage:
    """Who and what there is; made once, every example begins from it."""

    people: list[Person]
    doctors: list[Practitioner]
    schedules: list[Schedule]
    kinds: dict[str, VisitType]
    desk: Actor

    def citizen(self, who: int) -> Actor:
        return make.actor_for(self.people[who])

    def doctor(self, which: int) -> Actor:
        return make.actor_for(self.doctors[which])


def set_stage() -> Stage:
    """One hospital, two doctors with the same two hours every day, three kinds of visit, two citizens and the desk."""
    with time_machine.travel(make.NOW, tick=False):
        hospital = make.make_facility()
        Policy.objects.create(
            facility=hospital, no_show_fee_percent=NO_SHOW_FEE, no_shows_allowed=0, created_at=make.NOW
        )
        kinds = {
            name: make.make_visit_type(facility=hospital, minutes=minutes, price=price)
            for name, (minutes, price) in PRICES.items()
        }
        doctors = [make.make_practitioner(facility=hospital, full_name=f"Trần Văn Số {n}") for n in range(2)]
        schedules = [
            make_schedule(practitioner=one, facility=hospital, hours=(OPEN, CLOSE), min_notice_minutes=0)
            for one in doctors
        ]
        people = [make.make_person(full_name=name) for name in ("Nguyễn Thị Ánh", "Lê Văn Dũng")]
        return Stage(people, doctors, schedules, kinds, make.actor_for(make.make_desk(facility=hospital)))


class Killed(BaseException):
    """The process dies here. No `except Exception` may hold it up."""


@contextmanager
def dying_at(statement: int | None) -> Iterator[None]:
    """Die at the statement of this number, if it comes so far: what was not committed is gone, what was stays."""
    done = 0

    def count(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        nonlocal done
        # A commit is not cut in two; and what the death of a process undoes, it undoes.
        if not str(sql).startswith(("RELEASE", "ROLLBACK")):
            done += 1
            if done == statement:
                raise Killed
        return execute(sql, *rest)

    if statement is None:
        yield
        return
    with connection.execute_wrapper(count):
        yield


def snapshot() -> tuple[Any, ...]:
    """All that a refusal or a repetition must leave alone."""
    visits = Appointment.objects.order_by("pk").values_list("pk", "status", "during", "fee_amount", "hold_expires_at")
    paid = Payment.objects.order_by("pk").values_list("pk", "status", "subject")
    back = Refund.objects.order_by("pk").values_list("pk", "amount")
    return list(visits), list(paid), list(back), Message.objects.count()


def statuses() -> dict[Any, str]:
    return dict(Appointment.objects.values_list("pk", "status"))


def revive_jobs() -> None:
    """Whatever a dead worker had in its hands is to do again."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'todo' WHERE status = 'doing'")


def last_job() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM procrastinate_jobs")
        return int(cursor.fetchone()[0])


def do_again(number: int, *, since: int) -> str:
    """Run one of the jobs done after job `since` once more, with all that follows from it; say which one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, task_name, args FROM procrastinate_jobs WHERE status = 'succeeded' AND id > %s ORDER BY id",
            [since],
        )
        done = cursor.fetchall()
        if not done:
            return ""
        again, task, args = done[number % len(done)]
        cursor.execute(
            """INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, args)
               SELECT queue_name, task_name, priority, lock, args FROM procrastinate_jobs WHERE id = %s""",
            [again],
        )
    run_jobs()
    return f"{task} {args}"
