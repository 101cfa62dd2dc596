"""The public directory: provinces, specialties, facilities, practitioners, visit types."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from identity.models import Facility, Membership, Person, Practitioner, Province, Specialty, User, VisitType
from identity.names import fold

__all__ = [
    "contacts_of",
    "facilities",
    "fold",
    "practitioners",
    "provinces",
    "specialties",
    "staff_of",
    "visit_types",
]


def provinces() -> QuerySet[Province]:
    """Return the 34 provinces."""
    return Province.objects.all()


def specialties() -> QuerySet[Specialty]:
    """Return the specialties somebody practises."""
    return Specialty.objects.filter(practitioners__isnull=False).distinct()


def _by_words(q: str, field: str = "sort_name") -> Q:
    found = Q()
    for word in fold(q).split():
        found &= Q(**{f"{field}__contains": word})
    return found


def practitioners(
    q: str = "",
    specialty: str = "",
    province: str = "",
    facility: UUID | None = None,
    mode: str = "",
) -> QuerySet[Practitioner]:
    """Return doctors who can be found, by folded name, specialty code, province code, facility and mode of visit."""
    found = Practitioner.objects.filter(
        _by_words(q), profession="doctor", memberships__role="practitioner", memberships__facility__active=True
    )
    if specialty:
        found = found.filter(specialties__code=specialty)
    place = Q()
    if province:
        place &= Q(memberships__facility__province_id=province)
    if facility:
        place &= Q(memberships__facility_id=facility)
    if mode:
        place &= Q(memberships__facility__visit_types__modes__contains=[mode])
    return (
        found.filter(place)
        .distinct()
        .order_by("sort_name", "id")
        .prefetch_related("specialties", "memberships__facility__province")
    )


def facilities(q: str = "", kind: str = "", province: str = "", specialty: str = "") -> QuerySet[Facility]:
    """Return places of care that are open to the public."""
    found = Facility.objects.filter(_by_words(q), active=True)
    if kind:
        found = found.filter(kind=kind)
    if province:
        found = found.filter(province_id=province)
    if specialty:
        found = found.filter(memberships__practitioner__specialties__code=specialty).distinct()
    return found.select_related("province").order_by("sort_name", "id")


def visit_types(
    facility: UUID | None = None, practitioner: UUID | None = None, mode: str = "", specialty: str = ""
) -> QuerySet[VisitType]:
    """Return what can be booked, at a facility or with a practitioner."""
    found = VisitType.objects.filter(active=True, facility__active=True)
    if facility:
        found = found.filter(facility_id=facility)
    if practitioner:
        found = found.filter(facility__memberships__practitioner_id=practitioner).distinct()
    if mode:
        found = found.filter(modes__contains=[mode])
    if specialty:
        found = found.filter(Q(specialty_id=specialty) | Q(specialty__isnull=True))
    return found.select_related("facility", "specialty").order_by("facility_id", "price_amount", "id")


def contacts_of(person_id: UUID) -> list[User]:
    """Return the accounts that hear about a person: their own, and those of people who may read for them."""
    person = Person.objects.select_related("user").get(id=person_id)
    found = [person.user] if person.user is not None else []
    for delegation in person.delegations_given.filter(revoked_at__isnull=True, scopes__contains=["read"]):
        user = delegation.delegate.user
        if user is not None and user not in found:
            found.append(user)
    return found


def staff_of(facility_id: UUID, role: str) -> list[User]:
    """Return the accounts that hold a role at a facility today."""
    today = timezone.localdate()
    rows = Membership.objects.filter(facility_id=facility_id, role=role, user__isnull=False).select_related("user")
    return [row.user for row in rows if row.user is not None and row.user.is_active and row.is_active(today)]
