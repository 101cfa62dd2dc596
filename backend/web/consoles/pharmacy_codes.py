"""Opening without typing two codes: a photo of the QR code, or the ID number with a one-time code on the person's phone."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_POST

from core.errors import DomainError
from core.pages import actor_of, now, page
from prescriptions import actions
from prescriptions.scanning import MOST_BYTES, codes_in_picture

PHARMACIST = {"pharmacist"}
LONGEST_TEXT = 1200  # characters: the signed code of a paper has up to 900, and its address before it


@require_POST
@page(roles=PHARMACIST)
def scan(request: HttpRequest) -> HttpResponse:
    """Read the QR code in a picture; the page puts it into its field. The picture is not kept."""
    file = request.FILES.get("picture")
    content = file.read() if file is not None and (file.size or 0) <= MOST_BYTES else b""
    try:
        return JsonResponse({"text": codes_in_picture(content)[:LONGEST_TEXT]})
    except DomainError as error:
        return JsonResponse({"text": "", "detail": str(error.detail)}, status=422)


@page(roles=PHARMACIST)
def by_id(request: HttpRequest) -> HttpResponse:
    """First the ID number: a code goes to the person's phone. Then the code: what they may collect opens."""
    by, moment = actor_of(request), now()
    national_id = "".join(request.POST.get("national_id", "").split())[:20]
    context: dict[str, Any] = {"national_id": national_id, "step": "number", "error": None, "found": None}
    status = 200
    if request.method == "POST":
        try:
            if request.POST.get("then") == "open":
                context["step"] = "code"
                code = request.POST.get("code", "")[:12]
                context["found"] = actions.open_by_counter_code(national_id=national_id, code=code, by=by, now=moment)
                context["step"] = "found"
            else:
                actions.ask_for_counter_code(national_id=national_id, by=by, now=moment)
                context["step"] = "code"
        except DomainError as error:
            context["error"], status = error, 422
    return render(request, "web/pharmacy/by_id.html", context, status=status)


page_patterns = [
    path("pharmacy/scan/", scan, name="pharmacy_scan"),
    path("pharmacy/by-id/", by_id, name="pharmacy_by_id"),
]
