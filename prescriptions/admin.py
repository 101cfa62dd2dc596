"""Looking, and the rules of the safety check: whatever changes here has an action.

Operators see no clinical text, so no items, advice or content.
"""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.actor import Actor
from core.edge import now
from core.errors import DomainError
from prescriptions import actions as verbs
from prescriptions import rule_files
from prescriptions.errors import RulesUnknownTime
from prescriptions.models import Certificate, Drug, Permit, Prescription, RuleSet, SigningKey


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


class RevokeForm(forms.ModelForm):  # type: ignore[type-arg]
    """Why a certificate no longer counts, and from when."""

    class Meta:
        model = Certificate
        fields = ["revocation_reason", "revoked_since"]
        help_texts = {"revoked_since": gettext_lazy("Signatures from here on are refused. Empty: from now on.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "revocation_reason" in self.fields:
            self.fields["revocation_reason"].required = True

    def _post_clean(self) -> None:
        """The action looks at the rest; the row itself is not touched here."""


@admin.register(Certificate)
class CertificateAdmin(ReadOnly):
    """Every doctor's certificate. Opening one that counts is the way to take it back."""

    list_display = ["serial", "practitioner", "facility", "licence", "valid_from", "valid_to", "revoked_at"]
    list_filter = ["revocation_reason"]
    list_select_related = ["key__practitioner", "facility"]
    search_fields = ["serial", "licence", "key__practitioner__sort_name"]
    form = RevokeForm
    shown = ("serial", "practitioner", "facility", "licence", "thumbprint", "valid_from", "valid_to", "revoked_at")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*self.shown, *RevokeForm.Meta.fields]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.shown

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None or obj.revoked_at is None

    @admin.display(description=gettext_lazy("doctor"))
    def practitioner(self, certificate: Certificate) -> str:
        return str(certificate.key.practitioner)

    def save_model(self, request: HttpRequest, obj: Certificate, form: Any, change: bool) -> None:
        verbs.revoke_certificate(
            certificate_id=obj.pk,
            reason=form.cleaned_data["revocation_reason"],
            since=form.cleaned_data["revoked_since"],
            by=_operator(request),
            now=now(),
        )

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """A refusal of the action is said on the page one came from."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except DomainError as error:
            messages.error(request, str(error.detail))
            return HttpResponseRedirect(request.get_full_path())


class EndForm(forms.ModelForm):  # type: ignore[type-arg]
    """When a rule set ends. What else may be wrong the action says."""

    def clean(self) -> dict[str, Any]:
        """Keep the order of the days. Not the model's own look at its constraints: their words are no words."""
        begins = self.cleaned_data.get("valid_from") or self.instance.valid_from
        ends = self.cleaned_data.get("valid_to")
        if begins and ends and ends < begins:
            self.add_error("valid_to", RulesUnknownTime.message)
        return self.cleaned_data


class RuleSetForm(EndForm):
    """A list and the days on which it holds. The file is read while the form is checked, so that its faults are said here."""

    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        help_text=gettext_lazy("Columns: stt, hoat_chat_1, hoat_chat_2, co_che, hau_qua, xu_tri. UTF-8."),
    )
    source = forms.CharField(max_length=200, initial=verbs.NATIONAL, label=gettext_lazy("Source"))

    class Meta:
        model = RuleSet
        fields = ["file", "version", "source", "valid_from", "valid_to"]

    def clean_file(self) -> bytes:
        """The content, read once. Raises ValidationError in the words of the refusal."""
        upload = self.cleaned_data["file"]
        content = bytes(upload.read(rule_files.LARGEST_FILE + 1))
        try:
            verbs.look_at_rules(content=content, by=Actor.system("admin"))
        except DomainError as error:
            raise forms.ValidationError(str(error.detail)) from error
        self.file_name = str(upload.name)
        return content


