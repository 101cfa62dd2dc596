"""Collecting: the citizen sends it to a pharmacy or shows the code; one pharmacy takes it in hand, or gives it back."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, connection, transaction

import audit
from core.actor import Actor
from core.errors import NotFound
from core.events import emit
from core.ids import new_id
from identity.models import Facility
from prescriptions import access, codes, queries, sealing
from prescriptions.actions.standing import require_collectable, require_signature
from prescriptions.errors import EverythingHandedOut, NoSuchPrescription, NotAPharmacy, TakenElsewhere, TooManyAttempts
from prescriptions.events import (
    PrescriptionAccepted,
    PrescriptionCancelled,
    PrescriptionReturned,
    PrescriptionRouted,
)
from prescriptions.models import Acceptance, Part, Prescription, Presentation, Share, WrongTry

Status = Prescription.Status
# How long staff may read a prescription after its code was shown at their counter.
SHOWN_FOR = timedelta(minutes=30)
# One account that guesses over many codes is slowed as well.
WRONG_TRIES_OF_ONE_USER = 20


@transaction.atomic
def route(*, prescription_id: UUID, pharmacy_id: UUID, by: Actor, now: datetime) -> Prescription:
    """The citizen sends a prescription to a pharmacy's queue; another choice replaces it, any other pharmacy stays free to take it.

    Raises NotFound, NotAPharmacy, TakenElsewhere, Expired, Cancelled, AlreadyDispensed.
    """
    if by.role != "citizen":
        raise NotFound()  # whom a person tells of their illness is their own choice (Law 91/2025, article 26)
    prescription = access.lock_prescription(by, prescription_id, now, "collect")
    require_collectable(prescription, by, now)
    if prescription.status == Status.ACCEPTED:
        raise TakenElsewhere()
    pharmacy = Facility.objects.filter(id=pharmacy_id, kind=Facility.Kind.PHARMACY, active=True).first()
    if pharmacy is None:
        raise NotAPharmacy(fields={"pharmacy": [NotAPharmacy.message]})
    if prescription.routed_to_id == pharmacy.id:
        return prescription
    prescription.routed_to, prescription.routed_at = pharmacy, now
    prescription.save(update_fields=["routed_to", "routed_at"])
    audit.record(
        by, "prescription.route", prescription, person_id=prescription.person_id, detail={"pharmacy": pharmacy.name}
    )
    emit(
        PrescriptionRouted(
            prescription_id=str(prescription.id), person_id=str(prescription.person_id), pharmacy_id=str(pharmacy.id)
        )
    )
    return prescription


def lookup(*, code: str, access_code: str, by: Actor, now: datetime) -> Prescription:
    """Find a prescription by the code and access code shown at the counter, and let this pharmacy read it for half an hour.

    Raises NoSuchPrescription for a wrong code and a wrong access code alike, TooManyAttempts after five wrong tries,
    SignatureBroken, TakenElsewhere, Expired, Cancelled, Replaced, AlreadyDispensed, PartTooEarly, PartTooLate.
    """
    pharmacy_id = access.pharmacy_of(by)
    given = codes.normalised(code)
    if given is None:
        raise NoSuchPrescription()
    found = _try(codes.same_key(given), access_code, by, now)
    if found is None:  # refused only here, so that refusing does not forget the wrong try
        raise NoSuchPrescription()
    return _present(found, pharmacy_id, by, now)


@transaction.atomic
def _try(key: str, access_code: str, by: Actor, now: datetime) -> UUID | None:
    """Compare one access code; a wrong one is written down. Tries stand in line, or a hundred at once would count as one."""
    _line_up(f"try of code {key}", f"try of user {by.user_id}")
    _require_not_slowed(key, by, now)
    found = Prescription.objects.filter(code_key=key).first()
    shown = codes.clean_access_code(access_code) or "-"
    kept = queries.shown_access_code(found) if found else ""
    if found is not None and kept and codes.same_secret(shown, kept):
        return found.id
    WrongTry.objects.create(code_key=key, pharmacy_id=by.facility_id, user_id=by.user_id, at=now)
    return None


def _line_up(*names: str) -> None:
    """Wait for whoever holds one of these names in another transaction. Always code, then user: no ring."""
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))", [name])


def _require_not_slowed(key: str, by: Actor, now: datetime) -> None:
    since = now - codes.TRIES_COUNT_FOR
    of_code = list(WrongTry.objects.filter(code_key=key, at__gt=since).values_list("at", flat=True))
    of_user = list(WrongTry.objects.filter(user_id=by.user_id, at__gt=since).values_list("at", flat=True))
    until = codes.slowed_until(of_code, now)
    if until is None and len(of_user) >= WRONG_TRIES_OF_ONE_USER:
        until = codes.slowed_until(of_user, now)
    if until is not None:
        refusal = TooManyAttempts()
        refusal.retry_after_s = int((until - now).total_seconds()) + 1
        raise refusal


@transaction.atomic
def _present(prescription_id: UUID, pharmacy_id: UUID, by: Actor, now: datetime) -> Prescription:
    prescription = Prescription.objects.select_for_update().get(id=prescription_id)
    held = prescription.acceptances.filter(ended_at__isnull=True).first()
    if held is None or held.pharmacy_id != pharmacy_id:
        require_collectable(prescription, by, now)
        if held is not None:
            raise TakenElsewhere()
        require_signature(prescription)
    Presentation.objects.create(prescription=prescription, pharmacy_id=pharmacy_id, until=now + SHOWN_FOR)
    audit.record(by, "prescription.lookup", prescription, person_id=prescription.person_id)
    return prescription


@dataclass(frozen=True)
class Accepted:
    """A hold, and the secret that proves it."""

    acceptance: Acceptance
    secret: str


@transaction.atomic
def accept(*, prescription_id: UUID, by: Actor, now: datetime) -> Accepted:
    """Take a prescription in hand for the actor's pharmacy. The same pharmacy reads its secret again after a lost answer.

    Raises NotFound, TakenElsewhere, Expired, Cancelled, Replaced, AlreadyDispensed, SignatureBroken, PartTooEarly, PartTooLate.
    """
    pharmacy_id = access.pharmacy_of(by)
    prescription = access.lock_prescription(by, prescription_id, now)
    held = prescription.acceptances.filter(ended_at__isnull=True).first()
    if held is not None:
        if held.pharmacy_id != pharmacy_id:
            raise TakenElsewhere()
        return Accepted(held, queries.secret_of(held))
    part = require_collectable(prescription, by, now)
    require_signature(prescription)
    acceptance, secret = _hold(prescription, part, by, now)
    prescription.move_to(Status.ACCEPTED, at=now)
    prescription.save(update_fields=["status"])
    audit.record(by, "prescription.accept", prescription, person_id=prescription.person_id)
    emit(
        PrescriptionAccepted(
            prescription_id=str(prescription.id),
            person_id=str(prescription.person_id),
            pharmacy_id=str(pharmacy_id),
        )
    )
    return Accepted(acceptance, secret)


def _hold(prescription: Prescription, part: Part | None, by: Actor, now: datetime) -> tuple[Acceptance, str]:
    acceptance_id, secret = new_id(), secrets.token_urlsafe(24)
    try:
        with transaction.atomic():
            acceptance = Acceptance.objects.create(
                id=acceptance_id,
                prescription=prescription,
                pharmacy_id=access.pharmacy_of(by),
                part=part,
                accepted_by=by.user_id,
                accepted_name=by.name,
                accepted_at=now,
                sealed_secret=sealing.seal(secret.encode(), purpose="acceptance", owner=str(acceptance_id)),
            )
    except IntegrityError as error:  # the unique constraint: one pharmacy at a time, whatever the race
        raise TakenElsewhere() from error
    return acceptance, secret


@transaction.atomic
def return_(*, prescription_id: UUID, reason: str, by: Actor, now: datetime) -> Prescription:
    """Give a prescription back, with what is left of it, so that another pharmacy can take it.

    A cancellation asked for meanwhile takes effect now; so does the end of its time. Returning what this pharmacy has
    given back already changes nothing. Raises NotFound, EverythingHandedOut (then it is closed instead).
    """
    pharmacy_id = access.pharmacy_of(by)
    prescription = Prescription.objects.select_for_update().filter(id=prescription_id).first()
    if prescription is None:
        raise NotFound()
    mine = prescription.acceptances.filter(pharmacy_id=pharmacy_id).order_by("-accepted_at").first()
    if mine is None or mine.ending == Acceptance.Ending.COMPLETED:
        raise NotFound()
    if mine.ended_at is not None:
        # A lost answer may be asked for again; where it went since then is no business of this pharmacy's any more.
        moved_on = prescription.acceptances.filter(accepted_at__gt=mine.accepted_at).exists()
        if moved_on or now - mine.ended_at > SHOWN_FOR:
            raise NotFound()
        return prescription
    if nothing_left(prescription, mine):
        raise EverythingHandedOut()
    mine.ended_at, mine.ending, mine.return_reason = now, Acceptance.Ending.RETURNED, reason
    mine.save(update_fields=["ended_at", "ending", "return_reason"])
    prescription.presentations.filter(pharmacy_id=pharmacy_id, until__gt=now).update(until=now)
    if prescription.routed_to_id == pharmacy_id:
        prescription.routed_to = prescription.routed_at = None
    ids = {"prescription_id": str(prescription.id), "person_id": str(prescription.person_id)}
    if prescription.cancel_asked_at is not None:
        prescription.move_to(Status.CANCELLED, at=now)
        emit(PrescriptionCancelled(**ids, cancelled_by=prescription.cancelled_by))
    else:
        signed_at = prescription.signed_at
        prescription.move_to(Status.EXPIRED if prescription.is_past(now) else Status.SIGNED, at=now)
        prescription.signed_at = signed_at  # going back to "signed" is no second signature
        emit(PrescriptionReturned(**ids, pharmacy_id=str(pharmacy_id)))
    prescription.save()
    audit.record(by, "prescription.return", prescription, person_id=prescription.person_id, detail={"reason": reason})
    return prescription


def nothing_left(prescription: Prescription, held: Acceptance) -> bool:
    """Say whether all that could be handed out in this hold has been: of its part, or of the whole."""
    if held.part_id is not None:
        return not any(share.remaining for share in Share.objects.filter(part_id=held.part_id))
    return not any(item.remaining for item in prescription.items.all())
