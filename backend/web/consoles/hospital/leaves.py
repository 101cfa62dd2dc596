"""A doctor's leave at the desk: say when, see whom it touches and what each would be offered, confirm, watch it unfold."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from booking import access, actions, queries
from core.edge import actor_of, now
from core.errors import Conflict, Invalid
from web.consoles.hospital.desk import day_from, desk_page, exception_in_words, id_from, schedules_of, today_at
from web.consoles.hospital.forms import ExceptionForm

LOOKS = {
    "open": ("warn", gettext_lazy("Choosing")),
    "moved": ("good", gettext_lazy("Moved")),
    "cancelled": ("bad", gettext_lazy("Cancelled, money back")),
    "kept": ("info", gettext_lazy("Stays as agreed")),
}


class LeaveForm(ExceptionForm):
    """Who is away, when, and what the people concerned are told."""

    kind = grid_minutes = keep_agreed = None  # type: ignore[assignment]
    practitioner = forms.ChoiceField(label=gettext_lazy("Doctor"))
    message = forms.CharField(
        label=gettext_lazy("Words for the people concerned"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("They read this with the choices. Write nothing about anybody's health."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    field_order = ("practitioner", "first_day", "last_day", "from_time", "to_time", "message", "reason")

    def __init__(self, *args: Any, doctors: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["practitioner"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(str(one.pk), one.display_name) for one in doctors]


@require_GET
@desk_page
def leaves(request: HttpRequest) -> HttpResponse:
    """List the leaves of the facility, the latest first, with how far each has come."""
    rows = [(one, *_when(one)) for one in queries.leaves_of(actor_of(request))[:100]]
    return render(request, "web/hospital/leaves/list.html", {"rows": rows})


@require_http_methods(["GET", "POST"])
@desk_page
def new_leave(request: HttpRequest) -> HttpResponse:
    """Fill in, see whom it touches, confirm."""
    by, moment = actor_of(request), now()
    schedules = schedules_of(by)
    doctors = list({one.practitioner_id: one.practitioner for one in schedules}.values())
    zone = schedules[0].zone if schedules else "Asia/Ho_Chi_Minh"
    today = today_at(zone)
    first, last = (day_from(request.GET.get(name), today) for name in ("first_day", "last_day"))
    initial = {"practitioner": id_from(request.GET.get("doctor")), "first_day": first, "last_day": max(first, last)}
    if first == initial["last_day"]:
        del initial["last_day"]
    form = LeaveForm(request.POST or None, doctors=doctors, initial=initial)
    affected: list[Any] | None = None
    if request.method == "POST" and form.is_valid():
        starts_at, ends_at = form.span(zone)
        values = form.cleaned_data
        asked: dict[str, Any] = {
            "practitioner_id": UUID(values["practitioner"]), "starts_at": starts_at, "ends_at": ends_at,
            "by": by, "now": moment,
        }  # fmt: skip
        try:
            if "confirmed" in request.POST:
                made = actions.take_leave(reason=values["reason"], message=values["message"], **asked)
                messages.success(request, _("The leave is entered. Everybody concerned is being told."))
                return redirect("hospital_leave", leave_id=made.pk)
            affected = queries.preview_leave(**asked)
        except (Conflict, Invalid) as error:
            form.add_error(None, str(error.detail))
    chosen = next((one for one in doctors if str(one.pk) == form["practitioner"].value()), None)
    context = {"form": form, "affected": affected, "doctor": chosen, "zone": zone}
    if affected is not None:
        context["days"], context["hours"] = exception_in_words(starts_at, ends_at, zone)
        context["without"] = sum(not one.ways for one in affected)
    return render(request, "web/hospital/leaves/new.html", context)


@require_GET
@desk_page
def leave(request: HttpRequest, leave_id: UUID) -> HttpResponse:
    """One leave: who has chosen what, and who is still choosing."""
    by = actor_of(request)
    found = access.get_leave(by, leave_id)
    cases = [(one, *LOOKS[str(one.status)]) for one in queries.cases_of(found)]
    days, hours = _when(found)
    counts = [
        (sum(str(one.status) == name for one, _look, _words in cases), words) for name, (_, words) in LOOKS.items()
    ]
    context = {
        "leave": found,
        "cases": cases,
        "days": days,
        "hours": hours,
        "counts": counts,
        "may_undo": str(found.status) == "active" and found.during.upper > now(),
    }
    return render(request, "web/hospital/leaves/leave.html", context)


@require_POST
@desk_page
def undo_leave(request: HttpRequest, leave_id: UUID) -> HttpResponse:
    """The doctor will be there after all."""
    try:
        actions.undo_leave(leave_id=leave_id, by=actor_of(request), now=now())
    except Conflict as error:
        messages.error(request, str(error.detail))
    else:
        messages.success(request, _("The leave was taken back. Visits nobody had decided stay as agreed."))
    return redirect("hospital_leave", leave_id=leave_id)


def _when(found: Any) -> tuple[str, str]:
    return exception_in_words(found.during.lower, found.during.upper, found.facility.zone)
