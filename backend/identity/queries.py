"""The public directory: provinces, specialties, facilities, practitioners, visit types."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import F, FloatField, IntegerField, Min, Q, QuerySet, Value
from django.db.models.functions import ACos, Cast, Cos, Greatest, Least, Radians, Sin
from django.utils import timezone

from core.actor import Actor
from identity.models import (
    Delegation,
    Device,
    Facility,
    Membership,
    Person,
    Practitioner,
    Province,
    Specialty,
    User,
    VisitType,
)
from identity.names import fold

__all__ = [
    "by_distance",
    "contacts_of",
    "delegations_of",
    "devices_of",
    "facilities",
    "fold",
    "person_of",
    "practitioners",
    "provinces",
    "specialties",
    "visit_types",
]

EARTH_RADIUS_M = 6_371_000
EVERYBODY = 10_000_000


def provinces() -> QuerySet[Province]:
    """Return the 34 provinces."""
    return Province.objects.all()


def specialties() -> QuerySet[Specialty]:
    """Return the specialties somebody practises."""
    return Specialty.objects.filter(practitioners__isnull=False).distinct()


def _by_words(q: str, field: str = "sort_name") -> Q:
    """Every word of the question begins a word of the name: "yen" finds Yến, and not every Nguyễn."""
    found = Q()
    for word in fold(q).split():
        found &= Q(**{f"{field}__startswith": word}) | Q(**{f"{field}__contains": f" {word}"})
    return found


def _by_name(q: str) -> Q:
    """Find by the index of words where several are given: people of one family's name stand side by side in the alphabet.

    A planner that knows nothing of this would walk through the alphabet until a page is full, past half the country.
    """
    if len(fold(q).split()) < 2:
        return _by_words(q)
    named = Practitioner.objects.filter(_by_words(q)).order_by().values("id")
    return Q(id__in=named[:EVERYBODY])  # a LIMIT is a fence to the planner


def practitioners(
    q: str = "",
    specialty: str = "",
    province: str = "",
    facility: UUID | None = None,
    mode: str = "",
) -> QuerySet[Practitioner]:
    """Return doctors who can be found, by folded name, specialty code, province code, facility and mode of visit."""
    found = Practitioner.objects.filter(
        _by_name(q), profession="doctor", memberships__role="practitioner", memberships__facility__active=True
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
    return _accounts_with(person_id, "read")


def bookers_of(person_id: UUID) -> list[User]:
    """Return the accounts that may book (and cancel) for a person today: their own, and those they allowed it."""
    return [user for user in _accounts_with(person_id, "book") if user.is_active]


def _accounts_with(person_id: UUID, scope: str) -> list[User]:
    person = Person.objects.select_related("user").get(id=person_id)
    found = [person.user] if person.user is not None else []
    live = Q(valid_to__isnull=True) | Q(valid_to__gte=timezone.localdate())
    given = person.delegations_given.filter(live, revoked_at__isnull=True, scopes__contains=[scope])
    for delegation in given.select_related("delegate__user"):
        user = delegation.delegate.user
        if user is not None and user not in found:
            found.append(user)
    return found


def staff_of(facility_id: UUID, role: str) -> list[User]:
    """Return the accounts that hold a role at a facility today."""
    today = timezone.localdate()
    rows = Membership.objects.filter(facility_id=facility_id, role=role, user__isnull=False).select_related("user")
    return [row.user for row in rows if row.user is not None and row.user.is_active and row.is_active(today)]


def colleagues_of(facility_id: UUID, on: date, q: str = "") -> QuerySet[Practitioner]:
    """Return the doctors who work at a facility on a day and have an account, by folded name.

    A licence that has run out is no colleague.
    """
    here = Membership.objects.filter(
        Q(active_to__isnull=True) | Q(active_to__gte=on),
        facility_id=facility_id,
        role="practitioner",
        active_from__lte=on,
        user__is_active=True,
    )
    licensed = Q(licence_valid_to__isnull=True) | Q(licence_valid_to__gte=on)
    found = Practitioner.objects.filter(
        _by_words(q),
        licensed,
        licence_valid_from__lte=on,
        profession="doctor",
        user__is_active=True,
        pk__in=here.values("practitioner"),
    )
    return found.order_by("sort_name", "id").prefetch_related("specialties")


def by_distance(found: QuerySet[Any], latitude: float, longitude: float, prefix: str = "") -> QuerySet[Any]:
    """Keep what has a position and give each row its `distance_m` along the great circle, rounded to metres.

    `prefix` leads from the row to a facility ("memberships__facility__"); of several the nearest counts.
    """
    there, east = Radians(F(f"{prefix}latitude")), Radians(F(f"{prefix}longitude"))
    here = Radians(Value(latitude, FloatField()))
    cosine = Sin(here) * Sin(there) + Cos(here) * Cos(there) * Cos(east - Radians(Value(longitude, FloatField())))
    # Rounding may push the cosine of the same place a hair above 1, which acos refuses.
    distance = Cast(ACos(Least(Greatest(cosine, Value(-1.0)), Value(1.0))) * Value(EARTH_RADIUS_M), IntegerField())
    known = found.filter(**{f"{prefix}latitude__isnull": False, f"{prefix}longitude__isnull": False})
    return known.annotate(distance_m=Min(distance) if prefix else distance)


def houses_near(latitude: float, longitude: float, *, province: str = "", most: int) -> list[UUID]:
    """Return the nearest places where somebody is seen, the nearest first."""
    found = Facility.objects.filter(active=True).exclude(kind="pharmacy")
    if province:
        found = found.filter(province_id=province)
    nearest = by_distance(found, latitude, longitude).order_by("distance_m", "id")
    return list(nearest.values_list("id", flat=True)[:most])


def devices_of(user_id: UUID) -> QuerySet[Device]:
    """Return the devices that may be woken for an account."""
    return Device.objects.filter(user_id=user_id).order_by("-seen_at")


def delegations_of(person_id: UUID | None) -> QuerySet[Delegation]:
    """Return the rights to act that a person gave or holds, ended ones as well."""
    found = Delegation.objects.filter(Q(grantor_id=person_id) | Q(delegate_id=person_id))
    return found.select_related("grantor", "delegate")


def active_user(user_id: UUID) -> User | None:
    """Return the account, unless it was closed."""
    return User.objects.filter(pk=user_id, is_active=True).first()


def still_holds(by: Actor) -> bool:
    """Say whether the account is open and, for staff, still holds the role it came in."""
    user = active_user(by.user_id) if by.user_id else None
    if user is None or not by.is_staff:
        return user is not None
    today = timezone.localdate()
    return any(
        row.is_active(today) and (row.facility_id, row.practitioner_id) == (by.facility_id, by.practitioner_id)
        for row in Membership.objects.filter(user=user, role=by.role)
    )


def person_of(user_id: UUID) -> Person | None:
    """Return the citizen an account belongs to, or None when it has not said who it is."""
    return Person.objects.filter(user_id=user_id).select_related("province").first()
