"""Signs of life for whoever watches: alive, ready, and figures for Prometheus."""

import secrets
from typing import Any

from csp.decorators import csp_update
from django.conf import settings
from django.db import connection
from django.db.utils import Error
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import method_decorator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularSwaggerSplitView
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Gauge, generate_latest

JOBS_WAITING = Gauge("lanh_jobs_waiting", "Jobs that are due and not begun")


def live(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "alive"})


def _jobs_waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo' AND coalesce(scheduled_at, now()) <= now()"
        )
        return int(cursor.fetchone()[0])


def ready(request: HttpRequest) -> JsonResponse:
    """The database answers and is migrated far enough for jobs; 503 otherwise."""
    try:
        waiting = _jobs_waiting()
    except Error:
        return JsonResponse({"status": "database does not answer"}, status=503)
    return JsonResponse({"status": "ready", "jobs_waiting": waiting})


def metrics(request: HttpRequest) -> HttpResponse:
    """Figures in Prometheus' text format, for who brings settings.METRICS_TOKEN; in development for anybody."""
    token, given = settings.METRICS_TOKEN, request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not (secrets.compare_digest(given.encode(), token.encode()) if token else not settings.PRODUCTION):
        raise Http404
    JOBS_WAITING.set(_jobs_waiting())
    return HttpResponse(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)


@method_decorator(csp_update({"style-src": ["'unsafe-inline'"]}), name="dispatch")  # Swagger UI styles its own elements
class ApiDocs(SpectacularSwaggerSplitView):
    """The contract, browsable; its script and styles come from our own static files."""

    @extend_schema(exclude=True)  # a page, no part of the contract
    def get(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        return super().get(request, *args, **kwargs)
