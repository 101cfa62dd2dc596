"""What a prescription looks like from outside."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.actor import Actor
from core.api import Page
from core.edge import now
from identity import access as identity_access
from prescriptions import queries, words
from prescriptions.choices import Control, CourseSaid, Form, Route, Supply, Tradition, Unit
from prescriptions.models import Dispense, Drug, Item, Part, Particulars, Prescription, Share
from prescriptions.quantities import smallest_part
from prescriptions.safety import Finding

FINDINGS = [
    *("interaction", "allergy", "allergy_class", "allergy_cross", "duplicate", "same_class"),
    *("dose_single", "dose_day", "age", "weight_unknown"),
    *("kidney", "kidney_unknown", "pregnancy", "breastfeeding"),
]


class DrugAnswer(serializers.Serializer[Drug]):
    code = serializers.CharField()
    name = serializers.CharField()
    name_vi = serializers.CharField()
    brand = serializers.CharField(allow_blank=True, help_text="trade name; empty for a generic")
    registration_number = serializers.CharField(allow_blank=True)
    inn = serializers.CharField()
    ingredients = serializers.ListField(child=serializers.CharField())
    atc = serializers.CharField(allow_blank=True, help_text="empty where it is not known")
    strength = serializers.CharField()
    form = serializers.ChoiceField(choices=Form.choices)
    form_words = serializers.CharField(source="get_form_display")
    route = serializers.ChoiceField(choices=Route.choices)
    route_words = serializers.CharField(source="get_route_display")
    unit = serializers.ChoiceField(choices=Unit.choices)
    unit_words = serializers.CharField(source="get_unit_display")
    dose_unit = serializers.ChoiceField(choices=Unit.choices)
    dose_unit_words = serializers.CharField(source="get_dose_unit_display")
    pack_size = serializers.FloatField(allow_null=True)
    control = serializers.ChoiceField(choices=Control.choices)
    control_words = serializers.CharField(source="get_control_display")
    tradition = serializers.ChoiceField(choices=Tradition.choices)
    dose_step = serializers.SerializerMethodField(help_text="the smallest part of a dose, as text")
    supply = serializers.ChoiceField(choices=Supply.choices)
    valid_from = serializers.DateField(allow_null=True)
    valid_to = serializers.DateField(allow_null=True)

    def get_dose_step(self, drug: Drug) -> str:
        return f"{smallest_part(drug.dose_unit, drug.form).normalize():f}"


class TrancheAnswer(serializers.Serializer[Any]):
    """One part of a course that is collected apart; each day is included."""

    number = serializers.IntegerField()
    collect_from = serializers.DateField()
    collect_to = serializers.DateField()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        # "from" is no name in Python.
        fields = super().get_fields()
        return {**fields, "from": serializers.DateField(), "to": serializers.DateField()}


class ParticularsAnswer(serializers.Serializer[Particulars]):
    """What stands there besides the lines. Of a draft it holds what the record knows where the doctor wrote nothing."""

    course = serializers.ChoiceField(choices=CourseSaid.choices, allow_blank=True)
    course_words = serializers.CharField(source="get_course_display")
    at_discharge = serializers.BooleanField()
    conclusion = serializers.CharField()
    note = serializers.CharField()
    revisit_on = serializers.DateField(allow_null=True)
    weight_kg = serializers.DecimalField(max_digits=5, decimal_places=2, allow_null=True)
    weight_on = serializers.DateField(allow_null=True)
    companion = serializers.CharField()
    companion_phone = serializers.CharField()
    phone = serializers.CharField()
    residence = serializers.CharField()
    commitment_number = serializers.CharField()
    commitment_on = serializers.DateField(allow_null=True)
    commune_number = serializers.CharField()
    commune_on = serializers.DateField(allow_null=True)
    receiver_name = serializers.CharField()
    receiver_id = serializers.CharField()
    tranches = TrancheAnswer(many=True)


class HandedOutAnswer(serializers.Serializer[Dispense]):
    """One quantity of one lot. `substitute` is what was handed out instead of the prescribed drug."""

    quantity = serializers.IntegerField()
    lot = serializers.CharField()
    expires_on = serializers.DateField(allow_null=True)
    at = serializers.DateTimeField()
    substitute = DrugAnswer(source="given", allow_null=True)
    substitution = serializers.CharField(
        help_text="generic, brand or form; empty when the prescribed one was handed out"
    )
    substitution_words = serializers.CharField(source="get_substitution_display")
    substitution_reason = serializers.CharField()


class ItemAnswer(serializers.Serializer[Item]):
    id = serializers.UUIDField()
    drug = DrugAnswer()
    dose_quantity = serializers.CharField(source="dose_text")
    doses_a_day = serializers.IntegerField()
    days = serializers.IntegerField()
    total = serializers.IntegerField()
    instruction = serializers.CharField()
    dose_words = serializers.SerializerMethodField()
    amount_words = serializers.SerializerMethodField()
    dispensed_quantity = serializers.IntegerField()
    remaining = serializers.IntegerField()
    state = serializers.ChoiceField(choices=["to_dispense", "partly", "dispensed", "not_dispensed"])
    not_dispensed_reason = serializers.CharField()
    handed_out = HandedOutAnswer(source="dispenses", many=True)

    def get_dose_words(self, item: Item) -> str:
        return words.dose_of(item)

    def get_amount_words(self, item: Item) -> str:
        return words.amount_of(item)


class PersonAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField(source="full_name")
    born_on = serializers.DateField(allow_null=True)
    sex = serializers.CharField()


class PrescriberAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField(source="display_name")
    licence = serializers.CharField(source="licence_number")


class PlaceAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    address = serializers.CharField(source="full_address")
    phone = serializers.CharField()


class PrescribedForAnswer(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()


class SignatureAnswer(serializers.Serializer[Any]):
    valid = serializers.BooleanField()
    signer = serializers.CharField()
    kid = serializers.CharField()
    legally_valid = serializers.BooleanField()
    fault = serializers.CharField(help_text="why it is not valid: a code; empty when it is")
    fault_words = serializers.SerializerMethodField()
    certificate = serializers.CharField(help_text="x5t#S256 of the certificate it was signed with")
    licence = serializers.CharField(help_text="the licence at the instant of signing")

    def get_fault_words(self, signature: queries.Signature) -> str:
        return words.fault_of(signature.fault)


class OverrideAnswer(serializers.Serializer[Any]):
    finding = serializers.CharField()
    names = serializers.ListField(child=serializers.CharField())
    reason = serializers.CharField()
    reason_words = serializers.CharField(source="get_reason_display")
    note = serializers.CharField()
    rules_version = serializers.CharField()


class ShareAnswer(serializers.Serializer[Share]):
    item = serializers.UUIDField(source="item_id")
    quantity = serializers.IntegerField()
    dispensed_quantity = serializers.IntegerField()
    remaining = serializers.IntegerField()
    not_dispensed_reason = serializers.CharField()


class PartAnswer(serializers.Serializer[Part]):
    """One of several goes: its share may be handed out within [opens_at, closes_at)."""

    number = serializers.IntegerField(source="rank")
    opens_at = serializers.DateTimeField()
    closes_at = serializers.DateTimeField()
    used_from = serializers.DateField()
    used_to = serializers.DateField()
    state = serializers.SerializerMethodField()
    collected_at = serializers.DateTimeField(allow_null=True)
    shares = ShareAnswer(many=True)

    @extend_schema_field(serializers.ChoiceField(choices=["to_come", "open", "collected", "lapsed"]))
    def get_state(self, part: Part) -> str:
        return part.state(now())


class PrescriptionAnswer(serializers.Serializer[Prescription]):
    """A prescription. `access_code` is filled only for those who may collect it."""

    id = serializers.UUIDField()
    code = serializers.CharField(allow_null=True)
    access_code = serializers.SerializerMethodField()
    kind = serializers.ChoiceField(choices=Prescription.Kind.choices)
    status = serializers.ChoiceField(choices=Prescription.Status.choices)
    status_words = serializers.CharField(source="get_status_display")
    standing = serializers.SerializerMethodField(help_text="where it stands, in one sentence")
    encounter = serializers.UUIDField(source="encounter_id")
    person = PersonAnswer()
    practitioner = PrescriberAnswer()
    facility = PlaceAnswer()
    pharmacy = PlaceAnswer(source="routed_to", allow_null=True)
    diagnoses = serializers.SerializerMethodField()
    items = ItemAnswer(many=True)
    parts = PartAnswer(many=True, help_text="empty for one that is collected in one go")
    overrides = OverrideAnswer(many=True)
    replaces = serializers.UUIDField(source="replaces_id", allow_null=True)
    replaced_by = serializers.SerializerMethodField(help_text="what takes its place, for those who may see that")
    advice = serializers.CharField()
    particulars = serializers.SerializerMethodField()
    signed_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    dispensed_at = serializers.DateTimeField(allow_null=True)
    cancel_asked_at = serializers.DateTimeField(allow_null=True)
    cancelled_at = serializers.DateTimeField(allow_null=True)
    cancel_reason = serializers.CharField()
    signature = serializers.SerializerMethodField()

    def get_standing(self, prescription: Prescription) -> str:
        return "" if prescription.is_draft else words.standing_of(prescription, now())

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_replaced_by(self, prescription: Prescription) -> str | None:
        new = queries.replacement_of(prescription, self.context["actor"], now())
        return str(new.id) if new is not None else None

    def get_access_code(self, prescription: Prescription) -> str:
        actor: Actor = self.context["actor"]
        may = actor.role == "citizen" and identity_access.may_act_for(actor, prescription.person_id, "collect")
        return queries.shown_access_code(prescription) if may else ""

    @extend_schema_field(PrescribedForAnswer(many=True))
    def get_diagnoses(self, prescription: Prescription) -> list[dict[str, str]]:
        return prescription.content["diagnoses"] if prescription.content else []

    @extend_schema_field(ParticularsAnswer)
    def get_particulars(self, prescription: Prescription) -> dict[str, Any]:
        found = (
            queries.completed(prescription, self.context["now"])
            if prescription.is_draft and "now" in self.context
            else queries.particulars_of(prescription)
        )
        return dict(ParticularsAnswer(found).data)

    @extend_schema_field(SignatureAnswer(allow_null=True))
    def get_signature(self, prescription: Prescription) -> dict[str, Any] | None:
        if not prescription.signature:
            return None
        return dict(SignatureAnswer(queries.signature_of(prescription)).data)


class DrugPage(Page):
    results = DrugAnswer(many=True)


class PrescriptionPage(Page):
    results = PrescriptionAnswer(many=True)


class FindingAnswer(serializers.Serializer[Finding]):
    """One finding. `items` are places in the list of items, from 0."""

    key = serializers.CharField()
    kind = serializers.ChoiceField(choices=FINDINGS)
    grade = serializers.ChoiceField(choices=["block", "warn", "inform"])
    grade_words = serializers.SerializerMethodField()
    title = serializers.SerializerMethodField()
    text = serializers.SerializerMethodField()
    items = serializers.SerializerMethodField()
    source = serializers.CharField()  # type: ignore[assignment]
    source_words = serializers.SerializerMethodField()
    rules = serializers.CharField(help_text="version of the rule set it comes from; empty where none is asked")
    is_known = serializers.SerializerMethodField(help_text="was no less grave when the doctor signed")

    def get_grade_words(self, finding: Finding) -> str:
        return str(words.GRADES[finding.grade])

    def get_title(self, finding: Finding) -> str:
        return words.title_of(finding)

    def get_text(self, finding: Finding) -> str:
        return words.text_of(finding)

    def get_source_words(self, finding: Finding) -> str:
        return words.source_of(finding)

    def get_is_known(self, finding: Finding) -> bool:
        return finding.key in self.context.get("known", ())

    @extend_schema_field(serializers.ListField(child=serializers.IntegerField()))
    def get_items(self, finding: Finding) -> list[int]:
        return [int(key) - 1 for key in finding.lines]


class CheckAnswer(serializers.Serializer[queries.Checked]):
    findings = FindingAnswer(many=True)
    rules_version = serializers.CharField()


class AcceptedAnswer(serializers.Serializer[Any]):
    secret = serializers.CharField()
    prescription = PrescriptionAnswer()
