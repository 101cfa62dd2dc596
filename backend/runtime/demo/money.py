"""Through whom the demo's facilities are paid: accounts with the sandboxes of every payment company."""

from __future__ import annotations

from datetime import datetime

import payments.actions
from core.actor import Actor
from identity.models import Facility
from runtime import pretended

SEED = Actor.system("demo")


def enter_accounts(begin: datetime) -> None:
    """Enter each facility's accounts, as its desk would."""
    facilities = {facility.code: facility for facility in Facility.objects.filter(code__in=pretended.PAYEES)}
    for rank, one in enumerate(pretended.accounts()):
        payments.actions.enter_account(
            facility_id=facilities[one.facility].id,
            gateway=one.gateway,
            merchant=one.merchant,
            credentials=one.credentials,
            account_id=one.id,
            rank=rank,
            by=SEED,
            now=begin,
        )
