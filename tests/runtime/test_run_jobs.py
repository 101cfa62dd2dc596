"""The tests' own worker does as the real one does."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from core.errors import Conflict, Unavailable
from core.tasks import task
from tests.jobs import run_jobs, waiting_jobs

heard: list[str] = []


@task(name="tests.say")
def say(word: str) -> None:
    heard.append(word)


@task(name="tests.say_twice")
def say_twice(word: str) -> None:
    say.defer(word=word)
    say.defer(word=f"{word} again")


@task(name="tests.fail")
def fail(kind: str) -> None:
    raise {"unavailable": Unavailable, "conflict": Conflict, "bug": RuntimeError}[kind]("no")


@pytest.fixture(autouse=True)
def _silence() -> None:
    heard.clear()


def test_runs_what_jobs_write_too(db: None) -> None:
    say_twice.defer(word="hello")
    assert run_jobs() == ["tests.say_twice", "tests.say", "tests.say"]
    assert heard == ["hello", "hello again"]
    assert waiting_jobs() == []


def test_a_rollback_takes_the_job_along(db: None) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        say.defer(word="never")
        raise RuntimeError
    assert run_jobs() == []


def test_leaves_what_is_scheduled_for_later(db: None) -> None:
    later = timezone.now() + timedelta(hours=1)
    app.configure_task("tests.say", schedule_at=later).defer(word="later")
    assert run_jobs() == []
    assert run_jobs(until=later) == ["tests.say"]


def test_puts_an_unavailable_gateway_back_for_later(db: None) -> None:
    fail.defer(kind="unavailable")
    assert run_jobs() == ["tests.fail"]
    assert waiting_jobs() == ["tests.fail"]


def test_a_conflict_is_done_and_a_bug_is_seen(db: None) -> None:
    fail.defer(kind="conflict")
    assert run_jobs() == ["tests.fail"]
    fail.defer(kind="bug")
    with pytest.raises(RuntimeError):
        run_jobs()
    assert waiting_jobs() == []
