"""Addresses without a domain: the schema, its pages, health."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from core import health

page_patterns = [
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", health.ApiDocs.as_view(url_name="schema"), name="api_docs"),
    path("health/live", health.live, name="health_live"),
    path("health/ready", health.ready, name="health_ready"),
    path("metrics", health.metrics, name="metrics"),
]
