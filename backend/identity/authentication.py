"""How an API request proves who it is: allauth's JWT (stateful), or the browser's session with CSRF."""

import time
from typing import Any

from allauth.headless.contrib.rest_framework.authentication import JWTTokenAuthentication
from allauth.headless.internal.sessionkit import lookup_session, session_store
from allauth.headless.tokens.strategies.jwt import internal as jwt
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.http import HttpRequest
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from core.edge import now
from identity import remembering
from identity.acting import as_person, is_left_from_a_demo
from identity.actions.clients import PREFIX, actor_of_token
from identity.models import ApiClient, User
from identity.standing import standing_of


class Token(JWTTokenAuthentication):
    """Authorization: Bearer <access token>. Validation is stateful: after sign-out the token is dead (see `remembering`)."""

    def authenticate_credentials(self, key: str) -> tuple[Any, Any]:
        """Give user and payload. Raises AuthenticationFailed."""
        payload = jwt.decode_token(key, "access")  # signature and end, every time
        session_key = jwt.session_key_from_sid(payload["sid"]) if payload is not None else None
        if payload is None or not session_key:
            raise AuthenticationFailed()
        known = remembering.recall(session_key, payload["sub"])
        if known is None:
            known = _asked(session_key, payload)
        payload["remembered"], payload["session_key"] = known, session_key
        return User.from_db(connection.alias, *known.user), payload

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        found = super().authenticate(request)
        if found is not None:
            know(getattr(request, "_request", request), found[1])
        return found

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def _asked(session_key: str, payload: dict[str, Any]) -> remembering.Remembered:
    asked_at = time.monotonic()
    found = standing_of(session_key, payload["sub"])
    if found is not None:
        only = None if found.has_roles or is_left_from_a_demo(found.user) else as_person(found.user, found.person)
        return remembering.remember(
            session_key, payload["sub"], asked_at=asked_at, session=found.session, user=found.user, only=only
        )
    session = lookup_session(session_key)
    user = jwt.validate_token_user(payload, session) if session is not None else None
    if not isinstance(user, User) or not user.is_active:
        raise AuthenticationFailed()
    return remembering.remember(session_key, payload["sub"], asked_at=asked_at, session=session, user=user)


def know(request: HttpRequest, payload: dict[str, Any]) -> None:
    """Lay session and memory beside the request, where `acting` looks for them."""
    known, session = payload.pop("remembered"), session_store(payload.pop("session_key"))
    session._session_cache = dict(known.session)
    request.lanh_session, request.lanh_remembered = session, known  # type: ignore[attr-defined]


def signed_in(request: HttpRequest) -> bool:
    """Take a quick door's caller at their access token; False for any other, whom the slow door asks in its own way."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or token.startswith(PREFIX):
        return False
    try:
        request.user, payload = Token().authenticate_credentials(token)
    except AuthenticationFailed:
        return False
    know(request, payload)
    return True


class SystemToken(BaseAuthentication):
    """Authorization: Bearer lanh_…, of a hospital's own system (POST /oauth/token). Asked of the database each time, so
    that whoever was shut out is out at once."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token.startswith(PREFIX):
            return None
        actor = actor_of_token(token, now())
        if actor is None:
            raise AuthenticationFailed()
        request._request.lanh_system = actor  # type: ignore[attr-defined]
        return AnonymousUser(), actor

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class Browser(SessionAuthentication):
    """The session cookie of our own pages, with Django's CSRF check on writes."""


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "identity.authentication.Token"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


class SystemScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "identity.authentication.SystemToken"
    name = "system"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        scopes = dict.fromkeys(ApiClient.SCOPES, "")
        return {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "/oauth/token", "scopes": scopes}}}


class BrowserScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "identity.authentication.Browser"
    name = "browser"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}
