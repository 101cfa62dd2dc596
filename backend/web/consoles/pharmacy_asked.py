"""The pharmacy's answers to "who has it", and what it keeps for citizens: live, by hand or from the stock."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.errors import DomainError, Invalid, NotFound
from core.pages import actor_of, now, page
from prescriptions import access, actions, queries

PHARMACIST = {"pharmacist"}
READY_IN = (15, 30, 60, 120, 240, 720)


def _as_typed(one: queries.AskedHere, request: HttpRequest) -> queries.AskedHere:
    """Show again what was typed, as far as it was a number."""
    lines = []
    for line in one.lines:
        quantity = _number(request.POST.get(f"quantity-{line.line.id}", ""))
        price = _number(request.POST.get(f"price-{line.line.id}", ""))
        lines.append(replace(line, said_quantity=max(quantity, 0), said_price=price if price >= 0 else None))
    return replace(one, lines=lines)


def _shown(request: HttpRequest, *, wrong: UUID | None = None, error: DomainError | None = None) -> HttpResponse:
    by, moment = actor_of(request), now()
    here = [_as_typed(one, request) if one.answer.id == wrong else one for one in queries.asked_here(by, moment)]
    context: dict[str, Any] = {
        "asked": here,
        "kept": queries.kept_here(by),
        "rule": queries.answer_rule_of(access.pharmacy_of(by)),
        "ready_in": READY_IN,
        "wrong": wrong,
        "error": error,
    }
    return render(request, "web/pharmacy/asked.html", context, status=422 if error else 200)


@require_safe
@page(roles=PHARMACIST)
def asked(request: HttpRequest) -> HttpResponse:
    """What citizens around ask for, with what is on the shelf, and what is kept here."""
    return _shown(request)


def _number(text: str) -> int:
    """Read a whole number as offices write it: "1200", "1.200". -1 for anything else."""
    digits = text.strip().replace(".", "").replace(",", "").replace(" ", "")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 10 else -1


def _id_of(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("answer", ""))
    except ValueError as error:
        raise NotFound() from error


@require_POST
@page(roles=PHARMACIST)
def answer(request: HttpRequest) -> HttpResponse:
    """Say what there is, or that there is nothing."""
    by, moment, answer_id = actor_of(request), now(), _id_of(request)
    try:
        if request.POST.get("then") == "refuse":
            actions.refuse_inquiry(answer_id=answer_id, by=by, now=moment)
            messages.success(request, _("Answered: you do not have it."))
            return redirect("pharmacy_asked")
        here = access.get_answer_here(by, answer_id)
        lines, wrong = [], {}
        for line in here.inquiry.lines.all():
            quantity = _number(request.POST.get(f"quantity-{line.id}", "0") or "0")
            if quantity == 0:
                continue
            price = _number(request.POST.get(f"price-{line.id}", ""))
            if price < 0:
                wrong[f"price-{line.id}"] = [_("What does one unit cost, in dong?")]
            if not 0 < quantity <= line.wanted:
                wrong[f"quantity-{line.id}"] = [_("A whole number from 0 to %(most)s.") % {"most": line.wanted}]
            lines.append({"line": line.id, "quantity": quantity, "unit_price": price})
        if wrong:
            raise Invalid(fields=wrong)
        minutes = _number(request.POST.get("ready_in", "30"))
        ready_at = moment + timedelta(minutes=minutes if minutes in READY_IN else 30)
        actions.answer_inquiry(answer_id=answer_id, lines=lines, ready_at=ready_at, by=by, now=moment)
    except NotFound:
        raise
    except DomainError as error:
        return _shown(request, wrong=answer_id, error=error)
    messages.success(request, _("Answered. If the citizen reserves, you see it here at once."))
    return redirect("pharmacy_asked")


@require_POST
@page(roles=PHARMACIST)
def rule(request: HttpRequest) -> HttpResponse:
    """Decide whether questions are answered at once from the stock."""
    minutes = _number(request.POST.get("ready_in", "30"))
    automatic = request.POST.get("automatic") == "on"
    try:
        actions.set_answer_rule(automatic=automatic, ready_in_minutes=minutes, by=actor_of(request), now=now())
    except Invalid as error:
        messages.error(request, str(next(iter(error.fields.values()), [error.detail])[0]))
    else:
        messages.success(request, _("Saved."))
    return redirect("pharmacy_asked")


page_patterns = [
    path("pharmacy/asked/", asked, name="pharmacy_asked"),
    path("pharmacy/asked/answer/", answer, name="pharmacy_answer"),
    path("pharmacy/asked/rule/", rule, name="pharmacy_answer_rule"),
]
