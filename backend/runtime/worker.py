"""The job worker: runs beside the web in the default, as a process of its own in production.

procrastinate itself never retries the jobs of a worker that died, and its worker ends when the database goes away
(its issues 740, 1116, 1518). So: every worker holds an advisory lock for as long as its connection lives; a sweeper
gives the jobs of workers whose lock is free back to the queue; and the worker is started again after a pause.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any

import psycopg
from asgiref.sync import sync_to_async
from django.db import close_old_connections
from procrastinate import App, worker
from procrastinate.contrib.django import app as django_app
from procrastinate.contrib.django.db_cleanup import DjangoApp
from procrastinate.contrib.django.utils import connector_params
from procrastinate.job_context import JobContext
from procrastinate.psycopg_connector import PsycopgConnector

log = logging.getLogger("lanh.worker")

CONCURRENCY = 4
GRACE = 5.0  # seconds a job may go on after we were asked to stop
SWEEP_EVERY = 10.0
LONGEST_PAUSE = 30.0
LOOK_EVERY = 2.0  # seconds: jobs ring when they are written; this is for those whose ring was lost
LOCK_FREE_AFTER = (0.0, 0.05)  # looks after a job with a lock: a look that was under way meanwhile forgets the first
TRIES = 5  # a job that was running when five workers died may well be what killed them
ADVISORY_CLASS = 0x1A4B  # any number of ours, so that our locks meet nobody else's
# A new worker takes its lock within milliseconds of its row; two seconds leave it room. Sixty seconds without a sign
# of life is dead as well, whatever a half-open connection still holds.
DEAD = """
    SELECT id FROM procrastinate_workers
    WHERE id IS DISTINCT FROM %(own)s AND (
        last_heartbeat < now() - interval '60 seconds'
        OR (last_heartbeat < now() - interval '2 seconds' AND pg_try_advisory_xact_lock(%(class)s, id::int)))
"""


class Worker(worker.Worker):
    """Looks again when a job with a lock has ended; procrastinate's own lets the next of the story wait for LOOK_EVERY."""

    async def _process_job(self, context: JobContext) -> None:
        try:
            await super()._process_job(context)
        finally:
            if context.job.lock:
                for pause in LOCK_FREE_AFTER:
                    asyncio.get_running_loop().call_later(pause, self._new_job_event.set)


async def work(stop: asyncio.Event) -> None:
    """Run jobs until `stop` is set; a database that goes away is waited for."""
    pause = 0.5
    while not stop.is_set():
        started = asyncio.get_running_loop().time()
        try:
            await _work_once(stop)
        except Exception as error:
            cause = error.__cause__ or error
            log.warning("worker ended (%s: %s); it starts again in %.1f s", type(cause).__name__, cause, pause)
        if stop.is_set():
            return
        # The connection Django keeps for this thread died with the server; the next use must open a new one.
        await sync_to_async(close_old_connections)()
        lasted = asyncio.get_running_loop().time() - started
        pause = 0.5 if lasted > LONGEST_PAUSE else min(pause * 2, LONGEST_PAUSE)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)


async def _work_once(stop: asyncio.Event) -> None:
    async with await psycopg.AsyncConnection.connect(**_connection_parameters(), autocommit=True) as connection:
        await sweep(connection)
        worker_app = _worker_app()
        async with worker_app.open_async():
            options: dict[str, Any] = {
                **worker_app.worker_defaults,
                "concurrency": CONCURRENCY,
                "fetch_job_polling_interval": LOOK_EVERY,
                "shutdown_graceful_timeout": GRACE,
                "delete_jobs": "successful",
                "install_signal_handlers": False,
            }
            runner = Worker(app=worker_app, **options)
            running = asyncio.create_task(runner.run())
            sweeping = asyncio.create_task(_hold_lock_and_sweep(connection, runner))
            stopping = asyncio.create_task(stop.wait())
            try:
                await asyncio.wait({running, sweeping, stopping}, return_when=asyncio.FIRST_COMPLETED)
                runner.stop()
                await running
                if sweeping.done():
                    sweeping.result()  # says why
            finally:
                for helper in (sweeping, stopping):
                    helper.cancel()
                await asyncio.gather(sweeping, stopping, return_exceptions=True)


def _worker_app() -> App:
    """A second app over the same tasks with the worker's own connections.

    Not `replace_connector`: that would change the app for the web requests of this very process, and their jobs would
    leave the transaction they belong to.
    """
    own = DjangoApp(connector=PsycopgConnector(kwargs=_connection_parameters(), min_size=1, max_size=CONCURRENCY + 2))
    own.tasks = django_app.tasks
    own.periodic_registry = django_app.periodic_registry
    return own


def _connection_parameters() -> dict[str, Any]:
    parameters = connector_params()
    return {key: value for key, value in parameters.items() if key not in ("pool", "prepare_threshold")}


async def _hold_lock_and_sweep(connection: psycopg.AsyncConnection[Any], runner: worker.Worker) -> None:
    while runner.worker_id is None:
        await asyncio.sleep(0.02)
    await connection.execute("SELECT pg_advisory_lock(%s, %s::int)", [ADVISORY_CLASS, runner.worker_id])
    pause = (
        3.0  # the first look soon: a worker killed a moment ago may have shown life too recently for the first sweep
    )
    while True:
        await asyncio.sleep(pause)
        await sweep(connection, own=runner.worker_id)
        pause = SWEEP_EVERY


async def sweep(connection: psycopg.AsyncConnection[Any], *, own: int | None = None) -> int:
    """Give the jobs of dead workers back to the queue; return how many. One that outlived five workers is parked.

    `own` is the worker whose lock this very connection holds: to its own session the lock would look free.
    """
    async with connection.transaction():
        dead = [
            row[0] for row in await (await connection.execute(DEAD, {"class": ADVISORY_CLASS, "own": own})).fetchall()
        ]
        orphans = await connection.execute(
            """SELECT id, task_name, attempts FROM procrastinate_jobs
               WHERE status = 'doing' AND (worker_id IS NULL OR worker_id = ANY(%s)) ORDER BY id FOR UPDATE SKIP LOCKED""",
            [dead],
        )
        found = await orphans.fetchall()
        for job_id, task_name, attempts in found:
            if attempts >= TRIES:
                log.error("job %s (%s) outlived %s workers; it is parked", job_id, task_name, TRIES)
                await connection.execute("SELECT procrastinate_finish_job_v1(%s, 'failed', false)", [job_id])
            else:
                log.warning("job %s (%s) was left by a dead worker; it is tried again", job_id, task_name)
                await connection.execute("SELECT procrastinate_retry_job_v2(%s, now(), NULL, NULL, NULL)", [job_id])
        await connection.execute("DELETE FROM procrastinate_workers WHERE id = ANY(%s)", [dead])
    return len(found)
