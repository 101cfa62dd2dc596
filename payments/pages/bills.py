"""The desk writes a bill: items of the price list, what is off, a health insurance card, to whom it is made out, its number."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.actor import Actor
from core.errors import Conflict, DomainError, Invalid
from core.money import Money
from core.pages import actor_of, now, page
from payments import actions, bhyt, paper_access, papers, price_lists
from payments.models import ChargedItem, Invoice
from payments.pages.bill_forms import BuyerForm, CardForm, LineForm, OffForm

DESK = frozenset({"desk"})
FOUND = 20


@require_safe
@page(roles=DESK)
def bill(request: HttpRequest, invoice_id: UUID) -> HttpResponse:
    """A bill that is being written; one that is issued has a page of its own."""
    return _bill(request, invoice_id)


def _bill(request: HttpRequest, invoice_id: UUID, **wrong: forms.Form) -> HttpResponse:
    """Show the bill; `wrong` are forms to be corrected, by their names on the page."""
    by = actor_of(request)
    found = paper_access.get_invoice(by, invoice_id)
    if not found.is_draft:
        return redirect("payments_invoice", invoice_id)
    q = request.GET.get("q", "").replace("\x00", "").strip()[:80]
    prices = price_lists.items_on(found.facility_id, found.visited_on)
    context = {
        "invoice": found,
        "items": found.items.all(),
        "q": q,
        "found": price_lists.matching(prices, q)[:FOUND] if q else [],
        "has_list": price_lists.list_on(found.facility_id, found.visited_on) is not None,
        "objects": bhyt.visit_objects(found.visited_on),
        "is_insured_form": found.form in bhyt.INSURED_FORMS,
        "line_form": LineForm(),
        "card_form": _card_form(request, found),
        "buyer_form": BuyerForm(initial={name: getattr(found, name) for name in Invoice.BUYER}),
        **wrong,
    }
    return render(request, "payments/desk/bill.html", context, status=422 if wrong else 200)


def _card_form(request: HttpRequest, invoice: Invoice) -> CardForm:
    periods = bhyt.periods_of_year(invoice.visited_on)
    paid = papers.copayments_beside(actor_of(request), invoice, periods)
    known = {f"paid_{number}": f"{amount:,}".replace(",", ".") for number, amount in enumerate(paid) if amount}
    card = invoice.card or invoice.person.insurance_number
    return CardForm(on=invoice.visited_on, initial={"card": card, "visit_object": invoice.visit_object, **known})


@require_POST
@page(roles=DESK)
def add(request: HttpRequest, invoice_id: UUID) -> HttpResponse:
    """Put a line on it."""
    form = LineForm(request.POST)
    if not form.is_valid():
        return _bill(request, invoice_id, line_form=form)
    said, by = form.cleaned_data, actor_of(request)
    try:
        if said["code"]:
            line = actions.charge_item(
                invoice_id=invoice_id, code=said["code"], quantity=said["quantity"], by=by, now=now()
            )
        else:
            price = Money.vnd(said["price"])
            line = actions.charge_amount(
                invoice_id=invoice_id, name=said["name"], price=price, quantity=said["quantity"], by=by, now=now()
            )
    except Invalid as refusal:
        form.add_error(None, str(refusal.detail))
        return _bill(request, invoice_id, line_form=form)
    except Conflict as refusal:
        messages.error(request, str(refusal.detail))
    else:
        messages.success(request, _("%(name)s is on the bill.") % {"name": line.name})
    return redirect("payments_bill", invoice_id)


@require_POST
@page(roles=DESK)
def change(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Take a line off, take something off it, or say that somebody else pays a part of it."""
    by = actor_of(request)
    invoice_id = paper_access.invoice_with(by, item_id)
    form = OffForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(one) for some in form.errors.values() for one in some))
        return redirect("payments_bill", invoice_id)
    try:
        _change(item_id, request.POST.get("act", ""), form.cleaned_data, by)
    except (Conflict, Invalid) as refusal:
        messages.error(request, str(refusal.detail))
    return redirect("payments_bill", invoice_id)


def _change(item_id: UUID, act: str, said: dict[str, Any], by: Actor) -> ChargedItem | None:
    money = Money.vnd(said["amount"])
    if act == "discount":
        return actions.give_discount(item_id=item_id, money=money, reason=said["reason"], by=by, now=now())
    if act == "other":
        return actions.take_from_other_source(item_id=item_id, money=money, by=by, now=now())
    if act != "off":
        raise Invalid()
    actions.take_off(item_id=item_id, by=by, now=now())
    return None


@require_POST
@page(roles=DESK)
def insure(request: HttpRequest, invoice_id: UUID) -> HttpResponse:
    """Work out what health insurance pays, or take the card off again."""
    by = actor_of(request)
    found = paper_access.get_invoice(by, invoice_id)
    if request.POST.get("act") == "without":
        actions.without_insurance(invoice_id=invoice_id, by=by, now=now())
        return redirect("payments_bill", invoice_id)
    form = CardForm(request.POST, on=found.visited_on)
    if not form.is_valid():
        return _bill(request, invoice_id, card_form=form)
    said = form.cleaned_data
    try:
        actions.split_by_insurance(
            invoice_id=invoice_id,
            card=said["card"],
            visit_object=said["visit_object"],
            five_years=said["five_years"],
            copay_this_year=form.copayments(),
            by=by,
            now=now(),
        )
    except Invalid as refusal:
        form.add_error(None, str(refusal.detail))
        return _bill(request, invoice_id, card_form=form)
    except Conflict as refusal:
        messages.error(request, str(refusal.detail))
    return redirect("payments_bill", invoice_id)


@require_POST
@page(roles=DESK)
def issue(request: HttpRequest, invoice_id: UUID) -> HttpResponse:
    """Give it its number; from now on it is final."""
    form = BuyerForm(request.POST)
    if not form.is_valid():
        return _bill(request, invoice_id, buyer_form=form)
    try:
        buyer = {name: said for name, said in form.cleaned_data.items() if name in request.POST}
        issued = actions.issue_invoice(invoice_id=invoice_id, buyer=buyer, by=actor_of(request), now=now())
    except Conflict as refusal:
        messages.error(request, str(refusal.detail))
        return redirect("payments_bill", invoice_id)
    messages.success(request, _("Invoice %(number)s is issued.") % {"number": issued.number})
    return redirect("payments_invoice", invoice_id)


@require_POST
@page(roles=DESK)
def drop(request: HttpRequest, invoice_id: UUID) -> HttpResponse:
    """Throw it away; what it was to replace stands."""
    try:
        actions.drop_bill(invoice_id=invoice_id, by=actor_of(request), now=now())
    except DomainError as refusal:
        if not isinstance(refusal, Conflict):
            raise
        messages.error(request, str(refusal.detail))
        return redirect("payments_invoice", invoice_id)
    messages.success(request, _("The bill is thrown away. Nothing was issued."))
    return redirect("payments_invoices")
