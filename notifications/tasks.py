"""Jobs of notifications. Each looks first whether it has been done."""

from uuid import UUID

from core.edge import now as this_instant
from core.tasks import task
from notifications import actions


@task
def deliver(message_id: str, carrier: str) -> None:
    """Carry one message by one carrier."""
    actions.deliver(message_id=UUID(message_id), carrier=carrier, now=this_instant())


@task
def carry_attempt(attempt_id: str) -> None:
    """Carry one attempt that has no message: a sign-in code, an invitation."""
    actions.carry_attempt(attempt_id=UUID(attempt_id), now=this_instant())
