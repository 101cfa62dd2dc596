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
    rank: int | None = None,
    account_id: UUID | None = None,
) -> GatewayAccount:
    """Keep a facility's account with a gateway, its credentials sealed; another merchant name ends the one before.

    Left-out credentials of the same merchant stay as they were, and one that was closed opens again: calls about what was
    paid through it still find it. `account_id` where the address gateways call must be known before.
    Raises UnknownGateway, AccountIncomplete, AccountTaken.
    """
    access.require_money_desk(by, facility_id)
    fields = gateways.get(gateway).fields
    merchant = gateways.get(gateway).named(merchant, credentials)
    rows = GatewayAccount.objects.select_for_update().filter(facility_id=facility_id, gateway=gateway)
    known = list(rows.order_by("-is_active", "-created_at"))
    account = next((one for one in known if one.merchant == merchant), None)
    kept = account.credentials() if account is not None else {}
    given = {field.name: credentials.get(field.name, "").strip() or kept.get(field.name, "") for field in fields}
    if not merchant or any(not given[field.name] for field in fields if not field.is_optional):
        raise AccountIncomplete()
    for other in known:
        if other.is_active and other is not account:
            other.is_active = False
            other.save(update_fields=["is_active"])
    if account is None:
        account = GatewayAccount(facility_id=facility_id, gateway=gateway, merchant=merchant, created_at=now)
        account.id = account_id or account.id
    account.is_active = True
    account.rank = account.rank if rank is None else rank
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
