"""The pretended bank's page. Whoever holds the unguessable reference may pay, as at a real bank."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from core.errors import NotFound
from core.money import Money
from core.pages import now, page
from payments.gateways.sandbox import bank
from payments.models import Charge

WAYS = {"pay": bank.pay, "decline": bank.decline, "late": bank.pay_late}


def _charge(reference: str) -> Charge:
    charge = bank.find(reference) if "sandbox" in settings.PAYMENT_GATEWAYS else None
    if charge is None:
        raise NotFound()
    return charge


@require_GET
@page(roles=())
def show(request: HttpRequest, reference: str) -> HttpResponse:
    """What is to be paid, to whom, until when; three buttons."""
    charge = _charge(reference)
    context = {
        "charge": charge,
        "money": Money(charge.amount, charge.currency),
        "is_late": now() >= charge.expires_at,
    }
    response = render(request, "payments/sandbox_pay.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


@require_POST
@page(roles=())
def answer(request: HttpRequest, reference: str) -> HttpResponse:
    """Pay, decline or pay late, and go back to the merchant."""
    charge = _charge(reference)
    way = WAYS.get(request.POST.get("way", ""))
    if way is None:
        raise NotFound()
    way(charge.reference, now=now())
    return redirect(charge.return_path)
