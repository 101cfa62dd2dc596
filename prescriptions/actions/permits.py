"""Permissions beyond the default: given with a reason and days, ended, never changed otherwise. By operators."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

import audit
from core.actor import Actor
from prescriptions import access
from prescriptions.errors import PermitBad, PermitThere
from prescriptions.models import Permit


@transaction.atomic
def give_permit(
    *, what: str, facility_id: UUID | None, because: str, valid_from: date, valid_to: date | None, by: Actor
) -> Permit:
    """Permit a facility, or with no facility the whole site, something from a day on. Raises WrongRole, PermitBad, PermitThere."""
    access.require_operator(by)
    if facility_id is None and what == Permit.What.BEDS:
        raise PermitBad(fields={"facility": [PermitBad.message]})
    if valid_to is not None and valid_to < valid_from:
        raise PermitBad(fields={"valid_to": [PermitBad.message]})
    there = Permit.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=valid_from), what=what)
    if valid_to is not None:
        there = there.filter(valid_from__lte=valid_to)
    same = there.filter(facility__isnull=True) if facility_id is None else there.filter(facility_id=facility_id)
    if same.exists():
        raise PermitThere()
    try:
        with transaction.atomic():
            made = Permit.objects.create(
                facility_id=facility_id,
                what=what,
                because=because.strip(),
                valid_from=valid_from,
                valid_to=valid_to,
                given_by=by.user_id,
            )
    except IntegrityError as error:  # somebody else was quicker, or there is no reason
        raise PermitThere() from error
    audit.record(by, "prescription.permit", made, facility_id=facility_id, detail={"what": what, "because": because})
    return made


@transaction.atomic
def end_permit(*, permit_id: UUID, last_day: date, by: Actor) -> Permit:
    """Say on which day a permission holds last. Raises WrongRole, NotFound, PermitBad."""
    found = access.lock_permit(by, permit_id)
    if last_day < found.valid_from:
        raise PermitBad(fields={"valid_to": [PermitBad.message]})
    if found.valid_to == last_day:
        return found
    found.valid_to = last_day
    try:
        with transaction.atomic():
            found.save(update_fields=["valid_to"])
    except IntegrityError as error:
        raise PermitThere() from error
    detail = {"what": found.what, "until": last_day.isoformat()}
    audit.record(by, "prescription.permit_end", found, facility_id=found.facility_id, detail=detail)
    return found
