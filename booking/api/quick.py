"""Free times, quickly: one statement each (two for the first ones), arithmetic, and the bytes."""

import calendar
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.translation import get_language

from booking import queries
from booking.queries import search
from booking.queries.search import Offered
from core import edge
from core.api.quick import etag_of, is_known, json, page

MODES = ("in_person", "video", "phone")
MINUTE = 60


def slots(request: HttpRequest) -> HttpResponseBase | None:
    """Answer the free times of a practitioner for a kind of visit."""
    now = edge.now()
    try:
        practitioner, visit_type = UUID(request.GET["practitioner"]), UUID(request.GET["visit_type"])
        first_day = _day(request.GET["from"]) if "from" in request.GET else timezone.localdate(now)
        last_day = _day(request.GET["to"]) if "to" in request.GET else first_day + timedelta(days=13)
    except (KeyError, ValueError, OverflowError):
        return None
    return _answer(request, practitioner, visit_type, first_day, last_day, now, _times)


def days(request: HttpRequest) -> HttpResponseBase | None:
    """Answer how many times are free on each day of a month."""
    try:
        practitioner, visit_type = UUID(request.GET["practitioner"]), UUID(request.GET["visit_type"])
        first_day = _day(request.GET["month"] + "-01")
    except (KeyError, ValueError):
        return None
    if not 2000 <= first_day.year <= 2999:
        return None
    last_day = first_day.replace(day=calendar.monthrange(first_day.year, first_day.month)[1])
    return _answer(request, practitioner, visit_type, first_day, last_day, edge.now(), _counts)


def first(request: HttpRequest) -> HttpResponseBase | None:
    """Answer the first free time of each fitting practitioner."""
    get = request.GET.get
    specialty, province, mode = get("specialty"), get("province"), get("mode")
    try:
        facility = UUID(request.GET["facility"]) if "facility" in request.GET else None
        limit = int(get("limit", "10"))
    except ValueError:
        return None
    plain = all(value is None or (value.isascii() and value.isprintable()) for value in (specialty, province))
    if not plain or not 1 <= limit <= 50 or (mode is not None and mode not in MODES):
        return None
    if len(specialty or "") > 40 or len(province or "") > 2:
        return None
    found = queries.first_times(
        now=edge.now(), specialty=specialty, province=province, mode=mode, facility_id=facility, limit=limit
    )
    return json(page([_first(one) for one in found]))


def _day(text: str) -> date:
    if len(text) != 10 or not text.isascii():
        raise ValueError
    return date.fromisoformat(text)


def _answer(
    request: HttpRequest, practitioner: UUID, kind: UUID, first_day: date, last_day: date, now: datetime, tell: Any
) -> HttpResponseBase | None:
    span = queries.bookable_span(first_day, last_day, now)
    if span is None:
        return None
    offered = search.of_practitioner(practitioner, *span, now, kind)
    if not any(one.kinds for one in offered):
        return None
    versions = [(one.id, one.kinds, one.extras, one.overdue, [kept.version for kept in one.days]) for one in offered]
    # A seat taken beside others changes no mark of the day: what people share is read first and stands for itself.
    shared = [one for one in offered if any(each.is_shared for each in one.kinds)]
    seats = [(one.schedule_id, one.starts_at, one.seats_left) for one in queries.times_among(shared, *span, now)]
    etag = etag_of(request.get_full_path(), int(now.timestamp()) // MINUTE, (versions, seats))
    known = is_known(request, etag)
    if known is not None:
        return known
    free = queries.times_among(offered, *span, now)
    return json(page(tell(free, first_day, last_day)), etag=etag)


def _times(free: list[queries.FreeTime], first_day: date, last_day: date) -> list[dict[str, Any]]:
    return [
        {
            "schedule": one.schedule_id,
            "facility": one.facility_id,
            "visit_type": one.visit_type_id,
            "starts_at": one.starts_at,
            "ends_at": one.ends_at,
            "zone": one.zone,
            "seats_left": one.seats_left,
        }
        for one in free
    ]


def _counts(free: list[queries.FreeTime], first_day: date, last_day: date) -> list[dict[str, Any]]:
    return [{"day": one.day, "free": one.free} for one in queries.counts_of(free, first_day, last_day)]


def _first(one: queries.FirstTime) -> dict[str, Any]:
    offered: Offered = one.offered
    kind = one.kind
    return {
        "schedule": offered.id,
        "practitioner": {"id": offered.practitioner_id, "name": offered.practitioner_name},
        "facility": {"id": offered.facility_id, "name": offered.facility_name, "address": offered.facility_address},
        "visit_type": {
            "id": kind.id,
            "name": kind.name_en if get_language() == "en" else kind.name_vi,
            "minutes": kind.minutes,
            "modes": list(kind.modes),
            "price": {"amount": kind.price_amount, "currency": kind.price_currency},
        },
        "starts_at": one.starts_at,
        "ends_at": one.starts_at + timedelta(minutes=kind.minutes),
        "zone": offered.zone,
    }
