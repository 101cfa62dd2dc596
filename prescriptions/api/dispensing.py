"""Doors of the pharmacy: look up, accept, hand out, close, give back."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import idempotent, page_of
from prescriptions import access, actions, queries
from prescriptions.api import wishes
from prescriptions.api.answers import AcceptedAnswer, PrescriptionAnswer, PrescriptionPage
from prescriptions.api.prescribing import PrescriptionView

TAGS = ["dispensing"]


class PharmacyView(PrescriptionView):
    access = frozenset({"pharmacist"})


class Queue(PharmacyView):
    @extend_schema(
        parameters=[OpenApiParameter("cursor", str), OpenApiParameter("limit", int)],
        responses=PrescriptionPage,
        summary="What citizens sent to my pharmacy",
        tags=TAGS,
    )
    def get(self, request: Request) -> Response:
        rows = queries.queue_of(access.pharmacy_of(self.actor))
        return page_of(self, rows, PrescriptionAnswer, ordering=("routed_at", "id"), context={"actor": self.actor})


class Lookup(PharmacyView):
    @extend_schema(
        request=wishes.LookupWish,
        responses=PrescriptionAnswer,
        summary="Find a prescription by its two codes",
        tags=TAGS,
    )
    def post(self, request: Request) -> Response:
        wish = self.clean(wishes.LookupWish)
        found = actions.lookup(code=wish["code"], access_code=wish["access_code"], by=self.actor, now=self.now)
        return self.answer(found.id)


class Accept(PharmacyView):
    @extend_schema(request=wishes.NoWish, responses=AcceptedAnswer, summary="Take it in hand", tags=TAGS)
    def post(self, request: Request, prescription_id: UUID) -> Response:
        self.clean(wishes.NoWish)
        accepted = actions.accept(prescription_id=prescription_id, by=self.actor, now=self.now)
        found = access.get_prescription(self.actor, prescription_id, self.now)
        return Response({"secret": accepted.secret, "prescription": self.shown(found)})


class Return(PharmacyView):
    @extend_schema(request=wishes.ReturnWish, responses=PrescriptionAnswer, summary="Give it back", tags=TAGS)
    @idempotent
    def post(self, request: Request, prescription_id: UUID) -> Response:
        wish = self.clean(wishes.ReturnWish)
        given_back = actions.return_(
            prescription_id=prescription_id, reason=wish["reason"], by=self.actor, now=self.now
        )
        return Response(self.shown(given_back))


class Dispense(PharmacyView):
    @extend_schema(request=wishes.DispenseWish, responses=PrescriptionAnswer, summary="Hand out quantities", tags=TAGS)
    @idempotent
    def post(self, request: Request, prescription_id: UUID) -> Response:
        wish = self.clean(wishes.DispenseWish)
        actions.dispense(
            prescription_id=prescription_id,
            secret=wish["secret"],
            items=wish["items"],
            seen=wish["seen"],
            by=self.actor,
            now=self.now,
        )
        return self.answer(prescription_id)


class Complete(PharmacyView):
    @extend_schema(request=wishes.CompleteWish, responses=PrescriptionAnswer, summary="Close it", tags=TAGS)
    @idempotent
    def post(self, request: Request, prescription_id: UUID) -> Response:
        wish = self.clean(wishes.CompleteWish)
        closed = actions.complete(
            prescription_id=prescription_id,
            secret=wish["secret"],
            not_dispensed=wish["not_dispensed"],
            by=self.actor,
            now=self.now,
        )
        # As it is now; once one part of several is collected, this pharmacy has no more to look at.
        return Response(self.shown(closed))
