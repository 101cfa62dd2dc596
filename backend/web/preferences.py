"""How this viewer likes the pages: theme and language, kept in cookies (and the language also with the account)."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from identity.models import User
from notifications import queries as notifications_queries

THEME_COOKIE = "theme"
THEMES = ("light", "dark")
A_YEAR = 365 * 24 * 3600


def theme_of(request: HttpRequest | None) -> str:
    """ "light", "dark" or "" (as the device has it): chosen on this device, else kept with the account."""
    if request is None:
        return ""
    chosen = request.COOKIES.get(THEME_COOKIE) or getattr(getattr(request, "user", None), "theme", "")
    return chosen if chosen in THEMES else ""


def remember_theme(response: HttpResponse, theme: str) -> None:
    """Keep the theme for a year; anything unknown means "as the device has it"."""
    kept = theme if theme in THEMES else "auto"
    secure = bool(settings.SESSION_COOKIE_SECURE)
    response.set_cookie(THEME_COOKIE, kept, max_age=A_YEAR, samesite="Lax", httponly=True, secure=secure)


def remember_language(response: HttpResponse, language: str) -> None:
    """Keep the language where Django's LocaleMiddleware looks for it."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, language, max_age=A_YEAR, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
    )


def unread_of(request: HttpRequest | None) -> int:
    """Messages this person has not read yet, counted once for each request; 0 for visitors."""
    user = getattr(request, "user", None)
    if request is None or user is None or not user.is_authenticated:
        return 0
    if not hasattr(request, "_unread_messages"):
        request._unread_messages = notifications_queries.unread_count(user.id)  # type: ignore[attr-defined]
    return int(request._unread_messages)  # type: ignore[attr-defined]


def is_demo() -> bool:
    """True in demo mode, where the cast page exists."""
    return bool(getattr(settings, "DEMO", False))


def keep_with_account(user: object, **values: str) -> None:
    """Keep a choice of the signed-in person for their other devices; visitors have only the cookie."""
    if isinstance(user, User):
        User.objects.filter(id=user.id).update(**values)
