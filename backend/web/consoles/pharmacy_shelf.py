"""The pharmacy's shelf: what there is, what is low or about to expire, deliveries, lists, corrections."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.actor import Actor
from core.errors import DomainError, Invalid, NotFound
from core.pages import actor_of, now, page
from identity.access import require_facility
from prescriptions import access, actions, queries
from prescriptions.queries.stock import correction_reasons
from prescriptions.stock_files import BOUNDS, whole

PHARMACIST = {"pharmacist"}
ONLY = ("", "low", "expiring")


def _today(by: Actor) -> date:
    zone = require_facility(by, access.pharmacy_of(by)).zone
    return now().astimezone(ZoneInfo(zone)).date()


def _said(error: DomainError) -> str:
    """The first word by field, else the sentence."""
    words = next((one for some in error.fields.values() for one in some), error.detail)
    return str(words)


@require_safe
@page(roles=PHARMACIST)
def shelf(request: HttpRequest) -> HttpResponse:
    """Every medicine with its lots, the warnings on top."""
    by = actor_of(request)
    today = _today(by)
    only = request.GET.get("only", "")
    q = request.GET.get("q", "").replace("\x00", "")[:80]
    everything = queries.shelves_of(by, today)
    found = queries.shelves_of(by, today, q=q, only=only if only in ONLY else "")
    context: dict[str, Any] = {
        "shelves": Paginator(found, 50).get_page(request.GET.get("page")),
        "low": sum(one.is_low for one in everything),
        "expiring": sum(bool(one.expired or one.soon) for one in everything),
        "empty": not everything,
        "only": only,
        "q": q,
        "today": today,
        "reasons": correction_reasons(),
    }
    return render(request, "web/pharmacy/shelf.html", context)


@page(roles=PHARMACIST)
def receive(request: HttpRequest) -> HttpResponse:
    """A delivery: find the medicine, then its lot, expiry, quantity and price; or a whole list as CSV."""
    by = actor_of(request)
    today = _today(by)
    q = request.GET.get("q", "").replace("\x00", "")[:80]
    code = (request.POST.get("drug") or request.GET.get("drug", "")).replace("\x00", "")[:80]
    drug = queries.get_drugs([code], on=today).get(code) if code else None
    error: DomainError | None = None
    if request.method == "POST":
        quantity, price = whole(request.POST.get("quantity", "")), whole(request.POST.get("unit_price", ""))
        try:
            try:
                expires_on = date.fromisoformat(request.POST.get("expires_on", ""))
            except ValueError:
                raise Invalid(fields={"expires_on": [_("Which day stands on the box?")]}) from None
            if expires_on < today:
                raise Invalid(fields={"expires_on": [_("This lot is past its expiry date. It may not be handed out.")]})
            lot = actions.receive_lot(
                drug_code=code,
                number=request.POST.get("number", "").replace("\x00", "").strip(),
                expires_on=expires_on,
                quantity=quantity if quantity is not None else -1,
                unit_price=price if price is not None else -1,
                by=by,
                now=now(),
            )
        except NotFound:
            raise
        except DomainError as refusal:
            error = refusal
        else:
            messages.success(request, _("On the shelf: %(lot)s") % {"lot": lot})
            return redirect("pharmacy_shelf")
    found = queries.find_drugs(q, on=today, limit=20) if q and drug is None else []
    context = {"q": q, "found": found, "drug": drug, "error": error, "typed": request.POST, "today": today}
    return render(request, "web/pharmacy/receive.html", context, status=422 if error else 200)


@require_POST
@page(roles=PHARMACIST)
def take_in(request: HttpRequest) -> HttpResponse:
    """A list of lots as CSV: what can be read lands, the rest is told row by row."""
    by = actor_of(request)
    file = request.FILES.get("file")
    if file is None or (file.size or 0) > BOUNDS.most_bytes:
        messages.error(request, _("Please choose a CSV file of at most 1 MB."))
        return redirect("pharmacy_receive")
    try:
        landed = actions.import_stock(file_name=file.name or "", content=file.read(), by=by, now=now())
    except DomainError as error:
        messages.error(request, _said(error))
        return redirect("pharmacy_receive")
    return render(request, "web/pharmacy/taken_in.html", {"landed": landed})


def _lot_of(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("lot", ""))
    except ValueError as error:
        raise NotFound() from error


@require_POST
@page(roles=PHARMACIST)
def correct(request: HttpRequest) -> HttpResponse:
    """Say how much there really is, with a reason; and what it costs."""
    by, moment, lot_id = actor_of(request), now(), _lot_of(request)
    quantity, price = whole(request.POST.get("quantity", "")), whole(request.POST.get("unit_price", ""))
    try:
        if price is not None:
            actions.set_price(lot_id=lot_id, unit_price=price, by=by, now=moment)
        if request.POST.get("was") != request.POST.get("quantity"):
            actions.correct_lot(
                lot_id=lot_id,
                quantity=quantity if quantity is not None else -1,
                reason=request.POST.get("reason", ""),
                by=by,
                now=moment,
            )
    except NotFound:
        raise
    except DomainError as error:
        messages.error(request, _said(error))
    else:
        messages.success(request, _("Saved."))
    return redirect("pharmacy_shelf")


@require_POST
@page(roles=PHARMACIST)
def low_mark(request: HttpRequest) -> HttpResponse:
    """Below how many units to be warned."""
    at_least = whole(request.POST.get("at_least", "") or "0")
    code = request.POST.get("drug", "").replace("\x00", "")[:80]
    try:
        actions.set_low_mark(
            drug_code=code, at_least=at_least if at_least is not None else -1, by=actor_of(request), now=now()
        )
    except DomainError as error:
        messages.error(request, _said(error))
    else:
        messages.success(request, _("Saved."))
    return redirect("pharmacy_shelf")


@require_safe
@page(roles=PHARMACIST)
def moves(request: HttpRequest) -> HttpResponse:
    """What changed last, by whom and why."""
    return render(request, "web/pharmacy/moves.html", {"moves": queries.moves_of(actor_of(request), 200)})


page_patterns = [
    path("pharmacy/stock/", shelf, name="pharmacy_shelf"),
    path("pharmacy/stock/receive/", receive, name="pharmacy_receive"),
    path("pharmacy/stock/import/", take_in, name="pharmacy_take_in"),
    path("pharmacy/stock/correct/", correct, name="pharmacy_correct"),
    path("pharmacy/stock/low-mark/", low_mark, name="pharmacy_low_mark"),
    path("pharmacy/stock/changes/", moves, name="pharmacy_moves"),
]
