"""A prescription in parts: each with a share and a window, collected anywhere, never more than its share."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from core.errors import NotFound
from prescriptions import access, actions, queries
from prescriptions.errors import (
    AlreadyDispensed,
    AlreadySigned,
    Expired,
    ItemsOpen,
    MoreThanPrescribed,
    PartsNotWhole,
    PartTooEarly,
    PartTooLate,
)
from prescriptions.models import Part, Prescription, Share
from prescriptions.parts import PartPlan, plan_of
from prescriptions.tasks import expire_prescriptions
from tests import make
from tests.prescriptions.stage import (
    AMOXICILLIN,
    PARACETAMOL,
    codes_of,
    handed,
    line,
    make_draft,
    make_held,
    make_visit,
)

DAY = timedelta(days=1)


@pytest.fixture
def draft(ana, ben, now):
    """Two medicines for thirty days: sixty capsules and ninety tablets."""
    lines = [line(AMOXICILLIN, "1", 2, 30), line(PARACETAMOL, "1", 3, 30)]
    return make_draft(encounter=make_visit(person=ana, practitioner=ben), items=lines)


def three(now, totals=(60, 90)):
    """Ten days each, as the circular has it: windows of days 0 to 5, 7 to 9, 17 to 19 from the day of signing."""
    return plan_of(
        totals, days=[10, 10, 10], first_day=now.date(), zone="Asia/Ho_Chi_Minh", signed_at=now, valid_days=5,
        opens_before=3, closes_before=1,
    )  # fmt: skip


@pytest.fixture
def in_parts(draft, by_ben, now):
    actions.plan_parts(prescription_id=draft.id, parts=three(now), by=by_ben, now=now)
    return actions.sign(prescription_id=draft.id, by=by_ben, now=now)


def status_of(prescription):
    return Prescription.objects.values_list("status", flat=True).get(id=prescription.id)


def hand_out(prescription, secret, quantities, *, by, now):
    items = prescription.items.order_by("rank")
    lots = [handed(item, quantity) for item, quantity in zip(items, quantities, strict=True) if quantity]
    return actions.dispense(prescription_id=prescription.id, secret=secret, items=lots, by=by, now=now)


def test_part_by_part_at_whichever_pharmacy(in_parts, cara, hoa, by_cara, now):
    by_hoa = make.actor_for(hoa)
    assert queries.signature_of(in_parts).valid
    assert in_parts.expires_at == in_parts.parts.last().closes_at

    secret = make_held(prescription=in_parts, pharmacist=cara)
    with pytest.raises(MoreThanPrescribed):  # of the part, though the whole has sixty
        hand_out(in_parts, secret, [21, 0], by=by_cara, now=now)
    assert Share.objects.filter(dispensed_quantity__gt=0).count() == 0
    hand_out(in_parts, secret, [20, 30], by=by_cara, now=now)
    closed = actions.complete(prescription_id=in_parts.id, secret=secret, by=by_cara, now=now)
    assert (closed.status, closed.signed_at) == ("signed", now)

    # Who filled the first part sees nothing of the next ones until somebody comes with the codes.
    with pytest.raises(NotFound):
        access.get_prescription(by_cara, in_parts.id, now + 7 * DAY)
    with translation.override("en"), pytest.raises(PartTooEarly) as refusal:
        actions.lookup(**codes_of(in_parts), by=by_hoa, now=now + 6 * DAY)
    assert str(refusal.value.detail) == (
        "It is too early. Part 2 can be collected from April 1, 2031 to April 3, 2031."
    )

    second = make_held(prescription=in_parts, pharmacist=hoa, now=now + 7 * DAY)
    hand_out(in_parts, second, [20, 10], by=by_hoa, now=now + 7 * DAY)
    with pytest.raises(ItemsOpen):
        actions.complete(prescription_id=in_parts.id, secret=second, by=by_hoa, now=now + 7 * DAY)
    # Half of it, and back: another pharmacy hands out what remains of this part.
    actions.return_(prescription_id=in_parts.id, reason="out_of_stock", by=by_hoa, now=now + 7 * DAY)
    third = make_held(prescription=in_parts, pharmacist=cara, now=now + 8 * DAY)
    with pytest.raises(MoreThanPrescribed):
        hand_out(in_parts, third, [1, 0], by=by_cara, now=now + 8 * DAY)
    hand_out(in_parts, third, [0, 20], by=by_cara, now=now + 8 * DAY)
    actions.complete(prescription_id=in_parts.id, secret=third, by=by_cara, now=now + 8 * DAY)

    last = make_held(prescription=in_parts, pharmacist=cara, now=now + 17 * DAY)
    hand_out(in_parts, last, [20, 0], by=by_cara, now=now + 17 * DAY)
    left = [{"item": in_parts.items.get(rank=2).id, "reason": "has_enough"}]
    closed = actions.complete(
        prescription_id=in_parts.id, secret=last, not_dispensed=left, by=by_cara, now=now + 17 * DAY
    )
    assert closed.status == "dispensed"
    assert [item.dispensed_quantity for item in in_parts.items.order_by("rank")] == [60, 60]
    assert in_parts.items.get(rank=2).not_dispensed_reason == "has_enough"
    with pytest.raises(AlreadyDispensed):
        actions.lookup(**codes_of(in_parts), by=by_hoa, now=now + 18 * DAY)


def test_a_part_that_nobody_collects_lapses_alone(in_parts, hoa, now):
    by_hoa = make.actor_for(hoa)
    with translation.override("en"), pytest.raises(PartTooLate) as refusal:
        actions.lookup(**codes_of(in_parts), by=by_hoa, now=now + 6 * DAY)
    assert str(refusal.value.detail) == (
        "The days for collecting part 1 are over; they ended on March 30, 2031. "
        "Part 2 can be collected from April 1, 2031 to April 3, 2031."
    )
    secret = make_held(prescription=in_parts, pharmacist=hoa, now=now + 7 * DAY)
    with pytest.raises(MoreThanPrescribed):  # the share of the first part is gone with its days
        hand_out(in_parts, secret, [40, 0], by=by_hoa, now=now + 7 * DAY)
    hand_out(in_parts, secret, [20, 30], by=by_hoa, now=now + 7 * DAY)


def test_a_pharmacy_that_holds_a_part_past_its_days_hands_out_nothing_more(in_parts, cara, by_cara, now):
    secret = make_held(prescription=in_parts, pharmacist=cara)
    hand_out(in_parts, secret, [5, 0], by=by_cara, now=now)
    late = in_parts.parts.first().closes_at
    with pytest.raises(PartTooLate):
        hand_out(in_parts, secret, [5, 0], by=by_cara, now=late)
    with pytest.raises(PartTooLate):  # nor of the next part by the hold of the first
        hand_out(in_parts, secret, [5, 0], by=by_cara, now=now + 7 * DAY)
    actions.return_(prescription_id=in_parts.id, reason="patient_left", by=by_cara, now=late)
    assert (status_of(in_parts), in_parts.items.get(rank=1).dispensed_quantity) == ("signed", 5)


def test_it_is_over_with_the_last_window(in_parts, by_cara, now):
    end = in_parts.parts.last().closes_at
    expire_prescriptions(timestamp=int((now + 16 * DAY).timestamp()))
    assert status_of(in_parts) == "signed"
    with pytest.raises(Expired):
        actions.lookup(**codes_of(in_parts), by=by_cara, now=end)
    expire_prescriptions(timestamp=int(end.timestamp()))
    assert status_of(in_parts) == "expired"


def test_cancelled_between_two_parts_the_rest_is_refused(in_parts, cara, by_cara, by_ben, now):
    secret = make_held(prescription=in_parts, pharmacist=cara)
    hand_out(in_parts, secret, [20, 30], by=by_cara, now=now)
    actions.cancel(prescription_id=in_parts.id, reason="reaction", by=by_ben, now=now)  # the second and third
    closed = actions.complete(prescription_id=in_parts.id, secret=secret, by=by_cara, now=now)
    assert closed.status == "cancelled"


def test_only_the_writer_divides_a_draft_and_only_into_the_whole(draft, by_ana, by_cara, by_eve, by_ben, now):
    for by in (by_ana, by_cara, by_eve):
        with pytest.raises(NotFound):
            actions.plan_parts(prescription_id=draft.id, parts=three(now), by=by, now=now)
    with pytest.raises(PartsNotWhole):
        actions.plan_parts(prescription_id=draft.id, parts=three(now, (60, 89)), by=by_ben, now=now)
    assert not Part.objects.exists()
    actions.plan_parts(prescription_id=draft.id, parts=three(now), by=by_ben, now=now)
    actions.plan_parts(prescription_id=draft.id, parts=[], by=by_ben, now=now)
    assert not Part.objects.exists()
    actions.plan_parts(prescription_id=draft.id, parts=three(now), by=by_ben, now=now)
    actions.save_draft(prescription_id=draft.id, items=[line()], advice=None, by=by_ben, now=now)
    assert not Part.objects.exists()  # they were parts of other lines
    actions.sign(prescription_id=draft.id, by=by_ben, now=now)
    with pytest.raises(AlreadySigned):
        actions.plan_parts(prescription_id=draft.id, parts=[], by=by_ben, now=now)


def test_windows_that_are_over_are_not_signed(draft, by_ben, now):
    past = [
        PartPlan(now - 5 * DAY, now - DAY, now.date(), now.date(), {1: 30, 2: 45}),
        PartPlan(now, now + DAY, now.date(), now.date(), {1: 30, 2: 45}),
    ]
    actions.plan_parts(prescription_id=draft.id, parts=past, by=by_ben, now=now)
    with pytest.raises(PartsNotWhole):
        actions.sign(prescription_id=draft.id, by=by_ben, now=now)
    assert status_of(draft) == "draft"


def test_a_changed_window_or_share_breaks_the_signature(in_parts):
    for change in (
        lambda: in_parts.parts.filter(rank=2).update(closes_at=in_parts.parts.get(rank=2).closes_at + DAY),
        lambda: Share.objects.filter(part__rank=1, item__rank=1).update(quantity=25),
        lambda: in_parts.parts.filter(rank=3).delete(),
    ):
        with transaction.atomic():
            change()
            assert not queries.signature_of(Prescription.objects.get(id=in_parts.id)).valid
            transaction.set_rollback(True)
    assert queries.signature_of(Prescription.objects.get(id=in_parts.id)).valid


def test_the_database_itself_keeps_shares_and_windows(in_parts):
    share = Share.objects.first()
    with pytest.raises(IntegrityError), transaction.atomic():
        Share.objects.filter(id=share.id).update(dispensed_quantity=share.quantity + 1)
    with pytest.raises(IntegrityError), transaction.atomic():
        in_parts.parts.filter(rank=2).update(opens_at=in_parts.parts.get(rank=1).opens_at)
