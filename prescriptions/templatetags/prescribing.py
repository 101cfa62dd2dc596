"""What templates say about prescriptions: doses, amounts, states, opening hours."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from core.edge import now
from core.money import Money
from prescriptions import circular, distances, queries, words
from prescriptions.choices import CancelReason, CourseSaid
from prescriptions.days import hours_between, slots_of
from prescriptions.models import Item, Prescription
from prescriptions.opening import Opening
from prescriptions.queries import Signature

register = template.Library()

REVISITS = (7, 14, 30)  # days

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
def may_be_controlled(encounter: Any) -> bool:
    """Whether narcotics and psychotropics may be prescribed in this visit."""
    return queries.may_prescribe_controlled(encounter, now())


@register.simple_tag
def known_facts(encounter: Any) -> dict[str, Any]:
    """What the record knows of the patient, for the doctor's form, and whether it is a small child."""
    moment = now()
    known = queries.known_facts(encounter, moment)
    weight = known["weight_kg"]
    known["weight_kg"] = f"{weight.normalize():f}" if weight is not None else ""
    known["weight_on"] = known["weight_on"].isoformat() if known["weight_on"] else ""
    day = queries.day_of(encounter, moment)
    months = queries.age_in_months(encounter.person, day)
    return known | {"small": months is not None and months < circular.circular_on(day)["child_months"]}


@register.filter
def course_words(course: str) -> str:
    """What was said of a course, in the reader's words."""
    return str(CourseSaid(course).label)


@register.filter
def decimal_of(text: str) -> str:
    """A signed number as the reader writes it."""
    return words.number(text)


@register.filter
def day_of(part: dict[str, str], name: str) -> str:
    """A day of a tranche, short; it is kept as ISO under this name."""
    day = date.fromisoformat(part[name])
    return f"{day:%d/%m/%Y}" if get_language() == "vi" else f"{day:%d %b %Y}"


@register.simple_tag
def revisit_days() -> tuple[int, ...]:
    """After how many days people are usually seen again."""
    return REVISITS


@register.simple_tag
def course_choices() -> list[tuple[str, str]]:
    """What may be said of a course."""
    return [(value, str(label)) for value, label in CourseSaid.choices]


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
def fault_words(signature: Signature) -> str:
    """Why a signature does not count, in a sentence."""
    return words.fault_of(signature.fault)


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


@register.filter
def dong(amount: int | None) -> str:
    """Write whole dong as people do: "56.400 ₫"."""
    return str(Money.vnd(amount)) if amount is not None else "–"


@register.filter
def metres(distance_m: int | None) -> str:
    """How far it is to a pharmacy."""
    return distances.metres_words(distance_m) if distance_m is not None else ""


@register.filter
def band(code: str) -> str:
    """How far about a pharmacy hears that somebody is."""
    return distances.band_words(code)


@register.filter
def units_of(drug: Any, quantity: int) -> str:
    """A quantity with its unit: "14 capsules"."""
    return f"{quantity} {words.unit_of(drug.unit, quantity)}"


@register.filter
def slot_words(slot: str) -> str:
    """A part of the day in words."""
    return words.slot(slot)


@register.filter
def parts_of_day(item: Item) -> str:
    """When to take one line: "morning – evening", or the hours between the doses."""
    slots = slots_of(item.doses_a_day, item.instruction)
    if slots:
        return " – ".join(words.slot(one) for one in slots)
    return _("every %(hours)s hours") % {"hours": hours_between(item.doses_a_day)}


@register.filter
def each_time(item: Item) -> str:
    """How much of a line is taken each time: "1 capsule"."""
    return words.each_time(item)
