"""Jobs of booking."""

import logging
from datetime import UTC, datetime

from booking import actions, queries
from core.actor import Actor
from core.tasks import periodic, task

log = logging.getLogger("lanh.booking")


@periodic("* * * * *")
@task
def expire_holds(timestamp: int) -> None:
    """Let go of every kept time whose wait is over. Each in its own transaction: one that fails stops no other."""
    now = datetime.fromtimestamp(timestamp, UTC)
    for appointment_id in queries.overdue_holds(now):
        try:
            actions.expire_hold(appointment_id=appointment_id, by=Actor.system("booking"), now=now)
        except Exception:
            log.exception("hold %s could not be let go", appointment_id)
