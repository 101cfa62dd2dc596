"""Living through the visits: each step by the person who would take it, at the hour they would."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import booking.actions
import notifications.actions
import payments.actions
import prescriptions.actions
import prescriptions.queries
import realtime.actions
import realtime.queries
import records.actions
from booking import fit
from booking import queries as times
from core.actor import Actor
from core.ids import new_id
from identity import acting
from identity.models import Facility, Membership, Person, Practitioner, VisitType
from journeys import consultation
from payments.gateways.sandbox import bank
from realtime.consents import REMOTE_VISIT, VERSION
from runtime.demo import pharmacies
from runtime.demo.clock import as_of
from runtime.demo.histories import TO_COME, VISITS, Visit
from runtime.demo.jobs import run_due
from runtime.demo.people import actor
from runtime.demo.recorded import record_a_while

SEED = Actor.system("demo")
MINUTE = timedelta(minutes=1)
DEVICES = {"camera": "ok", "microphone": "ok", "speaker": "ok", "network": "good"}
RIGHT_AWAY = "now"


class Stage:
    """Who and what there is, by the keys the tables use."""

    def __init__(
        self,
        people: dict[str, Person],
        practitioners: dict[str, Practitioner],
        members: dict[str, Membership],
        places: dict[str, Facility],
        offers: dict[tuple[str, str], VisitType],
        schedules: dict[str, tuple[Any, str]],
    ) -> None:
        self.people, self.practitioners, self.members = people, practitioners, members
        self.places, self.offers, self.schedules = places, offers, schedules

    def citizen(self, key: str) -> Actor:
        """The citizen; a child acts through its mother."""
        return actor(self.people["ana" if key == "child" else key])

    def doctor(self, key: str) -> Actor:
        return acting.as_member(self.practitioners[key].memberships.select_related("practitioner", "user").get())

    def pharmacist(self, place: str) -> Actor:
        return acting.as_member(self.members[f"pharmacist:{place}"])

    def offer(self, doctor: str, kind: str) -> VisitType:
        return self.offers[self.schedules[doctor][1], kind]

    def free_after(self, doctor: str, kind: str, moment: datetime, asked_at: datetime) -> datetime | None:
        """The doctor's first free time at or after a moment, as somebody asking at `asked_at` would see it."""
        found = times.slots_of(
            self.practitioners[doctor].id,
            self.offer(doctor, kind).id,
            moment.date() - timedelta(days=1),
            moment.date() + timedelta(days=7),
            asked_at,
        )
        return next((one.starts_at for one in found if one.starts_at >= moment), None)


def live_through_the_past(stage: Stage, now: datetime) -> None:
    """All visits of the table, the oldest first."""
    for visit in sorted(VISITS, key=lambda one: -one.days_ago):
        wanted = _afternoonish(now - timedelta(days=visit.days_ago), visit)
        asked_at = wanted - timedelta(hours=2 if visit.kind == RIGHT_AWAY else 20)
        with as_of(asked_at):
            starts_at = stage.free_after(visit.doctor, visit.kind, wanted, asked_at)
        if starts_at is None or starts_at + timedelta(hours=3) > now:
            continue
        _live_through(stage, visit, starts_at, asked_at)


def _afternoonish(day: datetime, visit: Visit) -> datetime:
    """A believable hour on that day for who comes: each keeps to their own habit."""
    hour = 8 + len(visit.citizen + visit.doctor) % 9
    return day.replace(
        hour=(hour - 7) % 24, minute=0, second=0, microsecond=0
    )  # UTC: the clinics are seven hours ahead


