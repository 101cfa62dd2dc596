"""Somebody stands at the desk without an appointment: who they are, to whom they go, and a number."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from booking import queries
from core.errors import Conflict, Invalid
from core.pages import actor_of, now
from identity.models import VisitType
from identity.phone import to_e164
from journeys import queueing
from web.consoles.hospital.desk import desk_page, schedules_of
from web.queue.line import priorities


class WalkInForm(forms.Form):
    full_name = forms.CharField(label=gettext_lazy("Full name"), max_length=120)
    born_on = forms.DateField(
        label=gettext_lazy("Date of birth"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    sex = forms.ChoiceField(
        label=gettext_lazy("Sex"),
        choices=[
            ("female", gettext_lazy("female")),
            ("male", gettext_lazy("male")),
            ("unknown", gettext_lazy("not stated")),
        ],
        initial="female",
    )
    phone = forms.CharField(
        label=gettext_lazy("Phone"), required=False, widget=forms.TextInput(attrs={"inputmode": "tel"})
    )
    schedule = forms.ChoiceField(label=gettext_lazy("Doctor"))
    visit_type = forms.ChoiceField(label=gettext_lazy("Kind of visit"))
    priority = forms.ChoiceField(
        label=gettext_lazy("Priority"), required=False, help_text=gettext_lazy("Age is seen by itself.")
    )

    def __init__(self, *args: Any, schedules: list[Any], visit_types: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: dict[str, list[tuple[str, Any]]] = {
            "schedule": [
                (
                    str(one.pk),
                    f"{one.practitioner.display_name} · {one.room}" if one.room else one.practitioner.display_name,
                )
                for one in schedules
            ],
            "visit_type": [(str(one.pk), f"{one.name} · {one.minutes}′") for one in visit_types],
            "priority": priorities(),
        }
        for name, values in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = values

    def clean_phone(self) -> str:
        """A number that can be called back, or none."""
        text = self.cleaned_data["phone"]
        number = to_e164(text) if text else ""
        if number is None:
            raise forms.ValidationError(_("Please check the phone number."))
        return number

    def clean_born_on(self) -> date:
        """Nobody is born tomorrow."""
        day: date = self.cleaned_data["born_on"]
        if not date(1900, 1, 1) <= day <= now().date():
            raise forms.ValidationError(_("Please check the date of birth."))
        return day


@require_http_methods(["GET", "POST"])
@desk_page
def walk_in(request: HttpRequest) -> HttpResponse:
    """The form, and the number it leads to."""
    by = actor_of(request)
    schedules = [one for one in schedules_of(by) if one.active]
    visit_types = list(VisitType.objects.filter(facility=by.facility_id, active=True, modes__contains=["in_person"]))
    form = WalkInForm(
        request.POST or None,
        schedules=schedules,
        visit_types=visit_types,
        initial={"schedule": request.GET.get("schedule", "")},
    )
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            ticket, payment = queueing.walk_in(
                schedule_id=values["schedule"],
                visit_type_id=values["visit_type"],
                somebody=queueing.Somebody(
                    full_name=values["full_name"], born_on=values["born_on"], sex=values["sex"], phone=values["phone"]
                ),
                priority="" if values["priority"] in {"", "none"} else values["priority"],
                by=by,
                now=now(),
            )
        except (Conflict, Invalid) as refusal:
            form.add_error(None, str(refusal.detail))
        else:
            words = _("%(name)s has number %(number)s.")
            messages.success(request, words % {"name": values["full_name"], "number": ticket.number})
            if payment is not None:
                messages.info(request, _("To pay: %(price)s") % {"price": payment.price})
            return redirect(f"{reverse('hospital_queue')}?schedule={ticket.schedule_id}#line")
    context = {"form": form, "takes": queries.takes_walk_ins(by), "schedules": schedules, "visit_types": visit_types}
    return render(request, "web/queue/walk_in.html", context, status=422 if form.errors else 200)
