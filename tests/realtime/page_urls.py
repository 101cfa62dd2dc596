"""The app's addresses and /alone/<encounter>/."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

from core.pages import page
from records.models import Encounter
from urls import handler404, urlpatterns  # noqa: F401

PAGE = """{% extends "web/console.html" %}{% load static %}
{% block css %}<link rel="stylesheet" href="{% static 'realtime/quality.css' %}">
<link rel="stylesheet" href="{% static 'realtime/call.css' %}">
<link rel="stylesheet" href="{% static 'realtime/recording.css' %}">{% endblock %}
{% block main %}<h1 class="page-title">{{ encounter.person.full_name }}</h1>{% include "realtime/_call.html" %}{% endblock %}
{% block js %}<script type="module" src="{% static 'realtime/video-call.js' %}"></script>{% endblock %}"""


@page(roles={"practitioner"})
def alone(request: HttpRequest, encounter_id: UUID) -> HttpResponse:
    context: dict[str, Any] = {"encounter": Encounter.objects.get(id=encounter_id)}
    return HttpResponse(engines["django"].from_string(PAGE).render(context, request))


urlpatterns = [*urlpatterns, path("alone/<uuid:encounter_id>/", alone)]
