"""The gate of care at a distance, asked of what the house knows: facilities, contracts, registrations, licences, attendees."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q, QuerySet

from identity.models import Contract, Facility, Membership, Practitioner
from records import gate
from records.errors import NotAtADistance
from records.models import Attendee, Encounter


def contract_between(facility_id: UUID, partner_id: UUID, form: str, on: date) -> Contract | None:
    """Return the contract under which these two share this form of care on a day, the newest where there are several."""
    rows = Contract.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gte=on),
        facility_id=facility_id,
        partner_id=partner_id,
        forms__contains=[form],
        valid_from__lte=on,
    )
    return rows.order_by("-valid_from", "number").first()


def contracts_of(partner_id: UUID, form: str, on: date) -> QuerySet[Contract]:
    """Return the contracts a station may call upon on a day, with facilities that may hold this form then."""
    return Contract.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gte=on),
        Q(facility__telemedicine_to__isnull=True) | Q(facility__telemedicine_to__gte=on),
        partner_id=partner_id,
        forms__contains=[form],
        valid_from__lte=on,
        facility__active=True,
        facility__telemedicine__contains=[form],
        facility__telemedicine_from__lte=on,
    )


def facilities_for(partner_id: UUID, form: str, on: date) -> list[UUID]:
    """Return the facilities whose doctors a station may ask on a day."""
    return list(contracts_of(partner_id, form, on).values_list("facility_id", flat=True).distinct())


def is_registered(practitioner_id: UUID, facility_id: UUID, on: date, *roles: str) -> bool:
    """Say whether somebody works at a facility on a day, in one of these roles (a doctor's, when none is named)."""
    rows = Membership.objects.filter(
        Q(active_to__isnull=True) | Q(active_to__gte=on),
        practitioner_id=practitioner_id,
        facility_id=facility_id,
        role__in=roles or ("practitioner",),
        active_from__lte=on,
    )
    return rows.exists()


def facts_of(
    *,
    form: str,
    facility: Facility,
    practitioner: Practitioner,
    on: date,
    partner: Facility | None = None,
    partner_practitioner: Practitioner | None = None,
    registered: bool | None = None,
    **more: Any,
) -> gate.Facts:
    """Gather what the gate asks of a visit on a day. `registered` where somebody has looked already; `more`: further facts."""
    shared: dict[str, Any] = {}
    if partner is not None and partner.id != facility.id:
        shared["has_partner"] = partner.active
        shared["has_contract"] = contract_between(facility.id, partner.id, form, on) is not None
        if partner_practitioner is not None:
            there = is_registered(partner_practitioner.id, partner.id, on, "nurse", "practitioner")
            shared["partner_is_licensed"] = there and partner_practitioner.licence_is_valid(on)
            shared["partner_is_doctor"] = partner_practitioner.profession == Practitioner.Profession.DOCTOR
    return gate.Facts(
        form=form,
        has_published=facility.active and facility.may_hold(form, on),
        is_registered=is_registered(practitioner.id, facility.id, on) if registered is None else registered,
        licence=practitioner.licence_number,
        is_licensed=practitioner.licence_is_valid(on),
        **{**shared, **more},
    )


def _facts_of_encounter(encounter: Encounter, on: date) -> gate.Facts:
    attendees = list(encounter.attendees.select_related("facility", "practitioner"))
    parts = Attendee.Part
    others = [one for one in attendees if one.part in (parts.BESIDE, parts.ASKS)]
    other = others[0] if others else None
    council = [one for one in attendees if one.part == parts.MEMBER]
    return facts_of(
        form=encounter.form,
        facility=encounter.facility,
        practitioner=encounter.practitioner,
        on=on,
        partner=other.facility if other else None,
        partner_practitioner=other.practitioner if other else None,
        # What the facility lets pass with a warning, or does not ask at all, the gate does not hold back either.
        is_listed=bool(encounter.listed_code) or settings.BOOKING_FIT_CHECK != "refuse",
        is_opened=bool(encounter.opened_because),
        # The case was taken when it was agreed on; a pilot that has ended meanwhile carries no visit any more.
        is_piloted=encounter.pilot is not None and not encounter.opened_because,
        pilot_holds=encounter.pilot is not None and encounter.pilot.holds_on(on),
        pilot_has_room=encounter.pilot is not None,
        has_chair=any(one.part == parts.CHAIR for one in attendees),
        members=sum(one.practitioner.licence_is_valid(on) for one in council),
    )


def day_of(encounter: Encounter, now: datetime) -> date:
    """The day at the responsible facility."""
    return now.astimezone(ZoneInfo(encounter.facility.zone)).date()


def refusals_of(encounter: Encounter, now: datetime) -> list[gate.Rule]:
    """Return what stands in the way of beginning this visit now; nothing for one in person."""
    if not encounter.form:
        return []
    on = day_of(encounter, now)
    return gate.refusals(_facts_of_encounter(encounter, on), asked=gate.OPEN, on=on)


def check_gate(encounter: Encounter, now: datetime) -> None:
    """Let a visit at a distance begin only as the law has it. Raises NotAtADistance with the reason in its words."""
    refuse(refusals_of(encounter, now))


def passed(encounter: Encounter, now: datetime) -> dict[str, Any]:
    """Say for the evidence how the gate was passed: the form, the licence shown, and the rules that were in force."""
    on = day_of(encounter, now)
    asked = {rule.source: None for rule in gate.RULES if encounter.form in rule.forms and rule.is_in_force(on)}
    other = encounter.attendees.filter(part__in=[Attendee.Part.BESIDE, Attendee.Part.ASKS]).first()
    pilot = {"pilot": str(encounter.pilot)} if encounter.pilot else {}
    station = {"station": other.facility.name, "nurse": other.practitioner.display_name} if other else {}
    return {
        "form": encounter.form,
        "result": "passed",
        "facility": encounter.facility.name,
        "licence": encounter.practitioner.licence_number,
        "asked": "; ".join(asked),
        **station,
        **pilot,
    }


def refuse(standing: list[gate.Rule]) -> None:
    """Raise NotAtADistance in the words of the first rule; each of them is named in `fields`. Nothing, for none."""
    if standing:
        raise NotAtADistance(standing[0].words, fields={"form": [rule.code for rule in standing]})
