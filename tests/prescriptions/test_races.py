"""Races with real threads and real transactions.

Tried without the guards: with the row lock of access.lock_prescription and the constraint acceptance_one_at_a_time both taken
away, all eight pharmacies hold the prescription; with either one left, one does. With `_take` reading first and writing then,
and the row lock gone, updates are lost and all six hand out; with the guarded statement or the lock left, two do.
"""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from core.errors import DomainError
from prescriptions import actions
from prescriptions.models import Acceptance, Dispense, SigningKey, WrongTry
from tests import make
from tests.prescriptions.stage import codes_of, handed, line, make_draft, make_held, make_visit, only_item

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts):
    """Run all acts at the same moment, each in a thread with a connection of its own; return answers and refusal codes."""
    barrier = threading.Barrier(len(acts))

    def run(act):
        try:
            connection.ensure_connection()
            barrier.wait(timeout=20)
            return act()
        except DomainError as error:
            return error.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_many_pharmacies_accept_at_once_and_one_gets_it(signed, now):
    staff = []
    for number in range(8):
        pharmacy = make.make_pharmacy(name=f"Nhà thuốc {number}")
        by = make.actor_for(make.make_pharmacist(pharmacy=pharmacy))
        actions.lookup(**codes_of(signed), by=by, now=now)
        staff.append(by)
    answers = at_once(*[lambda by=by: actions.accept(prescription_id=signed.id, by=by, now=now) for by in staff])
    assert answers.count("taken_elsewhere") == 7
    assert Acceptance.objects.filter(ended_at__isnull=True).count() == 1


def test_two_colleagues_accept_at_once_and_share_one_secret(signed, pharmacy, now):
    staff = [make.actor_for(make.make_pharmacist(pharmacy=pharmacy)) for _ in range(2)]
    for by in staff:
        actions.lookup(**codes_of(signed), by=by, now=now)
    answers = at_once(*[lambda by=by: actions.accept(prescription_id=signed.id, by=by, now=now) for by in staff])
    assert len({one.secret for one in answers}) == 1
    assert Acceptance.objects.count() == 1


def test_colleagues_who_hand_out_at_once_never_hand_out_too_much(signed, cara, now):
    by, item = make.actor_for(cara), only_item(signed)
    secret = make_held(prescription=signed, pharmacist=cara)

    def hand_out():
        return actions.dispense(prescription_id=signed.id, secret=secret, items=[handed(item, 5)], by=by, now=now)

    answers = at_once(*[hand_out] * 6)
    assert answers.count("more_than_prescribed") == 4
    assert only_item(signed).dispensed_quantity == 10 == sum(Dispense.objects.values_list("quantity", flat=True))


def test_cancelling_and_accepting_at_once_leave_one_truth(signed, by_ben, by_cara, now):
    actions.lookup(**codes_of(signed), by=by_cara, now=now)
    answers = at_once(
        lambda: actions.cancel(prescription_id=signed.id, reason="mistake", by=by_ben, now=now).status,
        lambda: actions.accept(prescription_id=signed.id, by=by_cara, now=now).acceptance.id,
    )
    signed.refresh_from_db()
    if signed.status == "cancelled":
        assert answers[1] == "cancelled"
        assert not Acceptance.objects.exists()
    else:
        assert signed.status == "accepted"
        assert signed.cancel_asked_at


def test_a_doctor_who_signs_two_at_once_gets_one_key_and_a_double_click_one_code(ana, ben, by_ben, now):
    drafts = [
        make_draft(encounter=make_visit(person=ana, practitioner=ben), items=[line(drug)])
        for drug in ("cetirizine-10-mg-tablet", "paracetamol-500-mg-tablet")
    ]
    acts = [
        lambda one=one: actions.sign(prescription_id=one.id, by=by_ben, now=now).code for one in [*drafts, drafts[0]]
    ]
    codes = at_once(*acts)
    assert codes[0] == codes[2] != codes[1]
    assert SigningKey.objects.count() == 1


def test_guesses_at_once_count_one_by_one(signed, by_cara, now):
    """Without the line in `_try` all twelve see no wrong try yet, and all twelve may guess."""
    codes = codes_of(signed)
    wrong = f"{(int(codes['access_code']) + 1) % 10**8:08d}"
    answers = at_once(
        *[lambda: actions.lookup(code=codes["code"], access_code=wrong, by=by_cara, now=now) for _ in range(12)]
    )
    assert (answers.count("no_such_prescription"), answers.count("too_many_attempts")) == (5, 7), answers
    assert WrongTry.objects.count() == 5
