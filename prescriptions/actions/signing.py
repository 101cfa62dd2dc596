"""Signing: the draft becomes a prescription with a code, an access code and a signature, and never changes again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F

import audit
from core.actor import Actor
from core.events import emit
from prescriptions import access, codes, content, queries, sealing, signing, slips
from prescriptions.actions.filing import queue_prescription
from prescriptions.actions.keys import signer_of, signs_elsewhere
from prescriptions.actions.limits import kind_of, require_facts, require_limits, tranches_of
from prescriptions.actions.parts import plan_tranches, require_whole_parts
from prescriptions.actions.replacing import lock_replaced, take_the_place
from prescriptions.actions.writing import require_open_visit, require_own_visit
from prescriptions.circular import Circular
from prescriptions.errors import (
    AlreadySigned,
    ChangedWhileSigning,
    DiagnosisMissing,
    DrugNotValid,
    LicenceNotValid,
    NothingPrescribed,
    OverrideNeeded,
    SignerRefused,
    SignerUnavailable,
    UnknownOverride,
)
from prescriptions.events import PrescriptionSigned
from prescriptions.models import Item, Override, Particulars, Prescription, SigningKey
from prescriptions.quantities import ORDER_OF_CONTROL, expires_at
from records.models import Diagnosis

CODE_TRIES = 5  # specs: draw again when a code is taken, at most five times


@dataclass(frozen=True)
class Answered:
    """What a signer elsewhere signed: under this code, exactly this content (canonical)."""

    code: str
    content: bytes
    tokens: tuple[str, str]


class _SignedElsewhere(Exception):
    """What would be signed now, for a signer that must not be asked inside a transaction."""

    def __init__(self, signer: signing.Signer, code: str, content: dict[str, Any]) -> None:
        self.signer, self.prescription_code, self.content = signer, code, content


def ask_signature(
    *, prescription_id: UUID, overrides: Sequence[dict[str, str]] = (), by: Actor, now: datetime
) -> Answered | None:
    """Where the doctor's key is elsewhere, have it sign what `sign` would write now; None where `sign` needs no help.

    Never inside a transaction. Writes nothing but the certificate. Raises what `sign` raises, SignerUnavailable, SignerRefused.
    """
    if not signs_elsewhere(by.practitioner_id):
        return None
    with transaction.atomic():
        prescription = access.lock_prescription(by, prescription_id, now)
        if not prescription.is_draft:
            return None
        signer_of(prescription.practitioner, prescription.facility, now)  # its certificate, before anything is undone
    try:
        _sign(prescription_id, overrides, None, by, now)
    except _SignedElsewhere as wish:  # everything is undone; now there is time
        jws, slip = wish.signer.tokens(_parts(wish.signer, wish.content))
        return Answered(wish.prescription_code, signing.canonical(wish.content), (jws, slip))
    return None


def _parts(signer: signing.Signer, content: dict[str, Any]) -> list[tuple[dict[str, Any], bytes]]:
    return [(signer.header(), signing.canonical(content)), slips.part(signer, content)]


def sign(
    *,
    prescription_id: UUID,
    overrides: Sequence[dict[str, str]] = (),
    answered: Answered | None = None,
    by: Actor,
    now: datetime,
) -> Prescription:
    """Sign a draft. `overrides` are [{finding, reason, note?}] for every blocking finding of the check.

    `answered` comes from `ask_signature` at the same `now`. Raises ChangedWhileSigning when the draft is another one by now.
    Signing what is signed already returns it. Raises NotFound, NotTheVisit, LicenceNotValid, NothingPrescribed,
    DiagnosisMissing, MixedControl, HerbsApart, ControlledInRemoteVisit, NoBeds, NotTrained, WrongCourse, TooManyDays,
    FactsMissing, ConfirmationUsed, DrugNotValid, PartsNotWhole, OverrideNeeded, UnknownOverride, SignerUnavailable (the key
    is elsewhere, and nobody has asked there). Signing a replacement ends the one it replaces in the same transaction.
    """
    try:
        return _sign(prescription_id, overrides, answered, by, now)
    except _SignedElsewhere as wish:
        raise SignerUnavailable() from wish


@transaction.atomic
def _sign(
    prescription_id: UUID, overrides: Sequence[dict[str, str]], answered: Answered | None, by: Actor, now: datetime
) -> Prescription:
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
    replaced = lock_replaced(prescription, now)
    _put_toxic_first(prescription, items)
    given = _overrides(prescription, items, overrides, now)

    signed_on = now.astimezone(ZoneInfo(zone)).date()
    particulars.tranches = tranches_of(prescription.kind, items, particulars.course, rules, signed_on)
    particulars.rules_version = rules.version
    valid_days = _collect_days(prescription, items, particulars, rules)
    if len(particulars.tranches) > 1:
        plan_tranches(prescription, items, particulars.tranches, now)
    parts = require_whole_parts(prescription, items, now)
    # One in parts is over with the last window, any other after the days of the circular.
    prescription.expires_at = parts[-1].closes_at if parts else expires_at(now, valid_days, zone)
    prescription.taken_until = (now + timedelta(days=max(item.days for item in items))).date()
    access_code = codes.new_access_code().encode()
    prescription.sealed_access_code = sealing.seal(access_code, purpose="access-code", owner=str(prescription.id))
    prescription.move_to(Prescription.Status.SIGNED, at=now)
    particulars.save()
    what = (items, diagnoses, given, particulars, rules)
    _write_with_code(prescription, what, signer_of(practitioner, prescription.facility, now), answered)
    if replaced is not None:
        take_the_place(replaced, prescription, by, now)
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


def _collect_days(prescription: Prescription, items: Sequence[Item], particulars: Particulars, rules: Circular) -> int:
    """How many days after today it can be collected: those of the circular, or of the installation."""
    days = settings.PRESCRIPTION_VALID_DAYS or rules["collect_days"]
    traditional = prescription.kind == "t" or all(item.drug.tradition for item in items)
    if particulars.at_discharge and traditional:
        days = min(days, rules["collect_days_discharge"])
    return int(days)


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


def _write_with_code(
    prescription: Prescription, what: tuple[Any, ...], signer: signing.Signer, answered: Answered | None
) -> None:
    """Draw a code and save; the unique column decides, and a taken code means drawing again."""
    for attempt in range(CODE_TRIES):
        code = codes.new_code(prescription.facility.code, prescription.kind)
        prescription.code = answered.code if answered else code
        prescription.code_key = codes.same_key(prescription.code)
        prescription.content = content.build(prescription, *what)
        prescription.signature, prescription.slip = _signed(signer, prescription.content, code, answered)
        try:
            with transaction.atomic():
                prescription.save()
            return
        except IntegrityError as error:
            if answered:  # its code is signed: another one takes another signature
                raise ChangedWhileSigning() from error
            if attempt == CODE_TRIES - 1:
                raise


def _signed(signer: signing.Signer, content: dict[str, Any], code: str, answered: Answered | None) -> tuple[str, str]:
    """Return signature and slip: made here, or brought along and looked at."""
    if answered is None:
        if signer.elsewhere:
            raise _SignedElsewhere(signer, code, content)
        jws, slip = signer.tokens(_parts(signer, content))
        return jws, slip
    if answered.content != signing.canonical(content):
        raise ChangedWhileSigning()
    jwk = SigningKey.objects.get(kid=signer.kid).public_jwk
    try:
        signing.verify(answered.tokens[0], content, jwk)
        signing.opened(answered.tokens[1], jwk, slips.TYPE)
    except signing.BadSignature as error:
        raise SignerRefused() from error
    return answered.tokens
