"""The page that judges a prescription's QR code without network. Public; it holds nothing about anybody."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_safe

from prescriptions.words import SLIP_REASONS


@require_safe
def verify(request: HttpRequest, language: str = "") -> HttpResponse:
    """The page in the reader's language, or in the one the address names."""
    if language and language not in dict(settings.LANGUAGES):
        raise Http404
    with translation.override(language or translation.get_language()):
        response = render(request, "prescriptions/verify.html", {"reasons": list(SLIP_REASONS.items())})
    response.headers["Cache-Control"] = "no-cache"
    return response
