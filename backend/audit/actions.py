"""Appending to the access log."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Model

from audit.models import Line
from audit.words import WORDS
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
    if action not in WORDS:
        raise LookupError(f"audit.words has no words for {action!r}")
    Line.objects.create(
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
