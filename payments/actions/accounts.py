"""Accounts with gateways: a facility enters its contract, changes it, ends it. Payments begun with it keep it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

import audit
from core.actor import Actor
from payments import access, gateways
from payments.errors import AccountIncomplete, AccountTaken
from payments.models import GatewayAccount


@transaction.atomic
def enter_account(
    *,
    facility_id: UUID,
    gateway: str,
    merchant: str,
    credentials: Mapping[str, str],
    by: Actor,
    now: datetime,
    rank: int = 0,
) -> GatewayAccount:
    """Keep a facility's account with a gateway, its credentials sealed; another merchant name ends the one before.

    Left-out credentials of the same merchant stay as they were. Raises UnknownGateway, AccountIncomplete, AccountTaken.
    """
    access.require_money_desk(by, facility_id)
    fields = gateways.get(gateway).fields
    known = GatewayAccount.objects.select_for_update().filter(
        facility_id=facility_id, gateway=gateway, is_active=True
    ).first()  # fmt: skip
    same = known is not None and known.merchant == merchant
    kept = known.credentials() if known is not None and same else {}
    given = {field.name: credentials.get(field.name, "").strip() or kept.get(field.name, "") for field in fields}
    if not merchant or any(not given[field.name] for field in fields if not field.is_optional):
        raise AccountIncomplete()
    if known is not None and not same:
        known.is_active = False
        known.save(update_fields=["is_active"])
    account = known if known is not None and same else GatewayAccount(
        facility_id=facility_id, gateway=gateway, merchant=merchant, created_at=now
    )  # fmt: skip
    account.rank = rank
    account.seal(given)
    try:
        with transaction.atomic():
            account.save()
    except IntegrityError as error:
        raise AccountTaken() from error
    audit.record(by, "payments.enter_account", account, facility_id=facility_id, detail={"gateway": gateway})
    return account


@transaction.atomic
def close_account(*, account_id: UUID, by: Actor) -> GatewayAccount:
    """Take no more money through an account. What was paid through it can still be asked about and given back."""
    account = access.lock_account(by, account_id)
    if account.is_active:
        account.is_active = False
        account.save(update_fields=["is_active"])
        audit.record(by, "payments.close_account", account, facility_id=account.facility_id)
    return account
