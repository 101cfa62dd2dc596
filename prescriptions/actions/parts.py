"""Dividing a draft into parts, and finding the part that is open at the counter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy

import audit
from core.actor import Actor
from prescriptions import access
from prescriptions.errors import AlreadySigned, PartsNotWhole
from prescriptions.models import Item, Part, Prescription, Share
from prescriptions.parts import PartPlan, plan_of_tranches, why_not_whole

WHY = {
    "one": gettext_lazy("A prescription in parts has at least two."),
    "many": gettext_lazy("That are too many parts."),
    "window": gettext_lazy("The days of a part do not fit."),
    "order": gettext_lazy("Two parts can be collected at the same time."),
    "item": gettext_lazy("A part has something that is not on the prescription."),
    "empty": gettext_lazy("A part is empty."),
    "sum": gettext_lazy("What the parts come to is not what is prescribed in all."),
    "past": gettext_lazy("The days for collecting the first part are over already."),
}


@transaction.atomic
def plan_parts(*, prescription_id: UUID, parts: Sequence[PartPlan], by: Actor, now: datetime) -> Prescription:
    """Divide a draft into parts, or into none by an empty list; the same list again changes nothing.

    Writing its lines anew takes the parts away. Raises NotFound, AlreadySigned, PartsNotWhole.
    """
    prescription = access.lock_prescription(by, prescription_id, now)
    if not prescription.is_draft:
        raise AlreadySigned()
    write_parts(prescription, list(prescription.items.all()), parts)
    audit.record(by, "prescription.plan", prescription, person_id=prescription.person_id, detail={"parts": len(parts)})
    return prescription


def write_parts(prescription: Prescription, items: Sequence[Item], plans: Sequence[PartPlan]) -> None:
    """Put a draft's parts in place of those it had; inside a transaction that holds the draft. Raises PartsNotWhole."""
    known = {item.rank: item for item in items}
    if why := why_not_whole(plans, {rank: item.total for rank, item in known.items()}):
        raise PartsNotWhole(WHY[why], fields={"parts": [str(WHY[why])]})
    prescription.parts.all().delete()
    for rank, plan in enumerate(plans, start=1):
        part = Part.objects.create(
            prescription=prescription,
            rank=rank,
            opens_at=plan.opens_at,
            closes_at=plan.closes_at,
            used_from=plan.used_from,
            used_to=plan.used_to,
        )
        Share.objects.bulk_create(
            Share(part=part, item=known[at], quantity=quantity) for at, quantity in sorted(plan.shares.items())
        )


def plan_tranches(
    prescription: Prescription, items: Sequence[Item], tranches: Sequence[Mapping[str, Any]], now: datetime
) -> None:
    """Divide one that is being signed as the circular divides it; tranches as circular.tranches gives them."""
    plans = plan_of_tranches(
        tranches,
        [item.total for item in items],
        courses=[item.days for item in items],
        zone=prescription.facility.zone,
        signed_at=now,
    )
    write_parts(prescription, items, plans)


def require_whole_parts(prescription: Prescription, items: Sequence[Item], now: datetime) -> list[Part]:
    """Return the parts of a draft about to be signed, in order; none for most. Raises PartsNotWhole."""
    parts = list(prescription.parts.prefetch_related("shares"))
    if not parts:
        return []
    ranks = {item.id: item.rank for item in items}
    plans = [
        PartPlan(
            part.opens_at,
            part.closes_at,
            part.used_from,
            part.used_to,
            {ranks[share.item_id]: share.quantity for share in part.shares.all()},
        )
        for part in parts
    ]
    why = why_not_whole(plans, {item.rank: item.total for item in items})
    if not why and parts[0].closes_at <= now:
        why = "past"
    if why:
        raise PartsNotWhole(WHY[why], fields={"parts": [str(WHY[why])]})
    return parts
