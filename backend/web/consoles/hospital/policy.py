"""The rules of the house: holidays, cancelling, no-shows, reminders; and what each kind of visit costs."""

from collections import defaultdict
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from booking import access, actions, holidays, queries
from booking.actions.policies import RANGES
from booking.errors import AppointmentsAffected
from core.edge import actor_of, now
from core.errors import Invalid
from identity import actions as identity_actions
from identity import queries as identity_queries
from web.consoles.hospital.desk import desk_page, today_at
from web.consoles.hospital.policy_forms import PolicyForm, PriceForm


@require_http_methods(["GET", "POST"])
@desk_page
def policy(request: HttpRequest) -> HttpResponse:
    """Show what the house has decided and let the desk change it; visits on a day that would close are named first."""
    by = actor_of(request)
    here = access.get_policy(by)
    today = today_at(here.facility.zone)
    known = [(day, name) for day, name in holidays.coming(today.year, get_language() or "vi") if day >= today]
    if request.method == "POST":
        form = PolicyForm(request.POST, holidays=known)
    else:
        initial: dict[str, Any] = {name: getattr(here, name) for name in RANGES}
        initial["reminder_hours"] = ", ".join(str(hours) for hours in here.reminder_hours)
        initial["open_holidays"] = [day.isoformat() for day in here.open_holidays]
        form = PolicyForm(initial=initial, holidays=known)
    affected: list[Any] = []
    if request.method == "POST" and form.is_valid():
        values = form.values()
        # Holidays that are not on the page stay as they were decided.
        shown = {day for day, _name in known}
        values["open_holidays"] += [day for day in here.open_holidays if day not in shown]
        try:
            actions.put_policy(values=values, keep_agreed=form.cleaned_data["keep_agreed"], by=by, now=now())
        except AppointmentsAffected as error:
            affected = queries.appointments_among(by, error.appointment_ids)
        except Invalid as error:
            form.add_error(None, str(error.detail))
        else:
            messages.success(request, _("The rules were saved. They hold from now on."))
            return redirect("hospital_policy")
    context = {"form": form, "years": _years(form, known), "affected": affected}
    return render(request, "web/hospital/policy.html", context)


@require_http_methods(["GET", "POST"])
@desk_page
def visit_types(request: HttpRequest) -> HttpResponse:
    """List the kinds of visit with their prices, each with a small form."""
    by = actor_of(request)
    kinds = list(identity_queries.visit_types(facility=by.facility_id))
    forms_of = {kind.pk: PriceForm(kind=kind, prefix=str(kind.pk)) for kind in kinds}
    asked = request.POST.get("visit_type", "")
    wanted = next((kind for kind in kinds if str(kind.pk) == asked), None)
    if request.method == "POST" and wanted is not None:
        form = forms_of[wanted.pk] = PriceForm(request.POST, kind=wanted, prefix=str(wanted.pk))
        if form.is_valid() and _price(request, wanted.pk, form):
            return redirect("hospital_visit_types")
    return render(request, "web/hospital/visit_types.html", {"rows": [(kind, forms_of[kind.pk]) for kind in kinds]})


def _price(request: HttpRequest, visit_type_id: UUID, form: PriceForm) -> bool:
    price, own = form.prices()
    try:
        identity_actions.change_price(
            visit_type_id=visit_type_id, price_amount=price, mode_prices=own, by=actor_of(request), now=now()
        )
    except Invalid as error:
        form.add_error(None, str(error.detail))
        return False
    messages.success(request, _("The price was saved. Visits agreed already keep theirs."))
    return True


def _years(form: PolicyForm, known: list[tuple[date, str]]) -> list[tuple[int, list[tuple[Any, date, str]]]]:
    """Put each holiday's checkbox beside its date and name, year by year."""
    boxes = {box.data["value"]: box for box in form["open_holidays"]}
    found: dict[int, list[tuple[Any, date, str]]] = defaultdict(list)
    for day, name in known:
        found[day.year].append((boxes[day.isoformat()], day, name))
    return list(found.items())
