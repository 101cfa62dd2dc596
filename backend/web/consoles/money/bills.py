"""The money of one visit at the desk: what was paid, its bills, deposits, and the way to write another bill."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

import booking.access
import booking.queries
from core.errors import Conflict, Invalid
from core.ids import new_id
from core.money import Money
from core.pages import actor_of, now
from core.refs import Ref
from journeys import billing
from payments import bhyt, papers
from payments import desk as looking
from web.consoles.hospital.desk import STATUS_WORDS, desk_page, id_from
from web.consoles.money import shared


@require_safe
@desk_page
def visit(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    """Everything about the money of one visit."""
    return _visit(request, appointment_id)


def _visit(
    request: HttpRequest, appointment_id: UUID, *, error: str = "", typed: str = "", wish: UUID | None = None
) -> HttpResponse:
    by = actor_of(request)
    appointment = booking.access.get_appointment(by, appointment_id)
    facts = booking.queries.get_facts(appointment.pk)
    subjects = [Ref("appointment", facts.id)]
    if facts.series:
        subjects.append(Ref("series", facts.series))
    bills = list(papers.bills_of(by, subjects))
    payments = looking.payments_for(by, [*subjects, *(Ref("invoice", one.pk) for one in bills)])
    look, words = STATUS_WORDS["expired" if appointment.is_overdue(now()) else appointment.status]
    context = {
        "facts": facts,
        "look": look,
        "words": words,
        "bills": bills,
        "payments": [(one, shared.PAYMENT_LOOKS[str(one.status)]) for one in payments],
        "deposits": papers.deposits_of(by, billing.payer_of(facts), subjects),
        "may_bill": facts.was_booked and facts.status in billing.BILLED,
        "draft": next((one for one in bills if one.is_draft and one.replaces_id is None), None),
        "is_insured_form": billing.form_of(facts) in bhyt.INSURED_FORMS,
        "deposit_id": wish or new_id(),
        "error": error,
        "typed": typed,
    }
    return render(request, "web/money/visit.html", context, status=422 if error else 200)


@require_POST
@desk_page
def begin(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    """Begin a bill, or go on with the one being written."""
    by = actor_of(request)
    booking.access.get_appointment(by, appointment_id)
    try:
        bill = billing.begin_bill(appointment_id=appointment_id, by=by, now=now())
    except Conflict as refusal:
        messages.error(request, str(refusal.detail))
        return redirect("hospital_visit_money", appointment_id)
    return redirect("payments_bill", bill.pk)


@require_POST
@desk_page
def deposit(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    """Ask for money ahead, and go to where it is taken."""
    by = actor_of(request)
    booking.access.get_appointment(by, appointment_id)
    wish, typed = id_from(request.POST.get("deposit")) or new_id(), request.POST.get("amount", "")
    try:
        asked = billing.ask_for_deposit(
            appointment_id=appointment_id, deposit_id=wish, money=Money.vnd(shared.whole(typed)), by=by, now=now()
        )
    except (Conflict, Invalid) as refusal:
        return _visit(request, appointment_id, error=shared.said(refusal), typed=typed, wish=wish)
    return redirect("hospital_cash_payment", asked.pk)
