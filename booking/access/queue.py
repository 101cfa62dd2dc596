"""The day of the visit: numbers, screens, who asks to see someone now, remote wishes."""

from uuid import UUID

from django.db.models import Q

from booking.models import Appointment, OnCall, RemoteWish, Screen, Ticket, UrgentAsk
from core.actor import Actor
from core.errors import NotFound
from identity import access as identity_access


def visible_tickets(by: Actor) -> Q:
    """Say which numbers this actor may call: the desk those of its facility, a practitioner their own line's."""
    if by.is_system:
        return Q()
    if by.role == "desk" and by.facility_id:
        return Q(schedule__facility_id=by.facility_id)
    if by.role == "practitioner" and by.practitioner_id:
        return Q(schedule__practitioner_id=by.practitioner_id)
    return Q(pk__in=[])


def lock_ticket(by: Actor, ticket_id: UUID) -> Ticket:
    """Give a number to those who call it, locked. Raises NotFound."""
    rows = Ticket.objects.select_for_update(of=("self",)).select_related("appointment", "line", "schedule")
    ticket = rows.filter(visible_tickets(by), pk=ticket_id).first()
    if ticket is None:
        raise NotFound
    return ticket


def lock_appointment_of(by: Actor, ticket_id: UUID) -> Appointment:
    """Give the visit behind a number to those who call it, locked. Raises NotFound."""
    found = Ticket.objects.filter(visible_tickets(by), pk=ticket_id).values_list("appointment", flat=True).first()
    if found is None:
        raise NotFound
    return Appointment.objects.select_for_update(of=("self",)).select_related("encounter").get(pk=found)


def get_screen(by: Actor, screen_id: UUID) -> Screen:
    """Give a kiosk or a corridor's screen to the desk of its facility. Raises NotFound."""
    rows = Screen.objects.select_related("facility")
    screen = rows.filter(pk=screen_id, facility=by.facility_id).first() if by.role == "desk" else None
    if screen is None:
        raise NotFound
    return screen


def visible_asks(by: Actor) -> Q:
    """Say which wishes to see someone now this actor may see: the citizen's own, and what a doctor is asked."""
    if by.is_system:
        return Q()
    if by.role == "citizen":
        return Q(person__in=identity_access.people_of(by, "book"))
    if by.role == "nurse" and by.facility_id:
        return Q(partner_id=by.facility_id)
    if by.role == "practitioner" and by.practitioner_id:
        # Also what has passed on to somebody else since: pressing late deserves a word, not "not found".
        duties = OnCall.objects.filter(practitioner=by.practitioner_id).order_by("-created_at")[:3]
        mine = Q(offered_to__practitioner_id=by.practitioner_id)
        for duty_id in duties.values_list("pk", flat=True):
            mine |= Q(asked_before__contains=[str(duty_id)])
        return mine
    return Q(pk__in=[])


def get_ask(by: Actor, ask_id: UUID) -> UrgentAsk:
    """Give a wish to see someone now to its citizen, or to the doctor who is asked. Raises NotFound."""
    rows = UrgentAsk.objects.select_related(
        "person", "appointment", "offered_to__practitioner", "offered_to__visit_type", "offered_to__schedule__facility"
    )
    ask = rows.filter(visible_asks(by), pk=ask_id).first()
    if ask is None:
        raise NotFound
    return ask


def lock_ask(by: Actor, ask_id: UUID) -> UrgentAsk:
    """Give the same locked: accepting, silence and taking back stand in one line. Raises NotFound."""
    ask = UrgentAsk.objects.select_for_update(of=("self",)).filter(pk=ask_id).first()
    if ask is None or not UrgentAsk.objects.filter(visible_asks(by), pk=ask_id).exists():
        raise NotFound
    return ask


def visible_remote_wishes(by: Actor) -> Q:
    """Say which wishes for a visit at a distance this actor may see: the citizen's, and the doctor's own."""
    if by.role == "citizen":
        return Q(person__in=identity_access.people_of(by, "book"))
    if by.role == "practitioner" and by.practitioner_id:
        return Q(practitioner_id=by.practitioner_id)
    return Q(pk__in=[])


def lock_remote_wish(by: Actor, wish_id: UUID) -> RemoteWish:
    """Give a wish for a visit at a distance, locked, to the doctor who decides. Raises NotFound."""
    rows = RemoteWish.objects.select_for_update(of=("self",)).filter(pk=wish_id)
    wish = rows.filter(visible_remote_wishes(by)).first() if by.role == "practitioner" else None
    if wish is None:
        raise NotFound
    return wish
