"""Money back: asked for at the desk, decided by a second person, owed where no gateway sends it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.errors import Conflict, Invalid, NotAllowed
from core.money import Money
from core.pages import actor_of, now
from payments import access, actions, desk
from web.consoles.hospital.desk import desk_page
from web.consoles.money import shared


@require_safe
@desk_page
def refunds(request: HttpRequest) -> HttpResponse:
    """What waits for a second person, what is owed, what is under way, what has ended lately."""
    by = actor_of(request)
    waiting = list(desk.refunds_to_decide(by))
    ended = list(desk.refunds_ended(by, now() - timedelta(days=30))[:50])
    names = desk.names_of(one for row in (*waiting, *ended) for one in (row.requested_by, row.decided_by))
    context = {
        "waiting": [
            (
                one,
                names.get(one.requested_by, "") if one.requested_by else "",
                shared.reason_words(one.reason),
                one.requested_by == by.user_id,
            )
            for one in waiting
        ],
        "owed": desk.credits_owed(by),
        "under_way": [(one, shared.reason_words(one.reason)) for one in desk.refunds_under_way(by)[:50]],
        "ended": [
            (one, shared.REFUND_LOOKS[str(one.status)], names.get(one.decided_by, "") if one.decided_by else "")
            for one in ended
        ],
        "shift": access.own_shift(by),
        "limit": Money.vnd(settings.REFUND_APPROVAL_ABOVE),
    }
    return render(request, "web/money/refunds.html", context)


@require_POST
@desk_page
def ask(request: HttpRequest, payment_id: UUID) -> HttpResponse:
    """Ask for money back; a large amount waits for a second person."""
    access.get_payment(actor_of(request), payment_id)
    amount, reason = (
        shared.whole(request.POST.get("amount")),
        request.POST.get("reason", "").replace("\x00", "").strip(),
    )
    if not reason:
        messages.error(request, _("Please say why."))
        return redirect("hospital_cash_payment", payment_id)
    try:
        refund = actions.request_refund(
            payment_id=payment_id, reason=reason, money=Money.vnd(amount), by=actor_of(request), now=now()
        )
    except (Conflict, Invalid) as error:
        messages.error(request, shared.said(error))
    else:
        waits = refund.status == "awaiting_approval"
        words = _("A colleague has to approve this refund.") if waits else _("The money is on its way back.")
        messages.success(request, words)
    return redirect("hospital_cash_payment", payment_id)


@require_POST
@desk_page
def decide(request: HttpRequest, refund_id: UUID) -> HttpResponse:
    """Approve or reject what a colleague asked for."""
    approves = request.POST.get("answer") == "approve"
    act = actions.approve_refund if approves else actions.reject_refund
    try:
        act(refund_id=refund_id, by=actor_of(request), now=now())
    except (Conflict, Invalid, NotAllowed) as error:
        messages.error(request, shared.said(error))
    else:
        words = _("Approved: the money is on its way back.") if approves else _("Rejected: nothing goes back.")
        messages.success(request, words)
    return redirect("hospital_refunds")


@require_POST
@desk_page
def pay_out(request: HttpRequest, credit_id: UUID) -> HttpResponse:
    """Hand out what is owed, or note the transfer that was made at the bank."""
    way = "cash" if request.POST.get("way") == "cash" else "transfer"
    try:
        actions.pay_out(
            credit_id=credit_id,
            way=way,
            transfer_reference=request.POST.get("transfer_reference", "").replace("\x00", ""),
            by=actor_of(request),
            now=now(),
        )
    except (Conflict, Invalid, NotAllowed) as error:
        messages.error(request, shared.said(error))
    else:
        messages.success(request, _("Paid out. The payer is told."))
    return redirect("hospital_refunds")
