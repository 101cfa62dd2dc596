"""The app of the management commands."""

from django.apps import AppConfig


class RuntimeConfig(AppConfig):
    name = "runtime"
