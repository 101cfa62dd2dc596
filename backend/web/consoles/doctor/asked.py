"""What a doctor on call is asked this very moment; every page of the console may show it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import booking.actions
from booking import fit
from booking import queries as booking_queries
from core.actor import Actor


def offer_of(actor: Actor, moment: datetime) -> dict[str, Any]:
    """Who asks this doctor now, with what the doctor must know to answer; empty when nobody does."""
    ask = booking_queries.offer_for(actor, moment)
    if ask is None:
        return {"ask": None}
    return {
        "ask": ask,
        "ask_condition": fit.find(ask.condition_code),
        "ask_needs_reason": booking.actions.needs_reason(ask),
        "ask_price": booking_queries.price_of_ask(ask, moment),
        "ask_age": ask.person.age_on(moment.date()),
    }
