"""What is signed: everything a paper prescription must say (Circular 26/2025/TT-BYT, article 6), as plain JSON values."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.utils import translation

from prescriptions.models import Drug, Item, Override, Prescription
from prescriptions.quantities import printed_quantity
from records.models import Diagnosis

VERSION = 1


def build(
    prescription: Prescription, items: Iterable[Item], diagnoses: Iterable[Diagnosis], overrides: Iterable[Override]
) -> dict[str, Any]:
    """Return the content of a prescription that has its code, times and items. Values are strings, integers, lists."""
    person, practitioner, facility = prescription.person, prescription.practitioner, prescription.facility
    assert prescription.signed_at and prescription.expires_at
    return {
        "version": VERSION,
        "code": prescription.code,
        "kind": prescription.kind,
        "facility": {
            "code": facility.code,
            "name": facility.name,
            "address": facility.full_address,
            "phone": facility.phone,
        },
        "prescriber": {
            "name": practitioner.display_name,
            "licence": practitioner.licence_number,
            # The licence as it stood when this was signed: it may be renewed, changed or withdrawn later.
            "licence_from": practitioner.licence_valid_from.isoformat(),
            "licence_to": practitioner.licence_valid_to.isoformat() if practitioner.licence_valid_to else "",
        },
        "patient": {
            "id": str(person.id),
            "name": person.full_name,
            "born_on": person.born_on.isoformat() if person.born_on else "",
            "sex": person.sex,
            "national_id": person.national_id or "",
            "insurance_number": person.insurance_number,
            "address": ", ".join(
                part
                for part in (person.address, person.commune, person.province.name if person.province else "")
                if part
            ),
            "guardian": person.guardian_name,
        },
        "diagnoses": [{"code": one.code, "name": one.name} for one in diagnoses],
        "items": [_line(item) for item in items],
        **_parts(prescription),
        **({"replaces": prescription.replaces.code} if prescription.replaces else {}),
        "advice": prescription.advice,
        "overrides": [{"finding": one.finding, "reason": one.reason} for one in overrides],
        "signed_at": _instant(prescription.signed_at),
        "expires_at": _instant(prescription.expires_at),
    }


def _parts(prescription: Prescription) -> dict[str, Any]:
    """The parts, for one that has any: signed as everything else that decides what is handed out."""
    parts = [
        {
            "number": part.rank,
            "opens_at": _instant(part.opens_at),
            "closes_at": _instant(part.closes_at),
            "from": part.used_from.isoformat(),
            "to": part.used_to.isoformat(),
            "shares": sorted(
                ({"item": str(share.item_id), "quantity": share.quantity} for share in part.shares.all()),
                key=lambda one: str(one["item"]),
            ),
        }
        for part in prescription.parts.prefetch_related("shares")
    ]
    return {"parts": parts} if parts else {}


def _instant(at: datetime) -> str:
    """One writing per instant, whatever zone it was computed in."""
    return at.astimezone(UTC).isoformat()


def _line(item: Item) -> dict[str, Any]:
    drug: Drug = item.drug
    # A prescription is written in Vietnamese, whatever language its doctor reads (the circular asks for it).
    with translation.override("vi"):
        words = {
            "unit": str(drug.get_unit_display()),
            "dose_unit": str(drug.get_dose_unit_display()),
            "form": str(drug.get_form_display()),
            "route": str(drug.get_route_display()),
        }
    return {
        "id": str(item.id),
        "drug": drug.code,
        "name": drug.name_vi,
        **({"brand": drug.brand} if drug.brand else {}),
        "ingredients": list(drug.ingredients),
        "atc": drug.atc,
        "strength": drug.strength,
        **words,
        "dose": item.dose_text,
        "doses_a_day": item.doses_a_day,
        "days": item.days,
        "total": item.total,
        "printed_total": printed_quantity(item.total),
        "instruction": item.instruction,
    }


def agrees(prescription: Prescription, items: Iterable[Item]) -> bool:
    """Say whether the rows that decide what is handed out, and how it is to be taken, still say what was signed."""
    content = prescription.content
    if not isinstance(content, dict) or prescription.expires_at is None:
        return False
    signed = [
        (
            one["id"], one["drug"], one["strength"], one["dose"], one["doses_a_day"], one["days"], one["total"],
            one["instruction"],
        )
        for one in content["items"]
    ]  # fmt: skip
    kept = [
        (
            str(one.id), one.drug.code, one.drug.strength, one.dose_text, one.doses_a_day, one.days, one.total,
            one.instruction,
        )
        for one in sorted(items, key=lambda item: item.rank)
    ]  # fmt: skip
    return (
        signed == kept
        and content.get("parts", []) == _parts(prescription).get("parts", [])
        and content["code"] == prescription.code
        and content["kind"] == prescription.kind
        and content["advice"] == prescription.advice
        and content["patient"]["id"] == str(prescription.person_id)
        and content["expires_at"] == _instant(prescription.expires_at)
    )
