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
from identity.models import Delegation, Facility, Person


def live_delegations(delegate_id: UUID, scope: str, at: datetime | None = None) -> QuerySet[Delegation]:
    """Return the delegations this person holds now for a scope."""
    today = timezone.localdate(at)  # the people's calendar: a right ends at their midnight, not at that of UTC
    return Delegation.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gte=today),
        delegate_id=delegate_id,
        revoked_at__isnull=True,
        scopes__contains=[scope],
    )


def people_of(by: Actor, scope: str) -> QuerySet[Person]:
    """Return the citizen's own Person and those they may act for in this scope; nobody for any other role."""
    if by.role != "citizen" or by.person_id is None:
        return Person.objects.none()
    granted = live_delegations(by.person_id, scope).values("grantor_id")
    return Person.objects.filter(Q(id=by.person_id) | Q(id__in=granted)).order_by("created_at", "id")


def may_act_for(by: Actor, person_id: UUID, scope: str) -> bool:
    """Say whether the actor is this person or acts for them in this scope. The house itself may."""
    if by.is_system:
        return True
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
