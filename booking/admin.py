"""Looking only: whatever changes here has an action, and actions have doors of their own."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from booking.models import Appointment, Closure, Rule, Schedule


class ReadOnly:
    """Nothing can be added, changed or deleted."""

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False


class RuleInline(ReadOnly, admin.TabularInline):
    model = Rule


class ClosureInline(ReadOnly, admin.TabularInline):
    model = Closure


@admin.register(Schedule)
class ScheduleAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["practitioner", "facility", "zone", "active"]
    list_filter = ["active"]
    search_fields = ["practitioner__sort_name", "facility__sort_name"]
    inlines = [RuleInline, ClosureInline]


@admin.register(Appointment)
class AppointmentAdmin(ReadOnly, admin.ModelAdmin):
    """Operators see no clinical text, and no reason of a visit is any of their business."""

    list_display = ["id", "status", "facility", "mode", "during"]
    list_filter = ["status", "mode"]
    exclude = ["reason", "cancel_reason", "person"]
