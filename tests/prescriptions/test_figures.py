"""The statistics: right after every correction, each prescription once, and the same as reckoned from nothing."""

from __future__ import annotations

import os
from collections import Counter
from datetime import timedelta
from io import StringIO
from random import Random
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import Sum

from core.actor import Actor
from prescriptions import actions, counting
from prescriptions.models import Counted, DrugFigure, Figure, Item, Prescription, Recount
from prescriptions.tasks import count_changes
from tests import make
from tests.prescriptions.stage import (
    AMOXICILLIN,
    AZITHROMYCIN,
    DOMPERIDONE,
    PARACETAMOL,
    handed,
    line,
    make_draft,
    make_held,
    make_signed,
    make_visit,
)

HISTORIES = int(os.environ.get("FIGURE_HISTORIES", "1"))
STEPS = int(os.environ.get("FIGURE_STEPS", "50"))


def sums() -> dict[str, int]:
    """All figures added up, those that are not nought."""
    found = Figure.objects.aggregate(**{name: Sum(name) for name in counting.FIGURES})
    return {name: count for name, count in found.items() if count}


def picture() -> tuple[Any, ...]:
    """Every cell with its figures, and what each prescription adds."""
    keys = ("day", "facility_id", "practitioner_id", "chapter")
    return (
        sorted(Figure.objects.values_list(*keys, *counting.FIGURES)),
        sorted(DrugFigure.objects.values_list(*keys, "atc", *counting.DRUG_FIGURES)),
        sorted(Counted.objects.values_list("prescription_id", flat=True)),
    )


def test_the_story_of_one_prescription_is_right_at_every_turn(signed, cara, by_cara, by_ben, now):
    Figure.objects.all().delete()
    assert actions.count_changes() > 0
    assert sums() == {"prescriptions": 1, "items": 1, "antibiotic": 1}
    cell = Figure.objects.get()
    assert (cell.day.isoformat(), cell.chapter) == ("2031-03-25", 10)
    assert (cell.facility_id, cell.practitioner_id) == (signed.facility_id, signed.practitioner_id)

    secret = make_held(prescription=signed, pharmacist=cara)
    item = signed.items.get()
    later = now + timedelta(minutes=45)
    actions.dispense(prescription_id=signed.id, secret=secret, items=[handed(item, 4)], by=by_cara, now=later)
    actions.return_(prescription_id=signed.id, reason="out_of_stock", by=by_cara, now=later)
    count_changes(timestamp=0)  # as the clock does
    part = {
        "prescriptions": 1,
        "items": 1,
        "antibiotic": 1,
        "settled": 1,
        "collected": 1,
        "within_day": 1,
        "minutes": 45,
    }
    assert sums() == part

    # The rest two days later, at the same counter: the day of signing is corrected, the first handing out stays the first.
    much_later = now + timedelta(days=2)
    secret = make_held(prescription=signed, pharmacist=cara, now=much_later)
    actions.dispense(prescription_id=signed.id, secret=secret, items=[handed(item, 10)], by=by_cara, now=much_later)
    actions.complete(prescription_id=signed.id, secret=secret, by=by_cara, now=much_later)
    actions.count_changes()
    assert sums() == {**part, "collected_whole": 1}
    assert list(DrugFigure.objects.values_list("atc", *counting.DRUG_FIGURES)) == [("J01CA04", 1, 1, 1)]

    before = picture()
    assert actions.count_changes() == 0  # nothing changed, nothing to do
    ask_for_all()
    ask_for_all()  # and asked twice it changes nothing
    assert actions.count_all_changes() == 2
    assert picture() == before


def ask_for_all() -> None:
    Recount.objects.bulk_create([Recount(prescription_id=one.id) for one in Prescription.objects.all()])


def test_a_cancelled_one_is_taken_out_and_the_one_in_its_place_counts(signed, ana, ben, by_ben, now):
    actions.count_changes()
    actions.cancel(prescription_id=signed.id, reason="replaced", by=by_ben, now=now)
    make_signed(person=ana, practitioner=ben, now=now + timedelta(minutes=5), items=[line(PARACETAMOL, "1", 3, 3)])
    actions.count_changes()
    assert sums() == {"prescriptions": 1, "items": 1, "cancelled": 1}
    assert list(DrugFigure.objects.values_list("atc", "items")) == [("N02BE01", 1)]


def test_a_draft_and_what_is_rolled_back_are_never_counted(ana, ben, now):
    make_draft(encounter=make_visit(person=ana, practitioner=ben))
    assert not Recount.objects.exists()
    assert actions.count_changes() == 0
    assert not Figure.objects.exists()


def test_one_that_cannot_be_read_stops_no_other(signed, ana, ben, now):
    other = make_signed(person=ana, practitioner=ben, now=now + timedelta(minutes=5), items=[line(PARACETAMOL)])
    Prescription.objects.filter(id=signed.id).update(content={"items": [{"drug": "?"}]})
    assert actions.count_all_changes() > 1
    assert list(Counted.objects.values_list("prescription_id", flat=True)) == [other.id]
    assert sums() == {"prescriptions": 1, "items": 1}


def test_what_is_deleted_is_taken_out_too(signed):
    """Nothing of ours deletes a signed prescription; whoever must, by hand, finds the figures right all the same."""
    actions.count_changes()
    signed.filings.all().delete()
    signed.delete()
    actions.count_changes()
    assert picture() == ([], [], [])


