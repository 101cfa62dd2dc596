"""Housekeeping of accounts."""

from datetime import datetime

from django.utils import timezone

from core.tasks import periodic, task
from identity import actions


@periodic("23 3 * * *")
@task
def forget_unconfirmed_accounts(timestamp: int) -> None:
    """Once a night: numbers that were typed and never confirmed."""
    actions.forget_unconfirmed_accounts(now=datetime.fromtimestamp(timestamp, tz=timezone.get_default_timezone()))
