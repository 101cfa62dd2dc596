"""The gate of care at a distance (records.gate), asked of every new visit: there is one way in, so nobody comes past it."""

from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from booking import access, slots
from booking.actions.piloting import settle_pilot
from booking.models import Appointment, Schedule, UrgentAsk
from core.actor import Actor
from identity import access as identity_access
from identity.models import Practitioner, Telemedicine
from records import gate, telemedicine


def ask_the_gate(appointment: Appointment, *, registered: bool | None = None) -> None:
    """Let a visit at a distance be agreed on only as the law has it; also says in which form it is held.

    What it is about is not asked here: an offered time is kept before anybody has said so (see `fitting`, and the gate at the
    beginning). But what only an approved pilot covers is put under it, and its row is locked. `registered`: whether the
    doctor is at this facility that day, where it has been read. Raises NotAtADistance.
    """
    appointment.settle_form()
    if not appointment.form:
        appointment.pilot = None
        return
    on = slots.wall(appointment.starts_at, appointment.schedule.zone).date()
    facts = telemedicine.facts_of(
        form=appointment.form,
        facility=appointment.facility,
        practitioner=appointment.practitioner,
        on=on,
        partner=appointment.partner,
        partner_practitioner=appointment.partner_practitioner,
        registered=registered,
        **settle_pilot(appointment, on),
    )
    telemedicine.refuse(gate.refusals(facts, asked=gate.BOOK, on=on))


def ask_for_the_duty(schedule: Schedule, now: datetime) -> None:
    """Let a doctor be on call at a distance only where their facility may hold such visits. Raises NotAtADistance."""
    on = schedule.today(now)
    facts = telemedicine.facts_of(
        form=Telemedicine.DIRECT, facility=schedule.facility, practitioner=schedule.practitioner, on=on
    )
    telemedicine.refuse(gate.refusals(facts, asked=gate.BOOK, on=on))


def station_of(by: Actor, now: datetime) -> dict[str, Any]:
    """Say for a wish from which station it comes and who is beside the citizen there; nothing for a citizen's own wish.

    A nurse there sits with the citizen; a doctor there asks for support. Raises NotAtADistance without any contract.
    """
    if by.role != "nurse":
        return {}
    station = identity_access.require_station(by)
    assert by.practitioner_id is not None  # require_station has looked
    beside = Practitioner.objects.get(pk=by.practitioner_id)
    is_doctor = beside.profession == Practitioner.Profession.DOCTOR
    form = Telemedicine.SUPPORT if is_doctor else Telemedicine.RECEIVING
    on = now.astimezone(ZoneInfo(station.zone)).date()
    # What can be said before a doctor is found: who answers is not known yet, so their side counts as in order.
    known = gate.Facts(
        form=form,
        has_published=True,
        is_registered=True,
        licence="-",
        is_licensed=True,
        has_partner=station.active,
        has_contract=telemedicine.contracts_of(station.pk, form, on).exists(),
        partner_is_licensed=beside.licence_is_valid(on),
        partner_is_doctor=is_doctor,
    )
    telemedicine.refuse(gate.refusals(known, asked=gate.BOOK, on=on))
    return {"form": form, "partner": station, "partner_practitioner": beside}


def agreed_with_station(ask: UrgentAsk, facility_id: UUID, on: date) -> dict[str, Any]:
    """Give the further fields of a visit asked for at a station: the other side, and the price of the contract."""
    if ask.partner_id is None:
        return {}
    beside = {"form": ask.form, "partner": ask.partner, "partner_practitioner": ask.partner_practitioner}
    return _by_contract(beside, facility_id, on)


def terms_at_station(*, schedule_id: UUID, starts_at: datetime, by: Actor, now: datetime) -> dict[str, Any]:
    """Give the further fields of a time a station nurse takes for who sits beside her: the station, and the contract's price.

    Raises NotFound, NotAtADistance.
    """
    schedule = access.get_bookable(schedule_id)
    return _by_contract(station_of(by, now), schedule.facility_id, slots.wall(starts_at, schedule.zone).date())


def _by_contract(beside: dict[str, Any], facility_id: UUID, on: date) -> dict[str, Any]:
    contract = telemedicine.contract_between(facility_id, beside["partner"].pk, beside["form"], on)
    if contract is None:  # the gate refuses
        return beside
    return beside | {
        "price_amount": contract.price_amount,
        "price_currency": contract.price_currency,
        "price_parts": [{"kind": "contract", "amount": contract.price_amount}],
    }
