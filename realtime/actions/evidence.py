"""Adding to the chain of evidence of a visit, and what its own people say for it: consent, and how their devices are."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from core.actor import Actor
from realtime import access, consents, evidence, queries
from realtime.errors import ConsentTextChanged, EnoughSaid
from realtime.models import EvidenceRow, Room
from records import telemedicine

MOST_SAID = 20  # of one kind, in one visit


def append(room: Room, kind: str, facts: dict[str, Any], *, now: datetime) -> EvidenceRow:
    """Add a fact behind the last one. The room must be locked: its lock is what keeps the rows in one line."""
    last = EvidenceRow.objects.filter(encounter_id=room.encounter_id).order_by("-number").first()
    number, previous = (last.number + 1, last.hash) if last else (1, evidence.FIRST)
    hashed = evidence.hash_of(str(room.encounter_id), number, now, kind, facts, previous)
    return EvidenceRow.objects.create(
        encounter_id=room.encounter_id,
        number=number,
        created_at=now,
        kind=kind,
        facts=facts,
        previous=previous,
        hash=hashed,
    )


def ask_the_gate(room: Room, now: datetime) -> None:
    """Let a visit begin only as the law has it; that it passed is kept, with the form, once for each form.

    The room must be locked. Raises NotAtADistance, and then nothing is written.
    """
    encounter = room.encounter
    if not encounter.form or EvidenceRow.objects.filter(
        encounter_id=encounter.pk, kind="gate", facts__form=encounter.form
    ):
        return
    telemedicine.check_gate(encounter, now)
    append(room, "gate", telemedicine.passed(encounter, now), now=now)


@transaction.atomic
def consent(*, room_id: UUID, what: str, given: bool, by: Actor, now: datetime, version: str = "") -> None:
    """Note that somebody agrees to something, or no longer does; said again it changes nothing.

    Who agrees to being treated by video says which version of the text they read: version, language and check sum of its
    words are kept. Raises NotFound, ConsentTextChanged (another version, or none named), EnoughSaid.
    """
    facts: dict[str, Any] = {"what": what, "given": given}
    if what == consents.REMOTE_VISIT and given and by.role == "citizen":
        encounter = access.get_room(
            by, room_id
        ).encounter  # first: whose it is not learns nothing of what may be agreed to
        if version != consents.VERSION:
            raise ConsentTextChanged()
        facts |= consents.remote_visit(encounter).facts
    _say(room_id, "consent", facts, by=by, now=now)


@transaction.atomic
def note_device_check(*, room_id: UUID, result: dict[str, str], by: Actor, now: datetime) -> None:
    """Note how somebody's own devices were found to be; the same again changes nothing. Raises NotFound, EnoughSaid."""
    _say(room_id, "device_check", result, by=by, now=now)


@transaction.atomic
def note_final(*, encounter_id: UUID, version: int, digest: str, by: Actor, now: datetime) -> None:
    """Note that the doctor's note is final: its version and its hash, never its words. Repeatable; no room, no row."""
    room_id = queries.room_id_of(encounter_id)
    if room_id is None:
        return
    room = access.lock_room(by, room_id)
    if not EvidenceRow.objects.filter(encounter_id=encounter_id, kind="note_final").exists():
        append(room, "note_final", {"version": version, "sha256": digest}, now=now)


def _say(room_id: UUID, kind: str, facts: dict[str, Any], *, by: Actor, now: datetime) -> None:
    room = access.lock_room(by, room_id)
    said = {**facts, "role": by.role, "user": str(by.user_id)}
    mine = EvidenceRow.objects.filter(encounter_id=room.encounter_id, kind=kind, facts__user=str(by.user_id))
    about = mine.filter(facts__what=facts["what"]) if "what" in facts else mine
    last = about.order_by("-number").first()
    if last is not None and last.facts == said:
        return
    if mine.count() >= MOST_SAID:
        raise EnoughSaid
    append(room, kind, said, now=now)
