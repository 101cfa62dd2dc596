"""Invoices and receipts on pages and as PDF, for who paid, who may pay for them, and the facility's desk."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from core.actor import Actor
from core.errors import Conflict
from core.pages import actor_of, now, page
from core.refs import Ref
from identity.access import may_act_for
from payments import actions, bhyt, einvoice, paper_access, papers, printing, queries
from payments.free import left_of, paid_of
from payments.models import Invoice

PAYERS = frozenset({"citizen", "desk"})
DESK = frozenset({"desk"})


def base_for(role: str) -> str:
    """Return the frame of a page that citizens and desks share."""
    return "web/hospital/_frame.html" if role == "desk" else "web/base.html"


def pdf_answer(content: bytes, name: str) -> HttpResponse:
    """Answer with a PDF to be looked at."""
    headers = {"Cache-Control": "no-store", "Content-Disposition": f'inline; filename="{name}.pdf"'}
    return HttpResponse(content, content_type="application/pdf", headers=headers)


@require_GET
@page(roles=PAYERS)
def invoice(request: HttpRequest, invoice_id: UUID) -> HttpResponse:
    """One invoice: what was charged, who pays which part, how it stands."""
    by = actor_of(request)
    found = paper_access.get_invoice(by, invoice_id)
    if by.role == "desk" and found.is_draft:
        return redirect("payments_bill", invoice_id)
    left, ways = left_of(found), queries.ways_to_pay(found.facility_id)
    context = {
        "base": base_for(by.role),
        "invoice": found,
        "left": left,
        "may_pay": not left.is_zero and bool(ways) and by.role == "citizen" and may_act_for(by, found.payer_id, "pay"),
        "items": found.items.all(),
        "payments": found.payments.select_related("payment").order_by("created_at"),
        "credits": found.credits.exclude(status="draft").order_by("issued_at"),
        "einvoice": getattr(found, "einvoice", None),
        "may_request": found.kind == "bill"
        and found.status not in {"draft", "replaced"}
        and einvoice.provider() is not None,
        "is_desk": by.role == "desk",
        **(_desk_facts(by, found) if by.role == "desk" else {}),
    }
    return render(request, "payments/invoice.html", context)


def _desk_facts(by: Actor, found: Invoice) -> dict[str, Any]:
    """What the desk needs to know to be paid."""
    is_due = not left_of(found).is_zero
    subjects = [Ref.parse(found.subject)]
    counted = set(
        found.payments.values_list("payment_id", flat=True)
    )  # each counts once: what is free since, elsewhere
    return {
        "is_due": is_due,
        "deposits": [one for one in papers.deposits_of(by, found.payer_id, subjects) if one[0].pk not in counted]
        if is_due
        else [],
        "may_replace": found.kind == "bill" and found.can_move_to(Invoice.Status.REPLACED),
        "may_take_back": is_due and found.status == Invoice.Status.ISSUED and not paid_of(found),
        "may_insure": found.form in bhyt.INSURED_FORMS and not found.card,
        "replacement": found.replacements.first(),
        "visit": subjects[0].id if subjects[0].kind == "appointment" else None,
    }


@require_GET
@page(roles=PAYERS)
def invoice_pdf(request: HttpRequest, invoice_id: UUID) -> HttpResponse:
    """The invoice on paper; a draft has none."""
    found = paper_access.get_invoice(actor_of(request), invoice_id)
    if found.is_draft:
        return redirect("payments_invoice", invoice_id)
    return pdf_answer(printing.invoice_pdf(found), f"hoa-don-{found.number}")


@require_POST
@page(roles={"citizen"})
def pay_invoice(request: HttpRequest, invoice_id: UUID) -> HttpResponse:
    """Begin to pay what is left of an invoice, or go on with it: to its payment's page, where the ways to pay are."""
    return to_its_payment(request, invoice_id, "payments_payment")


def to_its_payment(request: HttpRequest, invoice_id: UUID, there: str) -> HttpResponse:
    """Open the payment of what is left of an invoice, or find it open, and go to a page of it; back, in words, when there is none."""
    until = now() + timedelta(days=settings.INVOICE_PAYMENT_DAYS)
    try:
        payment = actions.ask_to_pay(invoice_id=invoice_id, expires_at=until, by=actor_of(request), now=now())
    except Conflict as refusal:
        messages.error(request, str(refusal.detail))
        return redirect("payments_invoice", invoice_id)
    if payment is None:
        messages.success(request, _("Nothing is left to pay of this invoice."))
        return redirect("payments_invoice", invoice_id)
    return redirect(there, payment.id)


@require_POST
@page(roles=PAYERS)
def want_einvoice(request: HttpRequest, invoice_id: UUID) -> HttpResponse:
    """Ask for the electronic invoice."""
    try:
        actions.request_einvoice(invoice_id=invoice_id, by=actor_of(request), now=now())
    except Conflict as refusal:
        messages.error(request, str(refusal.detail))
    else:
        messages.success(request, _("Your electronic invoice is being issued. It appears here in a moment."))
    return redirect("payments_invoice", invoice_id)


@require_GET
@page(roles=PAYERS)
def receipt(request: HttpRequest, receipt_id: UUID) -> HttpResponse:
    """One receipt or refund slip."""
    by = actor_of(request)
    found = paper_access.get_receipt(by, receipt_id)
    context = {
        "base": base_for(by.role),
        "receipt": found,
        "way": printing.way_of(found.method),
        "words": printing.in_words(found.money),
    }
    return render(request, "payments/receipt.html", context)


@require_GET
@page(roles=PAYERS)
def receipt_pdf(request: HttpRequest, receipt_id: UUID) -> HttpResponse:
    """The receipt or refund slip on paper."""
    found = paper_access.get_receipt(actor_of(request), receipt_id)
    name = "phieu-thu" if found.kind == "receipt" else "phieu-chi"
    return pdf_answer(printing.receipt_pdf(found), f"{name}-{found.number}")


@require_GET
@page(roles=DESK)
def invoices(request: HttpRequest) -> HttpResponse:
    """The desk's invoices, the newest first; by number, or by the payer's name."""
    q = request.GET.get("q", "").replace("\x00", "").strip()[:60]
    rows = paper_access.found_by(actor_of(request), q)
    context = {"page": Paginator(rows, 50).get_page(request.GET.get("page")), "q": q}
    return render(request, "payments/desk/invoices.html", context)
