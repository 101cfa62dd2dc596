"""The last answers: unknown address, refused, unreadable, broken. API paths get problem+json, people get a page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from core import errors
from core.rest import problems

MACHINE = ("/api/", "/fhir/", "/hooks/", "/_allauth/")


def _answer(request: HttpRequest, error: errors.DomainError, template: str) -> HttpResponse:
    if request.path.startswith(MACHINE):
        return problems.json_problem(error)
    return render(request, template, {"error": error}, status=errors.column_of(error).http)


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """404 for an unknown address."""
    return _answer(request, errors.NotFound(), "404.html")


def forbidden(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """403: not theirs to see."""
    return _answer(request, errors.NotAllowed(), "403.html")


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form without its token: the page stood open while they signed out or in elsewhere."""
    return _answer(
        request,
        errors.NotAllowed(_("This page stood open for too long. Go back, load it anew and send it again.")),
        "web/refused.html",
    )


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """400 for what Django itself refuses to read."""
    return _answer(request, errors.Unparseable(), "web/refused.html")


def crash(request: HttpRequest) -> HttpResponse:
    """500: a bug of ours; logged by Django before this is called."""
    if request.path.startswith(MACHINE):
        return problems.crash(request)
    return render(request, "500.html", status=500)
