"""Events: told inside the transaction, carried by jobs, gone with a rollback."""

from dataclasses import dataclass

import pytest
from django.db import connection, transaction

from core import events
from core.errors import Conflict, Unavailable
from core.tasks import BackOff, task
from tests.jobs import run_jobs, waiting_jobs

heard: list[str] = []


@dataclass(frozen=True)
class KettleBoiled(events.Event):
    kettle_id: str

    @property
    def story(self) -> str:
        return f"kettle:{self.kettle_id}"


def pour_the_tea(event: KettleBoiled) -> None:
    heard.append(event.kettle_id)


@pytest.fixture(autouse=True)
def one_reaction(monkeypatch):
    heard.clear()
    path = f"{__name__}.pour_the_tea"
    monkeypatch.setitem(events._reactions, KettleBoiled.path(), [path])


@pytest.mark.django_db(transaction=True)
def test_a_fact_told_outside_a_transaction_is_a_bug():
    with pytest.raises(RuntimeError):
        events.emit(KettleBoiled("1"))
    assert waiting_jobs() == []


@pytest.mark.django_db(transaction=True)
def test_a_rollback_takes_the_jobs_along():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        events.emit(KettleBoiled("1"))
        1 / 0  # noqa: B018
    assert waiting_jobs() == []


@pytest.mark.django_db(transaction=True)
def test_a_commit_keeps_them_and_the_reaction_hears_it_once():
    with transaction.atomic():
        events.emit(KettleBoiled("7"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT lock FROM procrastinate_jobs WHERE status = 'todo'")
        assert cursor.fetchall() == [("kettle:7",)]
    run_jobs()
    assert heard == ["7"]
    assert run_jobs() == []


@pytest.mark.django_db
def test_a_reaction_that_nobody_subscribed_is_refused():
    with pytest.raises(LookupError):
        events.run_reaction("os.remove", KettleBoiled.path(), {"kettle_id": "1"})


def test_subscriptions_belong_to_journeys():
    with pytest.raises(RuntimeError):
        events.on(KettleBoiled)(pour_the_tea)


def test_a_conflict_in_a_job_is_done_and_noted():
    @task(name="tests.conflict")
    def late(number: int) -> None:
        raise Conflict

    late.func(number=1)  # no raise


def test_only_the_unavailable_is_tried_again():
    from procrastinate.jobs import Job, Status

    def job(attempts: int) -> Job:
        return Job(
            id=1, status=Status.DOING.value, queue="q", priority=0, lock=None, queueing_lock=None, task_name="t",
            attempts=attempts,
        )  # fmt: skip

    strategy = BackOff()
    assert strategy.get_retry_decision(exception=Unavailable(), job=job(1)) is not None
    assert strategy.get_retry_decision(exception=OSError(), job=job(4)) is not None
    assert strategy.get_retry_decision(exception=Unavailable(), job=job(5)) is None
    assert strategy.get_retry_decision(exception=Conflict(), job=job(1)) is None
