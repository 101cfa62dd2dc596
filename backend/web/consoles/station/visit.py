"""A visit in front of the nurse: the call with the citizen beside her, and what she measures while it goes on."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

import records.queries
from core.pages import actor_of, now
from journeys.station_api import VitalAnswer
from records import access as records_access
from records.models import Attendee
from records.vitals import BY_KEY
from web.consoles.station.arrivals import station_page
from web.vitals import vitals_words

# In the order in which a nurse measures: the cuff first, then what the hand and the finger tell, the scales, the strip.
ORDER = ("systolic", "diastolic", "pulse", "temperature", "spo2", "respiration", "weight", "height", "glucose")


@require_safe
@station_page
def visit(request: HttpRequest, encounter_id: UUID) -> HttpResponse:
    """The call and the measurements on one page."""
    actor, moment = actor_of(request), now()
    encounter = records_access.get_encounter_to_measure(actor, encounter_id, moment)
    beside = encounter.attendees.exclude(part=Attendee.Part.MEMBER).select_related("facility", "practitioner").first()
    rows = records.queries.measured_in(encounter.id)
    context: dict[str, Any] = {
        "encounter": encounter,
        "zone": encounter.facility.zone,
        "beside": beside,
        "vitals": [BY_KEY[key] for key in ORDER],
        "measured": VitalAnswer(rows, many=True, context={"by": actor}).data,
        "vitals_words": vitals_words(),
        "age": encounter.person.age_on(moment.date()),
        "allergies": list(records.queries.allergies_of(encounter.person_id)),
    }
    return render(request, "web/station/visit.html", context)
