"""The desk's page of accounts: through whom the facility is paid. Keys are entered and never shown again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from core.errors import DomainError, NotFound
from core.pages import actor_of, now, page
from payments import access, actions, gateways, queries

DESK = frozenset({"desk"})


@require_GET
@page(roles=DESK)
def accounts(request: HttpRequest) -> HttpResponse:
    """Each gateway this house knows: entered, or a form to enter it."""
    return render(request, "payments/desk/accounts.html", {"gateways": _listed(request)})


@require_POST
@page(roles=DESK)
def enter(request: HttpRequest, gateway: str) -> HttpResponse:
    """Keep what was entered; what is wrong is said beside the form, and nothing typed is lost but keys."""
    actor = actor_of(request)
    if gateway not in gateways.codes() or not gateways.get(gateway).fields or actor.facility_id is None:
        raise NotFound()
    fields = gateways.get(gateway).fields
    try:
        actions.enter_account(
            facility_id=actor.facility_id,
            gateway=gateway,
            merchant=request.POST.get("merchant", "").strip()[:80],
            credentials={field.name: request.POST.get(f"key_{field.name}", "")[:4000] for field in fields},
            by=actor,
            now=now(),
        )
    except DomainError as error:
        context = {"gateways": _listed(request, typed=gateway, error=error)}
        return render(request, "payments/desk/accounts.html", context, status=422)
    messages.success(request, _("The account is kept. Try it with a small payment."))
    return redirect("payments_accounts")


@require_POST
@page(roles=DESK)
def close(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """Take no more money through it."""
    actions.close_account(account_id=account_id, by=actor_of(request))
    messages.success(request, _("No more money is taken through this account. What was paid can still be given back."))
    return redirect("payments_accounts")


def _listed(request: HttpRequest, *, typed: str = "", error: DomainError | None = None) -> list[dict[str, Any]]:
    rows = {row.gateway: row for row in access.accounts_of(actor_of(request))}
    listed = []
    for code in gateways.codes():
        gateway, row = gateways.get(code), rows.get(code)
        if not gateway.fields:
            continue
        merchant = row.merchant if row else ""
        shown = row.credentials() if row else {}
        listed.append(
            {
                "gateway": gateway,
                "row": row,
                "hook_url": settings.PUBLIC_URL.rstrip("/") + queries.hook_path(code, row.id) if row else "",
                "error": error if code == typed else None,
                "merchant": request.POST.get("merchant", merchant) if code == typed else merchant,
                "fields": [
                    {"field": field, "value": "" if field.is_secret else shown.get(field.name, "")}
                    for field in gateway.fields
                ],
            }
        )
    return listed
