"""Who read or changed what: an append-only log. record() is all that anybody calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from core.actor import Actor
from core.refs import Ref

if TYPE_CHECKING:
    from django.db.models import Model


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
