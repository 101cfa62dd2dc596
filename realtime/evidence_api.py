"""The evidence of a visit over HTTP: for its citizen and its practitioner; and what they say for it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import ApiView, StrictSerializer
from realtime import access, actions, consents, evidence, proofs, queries

WHO = frozenset({"citizen", "practitioner"})
TAGS = ["consultation"]
FOUND = ["ok", "none", "denied", "busy", "silent", "skipped"]


class LinkShown(serializers.Serializer[Any]):
    """One row, as it was hashed: SHA-256 of `previous` and the canonical JSON of at, encounter, facts, kind, number."""

    number = serializers.IntegerField()
    at = serializers.CharField()
    kind = serializers.ChoiceField(evidence.KINDS)
    facts = serializers.DictField()
    previous = serializers.CharField()
    hash = serializers.CharField()


class EvidenceShown(serializers.Serializer[Any]):
    """`is_whole`: every row fits where it stands; else `faults` names those that do not."""

    encounter = serializers.UUIDField()
    is_whole = serializers.BooleanField()
    faults = serializers.ListField(child=serializers.IntegerField())
    rows = LinkShown(many=True)


class EvidenceView(ApiView):
    access = WHO

    @extend_schema(summary="How a visit by video took place", responses={200: EvidenceShown}, tags=TAGS)
    def get(self, request: Request, encounter_id: UUID) -> Response:
        proof = proofs.get_proof(self.actor, encounter_id)
        answer = {
            "encounter": encounter_id,
            "is_whole": not proof.faults,
            "faults": proof.faults,
            "rows": evidence.as_json(proof.chain),
        }
        return Response(EvidenceShown(answer).data)


class ConsentWish(StrictSerializer):
    """`remote_visit`: to be treated by video. `recording`: that the call is kept; `wish` is the number that was asked."""

    what = serializers.ChoiceField(["remote_visit", "recording"])
    given = serializers.BooleanField()
    wish = serializers.IntegerField(required=False, min_value=1)
    version = serializers.CharField(
        max_length=20,
        required=False,
        default="",
        help_text="Of the text that was read (GET); the citizen needs it to agree to being treated by video.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["what"] == "recording" and "wish" not in attrs:
            raise serializers.ValidationError({"wish": [_("Say which question this answers.")]})
        return attrs


class ParagraphShown(serializers.Serializer[Any]):
    title = serializers.CharField()
    text = serializers.CharField()


class ConsentShown(serializers.Serializer[Any]):
    """What is to be read before a visit by video, in the reader's language. `given`: somebody of the citizen's side agreed."""

    version = serializers.CharField()
    language = serializers.CharField()
    paragraphs = ParagraphShown(many=True)
    sha256 = serializers.CharField()
    given = serializers.BooleanField()


class ConsentView(ApiView):
    access = WHO

    @extend_schema(summary="What is agreed to before a visit by video", responses={200: ConsentShown}, tags=TAGS)
    def get(self, request: Request, room_id: UUID) -> Response:
        encounter = access.get_room(self.actor, room_id).encounter
        text = consents.remote_visit(encounter)
        answer = {**vars(text), "sha256": text.sha256, "given": queries.has_consent(encounter.pk)}
        return Response(ConsentShown(answer).data)

    @extend_schema(summary="Agree to something in a visit", request=ConsentWish, responses={204: None}, tags=TAGS)
    def post(self, request: Request, room_id: UUID) -> Response:
        wish = self.clean(ConsentWish)
        by, given = self.actor, wish["given"]
        if wish["what"] == "recording":
            actions.answer_recording(room_id=room_id, wish=wish["wish"], yes=given, by=by, now=self.now)
        else:
            actions.consent(
                room_id=room_id, what=wish["what"], given=given, version=wish["version"], by=by, now=self.now
            )
        return Response(status=204)


class DeviceCheckWish(StrictSerializer):
    """What a page found out about its own devices before the call."""

    camera = serializers.ChoiceField(FOUND)
    microphone = serializers.ChoiceField(FOUND)
    speaker = serializers.ChoiceField(FOUND, default="skipped")
    network = serializers.ChoiceField(["excellent", "good", "poor", "lost", "skipped"], default="skipped")


class DeviceCheckView(ApiView):
    access = WHO | {"nurse"}

    @extend_schema(summary="Note how one's devices are", request=DeviceCheckWish, responses={204: None}, tags=TAGS)
    def post(self, request: Request, room_id: UUID) -> Response:
        actions.note_device_check(room_id=room_id, result=self.clean(DeviceCheckWish), by=self.actor, now=self.now)
        return Response(status=204)