def _live_through(stage: Stage, visit: Visit, starts_at: datetime, asked_at: datetime) -> None:
    asked = (stage, visit.citizen, visit.doctor, visit.kind, visit.mode, visit.reason, starts_at, asked_at)
    appointment_id = book(*asked, about=visit.codes[0])
    if appointment_id is None:
        return
    encounter_id = times.get_facts(appointment_id).encounter_id
    assert encounter_id is not None
    citizen, doctor = stage.citizen(visit.citizen), stage.doctor(visit.doctor)
    if visit.mode == "video":
        _meet(encounter_id, citizen, doctor, starts_at, recorded=visit.recorded)
    else:
        with as_of(starts_at + MINUTE) as moment:
            records.actions.start_encounter(encounter_id=encounter_id, by=doctor, now=moment)
            booking.actions.start_consultation(appointment_id=appointment_id, by=SEED, now=moment)
            run_due(moment)
    _write(visit, encounter_id, doctor, starts_at)
    prescription_id = _prescribe(visit, encounter_id, doctor, starts_at)
    with as_of(starts_at + 14 * MINUTE) as moment:
        records.actions.finish_encounter(encounter_id=encounter_id, by=doctor, now=moment)
        run_due(moment)
    if prescription_id is not None:
        _collect(stage, visit, prescription_id, starts_at)


def _why_at_a_distance(mode: str, about: str, schedule_id: UUID, moment: datetime) -> dict[str, str]:
    """What the law asks of a visit at a distance: that it is listed, or under a pilot, or why the doctor opened it."""
    if not fit.is_remote(mode):
        return {}
    entry = fit.find(about)
    if entry is None and times.pilots_that_cover(schedule_id, about, moment):
        return {"condition_code": about}
    return {"condition_code": entry.code} if entry else {"fit_reason": "Đã khám trực tiếp, theo dõi tiếp từ xa."}


def book(
    stage: Stage,
    who: str,
    doctor: str,
    kind: str,
    mode: str,
    reason: str,
    starts_at: datetime,
    asked_at: datetime,
    about: str = "Z09",
) -> UUID | None:
    """Hold, pay at the sandbox, be booked; None when the person is busy then. `about`: ICD-10, a follow-up unless said."""
    citizen = stage.citizen(who)
    with as_of(asked_at) as moment:
        appointment, payment = consultation.book(
            schedule_id=stage.schedules[doctor][0],
            starts_at=starts_at,
            visit_type_id=stage.offer(doctor, kind).id,
            person_id=stage.people[who].id,
            mode=mode,
            reason=reason,
            values=_why_at_a_distance(mode, about, stage.schedules[doctor][0], moment),
            by=citizen,
            now=moment,
        )
        run_due(moment)
    if payment is not None:
        with as_of(asked_at + 2 * MINUTE) as moment:
            payment = payments.actions.start_payment(payment_id=payment.id, gateway="sandbox", by=citizen, now=moment)
            bank.pay(payment.gateway_reference, now=moment)
            payments.actions.ask_gateway(payment_id=payment.id, by=SEED, now=moment)
            run_due(moment)
    return appointment.id


def _meet(encounter_id: UUID, citizen: Actor, doctor: Actor, starts_at: datetime, *, recorded: bool = False) -> None:
    """What is agreed to, the devices, the waiting room, the door, the call; of one that is recorded, the lines as well."""
    room_id = realtime.queries.room_id_of(encounter_id)
    assert room_id is not None
    with as_of(starts_at - 3 * MINUTE) as moment:
        realtime.actions.consent(
            room_id=room_id, what=REMOTE_VISIT, given=True, version=VERSION, by=citizen, now=moment
        )
        realtime.actions.note_device_check(room_id=room_id, result=DEVICES, by=citizen, now=moment)
        seat = realtime.actions.join(room_id=room_id, by=citizen, now=moment).seat
        if recorded:
            realtime.actions.arrive(room_id=room_id, socket_id=new_id(), page="demo", by=citizen, now=moment)
        run_due(moment)
    with as_of(starts_at + MINUTE) as moment:
        realtime.actions.join(room_id=room_id, by=doctor, now=moment)
        if recorded:
            realtime.actions.arrive(room_id=room_id, socket_id=new_id(), page="demo", by=doctor, now=moment)
        realtime.actions.let_in(room_id=room_id, seat_id=seat.id, by=doctor, now=moment)
        run_due(moment)
    if recorded:
        record_a_while(room_id=room_id, citizen=citizen, doctor=doctor, began=starts_at + 4.7 * MINUTE)


