"""One visit in front of the doctor: call, patient, note, prescription; beginning and finishing it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

import booking.queries
import prescriptions.queries
import records.actions
import records.queries
from booking.api.wishes import SINCE, STRENGTHS
from core.actor import Actor
from core.errors import DomainError, NotFound
from core.pages import actor_of, now, page
from journeys.station_api import VitalAnswer
from records import access, handed, icd, telemedicine
from records.errors import NotAtADistance
from records.models import Attendee, Encounter
from records.vitals import VITALS, Vital
from web.consoles.doctor.day import own_id, zone_of
from web.consoles.doctor.parts import note_parts
from web.vitals import vitals_words


@dataclass(frozen=True)
class Measure:
    """One measurement as a field, with what was measured in this visit."""

    vital: Vital
    shown: str


@dataclass(frozen=True)
class Check:
    """One thing to look at before finishing: done, worth a look, or in the way."""

    state: str  # "good", "warn", "bad"
    words: str


def _note_words() -> dict[str, str]:
    """What the note says by script."""
    return {
        "saved": _("Saved at %(clock)s"),
        "saving": _("Saving…"),
        "dirty": _("Not saved yet"),
        "offline": _("No connection. Your words are kept on this device and will be saved."),
        "refused": _("This cannot be saved: %(why)s"),
        "restored": _("We brought back what you had written and not saved."),
        "conflict_one": _("Newest version"),
        "conflict_mine": _("Your version"),
        "diagnoses": _("Diagnoses"),
        "empty": _("(empty)"),
        "main": _("Main diagnosis"),
        "make_main": _("Make main diagnosis"),
        "remove": _("Remove"),
        "none_found": _("Nothing found. Try another word or a code."),
        "found": _("%(n)s results"),
        "measured": _("Measurements saved"),
    }


@require_safe
@page(roles={"practitioner"})
def visit(request: HttpRequest, encounter_id: UUID) -> HttpResponse:
    """Everything for one visit on one page."""
    actor, moment = actor_of(request), now()
    try:
        encounter = access.get_encounter(actor, encounter_id)
    except NotFound:
        access.get_handed_over(actor, encounter_id)  # theirs once: they still read what they wrote
        return redirect("doctor_given", encounter_id)
    icd.find("")  # builds the index while the page is on its way, not while the doctor waits for the first search
    parts = {part.name: part for part in note_parts(encounter)}
    measured = records.queries.vitals_in(encounter.id)
    language = get_language() or "vi"
    context: dict[str, Any] = {
        "encounter": encounter,
        "zone": zone_of(actor),
        "summary": records.queries.summary_of(encounter.person, now=moment, without=encounter.id),
        "parts": parts,
        "before": [parts["subjective"], parts["objective"]],
        "after": [parts["assessment"], parts["plan"], parts["advice"]],
        "measures": [
            Measure(vital, vital.shown(measured[vital.code].value) if vital.code in measured else "")
            for vital in VITALS
            if vital.key != "gestation" or encounter.person.sex != "male"
        ],
        "words": _note_words(),
        "note": {
            "encounter": str(encounter.id),
            "version": encounter.version,
            "open": encounter.is_open,
            "language": "en" if language.startswith("en") else "vi",
            "parts": {name: part.text for name, part in parts.items()},
            "labels": {name: part.label for name, part in parts.items()},
            "diagnoses": [{"code": one.code, "name": one.name} for one in encounter.diagnoses.all()],
        },
        "intake": booking.queries.intake_of_encounter(actor, encounter.id),
        "intake_words": {"since": dict(SINCE), "strength": dict(STRENGTHS)},
        "is_video": encounter.mode == Encounter.Mode.VIDEO,
        **_at_a_distance(encounter, actor, moment),
        "wish": handed.wish_of(actor, encounter.id),
        "taken_over": handed.taken_over(encounter.id),
    }
    return render(request, "web/doctor/visit.html", context)


def _at_a_distance(encounter: Encounter, actor: Actor, moment: datetime) -> dict[str, Any]:
    """Who is with the patient, what was measured there, and, before it begins, what the law's gate says."""
    if not encounter.form:
        return {}
    beside = encounter.attendees.exclude(part=Attendee.Part.MEMBER).select_related("facility", "practitioner").first()
    planned = encounter.status == Encounter.Status.PLANNED
    found: dict[str, Any] = {
        "beside": beside,
        "standing": telemedicine.refusals_of(encounter, moment) if planned else [],
    }
    if beside is not None:
        rows = records.queries.measured_in(encounter.id)
        found["measured"] = VitalAnswer(rows, many=True, context={"by": actor}).data
        found["vitals_words"] = vitals_words()
    return found


@require_POST
@page(roles={"practitioner"})
def open_at_a_distance(request: HttpRequest, encounter_id: UUID) -> HttpResponse:
    """Write why a visit outside the list may be held at a distance."""
    reason = request.POST.get("reason", "")
    try:
        records.actions.open_at_a_distance(encounter_id=encounter_id, reason=reason, by=actor_of(request), now=now())
    except NotFound:
        raise
    except DomainError as refusal:
        messages.error(request, str(refusal.detail))
    return redirect("doctor_visit", encounter_id)


@require_POST
@page(roles={"practitioner"})
def start(request: HttpRequest, encounter_id: UUID) -> HttpResponse:
    """Begin a visit in the room or by phone; by video it begins when the citizen is let in."""
    try:
        records.actions.start_encounter(encounter_id=encounter_id, by=actor_of(request), now=now())
    except NotAtADistance as refusal:
        messages.error(request, str(refusal.detail))
    return redirect("doctor_visit", encounter_id)


def _checks(encounter: Encounter, practitioner_id: UUID) -> list[Check]:
    diagnoses = encounter.diagnoses.count()
    written = list(prescriptions.queries.of_encounter(encounter.id, practitioner_id))
    drafts = [one for one in written if one.status == "draft"]
    found = []
    if encounter.status == Encounter.Status.PLANNED:
        found.append(Check("bad", _("The visit has not begun.")))
    if diagnoses:
        found.append(Check("good", _("The diagnosis is entered.")))
    else:
        found.append(Check("bad", _("A diagnosis is missing.")))
    if drafts:
        found.append(Check("warn", _("A prescription is written but not signed. The patient cannot collect it.")))
    elif written:
        found.append(Check("good", _("The prescription is signed.")))
    else:
        found.append(Check("good", _("No prescription in this visit.")))
    if encounter.advice.strip():
        found.append(Check("good", _("The patient finds your advice in their record.")))
    else:
        found.append(Check("warn", _("You wrote no advice for the patient.")))
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@page(roles={"practitioner"})
def finish(request: HttpRequest, encounter_id: UUID) -> HttpResponse:
    """Look at what is missing, then close the visit."""
    actor = actor_of(request)
    encounter = access.get_encounter(actor, encounter_id)
    refusal: DomainError | None = None
    if request.method == "POST":
        try:
            records.actions.finish_encounter(encounter_id=encounter_id, by=actor, now=now())
        except DomainError as error:
            refusal = error
        else:
            done = _("The visit with %(name)s is finished.") % {"name": encounter.person.full_name}
            messages.success(request, done)
            return redirect("doctor_day")
    checks = _checks(encounter, own_id(actor))
    context = {
        "encounter": encounter,
        "checks": checks,
        "may_finish": all(check.state != "bad" for check in checks),
        "refusal": refusal,
    }
    return render(request, "web/doctor/finish.html", context, status=409 if refusal else 200)
