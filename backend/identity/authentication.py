"""How an API request proves who it is: allauth's JWT (stateful), or the browser's session with CSRF."""

from typing import Any

from allauth.headless.contrib.rest_framework.authentication import JWTTokenAuthentication
from allauth.headless.tokens.strategies.jwt import internal as jwt
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request


class Token(JWTTokenAuthentication):
    """Authorization: Bearer <access token>. Validation is stateful: after sign-out the token is dead at once."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        found = super().authenticate(request)
        if found is not None:
            user, payload = found
            if not user.is_active:
                raise AuthenticationFailed()
            from allauth.headless.internal.sessionkit import lookup_session

            key = jwt.session_key_from_sid(payload["sid"])
            request._request.lanh_session = lookup_session(key)  # type: ignore[attr-defined]
        return found

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class Browser(SessionAuthentication):
    """The session cookie of our own pages, with Django's CSRF check on writes."""


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "identity.authentication.Token"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


class BrowserScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "identity.authentication.Browser"
    name = "browser"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}