@pytest.mark.django_db(transaction=True)
def test_whoever_counts_meanwhile_has_it_to_themselves(signed):
    """A second worker takes nothing up while one is at it, and loses nothing."""
    import psycopg

    from prescriptions.actions.figures import LOCK

    waiting = Recount.objects.count()
    settings = connection.get_connection_params()
    known = ("host", "port", "user", "password", "dbname")
    with psycopg.connect(**{key: settings[key] for key in known if settings.get(key)}) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        assert actions.count_changes() == 0
        assert Recount.objects.count() == waiting
    assert actions.count_changes() == waiting


@pytest.mark.parametrize("seed", range(HISTORIES))
def test_counted_as_it_happens_is_counted_from_nothing(seed, ben, cara, hoa, now):
    """A random history over days, doctors and counters, counted at random moments: the same as all of it at once."""
    dice = Random(seed)
    other = make.make_practitioner(facility=make.make_facility(name="Phòng khám Núi Tản"), full_name="Hồ Thị Xa")
    doctors, shops = [ben, other], [cara, hoa]
    held: dict[Any, tuple[Any, str]] = {}
    told: Counter[str] = Counter()
    for _step in range(STEPS):
        now += timedelta(hours=dice.randint(1, 9))
        known = list(Prescription.objects.filter(status__in=["signed", "accepted"]).order_by("id"))
        act = dice.choice(
            ["sign", "sign", "take", "take", "hand out", "hand out", "end", "give back", "cancel", "expire", "count"]
        )
        one = dice.choice(known) if known else None
        if act == "sign" or one is None:
            drugs = dice.sample([AMOXICILLIN, PARACETAMOL, "cetirizine-10-mg-tablet"], dice.randint(1, 3))
            somebody = make.make_person(full_name="Lê Văn Mới", user=None)
            make_signed(
                person=somebody, practitioner=dice.choice(doctors), now=now, items=[line(drug) for drug in drugs]
            )
        elif act == "count":
            actions.count_changes(most=dice.randint(1, 5))
        elif act == "expire":
            actions.expire(prescription_id=one.id, by=Actor.system("test"), now=now)
        elif act == "cancel":
            doctor = make.actor_for(one.practitioner)
            actions.cancel(prescription_id=one.id, reason="mistake", by=doctor, now=now)
        elif one.is_past(now) or one.cancel_asked_at:
            if one.id in held:
                actions.return_(
                    prescription_id=one.id, reason="mistake", by=make.actor_for(held.pop(one.id)[0]), now=now
                )
        elif one.id not in held:
            shop = dice.choice(shops)
            held[one.id] = (shop, make_held(prescription=one, pharmacist=shop, now=now))
        else:
            told[act] += 1
            act_at_the_counter(act, one, *held[one.id], dice, now)
            one.refresh_from_db()
            if one.status != "accepted":
                held.pop(one.id)
    assert told.total() > 3 or HISTORIES > 1  # it was a history worth its name
    actions.count_all_changes()
    as_it_happened = picture()
    assert sum(row[4] for row in as_it_happened[0]) == Prescription.objects.exclude(status="draft").count() - len(
        void()
    )
    call_command("count_prescriptions", "--from-nothing", verbosity=0, stdout=StringIO())
    assert picture() == as_it_happened


def void() -> list[Prescription]:
    """Cancelled before anything was handed out: said here in other words than in `counting`."""
    return [
        one
        for one in Prescription.objects.filter(status="cancelled").prefetch_related("items")
        if sum(item.dispensed_quantity for item in one.items.all()) == 0
    ]


def act_at_the_counter(act: str, one: Prescription, shop: Any, secret: str, dice: Random, now: Any) -> None:
    by = make.actor_for(shop)
    items = [item for item in Item.objects.filter(prescription=one) if item.remaining]
    if act == "give back":
        actions.return_(prescription_id=one.id, reason="patient_left", by=by, now=now)
    elif items and (act != "end" or not any(item.dispensed_quantity for item in Item.objects.filter(prescription=one))):
        item = dice.choice(items)
        lines = [handed(item, dice.randint(1, item.remaining))]
        actions.dispense(prescription_id=one.id, secret=secret, items=lines, by=by, now=now)
    elif any(item.dispensed_quantity for item in Item.objects.filter(prescription=one)):
        reasons = [{"item": item.id, "reason": "out_of_stock"} for item in items]
        actions.complete(prescription_id=one.id, secret=secret, not_dispensed=reasons, by=by, now=now)


def test_overrides_reach_the_figures(ana, ben, by_ben, now):
    """Two that lengthen QT: a pair of the ONC list; the doctor signs past it for a reason."""
    items = [line(AZITHROMYCIN, "1", 1, 3), line(DOMPERIDONE, "1", 3, 3)]
    begun = make_draft(encounter=make_visit(person=ana, practitioner=ben), items=items)
    blocking = actions.check(prescription_id=begun.id, by=by_ben, now=now).blocking
    reasons = [{"finding": one.key, "reason": "will_be_monitored"} for one in blocking]
    actions.sign(prescription_id=begun.id, overrides=reasons, by=by_ben, now=now)
    actions.count_changes()
    assert blocking
    assert (sums()["overridden"], sums()["overrides"]) == (1, len(blocking))
