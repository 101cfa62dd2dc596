"""The citizen's own number, and the code that checks them in at the kiosk."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import segno

from booking import codes, queries
from core.actor import Actor


def queue_context(by: Actor, appointment: Any, moment: datetime) -> dict[str, Any]:
    """The number with its place; before that, on an agreed visit in person, the code for the kiosk."""
    if appointment.mode != "in_person":
        return {}
    status = str(appointment.status)
    if status == "booked" and appointment.ends_at > moment:
        code = codes.code_of(appointment.pk)
        picture = segno.make(code, error="m", micro=False)
        return {
            "kiosk_code": codes.in_groups(code),
            "kiosk_qr": picture.svg_data_uri(scale=6, border=4, dark="#10231c", light="#ffffff"),
        }
    if status not in {"checked_in", "in_consultation"}:
        return {}
    ticket = queries.ticket_of(by, appointment.pk)
    return {"ticket": ticket, "place": queries.place_of(ticket, moment) if ticket else None}
