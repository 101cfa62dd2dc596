"""From an id to a person or a place, asking on the way whether the actor may."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string

from core.actor import Actor
from core.errors import NotAllowed, NotFound
from identity.models import ApiClient, Arrival, Delegation, Facility, Person


def live_delegations(delegate_id: UUID, scope: str, at: datetime | None = None) -> QuerySet[Delegation]:
    """Return the delegations this person holds now for a scope."""
    today = timezone.localdate(at)  # the people's calendar: a right ends at their midnight, not at that of UTC
    return Delegation.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gte=today),
        delegate_id=delegate_id,
        revoked_at__isnull=True,
        scopes__contains=[scope],
    )


def live_arrivals(by: Actor, at: datetime | None = None) -> QuerySet[Arrival]:
    """Return who is at the actor's health station now and agreed that it acts for them; nobody for any other role."""
    if by.role != "nurse" or by.facility_id is None:
        return Arrival.objects.none()
    now = at or timezone.now()
    return Arrival.objects.filter(facility_id=by.facility_id, left_at__isnull=True, ends_at__gt=now)


def people_of(by: Actor, scope: str) -> QuerySet[Person]:
    """Return the citizen's own Person and those they may act for in this scope; nobody for any other role."""
    if by.role != "citizen" or by.person_id is None:
        return Person.objects.none()
    granted = live_delegations(by.person_id, scope).values("grantor_id")
    return Person.objects.filter(Q(id=by.person_id) | Q(id__in=granted)).order_by("created_at", "id")


def may_act_for(by: Actor, person_id: UUID, scope: str) -> bool:
    """Say whether the actor is this person or acts for them in this scope. The house itself may.

    A health station books for whoever sits there today and agreed to it; it pays and collects for nobody.
    """
    if by.is_system:
        return True
    if by.role == "nurse":
        return scope == "book" and live_arrivals(by).filter(person_id=person_id).exists()
    if by.role != "citizen" or by.person_id is None:
        return False
    return by.person_id == person_id or live_delegations(by.person_id, scope).filter(grantor_id=person_id).exists()


def get_person(by: Actor, person_id: UUID, scope: str = "read") -> Person:
    """Return a person the actor may act for; a practitioner needs a care relation (settings.CARE_RELATION).

    Raises NotFound for "absent" and "not yours" alike.
    """
    allowed = may_act_for(by, person_id, scope)
    if not allowed and by.role == "practitioner" and scope == "read":
        allowed = import_string(settings.CARE_RELATION)(by, person_id)
    person = Person.objects.filter(id=person_id).select_related("province").first() if allowed else None
    if person is None:
        raise NotFound()
    return person


def get_person_to_change(by: Actor, person_id: UUID) -> Person:
    """Return a person whose details the actor may change: their own, or of somebody without an account, as a child.

    Who a grown person is, is theirs to say, whoever else books for them. Raises NotFound, and NotAllowed for these.
    """
    person = get_person(by, person_id, "book")
    if not by.is_system and person.user_id is not None and person.id != by.person_id:
        raise NotAllowed()
    return person


def require_facility(by: Actor, facility_id: UUID) -> Facility:
    """Return the facility the actor works at. Raises NotAllowed when it is not the one they act in."""
    if not by.is_system and by.facility_id != facility_id:
        raise NotAllowed()
    return Facility.objects.select_related("province").get(id=facility_id)


def require_desk(by: Actor) -> Facility:
    """Return the facility whose desk the actor is. Raises NotAllowed."""
    if by.role != "desk" or by.facility_id is None:
        raise NotAllowed()
    return Facility.objects.get(id=by.facility_id)


def require_station(by: Actor) -> Facility:
    """Return the health station whose nurse the actor is. Raises NotFound."""
    if by.role != "nurse" or by.facility_id is None or by.practitioner_id is None:
        raise NotFound()
    return Facility.objects.get(id=by.facility_id)


def clients_of(by: Actor) -> QuerySet[ApiClient]:
    """Return the systems the desk let in, ended ones as well; none for any other role."""
    if by.role != "desk" or by.facility_id is None:
        return ApiClient.objects.none()
    return ApiClient.objects.filter(facility_id=by.facility_id).order_by(
        "-revoked_at", "-created_at"
    )  # those not ended first


def lock_client(by: Actor, client_id: UUID) -> ApiClient:
    """Return one of the facility's systems, locked. Raises NotFound."""
    client = clients_of(by).select_for_update().filter(pk=client_id).first()
    if client is None:
        raise NotFound()
    return client
