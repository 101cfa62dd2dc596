"""What the desk does with an issued invoice (ask to be paid, count a deposit, begin another) and with a lost dispute."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.errors import Conflict, NotFound
from core.pages import actor_of, now, page
from payments import actions, paper_access
from payments.pages.papers import to_its_payment

DESK = frozenset({"desk"})


@require_POST
@page(roles=DESK)
def ask(request: HttpRequest, invoice_id: UUID) -> HttpResponse:
    """Open its payment and go to where cash is taken and the code for a phone is shown."""
    return to_its_payment(request, invoice_id, "hospital_cash_payment")


@require_POST
@page(roles=DESK)
def count(request: HttpRequest, invoice_id: UUID) -> HttpResponse:
    """Count what was paid ahead."""
    try:
        payment_id = UUID(request.POST.get("payment", ""))
    except ValueError as error:
        raise NotFound() from error
    try:
        actions.count_payment(payment_id=payment_id, invoice_id=invoice_id, by=actor_of(request), now=now())
    except Conflict as refusal:
        messages.error(request, str(refusal.detail))
    else:
        messages.success(request, _("The deposit counts for this invoice."))
    return redirect("payments_invoice", invoice_id)


def _reason(request: HttpRequest, invoice_id: UUID) -> str:
    """Read why something is done with an invoice of the desk's; empty, and said so, when nothing is typed. Raises NotFound."""
    paper_access.get_invoice(actor_of(request), invoice_id)
    reason = request.POST.get("reason", "").replace("\x00", "").strip()
    if not reason:
        messages.error(request, _("Please say why."))
    return reason


@require_POST
@page(roles=DESK)
def replace(request: HttpRequest, invoice_id: UUID) -> HttpResponse:
    """Begin another bill that will stand in its place."""
    reason = _reason(request, invoice_id)
    if not reason:
        return redirect("payments_invoice", invoice_id)
    try:
        draft = actions.replace_invoice(invoice_id=invoice_id, reason=reason, by=actor_of(request), now=now())
    except Conflict as refusal:
        messages.error(request, str(refusal.detail))
        return redirect("payments_invoice", invoice_id)
    return redirect("payments_bill" if draft.is_draft else "payments_invoice", draft.id)


@require_POST
@page(roles=DESK)
def take_back(request: HttpRequest, invoice_id: UUID) -> HttpResponse:
    """Nobody paid it and nobody has to: a credit note over all of it."""
    reason = _reason(request, invoice_id)
    if not reason:
        return redirect("payments_invoice", invoice_id)
    try:
        note = actions.take_back_invoice(invoice_id=invoice_id, reason=reason, by=actor_of(request), now=now())
    except Conflict as refusal:
        messages.error(request, str(refusal.detail))
    else:
        messages.success(
            request, _("It is taken back by %(number)s and no longer asked for.") % {"number": note.number}
        )
    return redirect("payments_invoice", invoice_id)


@require_POST
@page(roles=DESK)
def lost_dispute(request: HttpRequest, dispute_id: UUID) -> HttpResponse:
    """Note what the payer's bank decided, as its letter says."""
    found = actions.note_lost_dispute(dispute_id=dispute_id, by=actor_of(request), now=now())
    return redirect("payments_payment", found.payment_id)
