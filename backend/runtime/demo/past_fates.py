"""What became of a prescription of the demo's past year: collected soon or late or in part, cancelled, or nobody came."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from audit.models import Line as AuditLine
from core.refs import ref
from identity.models import Facility, Membership
from prescriptions import sealing
from prescriptions.choices import NotDispensedReason
from prescriptions.models import Acceptance, Dispense, Item, Override, Particulars, Prescription
from records.models import Diagnosis, Encounter
from runtime.demo.illnesses import Illness

COLLECTED = {"hospital": 0.9, "clinic": 0.87, "station": 0.95}
Shops = dict[str, list[tuple[Facility, Membership]]]  # by province


@dataclass
class Rows:
    """What one week lays down, in the order in which it can."""

    encounters: list[Encounter] = field(default_factory=list)
    diagnoses: list[Diagnosis] = field(default_factory=list)
    prescriptions: list[Prescription] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    particulars: list[Particulars] = field(default_factory=list)
    overrides: list[Override] = field(default_factory=list)
    acceptances: list[Acceptance] = field(default_factory=list)
    dispenses: list[Dispense] = field(default_factory=list)
    lines: list[AuditLine] = field(default_factory=list)


def id_at(dice: Random, at: datetime) -> UUID:
    """Give a UUIDv7 of that moment, by the dice: the same ones each time."""
    milliseconds = int(at.timestamp() * 1000)
    high = (milliseconds << 80) | (0x7 << 76) | (dice.getrandbits(12) << 64)
    return UUID(int=high | (0b10 << 62) | dice.getrandbits(62))


def what_became(
    shops: Shops,
    anchor: datetime,
    dice: Random,
    rows: Rows,
    prescription: Prescription,
    illness: Illness,
    is_remote: bool,
) -> None:
    """Collected, soon or late or in part; cancelled; or nobody came. Nothing happens after the demo was made."""
    signed_at, expiry, end = prescription.signed_at, prescription.expires_at, anchor - timedelta(hours=1)
    assert signed_at and expiry
    luck = dice.random()
    if luck < 0.014:
        prescription.status, prescription.cancelled_by = "cancelled", "practitioner"
        prescription.cancel_reason = dice.choice(("mistake", "replaced", "replaced", "not_needed"))
        prescription.cancelled_at = signed_at + timedelta(minutes=dice.randint(2, 50))
        return
    likely = (
        COLLECTED.get(prescription.facility.kind, 0.88)
        - (0.1 if is_remote else 0)
        + (0.03 if illness.is_lasting else 0)
    )
    # Most go straight to the counter; some come after work, some days later.
    minutes = dice.lognormvariate(3.4, 0.7) if dice.random() < 0.74 else dice.uniform(180, 5 * 24 * 60)
    at = signed_at + timedelta(minutes=int(minutes) + 4)
    near = shops.get(prescription.facility.province_id)
    if near and luck < 0.014 + likely * 0.986 and at < min(expiry, end):
        _hand_out(dice, rows, prescription, *dice.choice(near), at)
    elif expiry < end:
        prescription.status, prescription.expired_at = "expired", expiry + timedelta(minutes=dice.randint(0, 4))


def _hand_out(
    dice: Random, rows: Rows, prescription: Prescription, shop: Facility, pharmacist: Membership, at: datetime
) -> None:
    items = [item for item in rows.items[-12:] if item.prescription is prescription]
    acceptance_id = id_at(dice, at)
    user = pharmacist.user
    assert user is not None
    acceptance = Acceptance(
        id=acceptance_id, created_at=at, prescription=prescription, pharmacy=shop, accepted_by=user.id,
        accepted_name=str(user), accepted_at=at - timedelta(minutes=3), ended_at=at + timedelta(minutes=1),
        sealed_secret=sealing.seal(dice.randbytes(18).hex().encode(), purpose="acceptance", owner=str(acceptance_id)),
        ending=Acceptance.Ending.COMPLETED,
    )  # fmt: skip
    short = dice.choice(items) if len(items) > 1 and dice.random() < 0.07 else None
    for item in items:
        quantity = item.total
        if item is short:
            quantity = dice.choice((0, item.total // 2))
            item.not_dispensed_reason = dice.choice(
                (NotDispensedReason.OUT_OF_STOCK, NotDispensedReason.HAS_ENOUGH, NotDispensedReason.REFUSED)
            )
        item.dispensed_quantity = quantity
        if quantity:
            rows.dispenses.append(
                Dispense(
                    id=id_at(dice, at), created_at=at, item=item, acceptance=acceptance, pharmacy=shop, quantity=quantity,
                    lot=f"{at:%y%m}{dice.randint(100, 999)}", dispensed_by=user.id, dispensed_name=str(user), at=at,
                )
            )  # fmt: skip
    prescription.status, prescription.dispensed_at = "dispensed", at + timedelta(minutes=1)
    rows.acceptances.append(acceptance)
    rows.lines += [
        line_of(
            dice,
            at,
            prescription,
            action,
            detail,
            role="pharmacist",
            user_id=user.id,
            name=str(user),
            facility_id=shop.id,
        )
        for action, detail in (("prescription.dispense", {"items": len(items)}), ("prescription.complete", {}))
    ]


def line_of(
    dice: Random, at: datetime, prescription: Prescription, action: str, detail: dict[str, Any], **who: Any
) -> AuditLine:
    return AuditLine(
        id=id_at(dice, at), created_at=at, action=action, subject=str(ref(prescription)), person_id=prescription.person_id,
        detail=detail, **who,
    )  # fmt: skip
