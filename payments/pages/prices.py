"""Price lists: the desk's pages to write and publish them, and the page on which anybody reads what holds today."""

from __future__ import annotations

from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from core.errors import Conflict, DomainError, NotFound
from core.pages import actor_of, now, page
from payments import actions, paper_access, price_lists, price_sheets
from payments.models import Category

DESK = frozenset({"desk"})
PAGE = 100


def day_of(text: str | None) -> date | None:
    """Read a day from an address or a form; nonsense is none."""
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


@require_GET
@page(roles=())
def published(request: HttpRequest, facility_id: UUID) -> HttpResponse:
    """What a facility charges today, or on another day, for anybody."""
    facility = price_lists.facility_with(facility_id)
    on = day_of(request.GET.get("on")) or price_lists.today_at(facility, now())
    q = request.GET.get("q", "").replace("\x00", "").strip()[:80]
    items = price_lists.matching(price_lists.items_on(facility_id, on), q)
    groups = [
        (Category(category).label, list(some)) for category, some in groupby(items[:2000], lambda one: one.category)
    ]
    context = {"facility": facility, "on": on, "groups": groups, "q": q, "list": price_lists.list_on(facility_id, on)}
    context["base"] = "web/hospital/_frame.html" if actor_of(request).role == "desk" else "web/base.html"
    return render(request, "payments/prices.html", context)


@require_GET
@page(roles=DESK)
def lists(request: HttpRequest) -> HttpResponse:
    """All price lists of the facility, and a form to begin the next one."""
    return _lists(request)


def _lists(request: HttpRequest, *, error: str = "") -> HttpResponse:
    by = actor_of(request)
    if by.facility_id is None:
        raise NotFound()
    facility = price_lists.facility_with(by.facility_id)
    today = price_lists.today_at(facility, now())
    found = list(price_lists.lists_for(by))
    held = price_lists.list_on(facility.id, today)
    context = {"lists": found, "held": held, "today": today, "facility": facility, "error": error}
    return render(request, "payments/desk/price_lists.html", context, status=422 if error else 200)


@require_POST
@page(roles=DESK)
def begin(request: HttpRequest) -> HttpResponse:
    """Begin a list, as a copy or empty."""
    by = actor_of(request)
    first_day = day_of(request.POST.get("first_day"))
    if first_day is None or by.facility_id is None:
        return _lists(request, error=_("From which day on does it hold?"))
    copy = request.POST.get("copy_of") or None
    begun = actions.begin_price_list(
        facility_id=by.facility_id,
        name=request.POST.get("name", "").replace("\x00", ""),
        first_day=first_day,
        copy_of=_id(copy) if copy else None,
        by=by,
        now=now(),
    )
    return redirect("payments_price_list", begun.id)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound() from error


@require_GET
@page(roles=DESK)
def one(request: HttpRequest, list_id: UUID) -> HttpResponse:
    """One list: its lines, and while it is not published the ways to change them."""
    return _one(request, list_id)


def _one(
    request: HttpRequest, list_id: UUID, *, landed: Any = None, typed: Any = None, error: DomainError | None = None
) -> HttpResponse:
    found = paper_access.get_list(actor_of(request), list_id)
    q = request.GET.get("q", "").replace("\x00", "").strip()[:80]
    items = price_lists.matching(found.items.order_by("category", "code"), q)
    edited = found.items.filter(code=request.GET.get("code", "").replace("\x00", "")).first()
    shown: dict[str, Any] = typed or ({name: getattr(edited, name) for name in FIELDS} if edited else {})
    context = {
        "list": found,
        "items": Paginator(items, PAGE).get_page(request.GET.get("page")),
        "count": found.items.count(),
        "q": q,
        "typed": shown,
        "edited": edited,
        "categories": Category.choices,
        "columns": price_sheets.COLUMNS.items(),
        "landed": landed,
        "wrong": error.fields if error else {},
    }
    bad = error is not None or (landed is not None and bool(landed.problems))
    return render(request, "payments/desk/price_list.html", context, status=422 if bad else 200)


FIELDS = ("code", "name_vi", "name_en", "unit", "category", "amount", "in_scope")


@require_POST
@page(roles=DESK)
def put(request: HttpRequest, list_id: UUID) -> HttpResponse:
    """Put a line in, or in the place of the one with its code."""
    values = {name: request.POST.get(name, "") for name in FIELDS}
    try:
        item = actions.put_price(list_id=list_id, values=values, by=actor_of(request), now=now())
    except DomainError as error:
        if not error.fields:
            raise
        return _one(request, list_id, typed=values, error=error)
    messages.success(request, _("%(name)s is in the list.") % {"name": item.name})
    return redirect("payments_price_list", list_id)


@require_POST
@page(roles=DESK)
def take_out(request: HttpRequest, list_id: UUID) -> HttpResponse:
    """Take a line out."""
    code = request.POST.get("code", "").replace("\x00", "")
    actions.take_out_price(list_id=list_id, code=code, by=actor_of(request), now=now())
    return redirect("payments_price_list", list_id)


@require_POST
@page(roles=DESK)
def take_in(request: HttpRequest, list_id: UUID) -> HttpResponse:
    """Take lines in from a CSV; what cannot land is told row by row."""
    paper_access.get_list(actor_of(request), list_id)
    file = request.FILES.get("file")
    if file is None or (file.size or 0) > price_sheets.BOUNDS.most_bytes:
        messages.error(request, _("Please choose a CSV file of at most 2 MB."))
        return redirect("payments_price_list", list_id)
    try:
        landed = actions.import_prices(list_id=list_id, content=file.read(), by=actor_of(request), now=now())
    except DomainError as error:
        if not error.fields:
            raise
        messages.error(request, " ".join(str(word) for words in error.fields.values() for word in words))
        return redirect("payments_price_list", list_id)
    return _one(request, list_id, landed=landed)


@require_GET
@page(roles=DESK)
def as_csv(request: HttpRequest, list_id: UUID) -> HttpResponse:
    """The list as a file that can be changed and handed in again."""
    found = paper_access.get_list(actor_of(request), list_id)
    response = HttpResponse(price_sheets.write(found.items.all()), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="bang-gia-{found.version}.csv"'
    return response


@require_POST
@page(roles=DESK)
def publish(request: HttpRequest, list_id: UUID) -> HttpResponse:
    """Let the list hold from its first day on."""
    try:
        actions.publish_price_list(list_id=list_id, by=actor_of(request), now=now())
    except Conflict as refusal:
        messages.error(request, str(refusal.detail))
    else:
        messages.success(request, _("The list is published. Everybody can read it."))
    return redirect("payments_price_list", list_id)


@require_POST
@page(roles=DESK)
def drop(request: HttpRequest, list_id: UUID) -> HttpResponse:
    """Throw a list away that was never published."""
    actions.drop_price_list(list_id=list_id, by=actor_of(request), now=now())
    return redirect("payments_price_lists")
