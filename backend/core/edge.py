"""The edge both HTML and API share: who acts, and when. identity knows how to find out; core only asks (settings.ACTOR_OF)."""

from datetime import datetime

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.module_loading import import_string

from core.actor import Actor


def actor_of(request: HttpRequest) -> Actor:
    """Return who acts in this request; asked once, then remembered on the request."""
    known = getattr(request, "_lanh_actor", None)
    if known is None:
        known = import_string(settings.ACTOR_OF)(request)
        request._lanh_actor = known  # type: ignore[attr-defined]
    return known


def now() -> datetime:
    """The instant a door hands to its action."""
    return timezone.now()
