"""Income of a facility: by day, kind of visit, doctor and way of paying, with drawings and as a CSV."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

import booking.queries
from booking.queries import PaidFor
from core.actor import Actor
from core.money import Money
from core.pages import actor_of
from core.refs import Ref
from core.tables import write_csv
from payments import desk
from payments import income as figures
from payments.income import Sums
from web import charts
from web.consoles.hospital.desk import desk_page
from web.consoles.money import shared

CHUNK = 2000


@require_safe
@desk_page
def income(request: HttpRequest) -> HttpResponse:
    """The page: a time, its figures, drawings with a table behind each, and what waits for people."""
    by = actor_of(request)
    first, last = shared.span_of(request.GET)
    lines = figures.by_day(by, first, last)
    days, ways = _grouped(lines, lambda line: line.day), _grouped(lines, lambda line: line.gateway)
    types, doctors = _by_visit(by, first, last)
    total = Sums()
    for sums in days.values():
        total.add(sums)
    span = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    steps = _steps(span, days)
    today = shared.today()
    month = today.replace(day=1)
    before = (month - timedelta(days=1)).replace(day=1)
    spans = [
        (_("Today"), today, today),
        (_("7 days"), today - timedelta(days=6), today),
        (_("This month"), month, today),
        (_("Last month"), before, month - timedelta(days=1)),
        (_("This year"), today.replace(month=1, day=1), today),
    ]
    context = {
        "first": first,
        "last": last,
        "spans": [
            (words, f"?{urlencode({'from': begin, 'to': end})}", (begin, end) == (first, last))
            for words, begin, end in spans
        ],
        "total": total,
        "tiles": [
            (Money.vnd(total.came), _("came in")),
            (Money.vnd(total.back), _("went back")),
            (Money.vnd(total.net), _("stays")),
            (Money.vnd(total.fees), _("kept by payment companies")),
        ],
        "payments": total.payments,
        "columns": list(
            zip(
                charts.columns([sums.came for _when, sums in steps], [sums.net for _when, sums in steps]),
                steps,
                strict=True,
            )
        ),
        "labels": _labels(steps),
        "highest": Money.vnd(charts.ceiling([sums.came for _when, sums in steps])),
        "day_rows": [(day, sums) for day, sums in sorted(days.items())],
        "groups": [
            (_("By way of paying"), "way", _rows({shared.gateway_name(code): sums for code, sums in ways.items()})),
            (_("By kind of visit"), "type", _rows(types)),
            (_("By doctor"), "doctor", _rows(doctors)),
        ],
        "csv": f"{reverse('hospital_money_csv')}?{urlencode({'from': first, 'to': last})}",
        "to_do": desk.to_do(by),
        "proof": desk.last_proof(),
        "disputes": desk.open_disputes(by),
    }
    return render(request, "web/money/income.html", context)


@require_safe
@desk_page
def as_csv(request: HttpRequest) -> HttpResponse:
    """All tables of the page as one file: a row says which table it belongs to."""
    by = actor_of(request)
    first, last = shared.span_of(request.GET)
    lines = figures.by_day(by, first, last)
    types, doctors = _by_visit(by, first, last)
    rows = [_csv_row("day", f"{line.day} {line.gateway}", line.sums) for line in lines]
    rows += [_csv_row("visit_type", name, sums) for name, sums in types.items()]
    rows += [_csv_row("doctor", name, sums) for name, sums in doctors.items()]
    content = write_csv(["table", "key", "payments", "came", "back", "net", "fees"], rows)
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="income-{first}_{last}.csv"'
    return response


def _csv_row(table: str, key: str, sums: Sums) -> list[str]:
    return [table, key, *(str(one) for one in (sums.payments, sums.came, sums.back, sums.net, sums.fees))]


def _grouped(lines: Iterable[figures.Line], key: Callable[[figures.Line], Any]) -> dict[Any, Sums]:
    found: dict[Any, Sums] = defaultdict(Sums)
    for line in lines:
        found[key(line)].add(line.sums)
    return dict(found)


def _by_visit(by: Actor, first: date, last: date) -> tuple[dict[str, Sums], dict[str, Sums]]:
    """Sum up by kind of visit and by doctor; what is for no single visit stands under its own name."""
    types: dict[str, Sums] = defaultdict(Sums)
    doctors: dict[str, Sums] = defaultdict(Sums)
    rows = figures.by_subject(by, first, last)
    while chunk := list(islice(rows, CHUNK)):
        subjects = [(Ref.parse(subject), sums) for subject, sums in chunk]
        visits = booking.queries.paid_for(ref.id for ref, _sums in subjects if ref.kind == "appointment")
        for ref, sums in subjects:
            what = visits.get(ref.id) or PaidFor("", _("Other things"))
            types[what.visit_type].add(sums)
            doctors[what.practitioner or _("No doctor")].add(sums)
    return dict(types), dict(doctors)


def _rows(found: dict[str, Sums]) -> list[tuple[str, Sums, Any]]:
    """Lines with their bars, the most first."""
    ordered = sorted(found.items(), key=lambda item: (-item[1].came, item[0]))
    bars = charts.bars([sums.came for _name, sums in ordered])
    return [(name, sums, bar) for (name, sums), bar in zip(ordered, bars, strict=True)]


def _steps(span: list[date], days: dict[date, Sums]) -> list[tuple[date, Sums]]:
    """The columns: days, or months when there are more than sixty-two days."""
    if len(span) <= 62:
        return [(day, days.get(day, Sums())) for day in span]
    months: dict[date, Sums] = {day.replace(day=1): Sums() for day in span}
    for day, sums in days.items():
        months[day.replace(day=1)].add(sums)
    return list(months.items())


def _labels(steps: list[tuple[date, Sums]]) -> list[str]:
    if len(steps) > 1 and steps[0][0].day == steps[1][0].day == 1:
        return [f"{when:%m/%y}" for when, _sums in steps]
    every = max(1, len(steps) // 6)
    return [f"{when:%d/%m}" if place % every == 0 else "" for place, (when, _sums) in enumerate(steps)]
