"""The facility's waiting list at the desk: who waits for what, add somebody, take somebody off."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from booking import actions, queries
from core.edge import actor_of, now
from core.errors import Conflict, Invalid, NotFound
from identity import queries as identity_queries
from web.consoles.hospital.desk import desk_page, schedules_of, today_at
from web.consoles.hospital.forms import DAY
from web.templatetags.lanh import mode_words


class AddForm(forms.Form):
    """Somebody the desk knows, found by their phone number."""

    phone = forms.CharField(
        label=gettext_lazy("Phone number"), max_length=20, help_text=gettext_lazy("Of somebody who has a visit here.")
    )
    visit = forms.ChoiceField(label=gettext_lazy("Kind of visit"))
    practitioner = forms.ChoiceField(label=gettext_lazy("Doctor"), required=False)
    first_day = forms.DateField(label=gettext_lazy("From"), widget=DAY)
    last_day = forms.DateField(label=gettext_lazy("Until"), widget=DAY)
    urgent = forms.BooleanField(label=gettext_lazy("As soon as possible: before all others"), required=False)

    def __init__(self, *args: Any, kinds: list[Any], doctors: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ways = [(f"{kind.pk}|{mode}", f"{kind.name}, {mode_words(mode)}") for kind in kinds for mode in kind.modes]
        whom = [("", gettext_lazy("Any doctor")), *((str(one.pk), one.display_name) for one in doctors)]
        for name, choices in {"visit": ways, "practitioner": whom}.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices


@require_http_methods(["GET", "POST"])
@desk_page
def waiting_list(request: HttpRequest) -> HttpResponse:
    """Show the line in the order in which people are asked, with a form to add somebody."""
    by, moment = actor_of(request), now()
    schedules = schedules_of(by)
    doctors = list({one.practitioner_id: one.practitioner for one in schedules}.values())
    kinds = list(identity_queries.visit_types(facility=by.facility_id))
    today = today_at(schedules[0].zone if schedules else "Asia/Ho_Chi_Minh")
    initial = {"first_day": today, "last_day": today + timedelta(days=14)}
    form = AddForm(request.POST or None, kinds=kinds, doctors=doctors, initial=initial)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        visit_type_id, _mark, mode = values["visit"].partition("|")
        try:
            person_id = queries.known_by_phone(by, values["phone"])
            actions.join_waiting_list(
                person_id=person_id,
                visit_type_id=UUID(visit_type_id),
                practitioner_id=UUID(values["practitioner"]) if values["practitioner"] else None,
                mode=mode,
                first_day=values["first_day"],
                last_day=values["last_day"],
                urgency=1 if values["urgent"] else 2,
                by=by,
                now=moment,
            )
        except NotFound:
            form.add_error("phone", _("Nobody with this number has a visit here."))
        except (Conflict, Invalid) as error:
            form.add_error(None, str(error.detail))
        else:
            messages.success(request, _("Added to the waiting list."))
            return redirect("hospital_waiting")
    context = {"entries": list(queries.entries_of(by)[:300]), "form": form}
    return render(request, "web/hospital/waiting.html", context)


@require_POST
@desk_page
def remove(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Take somebody off the list; what they were offered goes on."""
    try:
        actions.leave_waiting_list(entry_id=entry_id, by=actor_of(request), now=now())
    except Conflict as error:
        messages.error(request, str(error.detail))
    else:
        messages.success(request, _("Taken off the waiting list."))
    return redirect("hospital_waiting")
