"""What the counter prints and reports: labels with the dose, receipts, and sales by day or month, as a page and as CSV."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.pages import actor_of, now, page
from core.tables import write_csv
from identity.access import require_facility
from prescriptions import access, queries

PHARMACIST = {"pharmacist"}


@require_safe
@page(roles=PHARMACIST)
def labels(request: HttpRequest, acceptance_id: UUID) -> HttpResponse:
    """One label for each medicine: for whom, how to take it, from which lot."""
    hand_out = queries.handed_out_here(actor_of(request), acceptance_id)
    return render(request, "web/pharmacy/labels.html", {"hand_out": hand_out})


@require_safe
@page(roles=PHARMACIST)
def receipt(request: HttpRequest, acceptance_id: UUID) -> HttpResponse:
    """What was handed out, at what price, by whom."""
    hand_out = queries.handed_out_here(actor_of(request), acceptance_id)
    return render(request, "web/pharmacy/receipt.html", {"hand_out": hand_out})


def _period(text: str, today: date) -> tuple[date, date, str]:
    """Read "2031-03" (a month) or "2031-03-25" (a day) as [begin, end); this month for anything else."""
    try:
        if len(text) == 10:
            day = date.fromisoformat(text)
            return day, day + timedelta(days=1), text
        first = date.fromisoformat(f"{text}-01")
    except (ValueError, OverflowError):
        first = today.replace(day=1)
    following = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    return first, following, f"{first:%Y-%m}"


@require_safe
@page(roles=PHARMACIST)
def sales(request: HttpRequest) -> HttpResponse:
    """What was sold by prescription in a month or on a day; `csv` in the address gives the table as a file."""
    by = actor_of(request)
    zone = require_facility(by, access.pharmacy_of(by)).zone
    today = now().astimezone(ZoneInfo(zone)).date()
    begin, end, asked = _period(request.GET.get("of", ""), today)
    there = ZoneInfo(zone)
    lines = queries.sales_of(by, datetime.combine(begin, time.min, there), datetime.combine(end, time.min, there), zone)
    if "csv" in request.GET:
        return _csv(lines, asked)
    by_day: dict[date, list[Any]] = {}
    for line in lines:
        by_day.setdefault(line.day, []).append(line)
    days = [
        {
            "day": day,
            "lines": some,
            "amount": sum(line.amount for line in some),
            "quantity": sum(line.quantity for line in some),
        }
        for day, some in by_day.items()
    ]
    context = {
        "asked": asked,
        "is_day": len(asked) == 10,
        "begin": begin,
        "days": days,
        "amount": sum(line.amount for line in lines),
        "unpriced": sum(line.unpriced for line in lines),
        "before": f"{begin - timedelta(days=1):%Y-%m-%d}"[: len(asked)],
        "after": f"{end:%Y-%m-%d}"[: len(asked)] if end <= today else "",
        "month": f"{begin:%Y-%m}",
    }
    return render(request, "web/pharmacy/sales.html", context)


def _csv(lines: list[Any], asked: str) -> HttpResponse:
    header = [
        _("Day"), _("Code"), _("Registration number"), _("Medicine"), _("ATC"), _("Unit"), _("Quantity"),
        _("Amount (VND)"), _("Of it without a price"), _("Prescriptions"),
    ]  # fmt: skip
    rows = [
        [
            line.day.isoformat(), line.drug.code, line.drug.registration_number, line.drug.printed, line.drug.atc,
            str(line.drug.get_unit_display()), str(line.quantity), str(line.amount), str(line.unpriced),
            str(line.prescriptions),
        ]
        for line in lines
    ]  # fmt: skip
    response = HttpResponse(write_csv(header, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="sales-{asked}.csv"'
    return response


page_patterns = [
    path("pharmacy/handed-out/<uuid:acceptance_id>/labels/", labels, name="pharmacy_labels"),
    path("pharmacy/handed-out/<uuid:acceptance_id>/receipt/", receipt, name="pharmacy_receipt"),
    path("pharmacy/sales/", sales, name="pharmacy_sales"),
]
