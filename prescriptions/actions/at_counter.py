"""Without the app: a person's ID number plus a one-time code on their phone opens what they may collect; codes go by SMS.

Whoever types ID numbers learns nothing: the answer is the same whether a number is known or not, and tries are counted.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

import audit
from core.actor import Actor
from core.errors import NotFound
from core.events import emit
from core.ids import new_id
from identity.models import Person
from prescriptions import access, codes, sealing
from prescriptions.actions.collecting import SHOWN_FOR, _line_up, _require_not_slowed
from prescriptions.actions.standing import require_collectable
from prescriptions.errors import (
    NoPhone,
    NotANationalId,
    SentEnough,
    SignatureBroken,
    WrongCounterCode,
)
from prescriptions.events import CodesAsked, CounterCodeAsked
from prescriptions.models import CodeMessage, CounterCode, Prescription, Presentation, WrongTry
from prescriptions.queries import signature_of

CODE_LIVES = timedelta(minutes=10)
MOST_CODES_AN_HOUR = 3  # to one person
MOST_ASKED_AN_HOUR = 30  # by one user
MOST_SMS_A_DAY = 3  # of one prescription


def _key_of(national_id: str) -> str:
    """Return what wrong tries are counted by; the number itself is not written down."""
    return "id" + hashlib.sha256(f"counter:{national_id}".encode()).hexdigest()[:12]


def phone_of(person: Person) -> str:
    """Return where a person can be reached: their account's phone, else the one in their details; "" if none."""
    return (person.user.phone if person.user is not None and person.user.phone else person.phone) or ""


@transaction.atomic
def ask_for_counter_code(*, national_id: str, by: Actor, now: datetime) -> None:
    """Send a one-time code to the phone of whoever has this ID number, if somebody has; nothing tells whether.

    Raises WrongRole, NotANationalId (not 12 digits), SentEnough.
    """
    pharmacy_id = access.pharmacy_of(by)
    if not re.fullmatch(r"[0-9]{12}", national_id, re.ASCII):
        raise NotANationalId(fields={"national_id": [NotANationalId.message]})
    _line_up(f"counter code by user {by.user_id}")
    an_hour_ago = now - timedelta(hours=1)
    asked = CounterCode.objects.filter(asked_at__gt=an_hour_ago)
    if asked.filter(asked_by=by.user_id).count() >= MOST_ASKED_AN_HOUR:
        raise SentEnough()
    person = Person.objects.select_related("user").filter(national_id=national_id).first()
    if person is not None and (
        not phone_of(person) or asked.filter(person=person).count() >= MOST_CODES_AN_HOUR
    ):  # nobody at the counter learns of it
        person = None
    code_id = new_id()
    code = f"{secrets.randbelow(10**6):06d}"
    CounterCode.objects.create(
        id=code_id,
        person=person,
        pharmacy_id=pharmacy_id,
        asked_by=by.user_id,
        asked_at=now,
        until=now + CODE_LIVES,
        sealed_code=sealing.seal(code.encode(), purpose="counter-code", owner=str(code_id)),
    )
    if person is not None:
        emit(CounterCodeAsked(person_id=str(person.id), code_id=str(code_id)))


def open_by_counter_code(*, national_id: str, code: str, by: Actor, now: datetime) -> list[Prescription]:
    """Open everything this person may collect to this pharmacy for half an hour; the code is used up.

    Raises WrongRole, WrongCounterCode (wrong, used or too old, or nobody with this number), TooManyAttempts.
    """
    pharmacy_id = access.pharmacy_of(by)
    found = _try(national_id, re.sub(r"\s", "", code), pharmacy_id, by, now)
    if found is None:  # refused only here, so that refusing does not forget the wrong try
        raise WrongCounterCode()
    return found


@transaction.atomic
def _try(national_id: str, code: str, pharmacy_id: UUID, by: Actor, now: datetime) -> list[Prescription] | None:
    key = _key_of(national_id)
    _line_up(f"try of code {key}", f"try of user {by.user_id}")
    _require_not_slowed(key, by, now)
    live = CounterCode.objects.select_for_update(of=("self",)).filter(
        person__national_id=national_id, pharmacy_id=pharmacy_id, used_at__isnull=True, until__gt=now
    )
    used = next((one for one in live if codes.same_secret(code or "-", code_of(one) or "?")), None)
    if used is None:
        WrongTry.objects.create(code_key=key, pharmacy_id=pharmacy_id, user_id=by.user_id, at=now)
        return None
    used.used_at = now
    used.save(update_fields=["used_at"])
    rows = Prescription.objects.filter(person=used.person, status=Prescription.Status.SIGNED)
    opened = []
    for prescription in rows.filter(expires_at__gt=now, cancel_asked_at__isnull=True).order_by("-signed_at", "-id"):
        if not signature_of(prescription).valid:
            continue
        Presentation.objects.create(prescription=prescription, pharmacy_id=pharmacy_id, until=now + SHOWN_FOR)
        audit.record(
            by, "prescription.lookup", prescription, person_id=prescription.person_id, detail={"by": "national_id"}
        )
        opened.append(prescription)
    return opened


def code_of(one: CounterCode) -> str:
    """Return the code in plain digits; empty when the seal is broken."""
    try:
        return sealing.unseal(one.sealed_code, purpose="counter-code", owner=str(one.id)).decode()
    except sealing.SealBroken:
        return ""


@transaction.atomic
def send_codes(*, prescription_id: UUID, by: Actor, now: datetime) -> str:
    """Send both codes of a prescription to the person's phone by SMS, for a phone without the app; returns its last digits.

    Raises NotFound, Cancelled, Expired, AlreadyDispensed, NoPhone, SentEnough.
    """
    if by.role != "citizen" and not by.is_system:
        raise NotFound()
    prescription = access.lock_prescription(by, prescription_id, now, "collect")
    require_collectable(prescription, by, now)
    if not signature_of(prescription).valid:
        raise SignatureBroken()
    to = phone_of(prescription.person)
    if not to:
        raise NoPhone()
    since = now - timedelta(hours=24)
    if CodeMessage.objects.filter(prescription=prescription, at__gt=since).count() >= MOST_SMS_A_DAY:
        raise SentEnough()
    sent = CodeMessage.objects.create(prescription=prescription, to=to, at=now)
    audit.record(by, "prescription.send_codes", prescription, person_id=prescription.person_id)
    emit(
        CodesAsked(prescription_id=str(prescription.id), person_id=str(prescription.person_id), message_id=str(sent.id))
    )
    return to[-3:]
