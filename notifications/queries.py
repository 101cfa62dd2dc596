"""Reading messages: the inbox, how many are unread, what somebody wishes, and the demo's outbox."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from identity.models import User
from notifications.kinds import KINDS, OPTIONAL, Kind
from notifications.models import Attempt, Message, Preference


def inbox(user_id: UUID | None) -> QuerySet[Message]:
    """Return a person's messages, newest first; nobody's for None."""
    if user_id is None:
        return Message.objects.none()
    return Message.objects.filter(recipient_id=user_id).order_by("-created_at", "-id")


def unread_count(user_id: UUID | None) -> int:
    """Return how many messages wait to be read."""
    return inbox(user_id).filter(read_at__isnull=True).order_by().count()


@dataclass(frozen=True)
class Wish:
    """How one kind travels to one person: {"push": True, "sms": False, "email": True}."""

    kind: Kind
    carriers: dict[str, bool]


def wishes_of(user_id: UUID) -> list[Wish]:
    """Return the wishes for every kind one may choose about, in the table's order."""
    said = {(row.kind, row.carrier): row.wanted for row in Preference.objects.filter(user_id=user_id)}
    return [
        Wish(kind, {name: said.get((kind.code, name), name in kind.carriers) for name in OPTIONAL})
        for kind in KINDS.values()
        if kind.is_setting
    ]


def carriers_for(user: User, kind: str) -> list[str]:
    """Return the carriers a message of this kind takes to this person, besides the inbox."""
    said = dict(Preference.objects.filter(user=user, kind=kind).values_list("carrier", "wanted"))
    return [name for name in OPTIONAL if said.get(name, name in KINDS[kind].carriers)]


def outbox(phone: str = "") -> QuerySet[Attempt]:
    """Return what left the house or would have, newest first; of one phone number or address, in any writing of it."""
    rows = Attempt.objects.select_related("message__recipient").order_by("-created_at", "-id")
    digits = "".join(letter for letter in phone if letter.isdigit())
    if digits:
        return rows.filter(to__endswith=digits.removeprefix("84").lstrip("0"))
    return rows.filter(to__icontains=phone.strip()) if phone.strip() else rows
