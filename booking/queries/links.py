"""What the desk sees of its web hooks."""

from uuid import UUID

from django.db.models import Count, Q, QuerySet

from booking.models import Appointment, HookDelivery, HookEndpoint
from core.actor import Actor


def hooks_of(by: Actor) -> QuerySet[HookEndpoint]:
    """Return the facility's web hooks with how much waits (`waiting`) and was given up (`failed`); none for others."""
    mine = Q(facility_id=by.facility_id) if by.role == "desk" and by.facility_id else Q(pk__in=[])
    rows = HookEndpoint.objects.filter(mine, removed_at__isnull=True)
    return rows.annotate(
        waiting=Count("deliveries", filter=Q(deliveries__status="waiting")),
        failed=Count("deliveries", filter=Q(deliveries__status="failed")),
    ).order_by("created_at")


def deliveries_of(by: Actor, *, failed_only: bool = False) -> QuerySet[HookDelivery]:
    """Return what the facility's web hooks were told, the latest first."""
    rows = HookDelivery.objects.select_related("endpoint").filter(endpoint__in=hooks_of(by).values("pk"))
    return (rows.filter(status="failed") if failed_only else rows).order_by("-created_at", "-pk")


def arrival_of(appointment_id: UUID | str) -> str:
    """Give the moment of a check-in, to tell it from an earlier one that was taken back."""
    at = Appointment.objects.values_list("checked_in_at", flat=True).get(pk=appointment_id)
    return at.isoformat() if at else ""
