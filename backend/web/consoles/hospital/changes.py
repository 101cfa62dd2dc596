"""What the desk does when plans change: another time, somebody who did not come, and who asks to book online again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from booking import access, actions, queries
from core.edge import actor_of, now
from core.errors import Conflict, Invalid, NotFound
from journeys import moving
from web.citizen.door import as_id, as_instant
from web.consoles.hospital.desk import day_from, desk_page, id_from

SIDES = {"citizen", "practitioner"}


@require_http_methods(["GET", "POST"])
@desk_page
def move(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    """Choose a day and a doctor, then a free time; the citizen is told and pays no more than before."""
    by, moment = actor_of(request), now()
    found = access.get_appointment(by, appointment_id)
    if request.method == "POST":
        return _take(request, found)
    today = queries.clinic_day(found) if found.starts_at > moment else found.schedule.today(moment)
    day = day_from(request.GET.get("day"), today)
    doctors = {one.practitioner_id: one for one in reversed(queries.colleagues_of(found, day))}
    chosen = doctors.get(id_from(request.GET.get("doctor")) or found.practitioner_id)
    times: list[Any] = []
    if chosen is not None:
        free = queries.slots_of(chosen.practitioner_id, found.visit_type_id, day, day, moment)
        times = [one for one in free if one.facility_id == found.facility_id and one.starts_at != found.starts_at]
    context = {
        "one": found,
        "doctors": list(doctors.values())[::-1],
        "chosen": chosen,
        "day": day,
        "previous": day - timedelta(days=1),
        "next": day + timedelta(days=1),
        "times": times,
        "may_move": str(found.status) in {"booked", "checked_in"},
        "back": day_address(found),
    }
    return render(request, "web/hospital/move.html", context)


def _take(request: HttpRequest, found: Any) -> HttpResponse:
    try:
        moved, _payment = moving.move(
            appointment_id=found.pk,
            schedule_id=as_id(request.POST.get("schedule")),
            starts_at=as_instant(request.POST.get("at")),
            by=actor_of(request),
            now=now(),
        )
    except (Conflict, Invalid) as refusal:
        messages.error(request, str(refusal.detail))
        return redirect("hospital_move", appointment_id=found.pk)
    words = _("The visit of %(name)s has its new time. They are being told.")
    messages.success(request, words % {"name": found.person.full_name})
    return redirect(day_address(access.get_appointment(actor_of(request), moved.pk)))


@require_POST
@desk_page
def no_show(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    """Note who did not come; it can be taken back the same day."""
    side = request.POST.get("side", "")
    if side not in SIDES:
        raise NotFound()
    by = actor_of(request)
    try:
        actions.record_no_show(appointment_id=appointment_id, side=side, by=by, now=now())
    except Conflict as refusal:
        messages.error(request, str(refusal.detail))
    return redirect(day_address(access.get_appointment(by, appointment_id)))


@require_POST
@desk_page
def undo_no_show(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    """They were only late."""
    by = actor_of(request)
    try:
        actions.undo_no_show(appointment_id=appointment_id, by=by, now=now())
    except Conflict as refusal:
        messages.error(request, str(refusal.detail))
    else:
        messages.success(request, _("It was taken back: the visit is booked again."))
    return redirect(day_address(access.get_appointment(by, appointment_id)))


@require_GET
@desk_page
def blocks(request: HttpRequest) -> HttpResponse:
    """Who may not book online for a while: those who asked first, then the others."""
    by, moment = actor_of(request), now()
    asking = list(queries.appeals_waiting(by)[:100])
    ids = {one.pk for one in asking}
    others = [one for one in queries.blocks_for(by).exclude(pk__in=ids)[:100]]
    running = [one for one in others if str(one.status) == "active" and one.until > moment]
    context = {"asking": asking, "running": running, "over": [one for one in others if one not in running][:20]}
    return render(request, "web/hospital/blocks.html", context)


@require_POST
@desk_page
def answer(request: HttpRequest, block_id: UUID) -> HttpResponse:
    """Lift a block or keep it, with a word to the citizen."""
    lift = request.POST.get("lift") == "yes"
    try:
        block = actions.answer_appeal(
            block_id=block_id,
            lift=lift,
            answer=request.POST.get("answer", "").strip()[:300],
            by=actor_of(request),
            now=now(),
        )
    except Conflict as refusal:
        messages.error(request, str(refusal.detail))
    else:
        words = _("%(name)s can book online again.") if lift else _("%(name)s is told that the pause stays.")
        messages.success(request, words % {"name": block.person.full_name})
    return redirect("hospital_blocks")


def day_address(appointment: Any) -> str:
    """The list of the day of a visit, at its line."""
    return f"{reverse('hospital_day')}?day={queries.clinic_day(appointment).isoformat()}#a-{appointment.pk}"
