"""Our books beside the gateways': the days compared, a statement handed in, and where the two differ."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.actor import Actor
from core.errors import Conflict, Invalid, Unavailable
from core.pages import actor_of, now
from identity import access as identity_access
from payments import access, actions, desk, gateways
from payments.gateway_books import MOST_BYTES
from web.consoles.hospital.desk import desk_page
from web.consoles.money import shared

REFUSALS = (Conflict, Invalid, Unavailable)


@require_http_methods(["GET", "POST"])
@desk_page
def days(request: HttpRequest) -> HttpResponse:
    """The days compared; a day of a gateway is compared now, from its own answer or from a file."""
    by = actor_of(request)
    yesterday = shared.today() - timedelta(days=1)
    if request.method == "POST":
        try:
            row = actions.begin_reconciliation(
                facility_id=identity_access.require_desk(by).id,
                gateway=request.POST.get("gateway", ""),
                day=min(shared.day_of(request.POST.get("day"), yesterday), shared.today()),
                by=by,
                now=now(),
            )
            return _compare(request, row.id, by)
        except REFUSALS as error:
            messages.error(request, shared.said(error))
            return redirect("hospital_reconciliations")
    rows = Paginator(desk.reconciliations(by), 40).get_page(request.GET.get("page"))
    context = {
        "rows": rows,
        "looked": [(row, shared.gateway_name(row.gateway), shared.DAY_LOOKS[str(row.status)]) for row in rows],
        "gateways": [(code, shared.gateway_name(code)) for code in gateways.codes() if code != "cash"],
        "yesterday": yesterday,
        "proof": desk.last_proof(),
    }
    return render(request, "web/money/reconciliations.html", context)


def _compare(request: HttpRequest, reconciliation_id: UUID, by: Actor) -> HttpResponse:
    file = request.FILES.get("file")
    if file is None:
        row = actions.ask_statement(reconciliation_id=reconciliation_id, by=by, now=now())
    elif (file.size or 0) > MOST_BYTES:
        raise Invalid(_("This file is too large."))
    else:
        row = actions.import_statement(
            reconciliation_id=reconciliation_id, file=file, name=str(file.name or ""), by=by, now=now()
        )
    if row.status == "waiting":
        messages.info(request, _("This gateway cannot be asked for its books. Please hand in its statement as a file."))
    elif row.status == "agreed":
        messages.success(request, _("Compared: everything agrees."))
    else:
        messages.warning(request, _("Compared: there are differences."))
    return redirect("hospital_reconciliation", row.id)


@require_safe
@desk_page
def one(request: HttpRequest, reconciliation_id: UUID) -> HttpResponse:
    """One day: the figures of both sides, and each difference with what can be done about it."""
    row = access.get_reconciliation(actor_of(request), reconciliation_id)
    page = Paginator(desk.differences_of(row), 50).get_page(request.GET.get("page"))
    context = {
        "row": row,
        "gateway": shared.gateway_name(row.gateway),
        "look": shared.DAY_LOOKS[str(row.status)],
        "page": page,
        "differences": [
            (found, shared.SIDES.get(found.side, ""), shared.DIFFERENCE_LOOKS[str(found.status)], _ways(found))
            for found in page
        ],
    }
    return render(request, "web/money/reconciliation.html", context)


def _ways(found: Any) -> list[str]:
    """What may settle a difference, the likeliest first."""
    if found.status == "resolved":
        return []
    if gateways.get(found.reconciliation.gateway).keeps_lines:
        return ["elsewhere", "look"]
    if found.side == "fee":
        return ["fee", "look"]
    if found.kind == "missing_here" and found.side != "refund" and found.payment is not None:
        return ["record", "write_off", "look"]
    if found.kind == "status":
        return ["record", "look"]
    if found.kind == "twice":
        return ["owe", "write_off", "look"]
    return ["write_off", "look"]


@require_POST
@desk_page
def again(request: HttpRequest, reconciliation_id: UUID) -> HttpResponse:
    """Compare a day once more."""
    by = actor_of(request)
    row = access.get_reconciliation(by, reconciliation_id)
    try:
        return _compare(request, row.id, by)
    except REFUSALS as error:
        messages.error(request, shared.said(error))
        return redirect("hospital_reconciliation", row.id)


@require_POST
@desk_page
def settle(request: HttpRequest, difference_id: UUID) -> HttpResponse:
    """One click: record it, post a fee, write it off, owe it to the payer, or say that somebody looks into it."""
    by, note = actor_of(request), request.POST.get("note", "").replace("\x00", "")
    found = access.get_difference(by, difference_id)
    common: dict[str, Any] = {"difference_id": difference_id, "by": by, "now": now()}
    ways: dict[str, Any] = {
        "record": lambda: actions.record_what_is_missing(**common),
        "fee": lambda: actions.post_fee(**common),
        "write_off": lambda: actions.write_off(note=note, **common),
        "elsewhere": lambda: actions.settled_elsewhere(note=note, **common),
        "owe": lambda: actions.owe_the_double(**common),
        "look": lambda: actions.investigate(note=note, **common),
    }
    try:
        act = ways.get(request.POST.get("way", ""))
        if act is None:
            raise Invalid()
        act()
    except REFUSALS as error:
        messages.error(request, shared.said(error))
    else:
        messages.success(request, _("Saved."))
    return redirect("hospital_reconciliation", found.reconciliation_id)
