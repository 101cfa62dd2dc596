"""What pages of one app show of a visit that another app knows."""

from __future__ import annotations

from typing import Any

from django import template

import booking.queries
from core.pages import actor_of

register = template.Library()


@register.simple_tag(takes_context=True)
def too_short(context: template.Context, encounter: Any) -> Any:
    """`{% too_short encounter as case %}`: the case of a visit that was too short, for its citizen; else None."""
    return booking.queries.cut_short_of_encounter(actor_of(context["request"]), encounter.id)
