"""The real thing beside the model: who is there, and all that is looked at after every step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import time_machine
from django.db import connection

from core.actor import Actor
from prescriptions import actions, queries
from prescriptions.models import Prescription
from prescriptions.parts import plan_of
from tests import make
from tests.booking.model.world import Killed, dying_at
from tests.prescriptions.model.paper import Go, Paper
from tests.prescriptions.stage import AMOXICILLIN, PARACETAMOL, line, make_draft, make_signed, make_visit

__all__ = ["Killed", "Stage", "dying_at", "look", "paper_of", "set_stage"]

DAY = timedelta(days=1)
# Everything about every prescription, in one question: what the rows say, what the dispenses come to, what the trail tells.
LOOK = """
SELECT p.id, p.status, p.cancel_asked_at IS NOT NULL, p.replaced_by_id IS NOT NULL, p.routed_to_id,
  array(SELECT i.dispensed_quantity FROM prescriptions_item i WHERE i.prescription_id = p.id ORDER BY i.rank),
  array(SELECT coalesce(sum(d.quantity), 0)::int FROM prescriptions_item i LEFT JOIN prescriptions_dispense d
        ON d.item_id = i.id WHERE i.prescription_id = p.id GROUP BY i.id ORDER BY i.rank),
  array(SELECT s.dispensed_quantity FROM prescriptions_share s JOIN prescriptions_part t ON t.id = s.part_id
        JOIN prescriptions_item i ON i.id = s.item_id WHERE t.prescription_id = p.id ORDER BY t.rank, i.rank),
  array(SELECT t.collected_at IS NOT NULL FROM prescriptions_part t WHERE t.prescription_id = p.id ORDER BY t.rank),
  array(SELECT a.pharmacy_id FROM prescriptions_acceptance a WHERE a.prescription_id = p.id AND a.ended_at IS NULL),
  array(SELECT l.action FROM audit_line l WHERE l.subject = 'prescription:' || p.id ORDER BY l.created_at, l.id)
FROM prescriptions_prescription p WHERE p.code IS NOT NULL ORDER BY p.id
"""


@dataclass
class Seen:
    """One prescription as the database has it."""

    status: str
    pending: bool
    replaced: bool
    routed: Any
    counted: list[int]
    handed_out: list[int]
    in_parts: list[int]
    collected: list[bool]
    holders: list[Any]
    trail: list[str]


def look() -> dict[Any, Seen]:
    """Everything a refusal must leave alone."""
    with connection.cursor() as cursor:
        cursor.execute(LOOK)
        return {row[0]: Seen(*row[1:]) for row in cursor.fetchall()}


@dataclass
class Stage:
    """Made once; every example begins from it: a prescription collected in one go, and one in three parts."""

    doctor: Actor
    pharmacies: list[Any]
    counters: list[Actor]  # a pharmacist of each
    citizens: dict[Any, Actor]  # prescription → whose it is
    signed: list[Any]

    def papers(self) -> list[Paper]:
        return [paper_of(Prescription.objects.get(id=one)) for one in self.signed]


def paper_of(found: Prescription) -> Paper:
    """What the doctor wrote, as the model begins with it."""
    ranks = list(found.items.order_by("rank").values_list("id", "total"))
    goes = [
        Go(
            part.opens_at,
            part.closes_at,
            [dict(part.shares.values_list("item_id", "quantity")).get(item, 0) for item, _total in ranks],
        )
        for part in found.parts.all()
    ]
    access_code = queries.shown_access_code(found)
    return Paper(found.id, found.code or "", access_code, [total for _item, total in ranks], found.expires_at, goes)  # type: ignore[arg-type]


def set_stage() -> Stage:
    """A doctor, two citizens with a prescription each, two pharmacies."""
    now = make.NOW
    with time_machine.travel(now, tick=False):
        hospital = make.make_facility()
        doctor = make.make_practitioner(facility=hospital)
        people = [make.make_person(full_name=name) for name in ("Nguyễn Thị Ánh", "Lê Văn Dũng")]
        lines = [line(AMOXICILLIN, "1", 1, 6), line(PARACETAMOL, "1", 1, 3)]
        plain = make_signed(person=people[0], practitioner=doctor, items=lines)
        begun = make_draft(encounter=make_visit(person=people[1], practitioner=doctor), items=lines)
        plans = plan_of(
            [6, 3], days=[10, 10, 10], first_day=now.date(), zone="Asia/Ho_Chi_Minh", signed_at=now, valid_days=5,
            opens_before=3, closes_before=1,
        )  # fmt: skip
        by = make.actor_for(doctor)
        actions.plan_parts(prescription_id=begun.id, parts=plans, by=by, now=now)
        parts = actions.sign(prescription_id=begun.id, by=by, now=now)
        pharmacies = [make.make_pharmacy(name=f"Nhà thuốc {number}") for number in range(2)]
        staff = [make.make_pharmacist(pharmacy=one) for one in pharmacies]
    return Stage(
        doctor=by,
        pharmacies=[one.id for one in pharmacies],
        counters=[make.actor_for(one) for one in staff],
        citizens={plain.person_id: make.actor_for(people[0]), parts.person_id: make.actor_for(people[1])},
        signed=[plain.id, parts.id],
    )
