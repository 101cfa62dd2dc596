"""The payment's own page: how it stands, the way to the gateway, the way back to what it is for."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from core.errors import WrongState
from core.pages import actor_of, now, page
from core.refs import Ref, page_of
from payments import access, actions, gateways

PAYERS = frozenset({"citizen", "desk"})


@require_GET
@page(roles=PAYERS)
def payment(request: HttpRequest, payment_id: UUID) -> HttpResponse:
    """How a payment stands; while the gateway's word is awaited, the page looks again by itself."""
    found = access.get_payment(actor_of(request), payment_id)
    newest = access.get_payment_for(actor_of(request), Ref.parse(found.subject))
    at, actor = now(), actor_of(request)
    context = {
        "base": "web/hospital/_frame.html" if actor.role == "desk" else "web/base.html",
        "payment": found,
        "newer": newest if newest.id != found.id and (newest.is_open or newest.is_captured) else None,
        "refunds": found.refunds.order_by("created_at"),
        "back": "" if actor.role == "desk" else page_of(Ref.parse(found.subject)),
        "can_pay": found.status in {"created", "failed"} and not found.is_late(at) and bool(gateways.codes()),
        "is_late": found.is_late(at),
    }
    return render(request, "payments/payment.html", context)


@require_POST
@page(roles=PAYERS)
def start(request: HttpRequest, payment_id: UUID) -> HttpResponse:
    """Go to the gateway's page; if there is nothing to pay any more, back to the payment's page, which says why."""
    gateway = request.POST.get("gateway") or next(iter(gateways.codes()), "")
    try:
        started = actions.start_payment(payment_id=payment_id, gateway=gateway, by=actor_of(request), now=now())
    except WrongState:
        return redirect("payments_payment", payment_id)
    if not started.gateway_url:  # closed while the gateway was asked
        return redirect("payments_payment", started.id)
    return redirect(started.gateway_url)
