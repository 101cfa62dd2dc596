"""Read-only views for operators: money moves by actions alone."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from payments.models import Delivery, Dispute, Entry, Payment, Refund


class ReadOnly:
    """Nothing can be added, changed or deleted."""

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False


@admin.register(Payment)
class PaymentAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = (
        "id",
        "status",
        "flaw",
        "amount",
        "currency",
        "refunded_amount",
        "gateway",
        "facility",
        "created_at",
    )
    list_filter = ("status", "flaw", "gateway")
    search_fields = ("id", "subject", "gateway_reference")


@admin.register(Refund)
class RefundAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("id", "status", "amount", "currency", "reason", "created_at")
    list_filter = ("status",)


@admin.register(Entry)
class EntryAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("created_at", "kind", "account", "amount", "currency", "transaction")
    list_filter = ("kind",)
    search_fields = ("account", "transaction")


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("received_at", "gateway", "event_id", "reference", "outcome", "handled_at")
    list_filter = ("gateway", "outcome")
    exclude = ("body",)
    search_fields = ("event_id", "reference")


@admin.register(Dispute)
class DisputeAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("opened_at", "status", "amount", "currency", "reason", "gateway", "gateway_reference", "closed_at")
    list_filter = ("status", "gateway")
    search_fields = ("gateway_reference",)
