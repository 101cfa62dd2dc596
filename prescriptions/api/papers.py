"""What stands for a prescription outside of this house: the signed QR code, and the paper."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from core.api import ApiView
from core.errors import NotFound
from core.qr import svg_of
from prescriptions import access, actions, slips
from prescriptions.api.prescribing import TAGS, PrescriptionView, SvgRenderer

WHOSE = frozenset({"citizen", "practitioner"})


class SlipQr(PrescriptionView):
    access = WHOSE
    renderer_classes = [*ApiView.renderer_classes, SvgRenderer]

    @extend_schema(
        responses={(200, "image/svg+xml"): OpenApiResponse(OpenApiTypes.STR)},
        summary="The signed QR code that a pharmacy can verify without network; it holds no access code",
        tags=TAGS,
    )
    def get(self, request: Request, prescription_id: UUID) -> HttpResponse:
        found = access.get_prescription(self.actor, prescription_id, self.now)
        if not found.slip:
            raise NotFound()
        picture = svg_of(slips.text_of(found.slip, settings.PUBLIC_URL))
        return HttpResponse(picture, content_type="image/svg+xml", headers={"Cache-Control": "no-store"})


class PdfRenderer(BaseRenderer):
    """Lets content negotiation accept application/pdf; the view writes the file itself."""

    media_type = "application/pdf"
    format = "pdf"
    charset = None
    render_style = "binary"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> Any:
        return data


class Paper(PrescriptionView):
    access = WHOSE
    may_conflict = True
    renderer_classes = [*ApiView.renderer_classes, PdfRenderer]

    @extend_schema(
        responses={(200, "application/pdf"): OpenApiResponse(OpenApiTypes.BINARY)},
        summary="The prescription on paper: PDF/A-3 with the doctor's PAdES signature and the signed QR code",
        tags=TAGS,
    )
    def get(self, request: Request, prescription_id: UUID) -> HttpResponse:
        """Raises NotFound, NoPaper, SignatureBroken."""
        made = actions.make_document(prescription_id=prescription_id, by=self.actor, now=self.now)
        name = f"don-thuoc-{made.prescription.code}.pdf"
        headers = {"Cache-Control": "no-store", "Content-Disposition": f'inline; filename="{name}"'}
        return HttpResponse(bytes(made.pdf), content_type="application/pdf", headers=headers)
