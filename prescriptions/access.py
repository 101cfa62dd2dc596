"""The only ways from an id to a prescription. What is absent and what is not yours are told alike: NotFound.

Citizens and those who act for them see what is signed; a prescriber sees their own, and what was signed in their visits; a
pharmacy sees a prescription only while its code and access code have just been shown there, while the citizen has sent it
there or reserved from it there, while it holds it, and what it filled. A pharmacy that is asked who has it sees medicines.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from core.actor import Actor
from core.errors import NotAllowed, NotFound, WrongRole
from identity import access as identity_access
from identity.models import Facility, Membership, Practitioner
from prescriptions.models import (
    Acceptance,
    Certificate,
    DrugImport,
    Filing,
    Inquiry,
    LineSet,
    Lot,
    NationalAccount,
    Permit,
    PharmacyAnswer,
    Prescription,
    Presentation,
    Reservation,
    RuleSet,
)
from records import access as records_access

Status = Prescription.Status
NOBODY = Q(pk__in=[])


def _of_pharmacy(pharmacy_id: UUID, now: datetime) -> Q:
    shown = Presentation.objects.filter(prescription=OuterRef("pk"), pharmacy_id=pharmacy_id, until__gt=now)
    here = Acceptance.objects.filter(prescription=OuterRef("pk"), pharmacy_id=pharmacy_id)
    held = Exists(here.filter(ended_at__isnull=True))
    # Who filled one part does not see the next ones: these may be collected anywhere.
    filled = Exists(here.filter(ending=Acceptance.Ending.COMPLETED)) & ~Q(status__in=[Status.SIGNED, Status.ACCEPTED])
    sent_here = Q(routed_to_id=pharmacy_id, status=Status.SIGNED)
    kept = Reservation.objects.filter(prescription=OuterRef("pk"), pharmacy_id=pharmacy_id, ended_at__isnull=True)
    reserved_here = Q(Exists(kept), status=Status.SIGNED)
    return sent_here | reserved_here | Q(Exists(shown)) | Q(held) | filled


def pharmacy_of(by: Actor) -> UUID:
    """Return the pharmacy a pharmacist acts in. Raises WrongRole for anybody else."""
    if by.role != "pharmacist" or by.facility_id is None:
        raise WrongRole()
    return by.facility_id


def visible(by: Actor, now: datetime, *scopes: str) -> Q:
    """Say which prescriptions the actor may see; a citizen with any of these scopes of delegation (read or collect)."""
    if by.is_system:
        return Q()
    if by.role == "citizen":
        people = NOBODY
        for scope in scopes or ("read", "collect"):
            people |= Q(person__in=identity_access.people_of(by, scope))
        # A cancelled draft was never anything to the citizen; it has no code.
        return people & ~Q(status=Status.DRAFT) & Q(code__isnull=False)
    if by.role == "practitioner" and by.practitioner_id:
        # Whoever took a visit over must know what was signed in it before.
        own = Q(encounter__practitioner_id=by.practitioner_id, code__isnull=False)
        return own | Q(practitioner_id=by.practitioner_id)
    if by.role == "pharmacist" and by.facility_id:
        return _of_pharmacy(by.facility_id, now)
    return NOBODY


def _rows() -> QuerySet[Prescription]:
    return Prescription.objects.select_related(
        "person__province", "practitioner", "facility__province", "encounter", "routed_to__province", "particulars"
    ).prefetch_related("items__drug", "items__dispenses__given", "overrides", "parts__shares__item__drug")


def get_prescription(by: Actor, prescription_id: UUID, now: datetime | None = None) -> Prescription:
    """Return a prescription the actor may see; reading somebody's signed prescription leaves a line for that person.

    Raises NotFound.
    """
    found = _rows().filter(visible(by, now or timezone.now()), pk=prescription_id).first()
    if found is None:
        raise NotFound()
    if not found.is_draft and not by.is_system and by.person_id != found.person_id:
        records_access.note_reading(by, "prescription.read", found, found.person_id)
    return found


def lock_prescription(by: Actor, prescription_id: UUID, now: datetime, *scopes: str) -> Prescription:
    """Return the row locked until the transaction ends. Raises NotFound."""
    allowed = visible(by, now, *scopes)
    if by.role == "pharmacist" and by.facility_id:
        # Sent here but taken elsewhere meanwhile: nothing to read any more, but the refusal may say why.
        allowed |= Q(routed_to_id=by.facility_id)
    rows = Prescription.objects.select_for_update(of=("self",)).select_related(
        "person", "practitioner", "facility", "encounter", "particulars"
    )
    found = rows.filter(allowed, pk=prescription_id).first()
    if found is None:
        raise NotFound()
    return found


def get_collectable(by: Actor, prescription_id: UUID, now: datetime) -> Prescription:
    """Return a prescription to somebody who may collect it, and so may see its access code. Raises NotFound."""
    found = _rows().filter(visible(by, now, "collect"), pk=prescription_id).first()
    if found is None or by.role != "citizen":
        raise NotFound()
    return found


def get_draft_in_care(by: Actor, prescription_id: UUID, now: datetime) -> Prescription:
    """Return an own draft to the doctor who has its patient in care, and so may read what was prescribed before; that is noted.

    Raises NotFound.
    """
    found = _rows().filter(visible(by, now), pk=prescription_id, status=Status.DRAFT).first()
    if found is None or not records_access.cares_for(by, found.person_id):
        raise NotFound()
    records_access.note_record_read(by, found.person_id)
    return found


def lock_line_set(by: Actor, set_id: UUID) -> LineSet:
    """Return an own set of lines for changing; a shared one is its maker's. Raises NotFound."""
    if by.role != "practitioner" or by.practitioner_id is None:
        raise NotFound()
    rows = LineSet.objects.select_for_update(of=("self",)).filter(practitioner_id=by.practitioner_id)
    found = rows.filter(pk=set_id).first()
    if found is None:
        raise NotFound()
    return found


