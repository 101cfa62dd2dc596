"""The cash desk: open the drawer, find what somebody has to pay, take the cash, count and close, print the shift."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

import booking.queries
from core.actor import Actor
from core.errors import Conflict, Invalid
from core.money import Money
from core.pages import actor_of, now
from core.qr import svg_of
from core.refs import Ref
from payments import access, actions, queries
from payments import desk as looking
from payments.cash import NOTES, suggestions
from web.consoles.hospital.desk import desk_page, schedules_of
from web.consoles.money import shared
from web.templatetags import lanh


@require_safe
@desk_page
def desk(request: HttpRequest) -> HttpResponse:
    """The drawer, the search, and the shifts before."""
    by = actor_of(request)
    shift = access.own_shift(by)
    q = request.GET.get("q", "").replace("\x00", "").strip()[:80]
    found = looking.find_payments(by, q, subjects=_by_number(by, q)) if q else []
    context = {
        "drawer": looking.drawer_of(shift) if shift else None,
        "q": q,
        "found": [
            (one, shared.PAYMENT_LOOKS[str(one.status)], one.is_open and not one.is_late(now())) for one in found
        ],
        "shifts": Paginator(looking.shifts_of(by), 12).get_page(request.GET.get("page")),
        "to_do": looking.to_do(by),
    }
    return render(request, "web/money/cash.html", context)


def _by_number(by: Actor, q: str) -> list[Ref]:
    """A short number is one of today's queue numbers."""
    if not q.isascii() or not q.isdigit() or len(q) > 4:
        return []
    schedules = [one.pk for one in schedules_of(by)]
    tickets = booking.queries.tickets_of_day(shared.today(), schedules).filter(number=int(q))
    return [Ref("appointment", one) for one in tickets.values_list("appointment_id", flat=True)]


@require_POST
@desk_page
def open_shift(request: HttpRequest) -> HttpResponse:
    """Begin, with so much in the drawer."""
    try:
        actions.open_shift(opening_float=shared.whole(request.POST.get("float")), by=actor_of(request), now=now())
    except (Conflict, Invalid) as error:
        messages.error(request, shared.said(error))
    return redirect("hospital_cash")


@require_safe
@desk_page
def payment(request: HttpRequest, payment_id: UUID) -> HttpResponse:
    """One payment at the desk: take the cash, let them pay by phone, or give money back."""
    return _payment(request, payment_id)


def _payment(request: HttpRequest, payment_id: UUID, *, error: str = "", given: str = "") -> HttpResponse:
    by = actor_of(request)
    found = access.get_payment(by, payment_id)
    newest = access.get_payment_for(by, Ref.parse(found.subject))
    refunds = list(found.refunds.order_by("created_at"))
    spoken_for = sum(one.amount for one in refunds if one.status not in one.DEAD)
    context = {
        "payment": found,
        "look": shared.PAYMENT_LOOKS[str(found.status)],
        "newest": newest if newest.id != found.id else None,
        "can_take": found.status in {"created", "pending", "failed"} and not found.is_late(now()),
        "shift": access.own_shift(by),
        "suggestions": [Money.vnd(one) for one in suggestions(found.amount)],
        "taken": looking.taken_for(found),
        "way": shared.gateway_name(found.gateway) if found.gateway else "",
        "refunds": [(one, shared.REFUND_LOOKS[str(one.status)], shared.reason_words(one.reason)) for one in refunds],
        "left": Money(found.captured_amount - spoken_for, found.currency),
        "about": Ref.parse(found.subject),
        "error": error,
        "given": given,
    }
    return render(request, "web/money/payment.html", context, status=422 if error else 200)


@require_POST
@desk_page
def take(request: HttpRequest, payment_id: UUID) -> HttpResponse:
    """Take the cash; the next page says how much goes back."""
    given = request.POST.get("given", "")
    try:
        movement = actions.take_cash(payment_id=payment_id, given=shared.whole(given), by=actor_of(request), now=now())
    except (Conflict, Invalid) as error:
        return _payment(request, payment_id, error=shared.said(error), given=given)
    words = _("Taken: %(amount)s. Change to give back: %(change)s.")
    messages.success(request, words % {"amount": lanh.money(movement.money), "change": lanh.money(movement.change)})
    return redirect("hospital_cash_payment", movement.payment_id)


@require_safe
@desk_page
def qr(request: HttpRequest, payment_id: UUID) -> HttpResponse:
    """The payment's own page as a code for the citizen's phone."""
    found = access.get_payment(actor_of(request), payment_id)
    address = request.build_absolute_uri(queries.page_url(found))
    return HttpResponse(svg_of(address), content_type="image/svg+xml")


@require_http_methods(["GET", "POST"])
@desk_page
def close_shift(request: HttpRequest) -> HttpResponse:
    """Count by banknotes and close."""
    by = actor_of(request)
    drawer = looking.drawer_of(access.require_own_shift(by))
    typed = {note: request.POST.get(f"note-{note}", "").strip() for note in NOTES}
    error = ""
    if request.method == "POST":
        try:
            closed = actions.close_shift(
                notes={note: shared.whole(text or "0") for note, text in typed.items()},
                reason=request.POST.get("reason", ""),
                by=by,
                now=now(),
            )
        except (Conflict, Invalid) as refusal:
            error = shared.said(refusal)
        else:
            messages.success(request, _("The drawer is closed."))
            return redirect("hospital_cash_shift", closed.id)
    context = {
        "drawer": drawer,
        "notes": [(note, Money.vnd(note), typed[note]) for note in NOTES],
        "reason": request.POST.get("reason", ""),
        "error": error,
    }
    return render(request, "web/money/close.html", context, status=422 if error else 200)


@require_safe
@desk_page
def shift(request: HttpRequest, shift_id: UUID) -> HttpResponse:
    """What went through a drawer, to be printed and signed."""
    found = access.get_shift(actor_of(request), shift_id)
    notes = [(Money.vnd(note), found.notes.get(str(note), 0)) for note in NOTES]
    context = {
        "shift": found,
        "drawer": looking.drawer_of(found),
        "movements": looking.movements_of(found),
        "notes": [(money, number, money * number) for money, number in notes if number],
        **{name: found.money(name) for name in ("opening_float", "expected", "counted", "difference")},
    }
    return render(request, "web/money/shift.html", context)
