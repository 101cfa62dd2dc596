"""Accounts at the national system: entered by the facility itself, sealed, never shown again."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

import audit
from core.actor import Actor
from core.ids import new_id
from prescriptions import access, sealing
from prescriptions.actions.carrying import PASSWORD
from prescriptions.actions.filing import requeue_for_account
from prescriptions.errors import BadAccount
from prescriptions.models import NationalAccount

Kind = NationalAccount.Kind
LONGEST_PASSWORD = 200


@transaction.atomic
def save_account(
    *, kind: str, account: str, password: str, by: Actor, now: datetime, practitioner_id: UUID | None = None
) -> tuple[NationalAccount, int]:
    """Enter an account of the actor's facility, in place of the one before; says how many filings waited for it.

    Raises NotAllowed, NotFound (not one of its doctors), BadAccount.
    """
    facility = access.require_filing_facility(by, kind)
    whose = access.get_prescriber(by, practitioner_id) if kind == Kind.PRESCRIBER else None
    account, password = account.strip(), password.strip()
    if not _may_travel(account, 60) or not _may_travel(password, LONGEST_PASSWORD):
        raise BadAccount
    row = (
        NationalAccount.objects.select_for_update().filter(facility=facility, kind=kind, practitioner=whose).first()
    ) or NationalAccount(id=new_id(), facility=facility, kind=kind, practitioner=whose, created_at=now)
    row.account = account
    row.sealed_password = sealing.seal(password.encode(), purpose=PASSWORD, owner=str(row.id))
    row.sealed_token = row.token_until = row.enrolled_at = row.refused_at = None
    row.refusal, row.changed_at = "", now
    row.save()
    detail = {"kind": kind, "account": account}
    audit.record(by, "prescription.national_account", row, facility_id=facility.pk, detail=detail)
    return row, requeue_for_account(row, now)


@transaction.atomic
def remove_account(*, account_id: UUID, by: Actor, now: datetime) -> NationalAccount:
    """Forget an account. What is filed from then on waits for another. Raises NotFound."""
    row = access.lock_account(by, account_id)
    detail = {"kind": row.kind, "account": row.account, "removed": True}
    audit.record(by, "prescription.national_account", row, facility_id=row.facility_id, detail=detail)
    row.delete()
    return row


def _may_travel(text: str, longest: int) -> bool:
    """Both travel in the head of a request or as JSON: printable, and not too long."""
    return 0 < len(text) <= longest and text.isprintable()
