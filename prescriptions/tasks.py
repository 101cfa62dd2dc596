"""Jobs of prescriptions."""

import logging
from datetime import UTC, datetime
from uuid import UUID

from core import edge
from core.actor import Actor
from core.tasks import periodic, task
from prescriptions import actions, queries

log = logging.getLogger("lanh.prescriptions")


@periodic("*/5 * * * *")
@task
def expire_prescriptions(timestamp: int) -> None:
    """Close every prescription that nobody collected in time. Each in its own transaction: one that fails stops no other."""
    now = datetime.fromtimestamp(timestamp, UTC)
    for prescription_id in queries.overdue(now):
        try:
            actions.expire(prescription_id=prescription_id, by=Actor.system("prescription"), now=now)
        except Exception:
            log.exception("prescription %s could not be closed", prescription_id)


@task
def file_prescription(prescription_id: str) -> None:
    """Send to the national system what is due of one prescription."""
    actions.file_next(prescription_id=UUID(prescription_id), by=Actor.system("filing"), now=edge.now())


@periodic("* * * * *")
@task
def wake_filings(timestamp: int) -> None:
    """Each minute: what is due and has no job any more goes on."""
    actions.wake_filings(now=datetime.fromtimestamp(timestamp, UTC))


@task
def check_drug_import(run_id: str) -> None:
    """Check a list of drugs, row by row."""
    actions.check_drug_import(run_id=UUID(run_id), by=Actor.system("import"), now=edge.now())


@task
def apply_drug_import(run_id: str) -> None:
    """Put the good rows of a checked list in place."""
    actions.apply_drug_import(run_id=UUID(run_id), by=Actor.system("import"), now=edge.now())


@periodic("* * * * *")
@task
def count_changes(timestamp: int) -> None:
    """Each minute: bring the statistics up to date with what was signed, handed out, cancelled."""
    actions.count_all_changes()
