"""Where every address leads. Each app's urls.py offers some of: api_patterns, page_patterns, hook_patterns, fhir_patterns."""

from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

APPS = [
    "core",
    "identity",
    "records",
    "booking",
    "prescriptions",
    "payments",
    "notifications",
    "realtime",
    "journeys",
    "web",
]


BUSIEST = ["journeys", "booking"]  # addresses are tried one after another: what everybody asks for is tried first


def _patterns(kind: str) -> list[Any]:
    found: list[Any] = []
    for app in sorted(APPS, key=lambda app: app not in BUSIEST):
        found += getattr(import_module(f"{app}.urls"), kind, [])
    return found


urlpatterns = [
    *_patterns("app_patterns"),  # before the library's own of the same address
    path("_allauth/", include("allauth.headless.urls")),
    path("api/v1/", include(_patterns("api_patterns"))),
    path("fhir/R4/", include(_patterns("fhir_patterns"))),
    path("hooks/", include(_patterns("hook_patterns"))),
    path("admin/", admin.site.urls),
    *_patterns("page_patterns"),
]
handler404 = "web.errors.not_found"
handler403 = "web.errors.forbidden"
handler400 = "web.errors.bad_request"
handler500 = "web.errors.crash"

if settings.DEMO:
    urlpatterns += _patterns("demo_patterns")
