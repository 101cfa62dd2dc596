"""What a kind of visit costs, and what it costs when it is held in another way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

import audit
from core.actor import Actor
from core.errors import NotFound
from identity import access
from identity.errors import BadPrice
from identity.models import VisitType

HIGHEST_PRICE = 1_000_000_000  # in the smallest unit; a slip of the keyboard, not a visit


@transaction.atomic
def change_price(
    *, visit_type_id: UUID, price_amount: int, mode_prices: Mapping[str, int], by: Actor, now: datetime
) -> VisitType:
    """Give a kind of visit its price, and a price of its own to ways it is held in. What is agreed keeps its price.

    Raises NotAllowed for other roles, NotFound, BadPrice.
    """
    facility = access.require_desk(by)
    visit_type = VisitType.objects.select_for_update(no_key=True).filter(pk=visit_type_id, facility=facility).first()
    if visit_type is None:
        raise NotFound()
    for mode, amount in {"price": price_amount, **mode_prices}.items():
        if (mode != "price" and mode not in visit_type.modes) or not 0 <= amount <= HIGHEST_PRICE:
            raise BadPrice(fields={mode: [BadPrice.message]})
    # A way that costs what the visit costs needs no price of its own.
    own = {mode: amount for mode, amount in mode_prices.items() if amount != price_amount}
    if (visit_type.price_amount, visit_type.mode_prices) == (price_amount, own):
        return visit_type
    visit_type.price_amount, visit_type.mode_prices = price_amount, own
    visit_type.save(update_fields=["price_amount", "mode_prices"])
    detail = {"visit_type": str(visit_type.pk), "price": price_amount, "modes": own}
    audit.record(by, "identity.price", visit_type, facility_id=facility.pk, detail=detail)
    return visit_type
