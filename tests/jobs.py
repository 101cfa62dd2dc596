"""Running jobs by hand: a test says when the worker works."""

from __future__ import annotations

import inspect
import json
from datetime import datetime
from typing import Any

from asgiref.sync import async_to_sync
from django.db import connection
from django.utils import timezone
from procrastinate import jobs
from procrastinate.contrib.django import app

from core.errors import DomainError

MOST_JOBS = 1000  # more means that a job writes itself again for ever


def run_jobs(*, until: datetime | None = None, failures: str = "raise") -> list[str]:
    """Run every job that is due, those they write as well, one at a time; return the tasks' names in order.

    `until` also runs what is scheduled up to that instant. A refusal that its task wants retried is put back with its
    new time, as the worker does; any other failure raises here, unless `failures="keep"`.
    """
    ran: list[str] = []
    while job := _take_next(until or timezone.now()):
        if len(ran) >= MOST_JOBS:
            raise AssertionError(f"More than {MOST_JOBS} jobs; the last ones: {ran[-5:]}")
        ran.append(job.task_name)
        _run(job, failures)
    return ran


def waiting_jobs() -> list[str]:
    """Names of the tasks still to run, in their order."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name FROM procrastinate_jobs WHERE status = 'todo' ORDER BY priority DESC, id")
        return [name for (name,) in cursor.fetchall()]


def _take_next(due: datetime) -> jobs.Job | None:
    # Not procrastinate's own fetch: it compares with the database's clock, which stands still inside a test's transaction.
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE procrastinate_jobs SET status = 'doing' WHERE id = (
                   SELECT id FROM procrastinate_jobs WHERE status = 'todo' AND coalesce(scheduled_at, '-infinity') <= %s
                   ORDER BY priority DESC, id LIMIT 1 FOR UPDATE SKIP LOCKED)
               RETURNING id, status, task_name, priority, lock, queueing_lock, args AS task_kwargs, scheduled_at,
                         queue_name AS queue, attempts""",
            [due],
        )
        row = cursor.fetchone()
        if row is None:
            return None
        columns = [column.name for column in cursor.description]
    facts: dict[str, Any] = dict(zip(columns, row, strict=True))
    return jobs.Job(**{**facts, "status": jobs.Status(facts["status"]), "task_kwargs": _as_dict(facts["task_kwargs"])})


def _as_dict(value: Any) -> dict[str, Any]:
    return json.loads(value) if isinstance(value, str) else value  # Django hands jsonb over as text


def _run(job: jobs.Job, failures: str) -> None:
    task = app.tasks[job.task_name]
    try:
        if inspect.iscoroutinefunction(task.func):
            async_to_sync(task.func)(**job.task_kwargs)
        else:
            task.func(**job.task_kwargs)
    except Exception as error:
        if failures == "raise" and not isinstance(error, DomainError):
            _finish(job, jobs.Status.FAILED)
            raise  # a bug: the worker would try it again, a test wants to see it
        retry = task.get_retry_exception(exception=error, job=job)
        if retry is not None:
            decision = retry.retry_decision
            _sql("SELECT procrastinate_retry_job_v2(%s, %s, %s, %s, %s)",
                 [job.id, decision.retry_at, decision.priority, decision.queue, decision.lock])  # fmt: skip
            return
        _finish(job, jobs.Status.FAILED)
        if failures == "raise":
            raise
    else:
        _finish(job, jobs.Status.SUCCEEDED)


def _finish(job: jobs.Job, status: jobs.Status) -> None:
    _sql("SELECT procrastinate_finish_job_v1(%s, %s, %s)", [job.id, status.value, False])


def _sql(statement: str, arguments: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, arguments)
