"""Hours in and out as files: hand one in, read the report row by row, confirm; take hours and visits out."""

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from booking import access, actions, exporting, importing, queries
from core import sheets
from core.edge import actor_of, now
from core.errors import Conflict, Invalid
from web.consoles.hospital.desk import STATUS_WORDS, day_from, desk_page, today_at
from web.templatetags import lanh

PAGE = 100
MOST_DAYS = 31
MEDIA = {"csv": "text/csv; charset=utf-8", "xlsx": sheets.XLSX}
LOOKS = {"checking": "info", "checked": "warn", "applying": "info", "applied": "good", "failed": "bad"}
FIELDS: dict[str, Any] = {
    "licence_number": gettext_lazy("Licence number"),
    "doctor": gettext_lazy("Doctor"),
    "kind": gettext_lazy("What changes"),
    "weekday": gettext_lazy("Day"),
    "date": gettext_lazy("First day"),
    "to_date": gettext_lazy("Last day"),
    "from_time": gettext_lazy("From"),
    "to_time": gettext_lazy("To"),
    "grid_minutes": gettext_lazy("A visit may begin"),
    "offset_minutes": gettext_lazy("First visit after (minutes)"),
    "capacity": gettext_lazy("Places"),
    "visit_types": gettext_lazy("Kinds of visit"),
    "room": gettext_lazy("Room"),
    "valid_from": gettext_lazy("Holds from"),
    "valid_to": gettext_lazy("Holds until"),
    "reason": gettext_lazy("Reason"),
}


@require_http_methods(["GET", "POST"])
@desk_page
def imports(request: HttpRequest) -> HttpResponse:
    """Hand in a file; below, those that were handed in before, and what can be taken out."""
    by = actor_of(request)
    error = ""
    if request.method == "POST":
        uploaded = request.FILES.get("file")
        if uploaded is None:
            error = _("Choose a file first.")
        else:
            try:
                run = actions.begin_import(
                    file_name=str(uploaded.name or ""), content=uploaded.read(), by=by, now=now()
                )  # fmt: skip
            except Invalid as refusal:
                error = str(next(iter(refusal.fields.get("file", [])), refusal.detail))
            else:
                return redirect("hospital_import", run_id=run.pk)
    rows = [(run, LOOKS[run.status]) for run in queries.imports_of(by)[:20]]
    today = today_at("Asia/Ho_Chi_Minh")
    context = {
        "rows": rows,
        "error": error,
        "columns": importing.COLUMNS,
        "today": today,
        "next_week": today + timedelta(days=6),
    }
    return render(request, "web/hospital/imports.html", context, status=422 if error else 200)


@require_GET
@desk_page
def one(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The report of one file: how far it is, and every row that cannot land; `?reason=` narrows."""
    run = access.get_import(actor_of(request), run_id)
    reason = request.GET.get("reason", "")
    counts = Counter(problem["reason"] for problem in run.problems)
    chosen = [problem for problem in run.problems if reason not in counts or problem["reason"] == reason]
    page = Paginator(chosen, PAGE).get_page(request.GET.get("page"))
    short = {code: importing.in_words({"reason": code, "other": "…"}) for code in counts}
    context = {
        "run": run,
        "look": LOOKS[run.status],
        "runs_now": run.status in {"checking", "applying"},
        "state": f"{run.status} {run.rows_done} {run.landed}",
        "page": page,
        "problems": [(found, FIELDS.get(found["field"], found["field"]), importing.in_words(found)) for found in page],
        "reason": reason if reason in counts else "",
        "reasons": [(code, short[code], number) for code, number in counts.most_common()],
    }
    return render(request, "web/hospital/import.html", context)


@require_POST
@desk_page
def confirm(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Put the good rows in place."""
    try:
        actions.confirm_import(run_id=run_id, by=actor_of(request), now=now())
    except Conflict as refusal:
        messages.error(request, str(refusal.detail))
    return redirect("hospital_import", run_id=run_id)


@require_GET
@desk_page
def report(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The same report as a file, to be worked off beside the table it speaks of."""
    run = access.get_import(actor_of(request), run_id)
    header = [pgettext("of a file", "Line"), _("Column"), _("Reason"), _("What stands there")]
    rows = (
        [str(found["line"]), str(FIELDS.get(found["field"], found["field"])), importing.in_words(found), found["value"]]
        for found in run.problems
    )
    return _file(sheets.write_csv(header, rows), "csv", f"{_('report')}-{run.created_at:%Y-%m-%d}")


@require_GET
@desk_page
def template(request: HttpRequest, kind: str) -> HttpResponse:
    """An example to fill in, in the reader's language."""
    language = get_language() or "vi"
    rows = exporting.example(language, today_at("Asia/Ho_Chi_Minh"))
    return _table(kind, exporting.header(language), rows, _("hours-template"))


@require_GET
@desk_page
def export_hours(request: HttpRequest, kind: str) -> HttpResponse:
    """All weekly hours and exceptions of the facility, as an import reads them back."""
    language = get_language() or "vi"
    rows = queries.hours_as_rows(actor_of(request), language)
    name = f"{_('hours')}-{today_at('Asia/Ho_Chi_Minh'):%Y-%m-%d}"
    return _table(kind, exporting.header(language), rows, name)


@require_GET
@desk_page
def export_visits(request: HttpRequest) -> HttpResponse:
    """Who comes from one day to another, as a CSV; not what they come for. The export is noted."""
    by = actor_of(request)
    today = today_at("Asia/Ho_Chi_Minh")
    first = day_from(request.GET.get("from"), today)
    last = min(max(day_from(request.GET.get("to"), first), first), first + timedelta(days=MOST_DAYS - 1))
    header = [_("Day"), _("From"), _("To"), _("Doctor"), _("Room"), _("Patient"), _("Phone"), _("Kind of visit"),
              _("Held"), _("Status")]  # fmt: skip
    rows = [_visit_row(visit, visit.schedule.zone) for visit in queries.visits_between(by, first, last)]
    actions.note_export(first_day=first, last_day=last, rows=len(rows), by=by)
    return _file(sheets.write_csv(header, rows), "csv", f"{_('visits')}-{_span(first, last)}")


def _visit_row(visit: Any, zone: str) -> list[str]:
    _look, words = STATUS_WORDS[str(visit.status)]
    return [
        lanh.in_zone(visit.starts_at, zone).strftime("%Y-%m-%d"),  # type: ignore[union-attr]
        lanh.clock(visit.starts_at, zone),
        lanh.clock(visit.ends_at, zone),
        visit.practitioner.display_name,
        visit.room or visit.schedule.room,
        visit.person.full_name,
        lanh.phone(visit.person.phone),
        visit.visit_type.name,
        lanh.mode_words(visit.mode),
        str(words),
    ]


def _span(first: date, last: date) -> str:
    return first.isoformat() if first == last else f"{first.isoformat()}_{last.isoformat()}"


def _table(kind: str, header: list[str], rows: list[list[str]], name: str) -> HttpResponse:
    writers: dict[str, Callable[[], bytes]] = {
        "csv": lambda: sheets.write_csv(header, rows),
        "xlsx": lambda: sheets.write_xlsx(header, rows, title=_("Hours")),
    }
    if kind not in writers:
        raise Http404
    return _file(writers[kind](), kind, name)


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=MEDIA[kind])
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return response
