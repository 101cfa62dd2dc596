"""Jobs of stories that span apps."""

from datetime import UTC, datetime
from uuid import UUID

from core import edge
from core.tasks import periodic, task
from journeys import absence, cut_short


@periodic("*/5 * * * *")
@task
def note_who_did_not_come(timestamp: int) -> None:
    """Every five minutes: visits that should be over and to which nobody came."""
    absence.sweep(datetime.fromtimestamp(timestamp, UTC))


@task
def close_missed_visit(appointment_id: str, moment: str = "") -> None:
    """Settle a missed visit when it can no longer be taken back: at this moment (empty: now)."""
    absence.close(UUID(appointment_id), at=datetime.fromisoformat(moment) if moment else edge.now())


@periodic("*/5 * * * *")
@task
def close_rooms_that_are_over(timestamp: int) -> None:
    """Every five minutes: calls whose hours are over and that nobody has finished."""
    cut_short.sweep(datetime.fromtimestamp(timestamp, UTC))
