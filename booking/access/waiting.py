"""Waiting list and offers, leaves and the people they touch."""

from uuid import UUID

from django.db.models import Q

from booking.access.appointments import visible_appointments
from booking.access.schedules import visible_schedules
from booking.models import Appointment, Leave, LeaveCase, Offer, WaitingEntry
from core.actor import Actor
from core.errors import NotFound


def visible_entries(by: Actor, *scopes: str) -> Q:
    """Say whose places on waiting lists this actor may touch: the desk its facility's, citizens those of their people."""
    if by.role == "practitioner":
        return Q(pk__in=[])
    return visible_appointments(by, *scopes)


def get_entry(by: Actor, entry_id: UUID) -> WaitingEntry:
    """Give a place on the waiting list. Raises NotFound."""
    rows = WaitingEntry.objects.select_related("person", "facility", "practitioner", "visit_type", "instead_of")
    entry = rows.filter(visible_entries(by), pk=entry_id).first()
    if entry is None:
        raise NotFound
    return entry


def lock_entry(by: Actor, entry_id: UUID) -> WaitingEntry:
    """Give the row locked until the transaction ends; always before its offers and their times. Raises NotFound."""
    rows = WaitingEntry.objects.select_for_update(of=("self",)).filter(pk=entry_id)
    entry = rows.filter(visible_entries(by, "book")).first()
    if entry is None:
        raise NotFound
    return entry


def lock_offer(by: Actor, offer_id: UUID) -> Offer:
    """Give an offer with its entry and its time, all three locked, in this order. Raises NotFound."""
    entry_id = Offer.objects.filter(pk=offer_id).values_list("entry_id", flat=True).first()
    if entry_id is None:
        raise NotFound
    entry = lock_entry(by, entry_id)
    offer = Offer.objects.select_for_update().get(pk=offer_id)
    offer.entry = entry
    offer.appointment = Appointment.objects.select_for_update().get(pk=offer.appointment_id)
    return offer


def get_offer(by: Actor, offer_id: UUID) -> Offer:
    """Give an offer to whoever may see its entry. Raises NotFound."""
    rows = Offer.objects.select_related(
        "entry__person", "entry__instead_of", "appointment__practitioner", "appointment__facility",
        "appointment__visit_type", "appointment__person", "schedule",
    )  # fmt: skip
    offer = rows.filter(pk=offer_id, entry__in=WaitingEntry.objects.filter(visible_entries(by))).first()
    if offer is None:
        raise NotFound
    return offer


def visible_leaves(by: Actor) -> Q:
    """Say which leaves this actor may see: the desk those at its facility, a practitioner their own."""
    return visible_schedules(by)


def get_leave(by: Actor, leave_id: UUID) -> Leave:
    """Give a leave to the desk or its practitioner. Raises NotFound."""
    leave = Leave.objects.select_related("practitioner", "facility").filter(visible_leaves(by), pk=leave_id).first()
    if leave is None:
        raise NotFound
    return leave


def lock_leave(by: Actor, leave_id: UUID) -> Leave:
    """Give a leave, locked, to those who may change it: the desk of its facility. Raises NotFound."""
    if not (by.is_system or by.role == "desk"):
        raise NotFound
    leave = Leave.objects.select_for_update(of=("self",)).filter(visible_leaves(by), pk=leave_id).first()
    if leave is None:
        raise NotFound
    return leave


def _cases_of(by: Actor, *scopes: str) -> Q:
    if by.role == "practitioner":
        return Q(pk__in=[])
    return Q(appointment__in=Appointment.objects.filter(visible_appointments(by, *scopes)))


def get_case(by: Actor, case_id: UUID) -> LeaveCase:
    """Give what becomes of a visit to its citizen or the desk. Raises NotFound."""
    rows = LeaveCase.objects.select_related(
        "leave", "moved_to__practitioner", "moved_to__schedule", "appointment__practitioner", "appointment__facility",
        "appointment__visit_type", "appointment__person", "appointment__schedule",
    )  # fmt: skip
    case = rows.filter(_cases_of(by), pk=case_id).first()
    if case is None:
        raise NotFound
    return case


def lock_case(by: Actor, case_id: UUID) -> LeaveCase:
    """Give a case with its appointment, both locked, in this order. Raises NotFound."""
    rows = LeaveCase.objects.select_for_update(of=("self",)).filter(pk=case_id)
    case = rows.filter(_cases_of(by, "book")).first()
    if case is None:
        raise NotFound
    case.appointment = Appointment.objects.select_for_update().get(pk=case.appointment_id)
    return case