def require_operator(by: Actor) -> None:
    """Rules are kept by the house's operators, and by the house itself. Raises WrongRole."""
    if by.role not in ("operator", "system"):
        raise WrongRole()


def lock_rule_set(by: Actor, rule_set_id: UUID) -> RuleSet:
    """Return a rule set for changing. Raises WrongRole, NotFound."""
    require_operator(by)
    found = RuleSet.objects.select_for_update().filter(id=rule_set_id).first()
    if found is None:
        raise NotFound()
    return found


def lock_permit(by: Actor, permit_id: UUID) -> Permit:
    """Return a permission for changing. Raises WrongRole, NotFound."""
    require_operator(by)
    found = Permit.objects.select_for_update(of=("self",)).filter(id=permit_id).first()
    if found is None:
        raise NotFound()
    return found


# ---- what is filed with the national system: the desk of the facility, and a pharmacy for its own sales


def require_filing_facility(by: Actor, kind: str = "") -> Facility:
    """Return the facility whose filings the actor looks after; a pharmacy has no accounts of prescribers. Raises NotAllowed."""
    if by.role not in ("desk", "pharmacist") or by.facility_id is None:
        raise NotAllowed()
    if by.role == "pharmacist" and kind not in ("", NationalAccount.Kind.APPLICATION):
        raise NotAllowed()
    return Facility.objects.get(id=by.facility_id)


def filings_of(by: Actor) -> QuerySet[Filing]:
    """Return what the actor's facility files; nothing for any other role."""
    if by.role not in ("desk", "pharmacist") or by.facility_id is None:
        return Filing.objects.none()
    return Filing.objects.filter(facility_id=by.facility_id)


def lock_filing(by: Actor, filing_id: UUID) -> Filing:
    """Return one of them, locked. Raises NotFound."""
    rows = filings_of(by).select_for_update(of=("self",)).select_related("prescription", "facility")
    found = rows.filter(pk=filing_id).first()
    if found is None:
        raise NotFound()
    return found


def accounts_of(by: Actor) -> QuerySet[NationalAccount]:
    """Return the accounts of the actor's facility at the national system; none for any other role."""
    if by.role not in ("desk", "pharmacist") or by.facility_id is None:
        return NationalAccount.objects.none()
    return NationalAccount.objects.filter(facility_id=by.facility_id)


def lock_account(by: Actor, account_id: UUID) -> NationalAccount:
    """Return one of them, locked. Raises NotFound."""
    found = accounts_of(by).select_for_update().filter(pk=account_id).first()
    if found is None:
        raise NotFound()
    return found


def prescribers_of(by: Actor, today: date) -> QuerySet[Practitioner]:
    """Return the doctors who work at the desk's facility, by name."""
    if by.role != "desk" or by.facility_id is None:
        return Practitioner.objects.none()
    works = Membership.objects.filter(
        Q(active_to__isnull=True) | Q(active_to__gte=today), role="practitioner", facility_id=by.facility_id
    )
    return Practitioner.objects.filter(profession="doctor", pk__in=works.values("practitioner_id")).order_by(
        "sort_name", "id"
    )


def get_prescriber(by: Actor, practitioner_id: UUID | None) -> Practitioner:
    """Return one of them. Raises NotFound."""
    known = prescribers_of(by, timezone.localdate())
    found = known.filter(pk=practitioner_id).first() if practitioner_id else None
    if found is None:
        raise NotFound()
    return found


# ---- lists of drugs


def visible_drug_imports(by: Actor) -> QuerySet[DrugImport]:
    """Return the lists of drugs this actor may see: operators and the house all of them, others none."""
    return DrugImport.objects.all() if by.is_system or by.role == "operator" else DrugImport.objects.none()


