"""Handing a visit over: whom to ask, the answer of who is asked, and the visit one has given away."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

import records.actions
from core.actor import Actor
from core.errors import DomainError, NotFound
from core.pages import actor_of, now, page
from journeys import handing
from records import access, handed
from records.models import HandOver
from records.models.handing import MOST_WORDS
from web.citizen.door import as_id
from web.consoles.doctor.parts import note_parts


def board_of(actor: Actor, day: Any, zone: str) -> dict[str, Any]:
    """What the board of a day says: what one is asked to take over now, and what one gave away that day."""
    midnight = datetime.combine(day, time.min, tzinfo=ZoneInfo(zone))
    asked = handed.asked_of(actor)
    given = handed.given_away(actor, midnight, midnight + timedelta(days=1))
    return {
        "asked_over": [(one, one.encounter.person.age_on(day)) for one in asked],
        "given_away": given,
        "hand_over_state": ",".join(str(one.id) for one in [*asked, *given]),
        "most_words": MOST_WORDS,
    }


@require_http_methods(["GET", "HEAD", "POST"])
@page(roles={"practitioner"})
def hand_over(request: HttpRequest, encounter_id: UUID) -> HttpResponse:
    """Choose a colleague and say why; or see how the question stands."""
    actor, moment = actor_of(request), now()
    refusal: DomainError | None = None
    if request.method == "POST":
        try:
            records.actions.ask_hand_over(
                encounter_id=encounter_id,
                practitioner_id=as_id(request.POST.get("colleague")),
                why=request.POST.get("why", ""),
                by=actor,
                now=moment,
            )
        except NotFound:
            raise
        except DomainError as error:
            refusal = error
        else:
            return redirect("doctor_hand_over", encounter_id)
    q = request.GET.get("q", "")[:100]
    wish = handed.wish_of(actor, encounter_id)
    if wish is not None and wish.status == HandOver.Status.ACCEPTED:
        return redirect("doctor_visit", encounter_id)
    encounter = access.get_encounter(actor, encounter_id)
    context = {
        "encounter": encounter,
        "q": q,
        "wish": wish,
        "is_open": wish is not None and wish.status == HandOver.Status.ASKED,
        "under_way": encounter.status == "in_progress",
        "colleagues": handing.colleagues(encounter_id=encounter_id, q=q, by=actor, now=moment),
        "why": request.POST.get("why", ""),
        "chosen": request.POST.get("colleague", ""),
        "refusal": refusal,
        "most_words": MOST_WORDS,
    }
    return render(request, "web/doctor/hand_over.html", context, status=409 if refusal else 200)


@require_POST
@page(roles={"practitioner"})
def accept(request: HttpRequest, hand_over_id: UUID) -> HttpResponse:
    """Take it over, and go straight to the visit."""
    try:
        taken = handing.accept(hand_over_id=hand_over_id, by=actor_of(request), now=now())
    except NotFound:
        raise
    except DomainError as refusal:
        messages.error(request, str(refusal.detail))
        return redirect("doctor_day")
    return redirect("doctor_visit", taken.encounter_id)


@require_POST
@page(roles={"practitioner"})
def decline(request: HttpRequest, hand_over_id: UUID) -> HttpResponse:
    """Leave it where it is, with a reason."""
    why = request.POST.get("why", "")
    return _do(request, "doctor_day", records.actions.decline_hand_over, hand_over_id=hand_over_id, why=why)


@require_POST
@page(roles={"practitioner"})
def withdraw(request: HttpRequest, hand_over_id: UUID) -> HttpResponse:
    """Take the question back, and choose anew."""
    encounter_id = access.get_hand_over(actor_of(request), hand_over_id).encounter_id
    step = records.actions.withdraw_hand_over
    return _do(request, "doctor_hand_over", step, hand_over_id=hand_over_id, there=encounter_id)


@require_safe
@page(roles={"practitioner"})
def given(request: HttpRequest, encounter_id: UUID) -> HttpResponse:
    """A visit one has given away: what one wrote, as it stood then."""
    wish = access.get_handed_over(actor_of(request), encounter_id)
    then = handed.note_then(wish)
    parts = [(part.label, then.texts[part.name]) for part in note_parts() if part.name in then.texts]
    context = {"wish": wish, "encounter": wish.encounter, "parts": parts, "diagnoses": then.diagnoses}
    return render(request, "web/doctor/given.html", context)


def _do(request: HttpRequest, onward: str, action: Any, *, there: UUID | None = None, **values: Any) -> HttpResponse:
    """Do one step and go on, with the refusal in words if there is one."""
    try:
        action(by=actor_of(request), now=now(), **values)
    except NotFound:
        raise
    except DomainError as refusal:
        messages.error(request, str(refusal.detail))
    return redirect(onward, there) if there else redirect(onward)
