"""Looking only: whatever changes here has an action. Operators see no clinical text, so no items, advice or content."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from prescriptions.models import Drug, Prescription, SigningKey


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Nothing can be added, changed or deleted."""

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False


@admin.register(Drug)
class DrugAdmin(ReadOnly):
    list_display = [
        "name_vi",
        "brand",
        "strength",
        "form",
        "registration_number",
        "atc",
        "control",
        "valid_to",
        "active",
    ]
    list_filter = ["control", "supply", "form", "active"]
    search_fields = ["search_text", "atc"]


@admin.register(Prescription)
class PrescriptionAdmin(ReadOnly):
    list_display = ["code", "status", "kind", "facility", "signed_at", "expires_at"]
    list_filter = ["status", "kind"]
    search_fields = ["code_key"]
    fields = [
        "code",
        "status",
        "kind",
        "facility",
        "routed_to",
        "signed_at",
        "expires_at",
        "dispensed_at",
        "cancelled_at",
    ]


@admin.register(SigningKey)
class SigningKeyAdmin(ReadOnly):
    list_display = ["kid", "practitioner", "created_at", "retired_at"]
    fields = ["kid", "practitioner", "public_jwk", "retired_at"]
