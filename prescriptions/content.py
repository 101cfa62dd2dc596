"""What is signed: everything a paper prescription must say (Circular 26/2025/TT-BYT, article 6), as plain JSON values."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import translation

from prescriptions import circular
from prescriptions.circular import Circular
from prescriptions.gateway import mapping
from prescriptions.gateway.numerals import in_words
from prescriptions.models import Drug, Item, Override, Particulars, Prescription
from prescriptions.quantities import printed_quantity
from records.models import Diagnosis

# 2: facts of the patient, conclusion, course, tranches, papers, and lines as they are printed. What was signed as 1 stays as it is.
VERSION = 2


def build(
    prescription: Prescription,
    items: Iterable[Item],
    diagnoses: Iterable[Diagnosis],
    overrides: Iterable[Override],
    particulars: Particulars,
    rules: Circular,
) -> dict[str, Any]:
    """Return the content of a prescription that has its code, times and items. Values are strings, integers, lists."""
    diagnoses = list(diagnoses)
    practitioner, facility = prescription.practitioner, prescription.facility
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
        "patient": _patient(prescription, diagnoses, particulars, rules),
        "diagnoses": [
            {"code": one.code, "name": one.name, **({"conclusion": conclusion} if conclusion else {})}
            for one, conclusion in zip(diagnoses, [particulars.conclusion, *[""] * len(diagnoses)], strict=False)
        ],
        "items": [_line(item, prescription.kind) for item in items],
        **_parts(prescription),
        **({"replaces": prescription.replaces.code} if prescription.replaces else {}),
        "advice": prescription.advice,
        "note": particulars.note,
        "revisit_on": _day(particulars.revisit_on),
        "course": particulars.course,
        "at_discharge": particulars.at_discharge,
        "tranches": particulars.tranches,
        "narcotics": _papers(particulars, rules) if prescription.kind == "n" else {},
        "copies": rules["copies_controlled"] if prescription.kind in "nh" else 1,
        "rules": rules.version,
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


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _patient(
    prescription: Prescription, diagnoses: Iterable[Diagnosis], particulars: Particulars, rules: Circular
) -> dict[str, Any]:
    """What article 6 asks for: a small child with months, weight and who brings it, on the day of signing."""
    person = prescription.person
    assert prescription.signed_at
    there = prescription.signed_at.astimezone(ZoneInfo(prescription.facility.zone)).date()
    months = mapping.months_between(person.born_on, there) if person.born_on else None
    small = months is not None and months < rules["child_months"]
    weighed = particulars.weight_kg is not None
    return {
        "id": str(person.id),
        "name": person.full_name,
        "born_on": _day(person.born_on),
        "sex": person.sex,
        "national_id": person.national_id or "",
        "insurance_number": person.insurance_number,
        "address": particulars.residence,
        "region": person.province.name if person.province else "",
        "phone": particulars.phone,
        "guardian": particulars.companion if small else person.guardian_name,
        "guardian_phone": particulars.companion_phone,
        **({"age_months": months} if small else {}),
        **({"weight_kg": _plain(particulars.weight_kg), "weight_on": _day(particulars.weight_on)} if weighed else {}),
        **({"coded": f"NB-{str(person.id)[-8:].upper()}"} if circular.is_hiv(one.code for one in diagnoses) else {}),
    }


def _papers(particulars: Particulars, rules: Circular) -> dict[str, Any]:
    """The papers that go with a narcotic (articles 7 and 8, annexes II, IV, V)."""
    return {
        "commitment": particulars.commitment_number,
        "commitment_on": _day(particulars.commitment_on),
        "commitment_copies": rules["copies_commitment"],
        "commune_confirmation": particulars.commune_number,
        "commune_confirmation_on": _day(particulars.commune_on),
        "receiver": particulars.receiver_name,
        "receiver_id": particulars.receiver_id,
    }


def _plain(value: Decimal | None) -> str:
    """A number without idle zeros."""
    return "" if value is None else f"{value.normalize():f}"


def _instant(at: datetime) -> str:
    """One writing per instant, whatever zone it was computed in."""
    return at.astimezone(UTC).isoformat()


def _line(item: Item, kind: str) -> dict[str, Any]:
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
        **({"national_code": drug.national_code} if drug.national_code else {}),
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
        # In words where a digit more would be dangerous: narcotics (article 6 clause 7), toxic herbs (TT 55/2025 article 8 clause 5).
        **({"total_words": in_words(item.total).capitalize()} if kind == "n" or _is_toxic_herb(drug) else {}),
        **({"packs": item.doses_a_day * item.days} if kind == "t" else {}),
        "instruction": item.instruction,
    }


def _is_toxic_herb(drug: Drug) -> bool:
    return drug.tradition == "herb" and drug.control == "toxic"


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
        and (not content.get("tranches") or content["tranches"] == prescription.particulars.tranches)
    )
