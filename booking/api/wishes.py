"""What a citizen says along with a wished time: the intake form, the condition, and what to do with late money.

`clean_wishes` turns these into the further fields of an appointment; it is where an emergency and the law are asked about,
for every door alike.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from booking import emergency, queries
from booking.actions.fitting import check_fit
from booking.errors import EmergencyWords
from booking.models import Appointment
from core.actor import Actor
from core.api import StrictSerializer
from identity import access as identity_access

SINCE = [
    ("today", _("since today")),
    ("days", _("for a few days")),
    ("week", _("for about a week")),
    ("weeks", _("for several weeks")),
    ("months", _("for months or longer")),
]
STRENGTHS = [("mild", _("Mild")), ("moderate", _("Moderate")), ("severe", _("Severe"))]


class IntakeWish(StrictSerializer):
    """What the doctor would ask first. Everything is optional; drugs and allergies come from the record and are confirmed."""

    since = serializers.ChoiceField(SINCE, required=False, allow_blank=True)
    strength = serializers.ChoiceField(STRENGTHS, required=False, allow_blank=True)
    temperature = serializers.DecimalField(
        max_digits=3, decimal_places=1, min_value=34, max_value=43, required=False, allow_null=True
    )
    symptoms = serializers.CharField(required=False, allow_blank=True, max_length=500)
    drugs = serializers.CharField(
        required=False, allow_blank=True, max_length=500, help_text="Taken besides those of the record."
    )
    allergies = serializers.CharField(
        required=False, allow_blank=True, max_length=300, help_text="Besides those of the record."
    )
    record_is_right = serializers.BooleanField(
        required=False, allow_null=True, help_text="The drugs and allergies of the record are still so."
    )


class WishesMixin(serializers.Serializer[Any]):
    """The further fields of a booking wish."""

    intake = IntakeWish(required=False, allow_null=True, default=None)
    condition = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=12,
        default="",
        help_text=(
            "For video and phone: a code of the list of TT 30/2023 (GET /remote-conditions), the ICD-10 code of what an"
            " approved pilot of the facility covers (GET /remote-pilots), or `other`."
        ),
    )
    not_an_emergency = serializers.BooleanField(
        required=False, default=False, help_text="Go on although the words sound like an emergency."
    )
    if_late = serializers.ChoiceField(
        Appointment.IfLate.choices,
        required=False,
        default="refund",
        help_text="What becomes of money that comes after the hold ran out.",
    )


def check_words(*texts: str, not_an_emergency: bool = False) -> list[str]:
    """Give the words that sound like an emergency, where the citizen says it is none. Raises EmergencyWords otherwise."""
    signs = [one.words for one in emergency.signs(*texts)]
    if signs and not not_an_emergency:
        raise EmergencyWords(signs)
    return signs


def clean_wishes(
    wish: dict[str, Any],
    *,
    mode: str,
    person_id: UUID,
    schedule_id: UUID,
    reason: str,
    by: Actor,
    now: datetime,
) -> dict[str, Any]:
    """Turn the further fields of a wish into those of an appointment (for `hold_slot(values=…)`).

    Raises EmergencyWords, ConditionNeeded, NotFitForRemote, PilotUsedUp, NotFound for a person the actor may not book for.
    """
    answers = {name: value for name, value in (wish.get("intake") or {}).items() if value not in (None, "")}
    texts = [reason, str(answers.get("symptoms", ""))]
    denied = check_words(*texts, not_an_emergency=bool(wish.get("not_an_emergency")))
    condition = str(wish.get("condition") or "")
    said = check_fit(mode=mode, condition=condition, person_id=person_id, schedule_id=schedule_id, by=by, now=now)
    return {
        **said,
        "intake": _kept(answers, denied, person_id, by, now),
        "if_late": wish.get("if_late") or Appointment.IfLate.REFUND,
    }


def _kept(answers: dict[str, Any], denied: list[str], person_id: UUID, by: Actor, now: datetime) -> dict[str, Any]:
    kept = dict(answers)
    if "temperature" in kept:
        kept["temperature"] = str(kept["temperature"])
    if "record_is_right" in kept and identity_access.may_act_for(by, person_id, "read"):
        # What was confirmed is kept as it was then: the record may change before the visit.
        known = queries.known_of(identity_access.get_person(by, person_id, "read"), now)
        kept["record"] = {
            "drugs": [one.as_json() for one in known.drugs],
            "allergies": [one.as_json() for one in known.allergies],
        }
    if denied:
        kept["not_an_emergency"] = denied
    return kept
