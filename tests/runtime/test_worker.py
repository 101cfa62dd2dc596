"""Jobs of a dead worker are done by the next one; a living worker keeps its own."""

from __future__ import annotations

import asyncio
import os
import time

import psycopg
import pytest
from django.db import connection, transaction
from procrastinate.contrib.django import app as django_app
from psycopg.conninfo import make_conninfo

from runtime import worker


def _address() -> str:
    return make_conninfo(os.environ["DATABASE_URL"], dbname=connection.settings_dict["NAME"])


def _sql(statement: str, *arguments: object) -> list[tuple[object, ...]]:
    with psycopg.connect(_address(), autocommit=True) as own:
        cursor = own.execute(statement, arguments)  # type: ignore[call-overload]
        return cursor.fetchall() if cursor.description else []


def _worker_row(age: int) -> int:
    [(identity,)] = _sql(
        "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s * interval '1 second') RETURNING id", age
    )
    return int(str(identity))


def _job_of(worker_id: int | None, attempts: int = 0) -> int:
    [(job,)] = _sql(
        """INSERT INTO procrastinate_jobs (queue_name, task_name, status, worker_id, attempts)
           VALUES ('default', 'tests.say', 'doing', %s, %s) RETURNING id""",
        worker_id,
        attempts,
    )
    return int(str(job))


def _status(job: int) -> object:
    return _sql("SELECT status FROM procrastinate_jobs WHERE id = %s", job)[0][0]


async def _sweep(own: int | None = None, *, hold: int | None = None, elsewhere: bool = False) -> None:
    async with (
        await psycopg.AsyncConnection.connect(_address(), autocommit=True) as sweeper,
        await psycopg.AsyncConnection.connect(_address(), autocommit=True) as other,
    ):
        if hold is not None:
            await (other if elsewhere else sweeper).execute(
                "SELECT pg_advisory_lock(%s, %s::int)", [worker.ADVISORY_CLASS, hold]
            )
        await worker.sweep(sweeper, own=own)


@pytest.mark.django_db(transaction=True)
def test_the_jobs_of_a_worker_without_its_lock_go_back_to_the_queue() -> None:
    dead = _worker_row(age=5)
    job = _job_of(dead)
    asyncio.run(_sweep())
    assert _status(job) == "todo"
    assert _sql("SELECT id FROM procrastinate_workers WHERE id = %s", dead) == []


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_holds_its_lock_keeps_its_jobs() -> None:
    living = _worker_row(age=9)
    job = _job_of(living)
    asyncio.run(_sweep(hold=living, elsewhere=True))
    assert _status(job) == "doing"


@pytest.mark.django_db(transaction=True)
def test_a_worker_does_not_take_itself_for_dead() -> None:
    own = _worker_row(age=9)
    job = _job_of(own)
    asyncio.run(_sweep(own, hold=own))
    assert _status(job) == "doing"
    assert _sql("SELECT id FROM procrastinate_workers WHERE id = %s", own) != []


@pytest.mark.django_db(transaction=True)
def test_a_worker_born_a_moment_ago_has_time_to_take_its_lock() -> None:
    job = _job_of(_worker_row(age=0))
    asyncio.run(_sweep())
    assert _status(job) == "doing"


@pytest.mark.django_db(transaction=True)
def test_a_job_that_outlived_five_workers_is_parked() -> None:
    job = _job_of(_worker_row(age=5), attempts=worker.TRIES)
    asyncio.run(_sweep())
    assert _status(job) == "failed"


@django_app.task(name="tests.runtime.say")
def say(word: str) -> None:
    time.sleep(0.3)  # until all have rung
    said.append(word)


said: list[str] = []


@pytest.mark.django_db(transaction=True)
def test_the_next_job_of_a_story_does_not_wait_for_the_next_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reactions to one event share a lock: all ring when they are written, and only the first may begin then."""
    monkeypatch.setattr(worker, "LOOK_EVERY", 3600.0)
    said.clear()
    with transaction.atomic():
        for word in ("first", "second", "third"):
            say.configure(lock="story").defer(word=word)

    async def until_all_is_said() -> None:
        stop = asyncio.Event()
        working = asyncio.create_task(worker.work(stop))
        for _ in range(600):
            if len(said) == 3:
                break
            await asyncio.sleep(0.1)
        stop.set()
        await working

    asyncio.run(until_all_is_said())
    assert said == ["first", "second", "third"]
    assert _sql("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'tests.runtime.say'") == [(0,)]
