"""Money back: asked for at the desk, decided by a second person, owed where no gateway sends it; and the limit of all that."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.actor import Actor
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
    return _refunds(request)


def _refunds(request: HttpRequest, *, typed: str | None = None, error: str = "") -> HttpResponse:
    by = actor_of(request)
    limit = desk.refund_limit(by)
    waiting = list(desk.refunds_to_decide(by))
    ended = list(desk.refunds_ended(by, now() - timedelta(days=30))[:50])
    names = desk.names_of(
        [one for row in (*waiting, *ended) for one in (row.requested_by, row.decided_by)]
        + [one for row in (limit.own, limit.wished, *limit.history) if row for one in (row.set_by, row.decided_by)]
    )
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
        **_limit(limit, names, by),
        "typed": typed if typed is not None else shared.written(limit.above.amount) if limit.own else "",
        "usual": shared.written(limit.house.amount),
        "error": error,
    }
    return render(request, "web/money/refunds.html", context, status=422 if error else 200)


def _limit(limit: desk.Limit, names: dict[UUID, str], by: Actor) -> dict[str, Any]:
    def said(row: Any) -> dict[str, Any] | None:
        if row is None:
            return None
        return {
            "row": row,
            "amount": row.money or limit.house,
            "is_own": row.set_by == by.user_id,
            "set_by": names.get(row.set_by, ""),
            "decided_by": names.get(row.decided_by, "") if row.decided_by else "",
            "look": shared.LIMIT_LOOKS[str(row.status)],
        }

    return {
        "limit": limit,
        "own": said(limit.own),
        "wished": said(limit.wished),
        "set_before": [said(row) for row in limit.history],
    }


@require_POST
@desk_page
def set_limit(request: HttpRequest) -> HttpResponse:
    """Set the facility's own limit; an empty field is the house's. A higher one waits for a second person."""
    text = request.POST.get("amount", "").replace("\x00", "").strip()[:40]
    try:
        limit = actions.set_refund_limit(amount=shared.whole(text) if text else None, by=actor_of(request), now=now())
    except Invalid as error:
        return _refunds(request, typed=text, error=shared.said(error))
    if limit is not None and limit.status == "wished":
        messages.success(request, _("A colleague has to confirm the higher limit. Until then nothing changes."))
    else:
        messages.success(request, _("Saved."))
    return redirect("hospital_refunds")


@require_POST
@desk_page
def decide_limit(request: HttpRequest, limit_id: UUID) -> HttpResponse:
    """Confirm or refuse a colleague's higher limit, or take back one's own."""
    confirms = request.POST.get("answer") == "confirm"
    act = actions.confirm_refund_limit if confirms else actions.drop_refund_limit
    try:
        act(limit_id=limit_id, by=actor_of(request), now=now())
    except (Conflict, NotAllowed) as error:
        messages.error(request, shared.said(error))
    else:
        words = _("Confirmed: the higher limit holds from now on.") if confirms else _("The limit stays as it is.")
        messages.success(request, words)
    return redirect("hospital_refunds")


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
    """Approve what a colleague asked for, or reject it with a reason."""
    approves, by = request.POST.get("answer") == "approve", actor_of(request)
    try:
        if approves:
            actions.approve_refund(refund_id=refund_id, by=by, now=now())
        else:
            reason = request.POST.get("reason", "").replace("\x00", "")
            actions.reject_refund(refund_id=refund_id, reason=reason, by=by, now=now())
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
