"""Jobs: at least once, five tries, errors read by the job column of the table in core.errors.

A task is a thin function with ids as arguments. Each is safe to repeat: the worker may die after the work and before the note.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.jobs import Job
from psycopg.types.json import Jsonb

from core.errors import DomainError, column_of
from core.events import run_reaction
from core.rounds import Statement

log = logging.getLogger("lanh.jobs")
TRIES = 5


class BackOff(BaseRetryStrategy):
    """Five tries, 4, 16, 64, 256 seconds apart. A refusal of kind "fail" is not tried again: it would refuse again."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, DomainError) and column_of(exception).job != "retry":
            return None
        if job.attempts >= TRIES:
            return None
        return RetryDecision(retry_at=timezone.now() + timedelta(seconds=4**job.attempts))


def task(function: Callable[..., None] | None = None, *, queue: str = "default", name: str | None = None) -> Any:
    """Make a function a job. A Conflict means that somebody was faster: noted, and done."""

    def decorate(inner: Callable[..., None]) -> Any:
        @functools.wraps(inner)
        def run(*args: Any, **kwargs: Any) -> None:
            try:
                inner(*args, **kwargs)
            except DomainError as error:
                if column_of(error).job != "done":
                    raise
                log.info("job %s: nothing to do (%s)", inner.__name__, error.code)

        path = name or f"{inner.__module__}.{inner.__name__}"
        return app.task(name=path, queue=queue, retry=BackOff())(run)

    return decorate(function) if function is not None else decorate


def periodic(cron: str) -> Callable[[Any], Any]:
    """Run a task by the clock (cron with five fields, UTC). The task takes `timestamp: int`."""
    return app.periodic(cron=cron)


@task(queue="reactions")
def react(reaction: str, event: str, values: dict[str, Any]) -> None:
    """Run one reaction of a journey."""
    run_reaction(reaction, event, values)


@periodic("17 3 * * *")
@task
def forget_idempotency_keys(timestamp: int) -> None:
    """Drop remembered answers after seven days (specs/reliability-security.md, 1.2)."""
    from core.models import IdempotencyKey

    before = datetime.fromtimestamp(timestamp, tz=timezone.get_default_timezone()) - timedelta(days=7)
    IdempotencyKey.objects.filter(created_at__lt=before).delete()


def later(name: str, *, lock: str | None = None, at: datetime | None = None, **values: Any) -> None:
    """Write a job into the open transaction, by its task's name: actions may not import the tasks of their own app.

    Jobs with the same `lock` run one at a time; `at` is the earliest instant.
    """
    app.configure_task(name, lock=lock, schedule_at=at).defer(**values)


def later_as_select(name: str, *, at: datetime | None = None, **values: Any) -> Statement:
    """Give what `later` does as a `SELECT`, to go along in the statement that makes the job's reason true."""
    job = app.configure_task(name, schedule_at=at).job
    parameters = {
        "job_queue": job.queue,
        "job_task": job.task_name,
        "job_priority": job.priority,
        "job_args": Jsonb({**job.task_kwargs, **values}),
        "job_at": job.scheduled_at,
    }
    return _DEFER, parameters


_DEFER = """SELECT array_length(procrastinate_defer_jobs_v1(ARRAY[ROW(%(job_queue)s::varchar, %(job_task)s::varchar,
  %(job_priority)s::int, NULL, NULL, %(job_args)s, %(job_at)s::timestamptz)::procrastinate_job_to_defer_v1]), 1)"""
