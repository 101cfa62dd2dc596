"""What a counter prints of what it handed out, and what is to be said by SMS."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.actor import Actor
from core.errors import NotFound
from identity.models import Facility, Person
from prescriptions import access, sealing
from prescriptions.models import (
    Acceptance,
    CodeMessage,
    CounterCode,
    Dispense,
    Item,
    Lot,
    Prescription,
    Presentation,
    Reservation,
)
from prescriptions.queries.lists import shown_access_code
from prescriptions.queries.stock import drug_handed_out


@dataclass(frozen=True)
class HandedLine:
    """One line of a receipt or label: what, how much, from which lot, for how much (dong; None where no price is known)."""

    dispense: Dispense
    item: Item
    drug: object
    lot: Lot | None
    unit_price: int | None

    @property
    def amount(self) -> int | None:
        return None if self.unit_price is None else self.unit_price * self.dispense.quantity


@dataclass(frozen=True)
class HandOut:
    """What one pharmacy handed out of one prescription while it had it in hand."""

    acceptance: Acceptance
    prescription: Prescription
    pharmacy: Facility
    lines: list[HandedLine]

    @property
    def total(self) -> int:
        """Dong of all lines whose price is known."""
        return sum(one.amount or 0 for one in self.lines)

    @property
    def is_priced(self) -> bool:
        return all(one.amount is not None for one in self.lines)


def handed_out_here(by: Actor, acceptance_id: UUID) -> HandOut:
    """Return what the actor's pharmacy handed out in one hold of its own. Raises WrongRole, NotFound."""
    rows = Acceptance.objects.filter(pharmacy_id=access.pharmacy_of(by))
    held = (
        rows.select_related("prescription__person", "prescription__practitioner", "pharmacy__province")
        .filter(pk=acceptance_id)
        .first()
    )
    dispenses = list(
        Dispense.objects.filter(acceptance=held)
        .select_related("item__drug", "sale__lot")
        .order_by("item__rank", "at", "id")
        if held
        else []
    )
    if held is None or not dispenses:
        raise NotFound()
    lines = []
    for one in dispenses:
        sale = getattr(one, "sale", None)
        lines.append(
            HandedLine(
                one, one.item, drug_handed_out(one), sale.lot if sale else None, sale.unit_price if sale else None
            )
        )
    return HandOut(held, held.prescription, held.pharmacy, lines)


@dataclass(frozen=True)
class SmsFacts:
    """What an SMS says, and to whom. Codes only: no medicine, no illness."""

    phone: str
    language: str
    values: dict[str, str]


def _language_of(person: Person) -> str:
    return person.user.language if person.user is not None else ""


def counter_code_facts(code_id: UUID) -> SmsFacts | None:
    """Return a live one-time code with the phone it goes to."""
    found = CounterCode.objects.select_related("person__user", "pharmacy").filter(pk=code_id).first()
    if found is None or found.person is None or found.used_at is not None:
        return None
    try:
        code = sealing.unseal(found.sealed_code, purpose="counter-code", owner=str(found.id)).decode()
    except sealing.SealBroken:
        return None
    person = found.person
    phone = (person.user.phone if person.user is not None and person.user.phone else person.phone) or ""
    return SmsFacts(phone, _language_of(person), {"code": code, "pharmacy": found.pharmacy.name})


def code_message_facts(message_id: UUID) -> SmsFacts | None:
    """Return the codes of a prescription with the phone they go to."""
    found = CodeMessage.objects.select_related("prescription__person__user").filter(pk=message_id).first()
    if found is None:
        return None
    access_code = shown_access_code(found.prescription)
    values = {"code": found.prescription.code or "", "access_code": f"{access_code[:4]} {access_code[4:]}"}
    return SmsFacts(found.to, _language_of(found.prescription.person), values)


def holds_here(by: Actor, prescription_id: UUID) -> list[Acceptance]:
    """Return the holds of the actor's pharmacy in which something of a prescription was handed out, the newest first."""
    rows = Acceptance.objects.filter(
        pharmacy_id=access.pharmacy_of(by), prescription_id=prescription_id, dispenses__isnull=False
    )
    return list(rows.distinct().order_by("-accepted_at", "-id"))


def watched_by(prescription_id: UUID, now: datetime) -> list[UUID]:
    """Return the pharmacies that may have this prescription on a screen: shown there, held, reserved or sent there."""
    shown = Presentation.objects.filter(prescription_id=prescription_id, until__gt=now)
    kept = Reservation.objects.filter(prescription_id=prescription_id, until__gt=now)
    found = {*shown.values_list("pharmacy_id", flat=True), *kept.values_list("pharmacy_id", flat=True)}
    return sorted(found)