@admin.register(RuleSet)
class RuleSetAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Upload a list, look at what was read, then put it in force; a list in force can only be ended."""

    list_display = ["version", "source", "valid_from", "valid_to", "pair_count", "left_out_count", "in_force_at"]
    list_filter = ["source"]
    actions = ["put_in_force", "throw_away"]
    shown = ["version", "source", "valid_from", "file_name", "checksum", "imported_at", "in_force_at", "report_table"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[RuleSet]:
        return super().get_queryset(request).annotate(pair_total=Count("pairs"))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, form=EndForm if change else RuleSetForm, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["valid_to", *self.shown] if obj else RuleSetForm.Meta.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.shown if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=gettext_lazy("pairs"))
    def pair_count(self, rule_set: Any) -> int:
        return int(rule_set.pair_total)

    @admin.display(description=gettext_lazy("left out"))
    def left_out_count(self, rule_set: RuleSet) -> int:
        return sum(not one["taken"] for one in rule_set.report)

    @admin.display(description=gettext_lazy("What is to be said of its rows"))
    def report_table(self, rule_set: RuleSet) -> SafeString | str:
        """Every remark with its line and field."""
        if not rule_set.report:
            return _("Every row was taken as it is.")
        words = {True: _("taken"), False: _("left out")}
        rows = format_html_join(
            "",
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            ((one["line"], one["field"], words[bool(one["taken"])], one["reason"]) for one in rule_set.report),
        )
        return format_html("<table>{}</table>", rows)

    def save_model(self, request: HttpRequest, obj: RuleSet, form: Any, change: bool) -> None:
        by = _operator(request)
        if change:
            if obj.valid_to is not None:
                verbs.end_rules(rule_set_id=obj.pk, last_day=obj.valid_to, by=by)
            return
        imported = verbs.import_rules(
            content=form.cleaned_data["file"],
            file_name=form.file_name,
            version=obj.version,
            source=obj.source,
            valid_from=obj.valid_from,
            valid_to=obj.valid_to,
            by=by,
            now=now(),
        )
        obj.pk = imported.rule_set.pk
        read = imported.read
        told = {"rows": read.rows, "pairs": len(read.pairs), "left_out": len(read.left_out)}
        said = _("%(rows)s rows read: %(pairs)s pairs, %(left_out)s left out. It counts once you put it in force.")
        messages.info(request, said % told)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """A refusal of the action is said on the page one came from."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except DomainError as error:
            messages.error(request, str(error.detail))
            return HttpResponseRedirect(request.get_full_path())

    @admin.action(description=gettext_lazy("Put in force"), permissions=["change"])
    def put_in_force(self, request: HttpRequest, chosen: QuerySet[RuleSet]) -> HttpResponse | None:
        """In the order of their first days, so that each ends the one before it."""
        for rule_set in chosen.order_by("valid_from"):
            self._say(request, rule_set, verbs.confirm_rules, now=now())
        return None

    @admin.action(description=gettext_lazy("Throw away what never counted"), permissions=["change"])
    def throw_away(self, request: HttpRequest, chosen: QuerySet[RuleSet]) -> HttpResponse | None:
        """Rule sets in force stay, and it is said why."""
        for rule_set in chosen:
            self._say(request, rule_set, verbs.discard_rules)
        return None

    def _say(self, request: HttpRequest, rule_set: RuleSet, act: Any, **values: Any) -> None:
        name = str(rule_set)
        try:
            act(rule_set_id=rule_set.pk, by=_operator(request), **values)
        except DomainError as error:
            messages.error(request, f"{name}: {error.detail}")
        else:
            messages.success(request, _("%(name)s: done.") % {"name": name})


def _operator(request: HttpRequest) -> Actor:
    return Actor("operator", user_id=request.user.pk, name=getattr(request.user, "name", ""))


class PermitForm(forms.ModelForm):  # type: ignore[type-arg]
    """A permission. What is wrong with it the action says."""

    class Meta:
        model = Permit
        fields = ["what", "facility", "because", "valid_from", "valid_to"]

    def _post_clean(self) -> None:
        """Fill the row; the constraints have no words of their own, the action has."""
        self.instance = forms.models.construct_instance(self, self.instance, self._meta.fields, self._meta.exclude)


@admin.register(Permit)
class PermitAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Give a permission, and say when it ends."""

    form = PermitForm
    list_display = ["what", "facility", "because", "valid_from", "valid_to"]
    list_filter = ["what"]
    autocomplete_fields = ["facility"]
    list_select_related = ["facility"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["what", "facility", "because", "valid_from"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Permit, form: Any, change: bool) -> None:
        by = _operator(request)
        if change:
            if obj.valid_to is not None:
                verbs.end_permit(permit_id=obj.pk, last_day=obj.valid_to, by=by)
            return
        made = verbs.give_permit(
            what=obj.what,
            facility_id=obj.facility_id,
            because=obj.because,
            valid_from=obj.valid_from,
            valid_to=obj.valid_to,
            by=by,
        )
        obj.pk = made.pk

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """A refusal of the action is said on the page one came from."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except DomainError as error:
            messages.error(request, str(error.detail))
            return HttpResponseRedirect(request.get_full_path())
