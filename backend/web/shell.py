"""Doors of the shell itself: language, theme, and the files that make the site installable."""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from core.pages import page
from identity.models import User
from web import preferences


def back_to(request: HttpRequest) -> str:
    """The page the form stood on; never an address elsewhere."""
    wanted = request.POST.get("next", "/")
    # A path from the root: anything else would be read as a name of ours, or as an address elsewhere.
    return wanted if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else "/"


@require_POST
@page(roles=())
def language(request: HttpRequest) -> HttpResponse:
    """Read the pages in another language; kept with the account too, so that messages come in it."""
    response = redirect(back_to(request))
    chosen = request.POST.get("language", "")
    if chosen in dict(settings.LANGUAGES):
        preferences.remember_language(response, chosen)
        preferences.keep_with_account(request.user, language=chosen)
    return response


@require_POST
@page(roles=())
def theme(request: HttpRequest) -> HttpResponse:
    """Light, dark, or as the device has it."""
    response = redirect(back_to(request))
    chosen = request.POST.get("theme", "")
    preferences.remember_theme(response, chosen)
    preferences.keep_with_account(request.user, theme=chosen if chosen in preferences.THEMES else User.Theme.AUTO)
    return response


@require_GET
def manifest(request: HttpRequest) -> HttpResponse:
    """What a phone needs to put Lành on its first screen."""
    icons = [
        {"src": static("web/icons/icon-192.png"), "sizes": "192x192", "type": "image/png", "purpose": "any"},
        {"src": static("web/icons/icon-512.png"), "sizes": "512x512", "type": "image/png", "purpose": "any"},
        {"src": static("web/icons/icon-mask-512.png"), "sizes": "512x512", "type": "image/png", "purpose": "maskable"},
    ]
    body = {
        "id": "/",
        "name": "Lành",
        "short_name": "Lành",
        "description": _("Health care for every home"),
        "lang": request.LANGUAGE_CODE if hasattr(request, "LANGUAGE_CODE") else "vi",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f8f5ef",
        "theme_color": "#0a6a5b",
        "icons": icons,
        "shortcuts": [
            {"name": _("Find a doctor"), "url": "/find/"},
            {"name": _("Prescriptions"), "url": "/prescriptions/"},
        ],
    }
    return JsonResponse(body, content_type="application/manifest+json")


@require_GET
def service_worker(request: HttpRequest) -> HttpResponse:
    """Served at the root, because a worker rules only what lies below its own address."""
    files = [static(f"web/{name}.css") for name in ("tokens", "base", "components", "shell")]
    files += [static(f"prescriptions/verify/{name}") for name in ("verify.css", "verify.js", "lists.js", "slip.js")]
    pages = [
        reverse("prescriptions_verify"),
        *(reverse("prescriptions_verify_in", args=[code]) for code in dict(settings.LANGUAGES)),
    ]
    # Other files or another language: another cache, and the old one is thrown away.
    version = hashlib.sha256(f"{get_language()} {files}".encode()).hexdigest()[:12]
    context = {"files": files, "pages": pages, "version": version}
    return render(request, "web/sw.js", context, content_type="text/javascript; charset=utf-8")


@require_GET
def offline(request: HttpRequest) -> HttpResponse:
    """The page shown by the service worker when there is no connection; holds nothing personal."""
    return render(request, "web/offline.html")


@require_GET
def components(request: HttpRequest) -> HttpResponse:
    """Every part of the design system on one page, in demo mode."""
    return render(request, "web/components.html")


@require_GET
def favicon(request: HttpRequest) -> HttpResponse:
    """Browsers ask for this address whatever the page says."""
    return redirect(static("web/icons/icon.svg"))
