"""Accounts: opened by a phone number, confirmed by a code, given a person."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

import audit
from core.actor import Actor
from core.errors import Conflict, Invalid, NotSignedIn
from identity.models import Person, User
from identity.phone import to_e164

KEEP_UNCONFIRMED = timedelta(days=1)


@transaction.atomic
def account_for_phone(*, phone: str, language: str = "vi", now: datetime) -> User:
    """Return the account of a phone number, opening one when there is none.

    It is the same call for both, so that nobody learns from us which numbers are known. Raises Invalid for no number.
    """
    number = to_e164(phone)
    if number is None:
        raise Invalid(fields={"phone": ["0912345678"]})
    known = User.objects.filter(phone=number).first()
    if known is not None:
        return known
    try:
        with transaction.atomic():
            return User.objects.create_user(phone=number, language=language, created_at=now)
    except IntegrityError:  # two requests at once: the other one opened it
        return User.objects.get(phone=number)


@transaction.atomic
def set_phone(*, user_id: UUID, phone: str, verified: bool) -> User:
    """Give an account its phone number. Raises Conflict when it belongs to somebody else."""
    user = User.objects.select_for_update().get(id=user_id)
    user.phone, user.phone_verified = phone, verified
    try:
        with transaction.atomic():
            user.save(update_fields=["phone", "phone_verified"])
    except IntegrityError as error:
        raise Conflict() from error
    return user


@transaction.atomic
def register_person(*, full_name: str, born_on: date, sex: str, province: str = "", by: Actor, now: datetime) -> Person:
    """Give the account its person, once; asking again returns it. Raises NotSignedIn for nobody."""
    if by.user_id is None:
        raise NotSignedIn()
    user = User.objects.select_for_update().get(id=by.user_id)
    known = Person.objects.filter(user=user).first()
    if known is not None:
        return known
    person = Person.objects.create(
        user=user,
        full_name=" ".join(full_name.split()),
        born_on=born_on,
        sex=sex,
        phone=user.phone or "",
        province_id=province or None,
        created_at=now,
    )
    if not user.name:
        user.name = person.full_name
        user.save(update_fields=["name"])
    audit.record(by, "identity.registered", person, person_id=person.id)
    return person


def forget_unconfirmed_accounts(*, now: datetime) -> int:
    """Drop accounts that asked for a code and never entered it; return how many."""
    stale = User.objects.filter(
        email__isnull=True,
        phone_verified=False,
        last_login__isnull=True,
        person__isnull=True,
        memberships__isnull=True,
        created_at__lt=now - KEEP_UNCONFIRMED,
    )
    return len([user.delete() for user in stale[:1000]])


@transaction.atomic
def set_language(*, language: str, by: Actor) -> None:
    """Keep the language the account reads. Raises NotSignedIn for nobody."""
    if by.user_id is None:
        raise NotSignedIn()
    User.objects.filter(id=by.user_id).update(language=language)
