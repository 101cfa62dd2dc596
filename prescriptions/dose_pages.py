"""The citizen's day: what to take when, reminders at one's own times, and the codes by SMS for a phone without the app."""

from __future__ import annotations

from datetime import time
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.errors import DomainError, NotFound
from core.pages import actor_of, now, page
from identity import access as identity_access
from prescriptions import actions, queries

CITIZEN = {"citizen"}
TIMES = ("morning", "noon", "evening", "night", "quiet_from", "quiet_to")


@require_safe
@page(roles=CITIZEN)
def my_day(request: HttpRequest) -> HttpResponse:
    """What I take today, and those I read for: morning, noon, evening, before sleep."""
    actor, moment = actor_of(request), now()
    people = list(identity_access.people_of(actor, "read"))
    context = {
        "days": queries.days_of_people(people, moment),
        "times": queries.dose_times_of(actor.user_id),
        "own_id": actor.person_id,
        "moment": moment,
    }
    return render(request, "prescriptions/day.html", context)


@require_POST
@page(roles=CITIZEN)
def set_times(request: HttpRequest) -> HttpResponse:
    """When I take medicines, and when I want to be left alone."""
    try:
        wanted = {name: time.fromisoformat(request.POST.get(name, "")) for name in TIMES}
    except ValueError:
        messages.error(request, _("Please write each time like 07:00."))
        return redirect("prescriptions_day")
    try:
        actions.set_dose_times(times=wanted, by=actor_of(request), now=now())
    except NotFound:
        raise
    except DomainError as error:
        messages.error(request, str(error.detail))
    else:
        messages.success(request, _("Saved."))
    return redirect("prescriptions_day")


@require_POST
@page(roles=CITIZEN)
def remind(request: HttpRequest, prescription_id: UUID) -> HttpResponse:
    """Turn the reminders of one prescription on or off."""
    wanted = request.POST.get("wanted") == "yes"
    actions.remind_of_doses(prescription_id=prescription_id, wanted=wanted, by=actor_of(request), now=now())
    messages.success(
        request, _("We remind you of these medicines.") if wanted else _("No more reminders of these medicines.")
    )
    return redirect("prescription_detail", prescription_id)


@require_POST
@page(roles=CITIZEN)
def send_codes(request: HttpRequest, prescription_id: UUID) -> HttpResponse:
    """Both codes by SMS to the person's own phone."""
    try:
        last = actions.send_codes(prescription_id=prescription_id, by=actor_of(request), now=now())
    except NotFound:
        raise
    except DomainError as error:
        messages.error(request, str(error.detail))
    else:
        messages.success(request, _("Sent to the phone ending in %(last)s.") % {"last": last})
    return redirect("prescription_detail", prescription_id)
