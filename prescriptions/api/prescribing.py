"""Doors of prescribing: the catalogue, drafts, check, signature, and what the citizen does with the result."""

from __future__ import annotations

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import SIGNED_IN, ApiView, idempotent, page_of, whole_page
from core.qr import svg_of
from prescriptions import access, actions, codes, queries
from prescriptions.api import wishes
from prescriptions.api.answers import CheckAnswer, DrugPage, PrescriptionAnswer, PrescriptionPage
from prescriptions.models import Prescription

TAGS = ["prescriptions"]
THOSE_CONCERNED = frozenset({"citizen", "practitioner", "pharmacist"})
PRESCRIBERS = frozenset({"practitioner"})


class Drugs(ApiView):
    access = SIGNED_IN

    @extend_schema(parameters=[wishes.DrugsAsked], responses=DrugPage, summary="Search the catalogue", tags=["drugs"])
    def get(self, request: Request) -> Response:
        asked = self.clean_query(wishes.DrugsAsked)
        on = asked.get("on") or self.now.astimezone(ZoneInfo("Asia/Ho_Chi_Minh")).date()
        return whole_page(DrugPage, queries.find_drugs(asked["q"], on=on, limit=asked["limit"], remote=asked["remote"]))


class PrescriptionView(ApiView):
    """Base: answers one prescription as this actor may see it."""

    access = THOSE_CONCERNED

    def answer(self, prescription_id: UUID, status: int = 200) -> Response:
        found = access.get_prescription(self.actor, prescription_id, self.now)
        return Response(self.shown(found), status=status)

    def shown(self, found: Prescription) -> Any:
        return PrescriptionAnswer(found, context={"actor": self.actor, "now": self.now}).data


class Prescriptions(PrescriptionView):
    @extend_schema(
        parameters=[
            wishes.ListAsked,
            OpenApiParameter("cursor", str),
            OpenApiParameter("limit", int),
        ],
        responses=PrescriptionPage,
        summary="My prescriptions, or those of a visit",
        tags=TAGS,
    )
    def get(self, request: Request) -> Response:
        asked = self.clean_query(wishes.ListAsked)
        rows = queries.seen_by(self.actor, self.now, person_id=asked.get("person"), encounter_id=asked.get("encounter"))
        return page_of(self, rows, PrescriptionAnswer, context={"actor": self.actor, "now": self.now})

    @extend_schema(
        request=wishes.DraftWish,
        responses={201: PrescriptionAnswer},
        summary="Begin a prescription in a visit",
        tags=TAGS,
    )
    @idempotent
    def post(self, request: Request) -> Response:
        wish = self.clean(wishes.DraftWish)
        begun = actions.draft(encounter_id=wish["encounter"], by=self.actor, now=self.now)
        return self.answer(begun.id, status=201)


class OnePrescription(PrescriptionView):
    @extend_schema(responses=PrescriptionAnswer, summary="One prescription", tags=TAGS)
    def get(self, request: Request, prescription_id: UUID) -> Response:
        return self.answer(prescription_id)

    @extend_schema(request=wishes.ChangeWish, responses=PrescriptionAnswer, summary="Write a draft", tags=TAGS)
    def patch(self, request: Request, prescription_id: UUID) -> Response:
        wish = self.clean(wishes.ChangeWish)
        actions.save_draft(
            prescription_id=prescription_id,
            items=wish.get("items"),
            advice=wish.get("advice"),
            particulars=wish.get("particulars"),
            by=self.actor,
            now=self.now,
        )
        return self.answer(prescription_id)


class Check(PrescriptionView):
    access = frozenset({"practitioner", "pharmacist"})

    @extend_schema(request=wishes.NoWish, responses=CheckAnswer, summary="Run the safety check", tags=TAGS)
    def post(self, request: Request, prescription_id: UUID) -> Response:
        self.clean(wishes.NoWish)
        checked = actions.check(prescription_id=prescription_id, by=self.actor, now=self.now)
        return Response(CheckAnswer(checked, context={"known": checked.known}).data)


class Sign(PrescriptionView):
    access = PRESCRIBERS

    @extend_schema(
        parameters=[OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER)],
        request=wishes.SignWish,
        responses=PrescriptionAnswer,
        summary="Sign a draft",
        tags=TAGS,
    )
    def post(self, request: Request, prescription_id: UUID) -> Response:
        wish = self.clean(wishes.SignWish)
        asked = {
            "prescription_id": prescription_id,
            "overrides": wish["overrides"],
            "by": self.actor,
            "now": self.now,
        }
        # A signing service is asked before the transaction in which requests are remembered.
        return self.record(request, prescription_id, {**asked, "answered": actions.ask_signature(**asked)})

    @idempotent
    def record(self, request: Request, prescription_id: UUID, asked: dict[str, Any]) -> Response:
        """Write it down."""
        actions.sign(**asked)
        return self.answer(prescription_id)


class Cancel(PrescriptionView):
    access = frozenset({"citizen", "practitioner"})

    @extend_schema(
        request=wishes.CancelWish, responses=PrescriptionAnswer, summary="Take a prescription back", tags=TAGS
    )
    @idempotent
    def post(self, request: Request, prescription_id: UUID) -> Response:
        wish = self.clean(wishes.CancelWish)
        cancelled = actions.cancel(prescription_id=prescription_id, reason=wish["reason"], by=self.actor, now=self.now)
        return Response(self.shown(cancelled))


class Route(PrescriptionView):
    access = frozenset({"citizen"})

    @extend_schema(request=wishes.RouteWish, responses=PrescriptionAnswer, summary="Send it to a pharmacy", tags=TAGS)
    @idempotent
    def post(self, request: Request, prescription_id: UUID) -> Response:
        wish = self.clean(wishes.RouteWish)
        actions.route(prescription_id=prescription_id, pharmacy_id=wish["pharmacy"], by=self.actor, now=self.now)
        return self.answer(prescription_id)


class SvgRenderer(BaseRenderer):
    """Lets content negotiation accept image/svg+xml; the view writes the picture itself."""

    media_type = "image/svg+xml"
    format = "svg"
    charset = "utf-8"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> Any:
        return data


class Qr(PrescriptionView):
    access = frozenset({"citizen"})
    renderer_classes = [*ApiView.renderer_classes, SvgRenderer]

    @extend_schema(
        responses={(200, "image/svg+xml"): OpenApiResponse(OpenApiTypes.STR)},
        summary="The QR code a pharmacy scans: code and access code",
        tags=TAGS,
    )
    def get(self, request: Request, prescription_id: UUID) -> HttpResponse:
        found = access.get_collectable(self.actor, prescription_id, self.now)
        picture = svg_of(codes.payload(found.code or "", queries.shown_access_code(found)))
        return HttpResponse(picture, content_type="image/svg+xml", headers={"Cache-Control": "no-store"})