def get_drug_import(by: Actor, run_id: UUID) -> DrugImport:
    """Return a list of drugs to an operator. Raises NotFound."""
    run = visible_drug_imports(by).filter(pk=run_id).first()
    if run is None:
        raise NotFound()
    return run


def lock_drug_import(by: Actor, run_id: UUID) -> DrugImport:
    """Return a list of drugs locked until the transaction ends. Raises NotFound."""
    run = visible_drug_imports(by).select_for_update().filter(pk=run_id).first()
    if run is None:
        raise NotFound()
    return run


# ---- certificates


def lock_certificate(by: Actor, certificate_id: UUID) -> Certificate:
    """Return a certificate to an operator, or to the house, for taking it back. Raises WrongRole, NotFound."""
    require_operator(by)
    found = Certificate.objects.select_for_update(of=("self",)).filter(id=certificate_id).first()
    if found is None:
        raise NotFound()
    return found


# ---- who has it: the citizen's question, a pharmacy's answer, what is kept, and the shelf


def inquiries_of(by: Actor) -> QuerySet[Inquiry]:
    """Return the questions of those the actor may collect for; nothing for any other role."""
    if by.role != "citizen":
        return Inquiry.objects.none()
    people = identity_access.people_of(by, "collect")
    return Inquiry.objects.filter(prescription__person__in=people)


def get_inquiry(by: Actor, inquiry_id: UUID) -> Inquiry:
    """Return one of them. Raises NotFound."""
    found = inquiries_of(by).select_related("prescription").filter(pk=inquiry_id).first()
    if found is None:
        raise NotFound()
    return found


def answers_asked_of(by: Actor) -> QuerySet[PharmacyAnswer]:
    """Return what the actor's pharmacy was asked; nothing for any other role."""
    if by.role != "pharmacist" or by.facility_id is None:
        return PharmacyAnswer.objects.none()
    return PharmacyAnswer.objects.filter(pharmacy_id=by.facility_id)


def lock_answer(by: Actor, answer_id: UUID) -> PharmacyAnswer:
    """Return one of them, locked. Raises NotFound."""
    rows = answers_asked_of(by).select_for_update(of=("self",)).select_related("inquiry", "pharmacy")
    found = rows.filter(pk=answer_id).first()
    if found is None:
        raise NotFound()
    return found


def get_answer_here(by: Actor, answer_id: UUID) -> PharmacyAnswer:
    """Return what the actor's pharmacy was asked. Raises NotFound."""
    found = answers_asked_of(by).select_related("inquiry").filter(pk=answer_id).first()
    if found is None:
        raise NotFound()
    return found


def get_answer(by: Actor, answer_id: UUID) -> PharmacyAnswer:
    """Return what a pharmacy said to somebody the actor may collect for. Raises NotFound."""
    rows = PharmacyAnswer.objects.select_related("inquiry", "pharmacy")
    found = rows.filter(pk=answer_id, inquiry__in=inquiries_of(by)).first()
    if found is None:
        raise NotFound()
    return found


def get_reservation(by: Actor, reservation_id: UUID) -> Reservation:
    """Return what is kept for somebody the actor may collect for. Raises NotFound."""
    if by.role != "citizen":
        raise NotFound()
    people = identity_access.people_of(by, "collect")
    rows = Reservation.objects.filter(prescription__person__in=people)
    found = rows.select_related("pharmacy").filter(pk=reservation_id).first()
    if found is None:
        raise NotFound()
    return found


def lots_of(by: Actor) -> QuerySet[Lot]:
    """Return the lots on the shelf of the actor's pharmacy; none for any other role."""
    if by.role != "pharmacist" or by.facility_id is None:
        return Lot.objects.none()
    return Lot.objects.filter(pharmacy_id=by.facility_id)


def lock_lot(by: Actor, lot_id: UUID) -> Lot:
    """Return one of them, locked. Raises NotFound."""
    found = lots_of(by).select_for_update(of=("self",)).select_related("drug").filter(pk=lot_id).first()
    if found is None:
        raise NotFound()
    return found


# ---- statistics


@dataclass(frozen=True)
class FigureScope:
    """Whose figures somebody may see, and whether small numbers stay hidden from them."""

    practitioner_id: UUID | None = None
    facility_id: UUID | None = None
    hides_small: bool = True


def figures_scope(by: Actor) -> FigureScope:
    """Say whose figures the actor may see: a doctor their own, a desk its facility's, ministry and operator all.

    Who may see single patients anyway (a doctor: their own) is told small numbers; nobody else is. Raises WrongRole.
    """
    if by.role == "practitioner" and by.practitioner_id:
        return FigureScope(practitioner_id=by.practitioner_id, hides_small=False)
    if by.role == "desk" and by.facility_id:
        return FigureScope(facility_id=by.facility_id)
    if by.role in ("regulator", "operator"):
        return FigureScope()
    raise WrongRole()