def _write(visit: Visit, encounter_id: UUID, doctor: Actor, starts_at: datetime) -> None:
    with as_of(starts_at + 9 * MINUTE) as moment:
        records.actions.save_note(
            encounter_id=encounter_id,
            version=0,
            changes={
                "subjective": visit.subjective,
                "objective": visit.objective,
                "plan": visit.plan,
                "advice": visit.advice,
            },
            diagnoses=[{"code": code} for code in visit.codes],
            by=doctor,
            now=moment,
        )


CHILD_WEIGHS = Decimal(18)  # kg


def _prescribe(visit: Visit, encounter_id: UUID, doctor: Actor, starts_at: datetime) -> UUID | None:
    if not visit.lines:
        return None
    items = [
        {
            "drug": line.drug,
            "dose_quantity": Decimal(line.dose),
            "doses_a_day": line.times,
            "days": line.days,
            "instruction": line.word,
        }
        for line in visit.lines
    ]
    with as_of(starts_at + 12 * MINUTE) as moment:
        draft = prescriptions.actions.draft(encounter_id=encounter_id, by=doctor, now=moment)
        prescriptions.actions.save_draft(
            prescription_id=draft.id,
            items=items,
            advice=visit.advice,
            # As the mother says in the call: under six a prescription names the weight.
            particulars={"weight_kg": CHILD_WEIGHS} if visit.citizen == "child" else None,
            by=doctor,
            now=moment,
        )
        signed = prescriptions.actions.sign(prescription_id=draft.id, by=doctor, now=moment)
        run_due(moment)
    return signed.id


def _collect(stage: Stage, visit: Visit, prescription_id: UUID, starts_at: datetime) -> None:
    fate, _, place = visit.fate.partition(":")
    if fate not in {"sent", "collected"}:
        return
    citizen, pharmacist = stage.citizen(visit.citizen), stage.pharmacist(place)
    with as_of(starts_at + 25 * MINUTE) as moment:
        prescriptions.actions.route(
            prescription_id=prescription_id, pharmacy_id=stage.places[place].id, by=citizen, now=moment
        )
        run_due(moment)
    if fate == "sent":
        return
    with as_of(starts_at + 80 * MINUTE) as moment:
        taken = prescriptions.actions.accept(prescription_id=prescription_id, by=pharmacist, now=moment)
        found = prescriptions.queries.of_people([stage.people[visit.citizen]]).get(id=prescription_id)
        lots = pharmacies.lots_for(found.items.all(), place, moment, pharmacist)
        common: dict[str, Any] = {
            "prescription_id": prescription_id,
            "secret": taken.secret,
            "by": pharmacist,
            "now": moment,
        }
        prescriptions.actions.dispense(items=lots, **common)
        prescriptions.actions.complete(**common)
        run_due(moment)


def read_the_inbox(stage: Stage, moment: datetime) -> None:
    """Everybody has read what came so far, so that the numbers on the bells tell of news."""
    with as_of(moment):
        for person in stage.people.values():
            if person.user is not None:
                notifications.actions.mark_all_read(by=actor(person), now=moment)
        for practitioner in stage.practitioners.values():
            member = practitioner.memberships.select_related("practitioner", "user").get()
            notifications.actions.mark_all_read(by=acting.as_member(member), now=moment)
        for member in stage.members.values():
            notifications.actions.mark_all_read(by=acting.as_member(member), now=moment)


def plan_what_is_to_come(stage: Stage, now: datetime) -> None:
    """Book the visits of the coming days, asked for a little earlier today."""
    asked_at = now - 30 * MINUTE
    for days, who, doctor, kind, mode, reason, minutes, *about in TO_COME:
        eight = (now + timedelta(days=days)).replace(hour=1, minute=0, second=0, microsecond=0)  # in Vietnam
        wanted = eight if days else now + minutes * MINUTE
        with as_of(asked_at):
            starts_at = stage.free_after(doctor, kind, wanted, asked_at)
        if starts_at is not None:
            book(stage, who, doctor, kind, mode, reason, starts_at, asked_at, *about)


__all__ = ["Stage", "live_through_the_past", "plan_what_is_to_come"]
