"""The seed plays the worker: it runs what the actions left to do, at the hour they left it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.db import connection
from procrastinate.contrib.django import app

# The bank's notice goes over the wire to ourselves, and nobody listens yet; the seed asks the bank directly instead.
UNHEARD = {"payments.tasks.sandbox_deliver"}


def run_due(moment: datetime) -> int:
    """Run every job that is due at this moment, those they write as well; return how many."""
    ran = 0
    while row := _next(moment):
        job_id, name, arguments = row
        if name not in UNHEARD:
            app.tasks[name].func(**arguments)
        _done(job_id)
        ran += 1
    return ran


def _next(moment: datetime) -> tuple[int, str, dict[str, Any]] | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, task_name, args FROM procrastinate_jobs WHERE status = 'todo' AND coalesce(scheduled_at, %s) <= %s "
            "ORDER BY priority DESC, id LIMIT 1",
            [moment, moment],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    return row[0], row[1], json.loads(row[2]) if isinstance(row[2], str) else row[2]


def _done(job_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE id = %s", [job_id])
