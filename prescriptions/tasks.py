"""Jobs of prescriptions."""

import logging
from datetime import UTC, datetime, timedelta
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


@periodic("* * * * *")
@task
def end_what_was_kept(timestamp: int) -> None:
    """Each minute: reservations nobody came for, and questions whose time is over. Each in its own transaction."""
    now, by = datetime.fromtimestamp(timestamp, UTC), Actor.system("asking")
    for reservation_id in queries.reservations_over(now):
        try:
            actions.expire_reservation(reservation_id=reservation_id, by=by, now=now)
        except Exception:
            log.exception("reservation %s could not be ended", reservation_id)
    for inquiry_id in queries.inquiries_over(now):
        try:
            actions.close_inquiry(inquiry_id=inquiry_id, by=by, now=now)
        except Exception:
            log.exception("inquiry %s could not be closed", inquiry_id)


@periodic("*/5 * * * *")
@task
def tell_of_doses(timestamp: int) -> None:
    """Every five minutes: remind those who wish so of the medicines of this part of the day; a quarter of an hour late at most."""
    now = datetime.fromtimestamp(timestamp, UTC)
    actions.tell_of_doses(after=now - timedelta(minutes=15), until=now, by=Actor.system("doses"))


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


@periodic("11 * * * *")
@task
def renew_revocation_list(timestamp: int) -> None:
    """Each hour a new number: a list older than a day is refused by whoever verifies without network."""
    actions.issue_revocation_list(now=datetime.fromtimestamp(timestamp, UTC))


@periodic("* * * * *")
@task
def count_changes(timestamp: int) -> None:
    """Each minute: bring the statistics up to date with what was signed, handed out, cancelled."""
    actions.count_all_changes()
