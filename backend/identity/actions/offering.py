"""What the operator changes about places, practitioners and kinds of visit, where it decides what may be booked."""

from __future__ import annotations

from datetime import datetime

from django.db import models, transaction

import audit
from core.actor import Actor
from core.errors import NotAllowed
from core.events import emit
from identity.events import FacilityOfferChanged, PractitionerOfferChanged
from identity.models import Contract, Facility, Practitioner, VisitType

# What somebody may book depends on these; a name or a price does not.
OF_A_KIND = ("minutes", "modes", "specialty_id", "active")
OF_A_PLACE = ("active", "province_id")


@transaction.atomic
def put_visit_type(*, visit_type: VisitType, by: Actor, now: datetime) -> VisitType:
    """Add a kind of visit, or give one all the values it has here. What is agreed stays as it was agreed.

    Raises NotAllowed for other roles.
    """
    require_operator(by)
    changed = _put(visit_type, OF_A_KIND)
    audit.record(by, "identity.visit_type", visit_type, facility_id=visit_type.facility_id, detail=changed)
    if changed:
        emit(FacilityOfferChanged(str(visit_type.facility_id)))
    return visit_type


@transaction.atomic
def put_facility(*, facility: Facility, by: Actor, now: datetime) -> Facility:
    """Add a place of care, or give one all the values it has here. Raises NotAllowed for other roles."""
    require_operator(by)
    changed = _put(facility, OF_A_PLACE)
    audit.record(by, "identity.facility", facility, facility_id=facility.pk, detail=changed)
    if changed:
        emit(FacilityOfferChanged(str(facility.pk)))
    return facility


@transaction.atomic
def put_contract(*, contract: Contract, by: Actor, now: datetime) -> Contract:
    """Add a contract between two facilities for care at a distance, or give one all the values it has here.

    Visits agreed under it stay as agreed; whether one may still begin is asked then. Raises NotAllowed for other roles.
    """
    require_operator(by)
    contract.save()
    audit.record(
        by, "identity.contract", contract, facility_id=contract.facility_id, detail={"number": contract.number}
    )
    return contract


@transaction.atomic
def put_practitioner(*, practitioner: Practitioner, by: Actor, now: datetime) -> Practitioner:
    """Add a practitioner, or give one all the values they have here; the specialties may follow in the transaction.

    Raises NotAllowed for other roles.
    """
    require_operator(by)
    practitioner.save()
    audit.record(by, "identity.practitioner", practitioner)
    emit(PractitionerOfferChanged(str(practitioner.pk)))
    return practitioner


def require_operator(by: Actor) -> None:
    """Let the operator and the house itself pass. Raises NotAllowed."""
    if by.role != "operator" and not by.is_system:
        raise NotAllowed()


def _put(row: VisitType | Facility, that_matters: tuple[str, ...]) -> dict[str, object]:
    """Save the row; tell which of the values that matter are new, and what they are now."""
    rows: models.QuerySet[VisitType | Facility] = type(row)._default_manager.select_for_update(no_key=True)  # type: ignore[assignment]
    before = rows.filter(pk=row.pk).values(*that_matters).first() or {}
    row.save()
    return {name: getattr(row, name) for name in that_matters if before.get(name, ...) != getattr(row, name)}
