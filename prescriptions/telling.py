"""The story of a prescription, told to the citizen: what happened when, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from prescriptions import words
from prescriptions.models import Acceptance, Prescription


@dataclass(frozen=True)
class Step:
    """One thing that happened. `icon` is the name of a drawing, `grade` a colour (good, bad or none)."""

    at: datetime
    text: str
    icon: str = "check"
    grade: str = ""


def story_of(prescription: Prescription) -> list[Step]:
    """Return the steps so far, oldest first."""
    steps = []
    if prescription.signed_at:
        doctor = prescription.practitioner.display_name
        steps.append(
            Step(prescription.signed_at, _("%(doctor)s signed it") % {"doctor": doctor}, "prescription", "good")
        )
    if prescription.routed_to and prescription.routed_at:
        text = _("Sent to %(pharmacy)s") % {"pharmacy": prescription.routed_to.name}
        steps.append(Step(prescription.routed_at, text, "send"))
    for held in prescription.acceptances.select_related("pharmacy", "part").prefetch_related(
        "dispenses__item__drug", "dispenses__given"
    ):
        steps += _at_a_pharmacy(held)
    if prescription.cancel_asked_at and not prescription.cancelled_at:
        text = _("Cancelled; the pharmacy has been told to stop")
        if prescription.replaced_by_id is not None:
            text = _("Replaced by a new prescription; the pharmacy has been told to stop")
        steps.append(Step(prescription.cancel_asked_at, text, "x-circle", "bad"))
    if prescription.cancelled_at:
        text = _("Replaced by a new prescription") if prescription.replaced_by_id is not None else _("Cancelled")
        steps.append(Step(prescription.cancelled_at, text, "x-circle", "bad"))
    if prescription.expired_at:
        steps.append(Step(prescription.expired_at, _("The time for collecting ran out"), "clock"))
    return sorted(steps, key=lambda step: step.at)


def _at_a_pharmacy(held: Acceptance) -> list[Step]:
    pharmacy = {"pharmacy": held.pharmacy.name}
    steps = [Step(held.accepted_at, _("%(pharmacy)s began to prepare it") % pharmacy, "pharmacy")]
    handed_out: dict[datetime, list[str]] = {}
    for one in held.dispenses.all():
        handed_out.setdefault(one.at, []).append(words.handed_out_of(one))
    for at, lines in handed_out.items():
        steps.append(Step(at, _("Handed out: %(lines)s") % {"lines": "; ".join(lines)}, "pill", "good"))
    if held.ended_at and held.ending == Acceptance.Ending.RETURNED:
        steps.append(Step(held.ended_at, _("%(pharmacy)s gave it back") % pharmacy, "repeat"))
    if held.ended_at and held.ending == Acceptance.Ending.COMPLETED:
        text = _("Collected at %(pharmacy)s") % pharmacy
        if held.part is not None:
            text = _("Part %(number)s collected at %(pharmacy)s") % {"number": held.part.rank, **pharmacy}
        steps.append(Step(held.ended_at, text, "check-circle", "good"))
    return steps
