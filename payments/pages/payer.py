"""The payment's own page: how it stands, the ways to pay, the way to the gateway and back to what it is for."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language
from django.views.decorators.http import require_GET, require_POST

from core.errors import NotFound, WrongState
from core.pages import actor_of, now, page
from core.qr import svg_of
from core.refs import Ref, page_of
from payments import access, actions, bank_queue, gateways, papers, queries
from payments.models import Payment, Refund

PAYERS = frozenset({"citizen", "desk"})


A_PAGE = 20
SETTLING = timedelta(minutes=1)  # how long it may take until it is decided what late money is for


@require_GET
@page(roles={"citizen"})
def history(request: HttpRequest) -> HttpResponse:
    """What was paid, what waits and what came back, of oneself and of those one pays for; the newest first."""
    actor = actor_of(request)
    rows = access.visible_to(actor).select_related("facility", "payer").order_by("-created_at", "-id")
    before = parse_datetime(request.GET.get("before", "")[:40]) if request.GET.get("before") else None
    if before is not None and before.tzinfo is not None:
        rows = rows.filter(created_at__lt=before)
    shown = list(rows[: A_PAGE + 1])
    older = shown[A_PAGE - 1].created_at.isoformat() if len(shown) > A_PAGE else ""
    context = {"payments": shown[:A_PAGE], "older": quote(older), "me": actor.person_id}
    return render(request, "payments/history.html", context)


@require_GET
@page(roles=PAYERS)
def payment(request: HttpRequest, payment_id: UUID) -> HttpResponse:
    """How a payment stands; while the gateway's word is awaited, the page looks again by itself."""
    found = access.get_payment(actor_of(request), payment_id)
    newest = access.get_payment_for(actor_of(request), Ref.parse(found.subject))
    at, actor = now(), actor_of(request)
    ways = queries.ways_to_pay(found.facility_id)
    promised = [one for one in found.refunds.all() if one.status in Refund.PROMISED]
    goes_back = found.status == "captured" and sum(one.amount for one in promised) >= found.captured_amount
    context = {
        "goes_back": goes_back,
        "is_settling": not goes_back and _is_settling(found, at),
        "came_late": goes_back and any(one.reason == "late" for one in promised),
        "base": "web/hospital/_frame.html" if actor.role == "desk" else "web/base.html",
        "payment": found,
        "newer": newest if newest.id != found.id and (newest.is_open or newest.is_paid) else None,
        "refunds": found.refunds.exclude(status__in=["awaiting_approval", "rejected"]).order_by("created_at"),
        "owed": found.credits.filter(status="owed"),
        "disputes": found.disputes.order_by("opened_at") if actor.role == "desk" else [],
        "is_silent": found.gateway in gateways.codes() and not gateways.get(found.gateway).tells_disputes,
        "is_of_invoice": Ref.parse(found.subject).kind == "invoice",
        "back": "" if actor.role == "desk" else page_of(Ref.parse(found.subject)),
        "can_pay": found.status in {"created", "failed", "pending"} and not found.is_late(at) and bool(ways),
        "is_late": found.is_late(at),
        "ways": ways,
        # Whoever comes back from the gateway may have paid: no code to scan is shown to them while it is looked into.
        "has_qr": bool(scannable(found)) and "back" not in request.GET,
        "qr_url": reverse("payments_qr", args=[found.id]),
        "why": queries.why(found),
        "by_hand": bank_queue.by_hand(found) if found.is_waiting else None,
        "looked_at": bank_queue.looked_at(found),
        "start_url": reverse("payments_start", args=[found.id]),
        "way": next((way for way in ways if way.code == found.gateway), None),
        "split": papers.split_before(found),
        "receipts": papers.receipts_for(actor, found),
        "invoices": papers.invoices_for(actor, found),
        "may_share": found.status in {"created", "failed", "pending"} and not found.is_late(at) and bool(ways),
        "has_links": papers.has_links(found, at),
    }
    return render(request, "payments/payment.html", context)


def _is_settling(found: Payment, at: datetime) -> bool:
    """Say whether money for a time came late a moment ago: the time may be free still, or the money goes back."""
    if found.captured_at is None or found.status != "captured" or found.captured_at <= found.expires_at:
        return False
    return Ref.parse(found.subject).kind in {"appointment", "series"} and at - found.captured_at < SETTLING


@require_POST
@page(roles=PAYERS)
def start(request: HttpRequest, payment_id: UUID) -> HttpResponse:
    """Go to the gateway's page; if there is none, or nothing to pay any more, back to the payment's page, which says why."""
    actor = actor_of(request)
    found = access.get_payment(actor, payment_id)
    ways = queries.ways_to_pay(found.facility_id)
    gateway = request.POST.get("gateway") or found.gateway or (ways[0].code if ways else "")
    try:
        started = actions.start_payment(
            payment_id=payment_id,
            gateway=gateway,
            site=request.build_absolute_uri("/"),
            language=get_language() or settings.LANGUAGE_CODE,
            address=request.META.get("REMOTE_ADDR") or "127.0.0.1",
            by=actor,
            now=now(),
        )
    except WrongState:
        return redirect("payments_payment", payment_id)
    if not started.is_waiting or not started.gateway_url:  # closed while the gateway was asked, or paid on our own page
        return redirect("payments_payment", started.id)
    return redirect(started.gateway_url)


@require_GET
@page(roles=PAYERS)
def back(request: HttpRequest, payment_id: UUID) -> HttpResponse:
    """From the gateway: look at once how it went. What the gateway wrote into the address is not read."""
    found = actions.note_return(payment_id=payment_id, by=actor_of(request), now=now())
    return redirect(queries.page_url(found) + ("?back" if found.is_waiting else ""))


@require_GET
@page(roles=PAYERS)
def qr(request: HttpRequest, payment_id: UUID) -> HttpResponse:
    """The code to scan with another phone, while there is something to pay."""
    found = access.get_payment(actor_of(request), payment_id)
    return qr_of(found)


def scannable(found: Payment) -> str:
    """Return what a waiting payment's QR code says: the gateway's own, or its page; empty when there is none to scan."""
    text = found.qr or (found.gateway_url if found.gateway_url.startswith("http") else "")
    return text if found.is_waiting else ""


def qr_of(found: Payment) -> HttpResponse:
    """Answer with a waiting payment's QR code as SVG. Raises NotFound when there is none to scan."""
    text = scannable(found)
    if not text:
        raise NotFound()
    response = HttpResponse(svg_of(text), content_type="image/svg+xml")
    response.headers["Cache-Control"] = "no-store"
    return response
