"""Paying for somebody by a link: the payer hands it on, and whoever opens it sees what is to be paid and nothing more."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from core.actor import Actor
from core.errors import Conflict, TooMany
from core.pages import actor_of, now, page
from core.refs import Ref
from payments import access, actions, paper_access, queries
from payments.models import PayLink, Payment
from payments.pages.payer import qr_of, scannable

PAYERS = frozenset({"citizen", "desk"})
HOUSE = Actor.system("pay link")
# What is paid for, in words that tell nothing about anybody's health.
KINDS: dict[str, Any] = {
    "appointment": gettext_lazy("a visit to the doctor"),
    "series": gettext_lazy("several visits to the doctor"),
    "invoice": gettext_lazy("a hospital bill"),
    "deposit": gettext_lazy("a deposit at the hospital"),
}


@require_POST
@page(roles=PAYERS)
def share(request: HttpRequest, payment_id: UUID) -> HttpResponse:
    """Make a link and show it, this once."""
    by = actor_of(request)
    found = access.get_payment(by, payment_id)
    try:
        link, token = actions.make_link(payment_id=payment_id, by=by, now=now())
    except Conflict as refusal:
        messages.error(request, str(refusal.detail))
        return redirect("payments_payment", payment_id)
    url = request.build_absolute_uri(reverse("payments_by_link", args=[token]))
    context = {
        "base": "web/hospital/_frame.html" if by.role == "desk" else "web/base.html",
        "payment": found,
        "link": link,
        "url": url,
        "said": _("Please pay %(amount)s to %(payee)s for me: %(url)s")
        % {"amount": found.price, "payee": found.facility.name, "url": url},
    }
    return render(request, "payments/share.html", context)


@require_POST
@page(roles=PAYERS)
def stop_sharing(request: HttpRequest, payment_id: UUID) -> HttpResponse:
    """Take back all links of a payment."""
    if actions.revoke_links(payment_id=payment_id, by=actor_of(request), now=now()):
        messages.success(request, _("Nobody can pay by the links you shared any more."))
    return redirect("payments_payment", payment_id)


def _newest(link: PayLink) -> Payment:
    """After a declined try, the one that counts."""
    return access.get_payment_for(HOUSE, Ref.parse(link.payment.subject))


@require_GET
@page(roles=())
def by_link(request: HttpRequest, token: str) -> HttpResponse:
    """What is to be paid, until when, and how; after that how it ended. No sign-in."""
    return _show(request, token)


def _show(request: HttpRequest, token: str, *, refusal: str = "", status: int = 200) -> HttpResponse:
    at = now()
    link = paper_access.get_link(token, at)
    payment = _newest(link)
    ways = queries.ways_to_pay(payment.facility_id)
    can_pay = payment.status in {"created", "failed", "pending"} and not payment.is_late(at) and link.expires_at > at
    context = {
        "payment": payment,
        "kind": KINDS.get(Ref.parse(payment.subject).kind, _("a payment")),
        "ways": ways,
        "can_pay": can_pay and bool(ways),
        "is_late": payment.is_late(at),
        "has_qr": bool(scannable(payment)) and "back" not in request.GET,
        "qr_url": reverse("payments_link_qr", args=[token]),
        "start_url": reverse("payments_link_start", args=[token]),
        "way": next((way for way in ways if way.code == payment.gateway), None),
        "refusal": refusal,
    }
    response = render(request, "payments/by_link.html", context, status=status)
    # The address is the key: it goes into no cache and no search engine. To no other site either: SECURE_REFERRER_POLICY.
    response["Cache-Control"], response["X-Robots-Tag"] = "no-store", "noindex"
    return response


@require_POST
@page(roles=())
def start(request: HttpRequest, token: str) -> HttpResponse:
    """Go to the gateway, as whoever holds the link."""
    at = now()
    try:
        bearer, link = actions.use_link(token=token, now=at)
        found = _newest(link)
        ways = queries.ways_to_pay(found.facility_id)
        started = actions.start_payment(
            payment_id=found.id,
            gateway=request.POST.get("gateway") or found.gateway or (ways[0].code if ways else ""),
            site=request.build_absolute_uri("/"),
            return_path=reverse("payments_link_back", args=[token]),
            language=get_language() or settings.LANGUAGE_CODE,
            address=request.META.get("REMOTE_ADDR") or "127.0.0.1",
            by=bearer,
            now=at,
        )
    except TooMany as refusal:
        return _show(request, token, refusal=str(refusal.detail), status=429)
    except Conflict as refusal:
        return _show(request, token, refusal=str(refusal.detail), status=409)
    if not started.is_waiting or not started.gateway_url:
        return redirect("payments_by_link", token)
    return redirect(started.gateway_url)


@require_GET
@page(roles=())
def back(request: HttpRequest, token: str) -> HttpResponse:
    """From the gateway: look at once how it went."""
    link = paper_access.get_link(token, now())
    found = actions.note_return(payment_id=_newest(link).id, by=HOUSE, now=now())
    return redirect(reverse("payments_by_link", args=[token]) + ("?back" if found.is_waiting else ""))


@require_GET
@page(roles=())
def qr(request: HttpRequest, token: str) -> HttpResponse:
    """The code to scan with another phone."""
    return qr_of(_newest(paper_access.get_link(token, now())))
