"""Read-only views for operators: that a message went, never what it said."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from notifications.models import Attempt, Message


class ReadOnly:
    """Nothing can be added, changed or deleted."""

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False


@admin.register(Message)
class MessageAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("created_at", "kind", "audience", "recipient_id", "read_at")
    list_filter = ("kind", "audience")
    fields = ("id", "created_at", "kind", "audience", "recipient_id", "about", "read_at")


@admin.register(Attempt)
class AttemptAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("created_at", "kind", "carrier", "status", "failure", "sent_at")
    list_filter = ("carrier", "status", "kind")
    fields = ("id", "created_at", "kind", "carrier", "status", "failure", "reference", "sent_at", "failed_at")
