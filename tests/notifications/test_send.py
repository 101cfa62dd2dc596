"""Saying something: once, to everybody who should hear it, and never lost between the fact and the message."""

from __future__ import annotations

import threading
from datetime import datetime

import pytest
from django.db import connections, transaction

from core.actor import Actor
from identity.models import Delegation, Person, Practitioner
from notifications import actions
from notifications.models import Attempt, Message, Preference
from tests.jobs import run_jobs, waiting_jobs
from tests.make import make_person
from tests.notifications.facts import say


def test_writes_a_message_its_jobs_and_tells(ana: Person, now: datetime, told: list[str]) -> None:
    message = say(ana.id, now)
    assert message is not None and ana.user is not None
    assert (message.recipient_id, message.audience, message.read_at) == (ana.user.id, "citizen", None)
    assert waiting_jobs() == ["notifications.tasks.deliver"] * 3
    assert told == ["MessageWritten"]


def test_saying_it_again_writes_nothing(ana: Person, now: datetime, told: list[str]) -> None:
    first = say(ana.id, now)
    second = say(ana.id, now)
    assert first == second
    assert Message.objects.count() == 1 and len(waiting_jobs()) == 3 and told == ["MessageWritten"]


def test_another_key_is_another_message(ana: Person, now: datetime) -> None:
    say(ana.id, now)
    say(ana.id, now, key="k2")
    assert Message.objects.count() == 2


def test_a_child_without_an_account_is_told_through_its_parent(ana: Person, child: Person, now: datetime) -> None:
    message = say(child.id, now)
    assert message is not None and message.recipient == ana.user


def test_who_may_read_for_somebody_hears_it_too_and_who_no_longer_may_does_not(
    ana: Person, eve: Person, now: datetime
) -> None:
    leave = Delegation.objects.create(grantor=ana, delegate=eve, relation="other", scopes=["read"])
    say(ana.id, now)
    assert Message.objects.count() == 2
    leave.revoked_at = now
    leave.save()
    say(ana.id, now, key="k2")
    assert Message.objects.filter(key="k2").count() == 1


def test_nobody_to_tell_is_no_failure(db: None, now: datetime) -> None:
    assert say(make_person(user=None).id, now) is None
    assert not Message.objects.exists()


def test_staff_are_told_as_staff(ben: Practitioner, now: datetime) -> None:
    assert ben.user is not None
    message = say(None, now, to_user_id=ben.user.id)
    assert message is not None and message.audience == "staff"


def test_refuses_a_kind_that_is_not_in_the_table(ana: Person, now: datetime) -> None:
    with pytest.raises(KeyError):
        say(ana.id, now, kind="spam", params={})
    assert not Message.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_fact_that_is_rolled_back_takes_its_message_and_jobs_along(ana: Person, now: datetime) -> None:
    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        say(ana.id, now)
        raise KeyboardInterrupt
    assert not Message.objects.exists() and waiting_jobs() == []


@pytest.mark.django_db(transaction=True)
def test_a_story_told_by_two_workers_at_once_is_one_message(ana: Person, now: datetime) -> None:
    together = threading.Barrier(6)
    failures: list[BaseException] = []

    def tell() -> None:
        try:
            together.wait()
            say(ana.id, now)
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=tell) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert Message.objects.count() == 1 and len(waiting_jobs()) == 3


def test_reads_only_ones_own(ana: Person, now: datetime, by_ana: Actor, by_eve: Actor) -> None:
    from core.errors import NotFound

    message = say(ana.id, now)
    assert message is not None
    with pytest.raises(NotFound):
        actions.mark_read(message_id=message.id, by=by_eve, now=now)
    assert Message.objects.get().read_at is None
    actions.mark_read(message_id=message.id, by=by_ana, now=now)
    actions.mark_read(message_id=message.id, by=by_ana, now=now.replace(year=2032))
    assert Message.objects.get().read_at == now


def test_preferences_refuse_the_unknown_and_then_change_nothing(by_ana: Actor) -> None:
    from notifications.errors import UnknownPreference

    for wishes in (
        {("let_in", "push"): False, ("let_in", "pigeon"): True},
        {("let_in", "push"): False, ("let_in", "inbox"): False},
        {("let_in", "push"): False, ("sign_in_code", "sms"): False},
    ):
        with pytest.raises(UnknownPreference):
            actions.set_preferences(wishes=wishes, by=by_ana)
    assert not Preference.objects.exists()


def test_a_wish_is_respected(ana: Person, now: datetime, by_ana: Actor) -> None:
    actions.set_preferences(wishes={("appointment_booked", "sms"): False}, by=by_ana)
    say(ana.id, now)
    run_jobs()
    assert sorted(Attempt.objects.values_list("carrier", flat=True)) == ["push"]  # no e-mail address either
