"""What stands on the shelves of the pharmacies, what it costs, and a question that is open just now."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import prescriptions.actions
from core.actor import Actor
from core.errors import Conflict
from prescriptions.models import Drug, Prescription
from runtime.demo.clock import as_of
from runtime.demo.jobs import run_due

if TYPE_CHECKING:
    from runtime.demo.visits import Stage

# What everybody keeps, with the usual price of one unit of sale in dong.
USUAL = (
    ("paracetamol-500-mg-tablet", 600),
    ("cetirizine-10-mg-tablet", 900),
    ("loratadine-10-mg-tablet", 1_100),
    ("hydrocortisone-1-percent-cream", 28_000),
    ("omeprazole-20-mg-capsule", 1_500),
    ("amlodipine-5-mg-tablet", 800),
    ("losartan-50-mg-tablet", 1_900),
    ("metformin-850-mg-tablet", 1_000),
    ("betahistine-16-mg-tablet", 2_300),
    ("amoxicillin-500-mg-capsule", 1_200),
    ("cefixime-200-mg-capsule", 7_500),
    ("azithromycin-500-mg-tablet", 9_000),
)
OTHER_PRICE = 2_500
# Of 100 dong of the usual price each pharmacy asks so many; the first answers by hand, the others from their stock.
DEARNESS = {"binh_minh": 100, "phuc_khang": 95, "thanh_xuan": 108, "hoan_kiem": 92, "an_khang": 112}
BY_HAND = ("binh_minh", "an_khang")
NOT_AT = {"hoan_kiem": ("hydrocortisone-1-percent-cream",)}
A_MONTH = timedelta(days=30)


def price_of(drug_code: str, place: str = "") -> int:
    """Return what one unit costs at a pharmacy, in whole hundreds of dong."""
    usual = dict(USUAL).get(drug_code, OTHER_PRICE)
    return max(100, round(usual * DEARNESS.get(place, 100) / 10_000) * 100)


def put(drug_code: str, number: str, quantity: int, expires_on: date, place: str, by: Actor, now: datetime) -> None:
    """Put a lot on a shelf."""
    prescriptions.actions.receive_lot(
        drug_code=drug_code,
        number=number,
        expires_on=expires_on,
        quantity=quantity,
        unit_price=price_of(drug_code, place),
        by=by,
        now=now,
    )


def lots_for(items: Any, place: str, moment: datetime, by: Actor) -> list[dict[str, Any]]:
    """Have on the shelf what is about to be handed out, and say from which lots."""
    lots = []
    for item in items:
        number = f"L{moment:%y%m%d}{item.rank:02d}"
        put(item.drug.code, number, item.total * 2, (moment + A_MONTH * 18).date(), place, by, moment)
        lots.append({"item": item.id, "quantity": item.total, "lot": number})
    return lots


def fill_the_shelves(stage: Stage, now: datetime) -> None:
    """This week's deliveries in the capital, a few lots about to expire, warnings, and who answers by machine."""
    for number, place in enumerate(DEARNESS, start=1):
        by = stage.pharmacist(place)
        with as_of(now - timedelta(days=2, hours=number)) as moment:
            for rank, (code, _price) in enumerate(USUAL):
                if code in NOT_AT.get(place, ()) or not Drug.objects.filter(code=code).exists():
                    continue
                expires_on = (moment + A_MONTH * (6 + (rank * 5 + number) % 24)).date()
                put(code, f"{place[:2].upper()}{moment:%y}{rank:02d}A", 60 + rank * 20, expires_on, place, by, moment)
            put(USUAL[0][0], f"{place[:2].upper()}{moment:%y}OLD", 40, (moment + A_MONTH).date(), place, by, moment)
            for code in (USUAL[5][0], USUAL[10][0]):
                prescriptions.actions.set_low_mark(drug_code=code, at_least=200, by=by, now=moment)
            prescriptions.actions.set_answer_rule(
                automatic=place not in BY_HAND, ready_in_minutes=15 + 10 * number, by=by, now=moment
            )
            run_due(moment)


def ask_around(stage: Stage, now: datetime) -> None:
    """Somebody, ana if she can, asks who has what was prescribed: some have answered from their stock, one not yet."""
    ready = Prescription.objects.filter(status="signed", expires_at__gt=now).order_by("-signed_at")
    waiting = {one.person_id: one for one in ready}
    asking = next((key for key in ("ana", *stage.people) if stage.people[key].id in waiting), None)
    if asking is None:
        return
    prescription = waiting[stage.people[asking].id]
    with as_of(now - timedelta(minutes=4)) as moment:
        try:
            prescriptions.actions.ask_pharmacies(
                prescription_id=prescription.id,
                near=(21.0285, 105.8485),
                radius_km=5,
                include_closed=True,
                by=stage.citizen(asking),
                now=moment,
            )
        except Conflict:
            return
        run_due(moment)
