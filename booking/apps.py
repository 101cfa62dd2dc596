"""Registers the app with Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BookingConfig(AppConfig):
    """Schedules and appointments."""

    name = "booking"
    label = "booking"
    verbose_name = _("Booking")
