"""The line in front of a room, for those who call: the desk for every doctor, a doctor for their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from booking import actions, queries
from core.actor import Actor
from core.errors import Conflict, DomainError, Invalid, NotFound
from core.pages import actor_of, now, page
from web.consoles.hospital.desk import desk_page, id_from, schedules_of

VERBS: dict[str, Callable[..., Any]] = {
    "call": actions.call_ticket,
    "skip": actions.skip_ticket,
    "bring-back": actions.bring_back,
    "left": actions.leave_line,
    "start": actions.start_ticket,
    "finish": actions.finish_ticket,
    "undo": actions.undo_ticket,
    "transfer": actions.transfer_ticket,
    "priority": actions.set_priority,
}


def line_context(by: Actor, schedule: Any, others: list[Any]) -> dict[str, Any]:
    """What the template of a line needs."""
    view = queries.line_of(schedule, now())
    return {
        "line": view,
        "others": [one for one in others if one.pk != schedule.pk and one.active],
        "last": last_step(view),
        "line_state": state_of(view),
        "priorities": priorities(),
    }


def last_step(view: queries.LineView) -> Any:
    """The number whose last step can be taken back most naturally: the one that was touched last."""
    touched = [
        *view.called,
        *view.serving,
        *view.skipped,
        *view.over,
        *(one.ticket for one in view.waiting),
    ]
    with_step = [one for one in touched if one.before]
    stamps = ("called_at", "serving_at", "done_at", "skipped_at", "left_at")

    def latest(ticket: Any) -> Any:
        return max((getattr(ticket, name) for name in stamps if getattr(ticket, name)), default=ticket.created_at)

    return max(with_step, key=latest, default=None)


def state_of(view: queries.LineView) -> str:
    """When this changes, open pages show the line anew."""
    rows = [*view.serving, *view.called, *(one.ticket for one in view.waiting), *view.skipped]
    return " ".join(f"{one.pk}:{one.status}:{one.calls}:{one.priority}" for one in rows) + f" {len(view.over)}"


@require_safe
@desk_page
def desk_line(request: HttpRequest) -> HttpResponse:
    """The lines of the facility today: one tab a doctor, the chosen one in full."""
    by, moment = actor_of(request), now()
    schedules = [one for one in schedules_of(by) if one.active]
    lines = {}
    for day in {one.today(moment) for one in schedules}:
        for view in queries.lines_of([one for one in schedules if one.today(moment) == day], day, moment):
            lines[view.schedule.pk] = view
    wanted = id_from(request.GET.get("schedule"))
    busy = [one for one in schedules if not lines[one.pk].is_empty]
    chosen = next((one for one in schedules if one.pk == wanted), (busy or schedules or [None])[0])
    context: dict[str, Any] = {
        "tabs": [lines[one.pk] for one in (busy if chosen in busy or chosen is None else [*busy, chosen])],
        "schedules": schedules,
        "chosen": chosen,
        "moment": moment,
        "role": by.role,
    }
    if chosen is not None:
        context |= line_context(by, chosen, schedules)
    return render(request, "web/queue/desk.html", context)


@require_POST
@page(roles={"desk", "practitioner"})
def call_next(request: HttpRequest, schedule_id: UUID) -> HttpResponse:
    """Call whoever is next."""
    by = actor_of(request)
    try:
        actions.call_next(schedule_id=schedule_id, by=by, now=now())
    except Conflict as refusal:
        messages.info(request, str(refusal.detail))
    return redirect(back_to(by, schedule_id))


@require_POST
@page(roles={"desk", "practitioner"})
def step(request: HttpRequest, ticket_id: UUID, verb: str) -> HttpResponse:
    """Do one thing with one number."""
    by = actor_of(request)
    values: dict[str, Any] = {}
    if verb not in VERBS:
        raise NotFound
    if verb == "transfer":
        values["schedule_id"] = id_from(request.POST.get("schedule"))
    if verb == "priority":
        values["priority"] = request.POST.get("priority", "")
        if values["priority"] not in {code for code, _words in priorities()}:
            raise Invalid
    home = id_from(request.POST.get("line"))
    try:
        ticket = VERBS[verb](ticket_id=ticket_id, **values, by=by, now=now())
    except NotFound:
        raise
    except DomainError as refusal:
        messages.error(request, str(refusal.detail))
    else:
        home = home or ticket.schedule_id
        if verb == "transfer":
            messages.success(request, _("Number %(number)s waits there now.") % {"number": ticket.number})
    return redirect(back_to(by, home))


def priorities() -> list[tuple[str, Any]]:
    """Whom the desk may put first, in words."""
    return [
        ("none", _("No priority")),
        ("emergency", _("Emergency")),
        ("child", _("Child under 6")),
        ("elderly", _("High age")),
        ("pregnant", _("Pregnant")),
        ("disabled", _("Severe disability")),
    ]


def back_to(by: Actor, schedule_id: UUID | None) -> str:
    """The page the line was on."""
    if by.role == "practitioner":
        return f"{reverse('doctor_day')}#line"
    return f"{reverse('hospital_queue')}?schedule={schedule_id}#line" if schedule_id else reverse("hospital_queue")
