"""Who read or changed what: an append-only log. record() is what everybody calls, as_insert() the hot paths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from core.actor import Actor
from core.refs import Ref

if TYPE_CHECKING:
    from django.db.models import Model

    from core.rounds import Statement


def record(
    by: Actor,
    action: str,
    subject: Model | Ref,
    *,
    person_id: UUID | None = None,
    facility_id: UUID | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """Append one line: who (`by`) did what (`action`, a key of audit.words.WORDS) to which thing.

    Give `person_id` whenever a citizen's data is concerned: that citizen reads the line in their access log.
    """
    from audit.actions import append

    append(by, action, subject, person_id=person_id, facility_id=facility_id, detail=detail)


def as_insert(
    by: Actor,
    action: str,
    subject: Model | Ref,
    *,
    person_id: UUID | None = None,
    facility_id: UUID | None = None,
    detail: dict[str, Any] | None = None,
) -> Statement:
    """Give the line of record() as an `INSERT … SELECT` that goes along in the statement that does the thing."""
    from audit import actions

    return actions.as_insert(by, action, subject, person_id=person_id, facility_id=facility_id, detail=detail)
