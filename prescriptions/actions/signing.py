"""Signing: the draft becomes a prescription with a code, an access code and a signature, and never changes again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F

import audit
from core.actor import Actor
from core.events import emit
from prescriptions import access, codes, content, queries, sealing
from prescriptions.actions.filing import queue_prescription
from prescriptions.actions.keys import signer_of
from prescriptions.actions.limits import kind_of, require_facts, require_limits, tranches_of
from prescriptions.actions.writing import require_open_visit, require_own_visit
from prescriptions.circular import Circular
from prescriptions.errors import (
    AlreadySigned,
    DiagnosisMissing,
    DrugNotValid,
    LicenceNotValid,
    NothingPrescribed,
    OverrideNeeded,
    UnknownOverride,
)
from prescriptions.events import PrescriptionSigned
from prescriptions.models import Item, Override, Particulars, Prescription
from prescriptions.quantities import ORDER_OF_CONTROL, expires_at
from records.models import Diagnosis

CODE_TRIES = 5  # specs: draw again when a code is taken, at most five times


@transaction.atomic
def sign(*, prescription_id: UUID, overrides: Sequence[dict[str, str]] = (), by: Actor, now: datetime) -> Prescription:
    """Sign a draft. `overrides` are [{finding, reason, note?}] for every blocking finding of the check.

    Signing what is signed already returns it. Raises NotFound, NotTheVisit, LicenceNotValid, NothingPrescribed,
    DiagnosisMissing, MixedControl, HerbsApart, ControlledInRemoteVisit, NoBeds, NotTrained, WrongCourse, TooManyDays, FactsMissing,
    ConfirmationUsed, DrugNotValid, OverrideNeeded, UnknownOverride.
    """
    prescription = access.lock_prescription(by, prescription_id, now)
    if prescription.is_open and prescription.signed_at:
        return prescription
    if not prescription.is_draft:
        raise AlreadySigned()
    encounter, practitioner = prescription.encounter, prescription.practitioner
    require_open_visit(encounter, now)
    require_own_visit(prescription)
    zone = prescription.facility.zone
    if not practitioner.licence_is_valid(now.astimezone(ZoneInfo(zone)).date()):
        raise LicenceNotValid()
    items = list(prescription.items.select_related("drug").order_by("rank"))
    if not items:
        raise NothingPrescribed()
    diagnoses = list(Diagnosis.objects.filter(encounter=encounter).order_by("rank"))
    if not diagnoses:
        raise DiagnosisMissing()
    prescription.kind = kind_of(items)
    particulars = queries.completed(prescription, now)
    rules = queries.circular_of(prescription, now)
    require_limits(prescription, items, particulars, [one.code for one in diagnoses], now, signing=True)
    require_facts(prescription, particulars, rules, now)
    day = queries.day_of(encounter, now)
    if ended := [item for item in items if not item.drug.is_valid_on(day)]:
        raise DrugNotValid(fields={f"items.{item.rank - 1}.drug": [DrugNotValid.message] for item in ended})
    _put_toxic_first(prescription, items)
    given = _overrides(prescription, items, overrides, now)

    signed_on = now.astimezone(ZoneInfo(zone)).date()
    particulars.tranches = tranches_of(prescription.kind, items, particulars.course, rules, signed_on)
    particulars.rules_version = rules.version
    prescription.expires_at = expires_at(now, _collect_days(prescription, items, particulars, rules, signed_on), zone)
    prescription.taken_until = (now + timedelta(days=max(item.days for item in items))).date()
    access_code = codes.new_access_code().encode()
    prescription.sealed_access_code = sealing.seal(access_code, purpose="access-code", owner=str(prescription.id))
    prescription.move_to(Prescription.Status.SIGNED, at=now)
    particulars.save()
    parts = (items, diagnoses, given, particulars, rules)
    _write_with_code(prescription, parts, signer_of(practitioner))
    queue_prescription(prescription, now)
    audit.record(
        by,
        "prescription.sign",
        prescription,
        person_id=prescription.person_id,
        detail={"licence": practitioner.licence_number, "overrides": len(given)},
    )
    emit(
        PrescriptionSigned(
            prescription_id=str(prescription.id),
            person_id=str(prescription.person_id),
            encounter_id=str(encounter.id),
        )
    )
    return prescription


def _collect_days(
    prescription: Prescription, items: Sequence[Item], particulars: Particulars, rules: Circular, signed_on: date
) -> int:
    """How many days after today it can be collected: those of the circular, or of the installation; to the last tranche."""
    days = settings.PRESCRIPTION_VALID_DAYS or rules["collect_days"]
    traditional = prescription.kind == "t" or all(item.drug.tradition for item in items)
    if particulars.at_discharge and traditional:
        days = min(days, rules["collect_days_discharge"])
    last = [(date.fromisoformat(one["collect_to"]) - signed_on).days for one in particulars.tranches[1:]]
    return max([days, *last])


def _put_toxic_first(prescription: Prescription, items: list[Item]) -> None:
    """Give the order the circular asks for: toxic drugs before the others, which keep the doctor's order."""
    ordered = sorted(items, key=lambda item: ORDER_OF_CONTROL.index(item.drug.control))
    if ordered == items:
        return
    # Out of the way first: no two items may have one rank, not even for a moment.
    prescription.items.update(rank=F("rank") + len(items))
    for rank, item in enumerate(ordered, start=1):
        item.rank = rank
    Item.objects.bulk_update(ordered, ["rank"])
    items[:] = ordered


def _overrides(
    prescription: Prescription, items: Sequence[Item], overrides: Sequence[dict[str, str]], now: datetime
) -> list[Override]:
    checked = queries.check_items(prescription, items, now)
    blocking = {finding.key: finding for finding in checked.blocking}
    given = {one["finding"]: one for one in overrides}
    if unknown := set(given) - {finding.key for finding in checked.findings}:
        raise UnknownOverride(fields={"overrides": sorted(unknown)})
    if missing := set(blocking) - set(given):
        raise OverrideNeeded(fields={"overrides": sorted(missing)})
    prescription.found_at_signing = [{"finding": one.key, "grade": one.grade} for one in checked.findings]
    rows = [
        Override(
            prescription=prescription,
            finding=key,
            finding_kind=finding.kind,
            rule=finding.rule[:120],
            names=list(finding.names),
            rules_version=(finding.rules or checked.rules_version)[:200],
            reason=given[key]["reason"],
            note=given[key].get("note", ""),
        )
        for key, finding in blocking.items()
    ]
    return Override.objects.bulk_create(rows)


def _write_with_code(prescription: Prescription, parts: tuple[Any, ...], signer: Any) -> None:
    """Draw a code and save; the unique column decides, and a taken code means drawing again."""
    for attempt in range(CODE_TRIES):
        prescription.code = codes.new_code(prescription.facility.code, prescription.kind)
        prescription.code_key = codes.same_key(prescription.code)
        prescription.content = content.build(prescription, *parts)
        prescription.signature = signer.sign(prescription.content)
        try:
            with transaction.atomic():
                prescription.save()
            return
        except IntegrityError:
            if attempt == CODE_TRIES - 1:
                raise
