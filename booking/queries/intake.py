"""What a visit is about, before it begins: what the record knows already, what the citizen wrote, who opened it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

import records.queries
from booking import access, fit
from booking.models import Appointment, RemoteWish, Schedule
from booking.queries.pilots import PilotCondition
from core.actor import Actor
from core.errors import NotFound
from identity.models import Person


@dataclass(frozen=True)
class KnownFact:
    """One allergy or drug of the record, with where it comes from: confirmed with a tick instead of typed again."""

    text: str
    detail: str
    source: str  # "citizen", "practitioner" or "prescription"
    who: str
    on: date | None

    def as_json(self) -> dict[str, str]:
        """Give it as it is kept with the appointment."""
        return {
            "text": self.text,
            "detail": self.detail,
            "source": self.source,
            "who": self.who,
            "on": self.on.isoformat() if self.on else "",
        }


@dataclass(frozen=True)
class Known:
    """What the record says about a person that a doctor will ask first."""

    person: Person
    allergies: list[KnownFact]
    drugs: list[KnownFact]

    @property
    def is_empty(self) -> bool:
        return not (self.allergies or self.drugs)


def known_of(person: Person, now: datetime) -> Known:
    """Read allergies and running prescriptions of a person. The caller has asked who may read."""
    summary = records.queries.summary_of(person, now=now)
    allergies = [
        KnownFact(one.substance, one.reaction, str(one.source), one.recorded_name, one.created_at.date())
        for one in summary.allergies
    ]
    drugs = [
        KnownFact(item["name"], item.get("dose", ""), "prescription", entry.practitioner, entry.at.date())
        for entry in summary.drugs
        for item in entry.detail.get("items", [])
    ]
    return Known(person, allergies, drugs)


@dataclass(frozen=True)
class IntakeFacts:
    """What the citizen told before the visit, for the doctor's eyes."""

    answers: dict[str, Any]
    condition: fit.Condition | PilotCondition | None
    fit_reason: str
    reason: str

    @property
    def is_empty(self) -> bool:
        return not (self.answers or self.condition or self.fit_reason)


def intake_of_encounter(by: Actor, encounter_id: UUID) -> IntakeFacts | None:
    """Give the answers to the visit's own doctor, or None when the visit came from no appointment. Nobody else's eyes."""
    if by.role != "practitioner":
        raise NotFound
    # Whoever took the visit over from a colleague is its doctor now, whoever it was booked with.
    mine = access.visible_appointments(by) | Q(encounter__practitioner_id=by.practitioner_id)
    rows = Appointment.objects.filter(mine, encounter=encounter_id)
    found = rows.only("intake", "condition_code", "fit_reason", "reason").first()
    if found is None:
        return None
    code = found.condition_code
    condition = fit.find(code) or (PilotCondition(code) if code else None)
    return IntakeFacts(found.intake, condition, found.fit_reason, found.reason)


def remote_opening(person_id: UUID, schedule_id: UUID, now: datetime) -> RemoteWish | None:
    """Give the leave of the schedule's doctor for this person to be seen at a distance, while it holds."""
    doctor = Schedule.objects.filter(pk=schedule_id).values("practitioner")
    rows = RemoteWish.objects.filter(person=person_id, practitioner__in=doctor, status="opened")
    return rows.filter(opened_until__gt=now).order_by("-opened_at").first()


def remote_wishes(by: Actor, *, asked_only: bool = False) -> QuerySet[RemoteWish]:
    """Give the wishes for a visit at a distance: the citizen's, or those that wait for a doctor."""
    rows = RemoteWish.objects.filter(access.visible_remote_wishes(by)).select_related("person", "practitioner")
    return (rows.filter(status="asked") if asked_only else rows).order_by("-created_at", "-pk")


@dataclass(frozen=True)
class RemoteWishFacts:
    """What a journey needs to know of such a wish."""

    person_id: UUID
    practitioner_id: UUID
    practitioner_name: str
    status: str
    is_open: bool


def remote_wish_facts(wish_id: UUID) -> RemoteWishFacts:
    """Give the facts to a journey; it asks for no permission. Raises NotFound."""
    wish = RemoteWish.objects.select_related("practitioner").filter(pk=wish_id).first()
    if wish is None:
        raise NotFound
    return RemoteWishFacts(
        wish.person_id,
        wish.practitioner_id,
        wish.practitioner.display_name,
        str(wish.status),
        wish.status == RemoteWish.Status.OPENED,
    )
