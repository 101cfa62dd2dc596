"""The operator's pages: accounts, places, staff and their roles. Citizens are changed by themselves, so they are read here."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from core.actor import Actor
from core.edge import now
from identity import actions
from identity.acting import second_factor_passed
from identity.models import (
    Contract,
    Delegation,
    Facility,
    Membership,
    Person,
    Pilot,
    Practitioner,
    Specialty,
    User,
    VisitType,
)


def _may_enter(request: HttpRequest) -> bool:
    """Staff flag and second step, both."""
    user = request.user
    return bool(user.is_active and getattr(user, "is_staff", False) and second_factor_passed(request))


def _to_staff_sign_in(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
    """The admin has no sign-in of its own: the staff's has limits and a second step. Raises PermissionDenied for others."""
    if request.user.is_authenticated and (
        second_factor_passed(request) or not getattr(request.user, "is_staff", False)
    ):
        raise PermissionDenied
    where = "/staff/second-step/" if request.user.is_authenticated else settings.STAFF_LOGIN_URL
    return redirect(f"{where}?{urlencode({'next': request.GET.get('next', '/admin/')})}")


admin.site.has_permission = _may_enter  # type: ignore[method-assign]
admin.site.login = _to_staff_sign_in  # type: ignore[method-assign, assignment]
admin.site.site_header = admin.site.site_title = "Lành"


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """To look, not to touch: there is an action for every change."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _operator(request: HttpRequest) -> Actor:
    user = request.user
    return Actor("operator", user_id=user.pk, name=getattr(user, "name", ""))


class Offered(admin.ModelAdmin):  # type: ignore[type-arg]
    """What booking is reckoned from: saved by a verb that tells it, and never deleted, only closed."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Person)
class PersonAdmin(ReadOnly):
    list_display = ("full_name", "born_on", "province")
    search_fields = ("sort_name",)


@admin.register(Delegation)
class DelegationAdmin(ReadOnly):
    list_display = ("grantor", "delegate", "relation", "valid_to", "revoked_at")
    list_select_related = ("grantor", "delegate")


@admin.register(User)
class UserAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Open or close an account, set its language; passwords and second steps are their owner's."""

    list_display = ("name", "email", "phone", "is_active", "is_staff")
    search_fields = ("name", "email", "phone")
    fields = ("name", "email", "phone", "phone_verified", "language", "is_active", "is_staff", "groups")
    filter_horizontal = ("groups",)


@admin.register(Facility)
class FacilityAdmin(Offered):
    list_display = ("name", "kind", "code", "province", "active")
    list_filter = ("kind", "province")
    search_fields = ("sort_name", "code")

    def save_model(self, request: HttpRequest, obj: Facility, form: Any, change: bool) -> None:
        actions.put_facility(facility=obj, by=_operator(request), now=now())


@admin.register(Contract)
class ContractAdmin(Offered):
    """What two facilities agreed on for care at a distance; ended by its last day, never deleted."""

    list_display = ("number", "facility", "partner", "valid_from", "valid_to")
    list_select_related = ("facility", "partner")
    autocomplete_fields = ("facility", "partner")

    def save_model(self, request: HttpRequest, obj: Contract, form: Any, change: bool) -> None:
        actions.put_contract(contract=obj, by=_operator(request), now=now())


class PilotForm(forms.ModelForm):  # type: ignore[type-arg]
    """The decision as it was published; a quota below the cases that are taken is refused in words."""

    class Meta:
        model = Pilot
        fields = (
            *("facility", "name", "decision_number", "decided_on", "approved_by"),
            *("conditions", "valid_from", "valid_to", "quota"),
        )

    def clean_quota(self) -> int:
        quota = int(self.cleaned_data["quota"])
        if quota < max(1, self.instance.used):
            words = _("%(number)s cases are taken already. The quota cannot be lower.")
            raise forms.ValidationError(words % {"number": self.instance.used} if quota else _("At least one case."))
        return quota


@admin.register(Pilot)
class PilotAdmin(Offered):
    """What a facility may treat at a distance outside the list, with its quota; ended by its last day, never deleted."""

    form = PilotForm
    list_display = ("decision_number", "name", "facility", "valid_from", "valid_to", "used", "quota")
    list_select_related = ("facility",)
    autocomplete_fields = ("facility",)

    def get_readonly_fields(self, request: HttpRequest, obj: Pilot | None = None) -> tuple[str, ...]:
        return ("facility",) if obj is not None else ()

    def save_model(self, request: HttpRequest, obj: Pilot, form: Any, change: bool) -> None:
        actions.put_pilot(pilot=obj, by=_operator(request), now=now())


@admin.register(Practitioner)
class PractitionerAdmin(Offered):
    list_display = ("full_name", "title", "profession", "licence_number", "licence_valid_to")
    search_fields = ("sort_name", "licence_number")
    filter_horizontal = ("specialties",)
    autocomplete_fields = ("user",)

    def save_model(self, request: HttpRequest, obj: Practitioner, form: Any, change: bool) -> None:
        actions.put_practitioner(practitioner=obj, by=_operator(request), now=now())


@admin.register(Membership)
class MembershipAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("user", "role", "facility", "active_from", "active_to")
    list_filter = ("role",)
    list_select_related = ("user", "facility")
    autocomplete_fields = ("user", "facility", "practitioner")


@admin.register(VisitType)
class VisitTypeAdmin(Offered):
    list_display = ("name_vi", "facility", "minutes", "price_amount", "active")
    list_select_related = ("facility",)
    autocomplete_fields = ("facility",)

    def get_readonly_fields(self, request: HttpRequest, obj: VisitType | None = None) -> tuple[str, ...]:
        return ("facility",) if obj is not None else ()

    def save_model(self, request: HttpRequest, obj: VisitType, form: Any, change: bool) -> None:
        actions.put_visit_type(visit_type=obj, by=_operator(request), now=now())


@admin.register(Specialty)
class SpecialtyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("code", "name_vi", "name_en")
