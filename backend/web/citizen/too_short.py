"""A video visit that was too short: another time for the same money, the money, or "it was enough"."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

import booking.access
import booking.actions
from core.errors import DomainError, Invalid, NotFound
from core.pages import actor_of, now
from web.citizen.door import as_id, as_instant, citizen_page
from web.citizen.waiting import other_days


@citizen_page
def too_short(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Show how it was and what may be chosen; afterwards what was."""
    moment = now()
    case = booking.access.find_cut_short(actor_of(request), case_id)
    is_open = str(case.status) == "open" and case.decide_by > moment
    context = {
        "case": case,
        "visit": case.appointment,
        "is_open": is_open,
        "joint": case.joint_seconds // 60,
        "agreed": case.agreed_seconds // 60,
        "other_days": other_days(case.appointment, moment) if is_open else [],
    }
    return render(request, "web/citizen/too_short.html", context)


@require_POST
@citizen_page
def choose(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Do what was chosen, and come back to see it."""
    by = actor_of(request)
    asked: dict[str, Any] = {
        "appointment_id": booking.access.find_cut_short(by, case_id).appointment_id,
        "by": by,
        "now": now(),
    }
    choice = request.POST.get("choice", "")
    try:
        if choice == "refund":
            booking.actions.refund_cut_short(**asked)
        elif choice == "enough":
            booking.actions.accept_cut_short(**asked)
        elif "|" in choice:
            schedule, _mark, starts_at = choice.partition("|")
            booking.actions.rebook_cut_short(schedule_id=as_id(schedule), starts_at=as_instant(starts_at), **asked)
        else:
            raise Invalid(fields={"choice": [_("Please choose one.")]})
    except NotFound:
        raise
    except DomainError as refusal:
        messages.error(request, str(refusal.detail))
    return redirect("web_too_short", case_id=case_id)
