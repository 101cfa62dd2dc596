"""At the counter: the last day of a lot, and another brand or form handed out in the prescribed one's place."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from core.actor import Actor
from identity.access import require_facility
from prescriptions import queries
from prescriptions.choices import SubstitutionReason


def offered(item: Any, typed: Mapping[str, str], mine: bool, by: Actor, moment: datetime) -> dict[str, Any]:
    """Return what the form of one item shows: its substitutes, the reasons, and what was typed before a mistake."""
    if not mine or not item.remaining or by.facility_id is None:
        return {}
    today = moment.astimezone(ZoneInfo(require_facility(by, by.facility_id).zone)).date()
    return {
        "today": today,
        "expires": typed.get(f"expires-{item.id}", ""),
        "substitutes": queries.substitutes_for(item.drug, today),
        "substitute": typed.get(f"substitute-{item.id}", ""),
        "why": typed.get(f"why-{item.id}", ""),
        "agreed": typed.get(f"agreed-{item.id}", ""),
        "why_choices": SubstitutionReason.choices,
    }


def wished(form: Mapping[str, str], item: Any, wrong: dict[str, list[str]]) -> dict[str, Any]:
    """Read the last day of the lot and the substitute of one item; what is wrong goes into `wrong`, by field."""
    found: dict[str, Any] = {}
    text = form.get(f"expires-{item.id}", "").strip()
    if text:
        try:
            found["expires_on"] = date.fromisoformat(text)
        except ValueError:
            wrong[f"expires-{item.id}"] = [_("Please write the expiry date as on the box.")]
    drug, why = form.get(f"substitute-{item.id}", ""), form.get(f"why-{item.id}", "")
    if not drug:
        return found
    agreed = form.get(f"agreed-{item.id}") == "yes"
    if why not in SubstitutionReason.values or not agreed:
        wrong[f"substitute-{item.id}"] = [
            _("For another brand or form choose the reason, and ask the patient whether they agree.")
        ]
    found["substitute"] = {"drug": drug[:80], "reason": why, "agreed": agreed}
    return found
