"""The doctors of the facility and the hours behind their calendars; a change that hits agreed visits asks first."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from booking import access, actions, holidays, queries
from booking.errors import AppointmentsAffected
from core.actor import Actor
from core.edge import actor_of, now
from core.errors import Conflict, Invalid
from identity import queries as identity_queries
from web.consoles.hospital.desk import desk_page, exception_in_words, id_from, schedules_of, today_at
from web.consoles.hospital.forms import WEEKDAYS, ExceptionForm, HoursForm, SettingsForm, hours_in_words

SETTINGS = (
    "room",
    "min_notice_minutes",
    "horizon_days",
    "buffer_before_minutes",
    "buffer_after_minutes",
    "active",
)


@dataclass(frozen=True)
class Weekday:
    """One day of the week with its hours."""

    name: Any
    number: int
    hours: list[tuple[Any, str]]


@require_GET
@desk_page
def doctors(request: HttpRequest) -> HttpResponse:
    """List the doctors of the facility with their schedule and their next free time."""
    by = actor_of(request)
    moment = now()
    schedules = schedules_of(by)
    free = queries.first_free(now=moment, facility_id=by.facility_id, limit=500)
    next_free = {one.schedule.pk: one.starts_at for one in free}
    have = {one.practitioner_id for one in schedules}
    without = [one for one in identity_queries.practitioners(facility=by.facility_id) if one.pk not in have]
    rows = [(one, next_free.get(one.pk)) for one in schedules]
    return render(request, "web/hospital/doctors.html", {"rows": rows, "without": without})


@require_POST
@desk_page
def open_schedule(request: HttpRequest, practitioner_id: UUID) -> HttpResponse:
    """Give a doctor a schedule; its hours come next."""
    by = actor_of(request)
    assert by.facility_id is not None
    try:
        made = actions.add_schedule(practitioner_id=practitioner_id, facility_id=by.facility_id, by=by, now=now())
    except Conflict as error:
        messages.error(request, str(error.detail))
        return redirect("hospital_doctors")
    messages.success(request, _("The schedule is open. Add the weekly hours now."))
    return redirect("hospital_schedule", schedule_id=made.pk)


@require_GET
@desk_page
def schedule(request: HttpRequest, schedule_id: UUID) -> HttpResponse:
    """Show weekly hours, exceptions and settings, each with its form."""
    return _page(request, access.get_schedule(actor_of(request), schedule_id))


@require_POST
@desk_page
def add_hours(request: HttpRequest, schedule_id: UUID) -> HttpResponse:
    """Add weekly hours."""
    by = actor_of(request)
    here = access.get_schedule(by, schedule_id)
    form = HoursForm(request.POST, visit_types=_visit_types(here), prefix="hours")
    if form.is_valid():
        values = {name: value for name, value in form.cleaned_data.items() if name != "keep_agreed"}
        values["visit_type_ids"] = [UUID(one) for one in values["visit_type_ids"]]
        try:
            actions.add_rule(schedule_id=schedule_id, **values, by=by, now=now())
        except (Conflict, Invalid) as error:
            form.add_error(None, str(error.detail))
        else:
            messages.success(request, _("The hours were added."))
            return redirect("hospital_schedule", schedule_id=schedule_id)
    return _page(request, here, hours_form=form)


@require_http_methods(["GET", "POST"])
@desk_page
def change_hours(request: HttpRequest, schedule_id: UUID, rule_id: UUID) -> HttpResponse:
    """Change weekly hours; agreed visits outside the new ones are named before anything happens."""
    by = actor_of(request)
    here = access.get_schedule(by, schedule_id)
    rule = access.get_rule(here, rule_id)
    form = HoursForm(
        request.POST or None,
        visit_types=_visit_types(here),
        initial={
            **{name: getattr(rule, name) for name in ("weekday", "from_time", "to_time", "grid_minutes")},
            **{name: getattr(rule, name) for name in ("valid_from", "valid_to", "offset_minutes", "capacity", "room")},
            "visit_type_ids": [str(one.pk) for one in rule.visit_types.all()],
        },
    )
    affected: list[Any] = []
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        values["visit_type_ids"] = [UUID(one) for one in values["visit_type_ids"]]
        try:
            actions.change_rule(schedule_id=schedule_id, rule_id=rule_id, **values, by=by, now=now())
        except AppointmentsAffected as error:
            affected = queries.appointments_among(by, error.appointment_ids)
        except (Conflict, Invalid) as error:
            form.add_error(None, str(error.detail))
        else:
            messages.success(request, _("The hours were changed."))
            return redirect("hospital_schedule", schedule_id=schedule_id)
    context = {"schedule": here, "rule": rule, "form": form, "affected": affected, "in_words": hours_in_words(rule)}
    return render(request, "web/hospital/hours.html", context)


@require_http_methods(["GET", "POST"])
@desk_page
def remove_hours(request: HttpRequest, schedule_id: UUID, rule_id: UUID) -> HttpResponse:
    """Ask, then take weekly hours away; where visits are agreed in them, ask again and name them."""
    by = actor_of(request)
    here = access.get_schedule(by, schedule_id)
    rule = access.get_rule(here, rule_id)
    weekday, words = dict(WEEKDAYS)[rule.weekday], hours_in_words(rule)
    question = _("Remove the hours on %(day)s, %(hours)s?") % {"day": weekday, "hours": words}
    if request.method == "GET":
        return render(request, "web/hospital/sure.html", {"schedule": here, "question": question})
    keep = "keep_agreed" in request.POST
    try:
        actions.remove_rule(schedule_id=schedule_id, rule_id=rule_id, keep_agreed=keep, by=by, now=now())
    except AppointmentsAffected as error:
        return _ask(request, by, here, error, question)
    messages.success(request, _("The hours were removed."))
    return redirect("hospital_schedule", schedule_id=schedule_id)


@require_POST
@desk_page
def add_exception(request: HttpRequest, schedule_id: UUID) -> HttpResponse:
    """Close some time or open extra hours; the next page offers to take it back."""
    by = actor_of(request)
    here = access.get_schedule(by, schedule_id)
    form = ExceptionForm(request.POST, prefix="exception")
    affected: list[Any] = []
    if form.is_valid():
        starts_at, ends_at = form.span(here.zone)
        values = form.cleaned_data
        try:
            made = actions.add_closure(
                schedule_id=schedule_id,
                starts_at=starts_at,
                ends_at=ends_at,
                kind=values["kind"],
                reason=values["reason"],
                grid_minutes=values["grid_minutes"] or 20,
                keep_agreed=values["keep_agreed"],
                by=by,
                now=now(),
            )
        except AppointmentsAffected as error:
            affected = queries.appointments_among(by, error.appointment_ids)
        except (Conflict, Invalid) as error:
            form.add_error(None, str(error.detail))
        else:
            address = redirect("hospital_schedule", schedule_id=schedule_id)
            address["Location"] += f"?added={made.pk}#exceptions"
            return address
    return _page(request, here, exception_form=form, affected=affected)


@require_POST
@desk_page
def remove_exception(request: HttpRequest, schedule_id: UUID, closure_id: UUID) -> HttpResponse:
    """Take an exception back."""
    by = actor_of(request)
    here = access.get_schedule(by, schedule_id)
    keep = "keep_agreed" in request.POST
    try:
        actions.remove_closure(schedule_id=schedule_id, closure_id=closure_id, keep_agreed=keep, by=by, now=now())
    except AppointmentsAffected as error:
        return _ask(request, by, here, error, _("Take these extra hours back?"))
    messages.success(request, _("The exception was taken back."))
    return redirect("hospital_schedule", schedule_id=schedule_id)


@require_POST
@desk_page
def settings(request: HttpRequest, schedule_id: UUID) -> HttpResponse:
    """Change room, notice, horizon, buffers, and whether the schedule is open."""
    by = actor_of(request)
    here = access.get_schedule(by, schedule_id)
    form = SettingsForm(request.POST, prefix="settings")
    cramped: list[Any] = []
    if form.is_valid():
        try:
            actions.change_schedule(schedule_id=schedule_id, **form.cleaned_data, by=by, now=now())
        except AppointmentsAffected as error:
            cramped = queries.appointments_among(by, error.appointment_ids)
        except (Conflict, Invalid) as error:
            form.add_error(None, str(error.detail))
        else:
            messages.success(request, _("The settings were saved."))
            return redirect("hospital_schedule", schedule_id=schedule_id)
    return _page(request, here, settings_form=form, cramped=cramped)


def _page(
    request: HttpRequest,
    here: Any,
    *,
    hours_form: Form | None = None,
    exception_form: Form | None = None,
    settings_form: Form | None = None,
    affected: list[Any] | None = None,
    cramped: list[Any] | None = None,
) -> HttpResponse:
    closures = list(queries.closures_of(here, since=now()).order_by("during"))
    added = id_from(request.GET.get("added"))
    values = {name: getattr(here, name) for name in SETTINGS}
    context = {
        "schedule": here,
        "weekdays": _weekdays(queries.rules_of(here)),
        "closures": [(one, *exception_in_words(one.starts_at, one.ends_at, here.zone)) for one in closures],
        "just_added": next((one for one in closures if one.pk == added), None),
        "hours_form": hours_form or HoursForm(visit_types=_visit_types(here), prefix="hours"),
        "exception_form": exception_form
        or ExceptionForm(prefix="exception", initial={"first_day": today_at(here.zone)}),
        "settings_form": settings_form or SettingsForm(initial=values, prefix="settings"),
        "affected": affected or [],
        "cramped": cramped or [],
        "holidays": _holidays_ahead(here),
    }
    return render(request, "web/hospital/schedule.html", context)


def _holidays_ahead(here: Any) -> list[tuple[date, str]]:
    """Give the next public holidays on which the house is closed, with their names."""
    today = today_at(here.zone)
    closed = holidays.closed_days(queries.policy_of(here.facility_id), today, today + timedelta(days=60))
    return [(day, holidays.name_of(day, get_language() or "vi")) for day in closed]


def _ask(request: HttpRequest, by: Actor, here: Any, error: AppointmentsAffected, question: str) -> HttpResponse:
    affected = queries.appointments_among(by, error.appointment_ids)
    context = {"schedule": here, "question": question, "affected": affected}
    return render(request, "web/hospital/sure.html", context)


def _visit_types(here: Any) -> list[Any]:
    return list(identity_queries.visit_types(facility=here.facility_id))


def _weekdays(rules: list[Any]) -> list[Weekday]:
    return [
        Weekday(name, number, [(rule, hours_in_words(rule)) for rule in rules if rule.weekday == number])
        for number, name in WEEKDAYS
    ]
