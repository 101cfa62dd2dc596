"""Registers the app with Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RealtimeConfig(AppConfig):
    """Rooms, seats and live news."""

    name = "realtime"
    label = "realtime"
    verbose_name = _("Calls and live news")
