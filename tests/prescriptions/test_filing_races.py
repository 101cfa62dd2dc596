"""Two workers at one filing, and a worker that dies in the middle: real threads, real transactions, a real process on the other side.

Tried without the guards: with `taken_until` not looked at, every worker sends.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.actor import Actor
from prescriptions import actions
from prescriptions.models import Filing
from tests.prescriptions.stage import make_signed
from tests.prescriptions.test_filing import accounts, ana  # noqa: F401
from tests.prescriptions.test_races import at_once

pytestmark = pytest.mark.django_db(transaction=True)
HOUSE = Actor.system("filing")


def test_six_workers_at_one_row_send_it_once(accounts, ana, ben, now):  # noqa: F811
    signed = make_signed(person=ana, practitioner=ben)
    accounts.will("send", status=422, waits=0.5)  # would each of them send, five would get through
    found = at_once(*[lambda: actions.file_next(prescription_id=signed.id, by=HOUSE, now=now)] * 6)
    assert len([one for one in found if one is not None]) == 1
    assert len(accounts.seen("send")) == 1
    assert Filing.objects.get().status == "rejected"


def test_two_prescriptions_of_one_doctor_go_side_by_side(accounts, ana, ben, now):  # noqa: F811
    signed = [make_signed(person=ana, practitioner=ben) for _ in range(4)]
    at_once(*[lambda one=one: actions.file_next(prescription_id=one.id, by=HOUSE, now=now) for one in signed])
    assert {one.status for one in Filing.objects.all()} == {"sent"}
    assert len(accounts.seen("send")) == 4


def test_what_a_dead_worker_had_in_hand_goes_on_and_is_looked_up(accounts, ana, ben, now, standing_clock, monkeypatch):  # noqa: F811
    """It had sent, and died before it wrote that down: the row is free after a while, and a duplicate means stored."""
    signed = make_signed(person=ana, practitioner=ben)
    with monkeypatch.context() as dying, pytest.raises(KeyboardInterrupt):
        dying.setattr("prescriptions.actions.filing._record", _die)
        actions.file_next(prescription_id=signed.id, by=HOUSE, now=now)
    assert (Filing.objects.get().status, Filing.objects.get().is_uncertain) == ("queued", True)
    assert actions.file_next(prescription_id=signed.id, by=HOUSE, now=now) is None, "still in hand"
    later = now + timedelta(minutes=5)
    assert actions.wake_filings(now=later) == 1
    actions.file_next(prescription_id=signed.id, by=HOUSE, now=later)
    assert Filing.objects.get().status == "sent"
    assert accounts.seen()[-2:] == ["send", "look_up"]


def _die(*_arguments):
    raise KeyboardInterrupt


def test_a_rolled_back_signature_files_nothing(accounts, ana, ben, monkeypatch):  # noqa: F811
    monkeypatch.setattr("prescriptions.actions.signing.emit", _die)
    with pytest.raises(KeyboardInterrupt):
        make_signed(person=ana, practitioner=ben)
    assert not Filing.objects.exists()


def test_a_person_and_a_worker_at_once_leave_one_truth(accounts, ana, ben, by_dan, now):  # noqa: F811
    signed = make_signed(person=ana, practitioner=ben)
    filing = Filing.objects.get()
    accounts.will("send", status=500, waits=0.3)
    at_once(
        lambda: actions.file_next(prescription_id=signed.id, by=HOUSE, now=now),
        lambda: actions.set_aside(filing_id=filing.id, note="Nhập tay", by=by_dan, now=now),
    )
    filing.refresh_from_db()
    assert (filing.status, filing.trouble) == ("set_aside", "by_hand")
