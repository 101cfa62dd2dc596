"""Changing personal details, and acting for others."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

import audit
from core.actor import Actor
from core.errors import Conflict, NotFound
from core.events import emit
from identity import access
from identity.errors import TooManyPeople
from identity.events import DelegationRevoked
from identity.models import Delegation, Person
from identity.names import fold

CHANGEABLE = {
    "full_name",
    "born_on",
    "sex",
    "national_id",
    "insurance_number",
    "province_id",
    "commune",
    "address",
    "guardian_name",
}
COMES_OF_AGE = 18  # Civil Code 2015, article 20
MOST_PEOPLE = 20  # each may hold times of their own: without an end, one account could hold a doctor's whole week


@transaction.atomic
def change_person(*, person_id: UUID, changes: dict[str, Any], by: Actor, now: datetime) -> Person:
    """Change personal details of oneself or somebody one acts for.

    Raises NotFound, NotAllowed for a grown person with an account of their own (who is who is theirs to say), and Conflict
    when the identification number belongs to somebody else.
    """
    access.get_person_to_change(by, person_id)
    person = Person.objects.select_for_update().get(id=person_id)
    for name in CHANGEABLE & set(changes):
        setattr(person, name, changes[name])
    try:
        with transaction.atomic():
            person.save()
    except IntegrityError as error:
        raise Conflict(fields={"national_id": ["This number is already used."]}) from error
    audit.record(by, "identity.person_changed", person, person_id=person.id, detail={"fields": sorted(changes)})
    return person


@transaction.atomic
def add_child(*, full_name: str, born_on: date, sex: str, by: Actor, now: datetime) -> Person:
    """Add a child the citizen acts for, until the child comes of age.

    Raises NotFound when `by` is no citizen, TooManyPeople when they act for MOST_PEOPLE already.
    """
    if by.person_id is None:
        raise NotFound()
    parent = Person.objects.select_for_update().get(id=by.person_id)  # two at once are counted one after the other
    if access.live_delegations(parent.id, "book", now).count() >= MOST_PEOPLE:
        raise TooManyPeople()
    child = Person.objects.create(
        full_name=full_name,
        born_on=born_on,
        sex=sex,
        province_id=parent.province_id,
        commune=parent.commune,
        address=parent.address,
        guardian_name=parent.full_name,
    )
    Delegation.objects.create(
        grantor=child,
        delegate=parent,
        relation=Delegation.Relation.CHILD,
        scopes=list(Delegation.SCOPES),
        valid_to=_birthday(born_on, COMES_OF_AGE) - timedelta(days=1),  # the last day it holds
    )
    audit.record(by, "identity.person_added", child, person_id=child.id)
    return child


@transaction.atomic
def meet_person(
    *, full_name: str, born_on: date, sex: str, phone: str, national_id: str, by: Actor, now: datetime
) -> Person:
    """Write down who stands at the desk or sits at the station; who is known already by the number of their identity card,
    or by name, birthday and phone together, is found again. The staff learn nothing they did not type.

    Raises NotFound for who is neither desk nor station.
    """
    if not by.is_system and by.role not in {"desk", "nurse"}:
        raise NotFound()
    name = " ".join(full_name.split())
    known = _known(name, born_on, phone, national_id)
    if known is not None:
        return known
    person = Person.objects.create(
        full_name=name, born_on=born_on, sex=sex, phone=phone, national_id=national_id or None, created_at=now
    )
    audit.record(by, "identity.person_met", person, person_id=person.id, facility_id=by.facility_id)
    return person


def _known(name: str, born_on: date, phone: str, national_id: str) -> Person | None:
    if national_id:
        card = Person.objects.filter(national_id=national_id).first()
        if card is not None:
            if card.born_on != born_on:  # a slip of the pen must not open somebody else's record
                raise Conflict(fields={"national_id": ["This number is already used."]})
            return card
    if not phone:
        return None
    same = Person.objects.filter(sort_name=fold(name), born_on=born_on)
    return same.filter(Q(phone=phone) | Q(user__phone=phone)).order_by("created_at").first()


def _birthday(born_on: date, years: int) -> date:
    try:
        return born_on.replace(year=born_on.year + years)
    except ValueError:  # born on 29 February
        return born_on.replace(year=born_on.year + years, month=3, day=1)


@transaction.atomic
def revoke_delegation(*, delegation_id: UUID, by: Actor, now: datetime) -> Delegation:
    """End a delegation; either side may. Asking again changes nothing. Raises NotFound."""
    row = Delegation.objects.select_for_update().filter(id=delegation_id).first()
    if row is None or by.role != "citizen" or by.person_id not in {row.grantor_id, row.delegate_id}:
        raise NotFound()
    if row.revoked_at is None:
        row.revoked_at = now
        row.save(update_fields=["revoked_at"])
        audit.record(by, "identity.delegation_revoked", row, person_id=row.grantor_id)
        emit(DelegationRevoked(str(row.id), str(row.grantor_id), str(row.delegate_id)))
    return row
