"""Web hooks: the desk's, of its own facility."""

from uuid import UUID

from booking.models import HookDelivery, HookEndpoint
from core.actor import Actor
from core.errors import NotFound


def lock_hook(by: Actor, endpoint_id: UUID) -> HookEndpoint:
    """Give a web hook of the facility, locked. Raises NotFound, also for one that was removed."""
    rows = HookEndpoint.objects.select_for_update().filter(pk=endpoint_id, removed_at__isnull=True)
    endpoint = rows.filter(facility=by.facility_id).first() if by.role == "desk" and by.facility_id else None
    if endpoint is None:
        raise NotFound
    return endpoint


def lock_delivery(by: Actor, delivery_id: UUID) -> HookDelivery:
    """Give something told to a web hook of the facility, locked. Raises NotFound."""
    rows = HookDelivery.objects.select_for_update(of=("self",)).select_related("endpoint").filter(pk=delivery_id)
    mine = rows.filter(endpoint__facility=by.facility_id, endpoint__removed_at__isnull=True)
    delivery = mine.first() if by.role == "desk" and by.facility_id else None
    if delivery is None:
        raise NotFound
    return delivery
