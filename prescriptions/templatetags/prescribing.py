"""What templates say about prescriptions: doses, amounts, states, opening hours."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core.edge import now
from prescriptions import queries, words
from prescriptions.choices import CancelReason
from prescriptions.models import Item, Prescription
from prescriptions.opening import Opening

register = template.Library()

LOOKS = {
    "draft": "",
    "signed": "good",
    "accepted": "info",
    "dispensed": "",
    "cancelled": "bad",
    "expired": "warn",
    "to_dispense": "",
    "partly": "warn",
    "not_dispensed": "warn",
}


@register.filter
def dose(item: Item) -> str:
    """How to take it, in one sentence."""
    return words.dose_of(item)


@register.filter
def visit_day(encounter: Any) -> date:
    """The day whose catalogue counts for a visit."""
    return queries.day_of(encounter, now())


@register.filter
def amount_of(item: Item) -> str:
    """What the pharmacy hands out."""
    return words.amount_of(item)


@register.simple_tag
def prescription_badge(prescription: Prescription, moment: datetime | None = None) -> SafeString:
    """Where it stands, as a badge in the citizen's words."""
    colour, text = LOOKS[prescription.status], str(prescription.get_status_display())
    if prescription.replaced_by_id is not None:
        colour, text = "bad", _("replaced")
    elif prescription.cancel_asked_at and prescription.status == "accepted":
        colour, text = "bad", _("cancelled")
    elif moment and prescription.is_open and prescription.is_past(moment):
        colour, text = "warn", _("expired")
    return format_html('<span class="badge{}">{}</span>', f" badge--{colour}" if colour else "", text)


@register.filter
def item_badge(item: Item) -> SafeString:
    """Where an item stands."""
    states = {
        "to_dispense": _("to collect"),
        "partly": _("%(done)s of %(total)s collected") % {"done": item.dispensed_quantity, "total": item.total},
        "dispensed": _("collected"),
        "not_dispensed": str(item.get_not_dispensed_reason_display()),
    }
    colour = "good" if item.state == "dispensed" else LOOKS[item.state]
    return format_html('<span class="badge{}">{}</span>', f" badge--{colour}" if colour else "", states[item.state])


@register.filter
def opening_badge(opening: Opening | Any) -> SafeString:
    """Open or closed, and until when, on the pharmacy's clock."""
    if not isinstance(opening, Opening):
        return mark_safe("")
    if opening.changes_at is None:
        return mark_safe("")  # the hours are not known: nothing is promised
    at = {"at": opening.changes_at.strftime("%H:%M")}
    if opening.is_open:
        return format_html('<span class="badge badge--good">{}</span>', _("Open until %(at)s") % at)
    return format_html('<span class="badge">{}</span>', _("Closed, opens at %(at)s") % at)


@register.simple_tag
def override_reasons() -> list[tuple[str, str]]:
    """The coded reasons for going past a grave finding."""
    return words.reasons()


@register.simple_tag
def cancel_reasons() -> list[tuple[str, str]]:
    """The coded reasons for taking a prescription back."""
    return [(value, str(label)) for value, label in CancelReason.choices]


@register.filter
def part_badge(state: str) -> SafeString:
    """Where a part of a prescription stands."""
    texts = {
        "collected": _("collected"),
        "open": _("to collect now"),
        "to_come": pgettext("part of a prescription", "later"),
        "lapsed": _("lapsed"),
    }
    colours = {"collected": " badge--good", "open": " badge--info", "to_come": "", "lapsed": " badge--warn"}
    return format_html('<span class="badge{}">{}</span>', colours[state], texts[state])
