"""The evidence of a visit as a page to be printed, and as a PDF to be kept."""

from __future__ import annotations

from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core.pages import actor_of, page
from realtime import evidence_pdf, proofs
from realtime.words import evidence_words


@require_safe
@page(roles={"citizen", "practitioner"})
def visit_evidence(request: HttpRequest, encounter_id: UUID) -> HttpResponse:
    """Show what happened when, and whether every row fits."""
    by = actor_of(request)
    proof = proofs.get_proof(by, encounter_id)
    base = "web/doctor/_frame.html" if by.role == "practitioner" else "web/base.html"
    return render(request, "realtime/evidence.html", {"proof": proof, "words": evidence_words(), "base": base})


@require_safe
@page(roles={"citizen", "practitioner"})
def visit_evidence_pdf(request: HttpRequest, encounter_id: UUID) -> HttpResponse:
    """The same to keep."""
    proof = proofs.get_proof(actor_of(request), encounter_id)
    day = proof.encounter.planned_from.astimezone(ZoneInfo(proof.encounter.facility.zone)).date().isoformat()
    response = HttpResponse(evidence_pdf.pdf_of(proof), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="lanh-{day}-evidence.pdf"'
    return response
