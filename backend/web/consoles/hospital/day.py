"""The list of a day: who comes when to whom, who has arrived, and cancelling with a word to the citizen."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from booking import access, actions, queries
from core.edge import actor_of, now
from core.errors import Conflict
from web.consoles.hospital.desk import STATUS_WORDS, day_from, desk_page, id_from, schedules_of, today_at
from web.consoles.hospital.forms import CancelForm


@dataclass(frozen=True)
class Row:
    """One appointment with what the desk may do about it."""

    appointment: Any
    look: str
    words: Any
    may_check_in: bool
    may_cancel: bool
    may_move: bool = False
    may_miss: bool = False
    may_undo_missed: bool = False
    has_money: bool = False

    @property
    def is_over(self) -> bool:
        return self.appointment.status in {"cancelled", "fulfilled", "no_show", "rescheduled", "expired"}


def row_of(appointment: Any, today: Any, zone: str) -> Row:
    """Put one appointment into the desk's words."""
    look, words = STATUS_WORDS["expired" if appointment.is_overdue(now()) else appointment.status]
    return Row(
        appointment,
        look,
        words,
        may_check_in=appointment.status == "booked"
        and appointment.mode == "in_person"  # who comes by video arrives in front of the screen
        and today >= queries.clinic_day(appointment),
        may_cancel=appointment.can_move_to("cancelled"),
        may_move=appointment.status in {"booked", "checked_in"} and not appointment.walk_in,
        may_miss=queries.may_be_missed(appointment, now()) and not appointment.walk_in,
        may_undo_missed=queries.may_undo_no_show(appointment, now()),
        has_money=appointment.status not in {"held", "expired"},
    )


@require_GET
@desk_page
def day(request: HttpRequest) -> HttpResponse:
    """List a day's appointments of the facility, or of one doctor."""
    by = actor_of(request)
    schedules = schedules_of(by)
    zone = schedules[0].zone if schedules else "Asia/Ho_Chi_Minh"
    today = today_at(zone)
    chosen = day_from(request.GET.get("day"), today)
    doctor = id_from(request.GET.get("doctor"))
    found = queries.day_list(by, day=chosen, facility_id=by.facility_id, practitioner_id=doctor)
    rows = [row_of(one, today, zone) for one in found]
    arrived = id_from(request.GET.get("arrived"))
    ticket = queries.ticket_of(by, arrived) if arrived in {row.appointment.pk for row in rows} and arrived else None
    context = {
        "just_number": ticket.number if ticket else None,
        "rows": rows,
        "schedules": {one.practitioner_id: one for one in schedules}.values(),
        "doctor": doctor,
        "chosen": chosen,
        "today": today,
        "previous": chosen - timedelta(days=1),
        "next": chosen + timedelta(days=1),
        "counts": _counts(rows),
        "just_arrived": next(
            (r.appointment for r in rows if r.appointment.pk == arrived and r.appointment.status == "checked_in"), None
        ),
    }
    return render(request, "web/hospital/day.html", context)


@require_POST
@desk_page
def check_in(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    """Note that somebody stands at the desk; the next page offers to take it back."""
    by = actor_of(request)
    try:
        appointment = actions.check_in(appointment_id=appointment_id, by=by, now=now())
    except Conflict as error:
        messages.error(request, str(error.detail))
        return _back(access.get_appointment(by, appointment_id), request)
    return _back(appointment, request, arrived=str(appointment.pk))


@require_POST
@desk_page
def undo_check_in(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    """Take a check-in back."""
    by = actor_of(request)
    try:
        appointment = actions.undo_check_in(appointment_id=appointment_id, by=by, now=now())
    except Conflict as error:
        messages.error(request, str(error.detail))
        appointment = access.get_appointment(by, appointment_id)
    else:
        messages.success(request, _("The check-in was taken back."))
    return _back(appointment, request)


@require_http_methods(["GET", "POST"])
@desk_page
def cancel(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    """Ask why, then cancel; the citizen is told."""
    by = actor_of(request)
    appointment = access.get_appointment(by, appointment_id)
    form = CancelForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.cancel_appointment(
                appointment_id=appointment_id, reason=form.cleaned_data["reason"], by=by, now=now()
            )
        except Conflict as error:
            form.add_error(None, str(error.detail))
        else:
            messages.success(
                request,
                _("The appointment of %(name)s is cancelled. They are being told.")
                % {"name": appointment.person.full_name},
            )
            return _back(appointment, request)
    row = row_of(appointment, queries.clinic_day(appointment), appointment.schedule.zone)
    context = {"row": row, "form": form, "back": _day_address(appointment)}
    return render(request, "web/hospital/cancel.html", context)


def _counts(rows: list[Row]) -> list[tuple[int, Any]]:
    statuses = [row.appointment.status for row in rows]
    return [
        (sum(status in {"booked", "held"} for status in statuses), _("expected")),
        (statuses.count("checked_in"), _("arrived")),
        (sum(status in {"in_consultation", "interrupted"} for status in statuses), _("with the doctor")),
        (statuses.count("fulfilled"), _("done")),
    ]


def _day_address(appointment: Any, **query: str) -> str:
    day_of_visit = queries.clinic_day(appointment).isoformat()
    return f"{reverse('hospital_day')}?{urlencode({'day': day_of_visit, **query})}"


def _back(appointment: Any, request: HttpRequest, **query: str) -> HttpResponse:
    doctor = id_from(request.POST.get("doctor"))
    if doctor:
        query["doctor"] = str(doctor)
    return redirect(f"{_day_address(appointment, **query)}#a-{appointment.pk}")
