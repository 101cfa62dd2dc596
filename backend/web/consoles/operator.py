"""The operator's desk: lists of medicines taken in. Hand one in, read the report row by row, confirm."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import Conflict, Invalid
from core.pages import actor_of, now, page
from core.tables import write_csv
from prescriptions import access, actions, importing, queries

OPERATOR = {"operator"}
PAGE = 100
LOOKS = {"checking": "info", "checked": "warn", "applying": "info", "applied": "good", "failed": "bad"}


def _today(moment: datetime) -> date:
    return moment.astimezone(ZoneInfo("Asia/Ho_Chi_Minh")).date()


@require_http_methods(["GET", "POST"])
@page(roles=OPERATOR)
def lists(request: HttpRequest) -> HttpResponse:
    """Hand in a list of medicines; below, those that were handed in before."""
    by, moment = actor_of(request), now()
    error, day = "", _today(moment)
    if request.method == "POST":
        uploaded = request.FILES.get("file")
        try:
            day = date.fromisoformat(request.POST.get("list_on", "") or day.isoformat())
        except ValueError:
            error = str(importing.REASONS["bad_date"])
        if uploaded is None:
            error = _("Choose a file first.")
        elif not error:
            try:
                run = actions.begin_drug_import(
                    file_name=str(uploaded.name or ""),
                    # One byte more than allowed tells that there are more.
                    content=uploaded.read(importing.BOUNDS.most_bytes + 1),
                    list_on=day,
                    is_whole=request.POST.get("is_whole") == "on",
                    by=by,
                    now=moment,
                )
            except Invalid as refusal:
                error = str(next(iter(refusal.fields.get("file", [])), refusal.detail))
            else:
                return redirect("operator_drug_list", run_id=run.pk)
    context = {
        "rows": [(run, LOOKS[run.status]) for run in queries.drug_imports(by)[:20]],
        "error": error,
        "day": day,
        "is_whole": request.POST.get("is_whole") == "on",
        "ours": importing.OUR_COLUMNS,
        "theirs": importing.HOSPITAL_COLUMNS,
        "required": {*importing.OUR_REQUIRED, *importing.HOSPITAL_REQUIRED},
    }
    return render(request, "web/operator/drug_lists.html", context, status=422 if error else 200)


@require_GET
@page(roles=OPERATOR)
def one(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The report of one list: how far it is, and every row that cannot land; `?reason=` narrows."""
    run = access.get_drug_import(actor_of(request), run_id)
    reason = request.GET.get("reason", "")
    counts = Counter(problem["reason"] for problem in run.problems)
    chosen = [problem for problem in run.problems if reason not in counts or problem["reason"] == reason]
    shown = Paginator(chosen, PAGE).get_page(request.GET.get("page"))
    context = {
        "run": run,
        "runs_now": run.status in {"checking", "applying"},
        "state": f"{run.status} {run.rows_done} {run.landed}",
        "page": shown,
        "problems": [(found, importing.in_words(found)) for found in shown],
        "reason": reason if reason in counts else "",
        "reasons": [
            (code, importing.in_words({"reason": code, "other": "…"}), number) for code, number in counts.most_common()
        ],
    }
    return render(request, "web/operator/drug_list.html", context)


@require_POST
@page(roles=OPERATOR)
def confirm(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Put the good rows in place."""
    try:
        actions.confirm_drug_import(run_id=run_id, by=actor_of(request), now=now())
    except Conflict as refusal:
        messages.error(request, str(refusal.detail))
    return redirect("operator_drug_list", run_id=run_id)


@require_GET
@page(roles=OPERATOR)
def refused(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The refused rows as they were, with their lines and reasons: to be corrected and handed in again."""
    run = access.get_drug_import(actor_of(request), run_id)
    why: dict[int, list[str]] = {}
    for found in run.problems:
        why.setdefault(found["line"], []).append(f"{found['field'] or '–'}: {importing.in_words(found)}")
    width = len(run.header)
    rows = (
        [*(cells + [""] * width)[:width], str(line), " ".join(why.get(line, []))]
        for line, cells in run.refused
        if cells
    )
    content = write_csv([*run.header, *importing.REPORT_COLUMNS], rows)
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="refused-{run.created_at:%Y-%m-%d}.csv"'
    return response


page_patterns: list[Any] = [
    path("operator/drugs/", lists, name="operator_drug_lists"),
    path("operator/drugs/<uuid:run_id>/", one, name="operator_drug_list"),
    path("operator/drugs/<uuid:run_id>/confirm/", confirm, name="operator_drug_list_confirm"),
    path("operator/drugs/<uuid:run_id>/refused.csv", refused, name="operator_drug_list_refused"),
]
