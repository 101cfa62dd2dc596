"""A facility's month in money for its desk: on a page, as PDF, as CSV."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from core.errors import NotFound
from core.pages import actor_of, now, page
from core.tables import write_csv
from payments import months, price_lists, printing
from payments.months import Statement, Sums
from payments.pages.papers import pdf_answer

DESK = frozenset({"desk"})


def _wanted(request: HttpRequest) -> Statement:
    by = actor_of(request)
    if by.facility_id is None:
        raise NotFound()
    facility = price_lists.facility_with(by.facility_id)
    today = price_lists.today_at(facility, now())
    try:
        first_day = date.fromisoformat(f"{request.GET.get('month', '')[:7]}-01")
    except ValueError:
        first_day = today.replace(day=1)
    if not 2000 <= first_day.year <= today.year + 1:
        first_day = today.replace(day=1)
    return months.month_of(facility, first_day)


@require_GET
@page(roles=DESK)
def statement(request: HttpRequest) -> HttpResponse:
    """The month on a page."""
    found = _wanted(request)
    context = {
        "statement": found,
        "month": f"{found.first_day:%Y-%m}",
        "ways": [(printing.way_of(code), sums) for code, sums in found.by_way.items()],
        "days": found.by_day.items(),
        "balances": [(account_words(one.account), one) for one in found.balances],
        "billed": billed_words(found),
    }
    return render(request, "payments/desk/month.html", context)


@require_GET
@page(roles=DESK)
def as_csv(request: HttpRequest) -> HttpResponse:
    """The month as a table: a row for each day, then for each way, then the accounts, then the invoices."""
    found = _wanted(request)
    header = [_("Part"), _("Way or day"), *_columns()]
    rows = [[_("Day"), f"{day:%Y-%m-%d}", *_cells(sums)] for day, sums in found.by_day.items()]
    rows += [[_("Way to pay"), printing.way_of(code), *_cells(sums)] for code, sums in found.by_way.items()]
    rows.append([_("All"), f"{found.first_day:%Y-%m}", *_cells(found.total)])
    rows += [
        [_("Account"), account_words(one.account), "", str(one.opening), "", "", "", "", str(one.closing)]
        for one in found.balances
    ]
    rows.append([_("Invoices"), _("Number"), str(found.billed.number)])
    rows += [[_("Invoices"), words, "", str(amount)] for words, amount in billed_words(found)]
    response = HttpResponse(write_csv(header, rows), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="sao-ke-{found.first_day:%Y-%m}.csv"'
    return response


@require_GET
@page(roles=DESK)
def as_pdf(request: HttpRequest) -> HttpResponse:
    """The month on paper."""
    found = _wanted(request)
    return pdf_answer(printing.typeset("statement", said(found), standard="ua-1"), f"sao-ke-{found.first_day:%Y-%m}")


def said(found: Statement) -> dict[str, Any]:
    """Return every text of the paper."""
    columns = _columns()
    whole = [_("All"), *_cells(found.total, found)]
    return {
        "language": (get_language() or "vi").split("-")[0],
        "title": _("Statement of %(month)s") % {"month": f"{found.first_day:%m/%Y}"},
        "footer": f"Lành · {found.facility.name}",
        "about": [
            [_("Facility"), found.facility.name],
            [_("Tax code"), found.facility.tax_code or "–"],
            [_("Days"), f"{found.first_day:%d/%m/%Y} – {found.last_day:%d/%m/%Y}"],
        ],
        "tables": [
            {
                "title": _("Invoices of the month, as they stand today: %(n)s") % {"n": found.billed.number},
                "head": [_("Part"), _("Amount")],
                "rows": [[words, str(found.money(amount))] for words, amount in billed_words(found)],
                "foot": [],
            },
            {
                "title": _("By way to pay"),
                "head": [_("Way to pay"), *columns],
                "rows": [[printing.way_of(code), *_cells(sums, found)] for code, sums in found.by_way.items()],
                "foot": whole,
            },
            {
                "title": _("By day"),
                "head": [_("Day"), *columns],
                "rows": [[f"{day:%d/%m}", *_cells(sums, found)] for day, sums in found.by_day.items()],
                "foot": whole,
            },
            {
                "title": _("Accounts of the ledger"),
                "head": [_("Account"), _("Opening"), _("Change"), _("Closing")],
                "rows": [
                    [account_words(one.account), *(str(found.money(n)) for n in (one.opening, one.change, one.closing))]
                    for one in found.balances
                ],
                "foot": [],
            },
        ],
    }


def _columns() -> list[str]:
    return [
        _("Number"),
        _("Income"),
        _("Promised back"),
        _("Sent back"),
        _("Fees of gateways"),
        _("Lost disputes"),
        _("Net"),
    ]


def _cells(sums: Sums, found: Statement | None = None) -> list[str]:
    amounts = [sums.income, sums.refunds, sums.sent_back, sums.fees, sums.losses, sums.net]
    return [str(sums.number), *(str(found.money(one)) if found else str(one) for one in amounts)]


def billed_words(found: Statement) -> list[tuple[str, int]]:
    """Return the parts of the month's invoices in words; what nobody had is left out, the whole and the unpaid never."""
    one = found.billed
    told = [
        (_("Billed, after discounts"), one.total, True),
        (_("Discounts given"), one.discount, False),
        (_("To be claimed from health insurance"), one.insurance, False),
        (_("From other sources"), one.other, False),
        (_("The patients' part"), one.patients, True),
        (_("Taken back by credit notes"), one.credited, False),
        (_("Of the patients' part still unpaid"), one.unpaid, True),
    ]
    return [(words, amount) for words, amount, always in told if amount or always]


def account_words(account: str) -> str:
    """Return the ledger's name of an account in words."""
    kind, _slash, rest = account.partition("/")
    words = {
        "income": _("Income"),
        "refunds": _("Given back or promised back"),
        "refunds_due": _("Promised back, not gone yet"),
        "credits": _("Owed to payers, to be paid out at the desk"),
        "by_hand": _("Transferred to payers by hand"),
        "cash_differences": _("Differences of the drawers"),
        "written_off": _("Differences written off"),
        "fees": _("Fees of gateways"),
        "disputed": _("Taken until a dispute is decided"),
        "losses": _("Lost disputes"),
        "unallocated": _("Came to the bank account, for nobody yet"),
        "set_aside": _("Came to the bank account, not for a payment"),
    }
    if kind == "clearing" and rest.startswith("cash/"):
        return _("Cash in the drawers")
    if kind == "clearing":
        return _("With %(way)s") % {"way": printing.way_of(rest.partition("/")[0])}
    return words.get(kind, kind)
