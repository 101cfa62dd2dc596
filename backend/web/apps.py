"""Names the app for Django."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Templates, static files and words of the shell."""

    name = "web"
