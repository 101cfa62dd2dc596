"""Appending to the access log."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Model

from audit.models import Line
from audit.words import WORDS
from core import rounds
from core.actor import Actor
from core.refs import Ref, ref


def append(
    by: Actor,
    action: str,
    subject: Model | Ref,
    *,
    person_id: UUID | None = None,
    facility_id: UUID | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """Write the line in the caller's transaction. Raises LookupError for an action without plain words."""
    _line(by, action, subject, person_id, facility_id, detail).save(force_insert=True)


def as_insert(
    by: Actor,
    action: str,
    subject: Model | Ref,
    *,
    person_id: UUID | None = None,
    facility_id: UUID | None = None,
    detail: dict[str, Any] | None = None,
) -> rounds.Statement:
    """Give the same line as an `INSERT … SELECT`, to go along in the statement that does the thing."""
    line = _line(by, action, subject, person_id, facility_id, detail)
    return rounds.insert(Line._meta.db_table, rounds.values_of(line), "line_")


def _line(
    by: Actor,
    action: str,
    subject: Model | Ref,
    person_id: UUID | None,
    facility_id: UUID | None,
    detail: dict[str, Any] | None,
) -> Line:
    if action not in WORDS:
        raise LookupError(f"audit.words has no words for {action!r}")
    return Line(
        user_id=by.user_id,
        role=by.role,
        name=by.name[:160],
        facility_id=facility_id or by.facility_id,
        action=action,
        subject=str(subject if isinstance(subject, Ref) else ref(subject)),
        person_id=person_id,
        reason=by.reason[:300],
        detail=detail or {},
    )
