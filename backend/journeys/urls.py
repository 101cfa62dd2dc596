"""Addresses of steps that span apps, below /api/v1/."""

from django.urls import path

from journeys import api

api_patterns = [path("appointments", api.Appointments.as_view(), name="appointments")]
