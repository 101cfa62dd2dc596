"""The desk's pages of bank transfers: what came and fits no payment by itself, and statements handed in."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import Conflict, Invalid, NotFound
from core.money import Money
from core.pages import actor_of, now, page
from payments import access, actions, bank_queue, codes, queries, statements
from payments.models import BankLine, BankStatement, GatewayAccount, Payment

DESK = frozenset({"desk"})
PAGE = 30
ROWS = 100
SHOWN = ("unmatched", "matched", "returned", "ignored")
WHY: dict[str, Any] = {
    "code": gettext_lazy("the memo names it"),
    "together": gettext_lazy("together they make up the amount"),
    "near_code": gettext_lazy("the memo is one character off"),
    "name": gettext_lazy("the name fits"),
    "amount": gettext_lazy("the amount fits"),
    "waiting": gettext_lazy("not paid yet"),
}
OUTCOMES: dict[str, tuple[str, Any]] = {  # (badge, words)
    "matched": ("good", gettext_lazy("put to its payment")),
    "queued": ("warn", gettext_lazy("waits for the desk")),
    "known": ("", gettext_lazy("known already")),
    "wrong": ("bad", gettext_lazy("cannot be taken in")),
    "passed": ("", gettext_lazy("passed over")),
    "failed": ("bad", gettext_lazy("cannot be taken in")),
}
LOOKS = {"reading": "info", "read": "good", "failed": "bad"}


@require_GET
@page(roles=DESK)
def transfers(request: HttpRequest) -> HttpResponse:
    """The queue, the latest first, with what is likely meant; `?state=` shows what was settled."""
    by, at = actor_of(request), now()
    state = request.GET.get("state") if request.GET.get("state") in SHOWN else SHOWN[0]
    rows = Paginator(bank_queue.lines_of(by, str(state)), PAGE).get_page(request.GET.get("page"))
    context = {
        "account": _account(request),
        "state": state,
        "states": [(one, BankLine.Status(one).label) for one in SHOWN],
        "page": rows,
        "waiting": _shown(bank_queue.waiting(by, list(rows), now=at), at) if state == SHOWN[0] else [],
        "queued": bank_queue.lines_of(by, SHOWN[0]).count(),
    }
    return render(request, "payments/desk/transfers.html", context)


def _shown(waiting: list[bank_queue.Waiting], at: datetime) -> list[dict[str, Any]]:
    return [
        {
            "line": one.line,
            "named": one.named,
            "over": one.over,
            "suggestions": [
                {"payment": found.payment, "lines": found.lines, "why": [WHY[reason] for reason in found.why]}
                for found in one.suggestions
            ],
        }
        for one in waiting
    ]


def _account(request: HttpRequest) -> GatewayAccount | None:
    facility_id = actor_of(request).facility_id
    return queries.account_of(facility_id, "vietqr") if facility_id else None


@require_POST
@page(roles=DESK)
def assign(request: HttpRequest, line_id: UUID) -> HttpResponse:
    """Put a transfer, alone or with others, to the suggested payment or to the one whose code was typed."""
    by = actor_of(request)
    try:
        payment_id = _id(request.POST.get("payment")) or _payment_called(request).id
        others = [found for found in map(_id, request.POST.getlist("line")) if found is not None]
        paid = actions.assign_lines(line_ids=[line_id, *others], payment_id=payment_id, by=by, now=now())
    except (Conflict, Invalid) as refusal:
        messages.error(request, str(refusal.detail))
    except NotFound:
        access.get_bank_line(by, line_id)  # not theirs: the page itself is not found
        messages.error(request, _("There is no payment with this code here."))
    else:
        words = _("%(payment)s of %(name)s is paid.")
        messages.success(request, words % {"payment": paid.description, "name": paid.payer.full_name})
    return redirect("payments_transfers")


@require_POST
@page(roles=DESK)
def split(request: HttpRequest, line_id: UUID) -> HttpResponse:
    """Too much came: the price counts for the payment that is named, and the rest is owed to the payer or was sent back."""
    by, number = actor_of(request), request.POST.get("note")
    try:
        payment_id = _id(request.POST.get("payment")) or _payment_called(request).id
        paid = actions.split_line(line_id=line_id, payment_id=payment_id, sent_back=number, by=by, now=now())
    except (Conflict, Invalid) as refusal:
        messages.error(request, str(refusal.detail))
    except NotFound:
        access.get_bank_line(by, line_id)  # not theirs: the page itself is not found
        messages.error(request, _("There is no payment with this code here."))
    else:
        rest = access.get_bank_line(by, line_id).over
        words = _("%(payment)s of %(name)s is paid. %(rest)s is owed to the payer.")
        if number is not None:
            words = _("%(payment)s of %(name)s is paid. %(rest)s was sent back.")
        said = {"payment": paid.description, "name": paid.payer.full_name, "rest": rest}
        messages.success(request, words % said)
    return redirect("payments_transfers")


def _payment_called(request: HttpRequest) -> Payment:
    code = codes.clean(request.POST.get("code", "")[:60])
    found = access.visible_to(actor_of(request)).filter(code=code).first() if code else None
    if found is None:
        raise NotFound()
    return found


@require_POST
@page(roles=DESK)
def settle(request: HttpRequest, line_id: UUID) -> HttpResponse:
    """Note that a transfer was sent back by hand, or that it is not for a payment."""
    by, said = actor_of(request), request.POST.get("note", "")
    try:
        if request.POST.get("how") == "returned":
            actions.note_transfer_back(line_id=line_id, number=said, by=by, now=now())
            messages.success(request, _("Noted: the money was sent back."))
        else:
            actions.ignore_line(line_id=line_id, reason=said, by=by, now=now())
            messages.success(request, _("Noted: the money is not for a payment."))
    except (Conflict, Invalid) as refusal:
        messages.error(request, str(refusal.detail))
    return redirect("payments_transfers")


@require_http_methods(["GET", "POST"])
@page(roles=DESK)
def bank_statements(request: HttpRequest) -> HttpResponse:
    """Hand in a statement; below, those that were handed in before."""
    by, error = actor_of(request), ""
    if request.method == "POST":
        uploaded = request.FILES.get("file")
        try:
            if uploaded is None:
                raise Invalid(_("Choose a file first."))
            name = re.sub(r"[\x00-\x1f\x7f]", "", str(uploaded.name or ""))
            handed = actions.hand_in_statement(file_name=name, content=uploaded.read(), by=by, now=now())
        except (Conflict, Invalid) as refusal:
            error = str(refusal.detail)
        else:
            return redirect("payments_bank_statement", handed.id)
    context = {
        "account": _account(request),
        "rows": [(one, LOOKS[one.status]) for one in bank_queue.statements_of(by)[:20]],
        "error": error,
    }
    return render(request, "payments/desk/statements.html", context, status=422 if error else 200)


@require_GET
@page(roles=DESK)
def bank_statement(request: HttpRequest, statement_id: UUID) -> HttpResponse:
    """The report of one statement, row by row; `?outcome=` narrows."""
    found = access.get_statement(actor_of(request), statement_id)
    outcome = request.GET.get("outcome", "")
    counts = Counter(row["outcome"] for row in found.report)
    chosen = [row for row in found.report if outcome not in counts or row["outcome"] == outcome]
    rows = Paginator(chosen, ROWS).get_page(request.GET.get("page"))
    context = {
        "statement": found,
        "is_read_now": found.status == BankStatement.Status.READING,
        "page": rows,
        "rows": [(row, *OUTCOMES[row["outcome"]], _reason(row["reason"]), _money(row)) for row in rows],
        "outcome": outcome if outcome in counts else "",
        "outcomes": [(one, OUTCOMES[one][1], counts[one]) for one in OUTCOMES if counts[one]],
    }
    return render(request, "payments/desk/statement.html", context)


def _reason(code: str) -> Any:
    if not code:
        return ""
    return statements.REASONS.get(code) or BankLine.Reason(code).label


def _money(row: dict[str, Any]) -> Money | None:
    return Money.vnd(row["amount"]) if row.get("amount") else None


def _id(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None
