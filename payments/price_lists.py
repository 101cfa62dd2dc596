"""Reading price lists: which one holds on a day, and what something costs by it."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet

from core.actor import Actor
from core.errors import NotFound
from identity.models import Facility
from identity.names import fold
from payments import paper_access
from payments.models import PriceItem, PriceList


def list_on(facility_id: UUID, on: date) -> PriceList | None:
    """Return the published list of a facility that holds on a day."""
    rows = PriceList.objects.select_related("facility").filter(facility_id=facility_id, published_at__isnull=False)
    return rows.filter(during__contains=on).first()


def items_on(facility_id: UUID, on: date) -> QuerySet[PriceItem]:
    """Return what a facility charges on a day."""
    rows = PriceItem.objects.select_related("price_list").filter(
        price_list__facility_id=facility_id,
        price_list__published_at__isnull=False,
        price_list__during__contains=on,
    )
    return rows.order_by("category", "code")


def matching(items: QuerySet[PriceItem], q: str) -> QuerySet[PriceItem]:
    """Narrow items to those with these words in their name, tones or none, or with a code that begins so."""
    return items.filter(Q(sort_name__contains=fold(q)) | Q(code__istartswith=q)) if q else items


def item_on(facility_id: UUID, code: str, on: date) -> PriceItem | None:
    """Return one item of the list that holds on a day, by its code."""
    return items_on(facility_id, on).filter(code=code).first()


def visit_item_on(facility_id: UUID, visit_type_id: UUID, mode: str, amount: int, on: date) -> PriceItem | None:
    """Return the line for a kind of visit held in this way, if the list of the day has it at this price."""
    rows = items_on(facility_id, on).filter(visit_type_id=visit_type_id, mode__in=[mode, ""], amount=amount)
    return rows.order_by("-mode").first()


def lists_for(by: Actor) -> QuerySet[PriceList]:
    """Return the desk's lists, the newest first, with how many items each has."""
    return paper_access.lists_of(by).annotate(items_count=Count("items")).order_by("-version")


def facility_with(facility_id: UUID) -> Facility:
    """Return a facility anybody may read about. Raises NotFound."""
    found = Facility.objects.filter(id=facility_id, active=True).select_related("province").first()
    if found is None:
        raise NotFound()
    return found


def today_at(facility: Facility, now: datetime) -> date:
    """Return the facility's date."""
    return now.astimezone(ZoneInfo(facility.zone)).date()
