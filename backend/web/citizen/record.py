"""The citizen's health record: what happened, what is known, and who looked."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

import realtime.queries
import records.actions
from core.errors import Conflict, Invalid, NotFound
from core.pages import actor_of, now
from core.refs import Ref
from identity import access as identity_access
from identity.models import Person
from records import access as records_access
from records import queries as records_queries
from records.sources import Entry, timeline
from web.citizen.door import as_id, citizen_page
from web.citizen.forms import AllergyForm
from web.citizen.profile import blame

KINDS = {
    "encounter": gettext_lazy("Visits"),
    "prescription": gettext_lazy("Prescriptions"),
    "dispense": gettext_lazy("Medicines received"),
    "file": gettext_lazy("Photos and files"),
}
ICONS = {"encounter": "stethoscope", "prescription": "prescription", "dispense": "pill", "file": "paperclip"}
ENTRIES = 30
LINES = 40


@dataclass(frozen=True)
class Happening:
    """One entry of the timeline, ready to show: its picture and where it leads."""

    entry: Entry
    icon: str
    kind: str
    address: str


def chosen_person(request: HttpRequest) -> tuple[UUID, list[Person]]:
    """Whose record is shown: from the address, else one's own; and all whose record may be shown."""
    actor = actor_of(request)
    people = list(identity_access.people_of(actor, "read"))
    wanted = request.GET.get("person") or request.POST.get("person") or str(actor.person_id)
    return as_id(wanted), people


def happening(entry: Entry) -> Happening:
    """Give an entry its picture and its own page, if it has one."""
    subject = Ref.parse(entry.ref) if entry.ref else None
    leads = {"prescription": "/prescriptions/{}/", "visitfile": "/visit-files/{}/"}
    address = leads[subject.kind].format(subject.id) if subject is not None and subject.kind in leads else ""
    return Happening(entry, ICONS.get(entry.kind, "document"), str(KINDS.get(entry.kind, "")), address)


@citizen_page
def record(request: HttpRequest) -> HttpResponse:
    """The record of one person: allergies and conditions first, then everything that happened, newest first."""
    return show(request, AllergyForm())


def show(request: HttpRequest, form: AllergyForm) -> HttpResponse:
    """Render the record with this form for a new allergy."""
    person_id, people = chosen_person(request)
    person = records_access.get_record_of(actor_of(request), person_id)
    kind = request.GET.get("kind", "")
    entries = timeline(person.id, kinds=[kind] if kind in KINDS else [])
    shown = Paginator(entries, ENTRIES).get_page(request.GET.get("page"))
    context = {
        "person": person,
        "people": people,
        "mine": person.id == actor_of(request).person_id,
        "kinds": KINDS.items(),
        "kind": kind if kind in KINDS else "",
        "entries": [happening(entry) for entry in shown],
        "shown": shown,
        "now": now(),
        "allergies": records_queries.allergies_of(person.id),
        "conditions": records_queries.conditions_of(person.id),
        "form": form,
        "recordings": realtime.queries.recordings_for(actor_of(request), person.id) if not kind else [],
    }
    return render(request, "web/citizen/record.html", context, status=422 if form.errors else 200)


@require_POST
@citizen_page
def add_allergy(request: HttpRequest) -> HttpResponse:
    """Add an allergy the citizen knows of; marked as entered by the citizen."""
    form = AllergyForm(request.POST)
    person_id, _people = chosen_person(request)
    if not form.is_valid():
        return show(request, form)
    try:
        records.actions.add_allergy(person_id=person_id, **form.cleaned_data, by=actor_of(request), now=now())
    except (Conflict, Invalid) as refusal:
        blame(form, refusal)
        return show(request, form)
    messages.success(request, _("The allergy was added. Doctors and pharmacies will be warned."))
    return redirect(f"/record/?person={person_id}#allergies")


@require_POST
@citizen_page
def remove_allergy(request: HttpRequest, allergy_id: UUID) -> HttpResponse:
    """Take back an allergy the citizen entered."""
    person_id, _people = chosen_person(request)
    records.actions.end_allergy(allergy_id=allergy_id, by=actor_of(request), now=now())
    messages.success(request, _("The allergy was removed."))
    return redirect(f"/record/?person={person_id}#allergies")


@citizen_page
def who(request: HttpRequest) -> HttpResponse:
    """Who looked at or changed this person's data; the whole log, or other people's lines only."""
    person_id, people = chosen_person(request)
    actor = actor_of(request)
    person = next((one for one in people if one.id == person_id), None)
    if person is None:
        raise NotFound()
    others_only = request.GET.get("others") == "1"
    lines = records_queries.access_lines(actor, person.id)
    if others_only:
        lines = lines.exclude(user_id=actor.user_id)
    shown = Paginator(lines, LINES).get_page(request.GET.get("page"))
    context = {
        "person": person,
        "people": people,
        "looks": records_queries.looks_of(actor, list(shown)),
        "shown": shown,
        "others_only": others_only,
    }
    return render(request, "web/citizen/who.html", context)
