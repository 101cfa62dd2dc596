"""Where a hospital's own system signs in: OAuth 2.0 client credentials (RFC 6749, 4.4), answered in that protocol's words."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import unquote_plus

from allauth.account.adapter import get_adapter
from allauth.core import ratelimit
from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import ANYONE, ApiView
from core.edge import now
from identity import actions
from identity.actions.clients import LIFETIME
from identity.errors import BadClient, BadScope
from identity.models import ApiClient

MOST_BYTES = 4096


def _refused(status: int, error: str) -> JsonResponse:
    headers = {"Cache-Control": "no-store"}
    if status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="lanh", charset="UTF-8"'
    if status == 429:
        headers["Retry-After"] = "60"
    return JsonResponse({"error": error}, status=status, headers=headers)


def _credentials(request: HttpRequest) -> tuple[str, str] | None:
    """Read id and secret from the header or the form; both ways at once are refused (RFC 6749, 2.3)."""
    kind, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if not kind:
        return request.POST.get("client_id", ""), request.POST.get("client_secret", "")
    if kind.lower() != "basic" or "client_secret" in request.POST:
        return None
    try:
        name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return unquote_plus(name), unquote_plus(secret)


@csrf_exempt
@require_POST
def token(request: HttpRequest) -> JsonResponse:
    """Give a bearer token of five minutes for an id and a secret."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if request.content_type != "application/x-www-form-urlencoded" or not length.isdigit() or int(length) > MOST_BYTES:
        return _refused(400, "invalid_request")
    if any(len(request.POST.getlist(name)) > 1 for name in request.POST):
        return _refused(400, "invalid_request")
    given = _credentials(request)
    if given is None:
        return _refused(401, "invalid_client")
    # By name and address: who guesses elsewhere does not shut the hospital's own system out.
    if not ratelimit.consume(request, action="client_token", key=f"{given[0]} {get_adapter().get_client_ip(request)}"):
        return _refused(429, "temporarily_unavailable")
    if request.POST.get("grant_type") != "client_credentials":
        return _refused(400, "unsupported_grant_type" if request.POST.get("grant_type") else "invalid_request")
    try:
        row, bearer = actions.issue_token(
            client_id=given[0], secret=given[1], scope=request.POST.get("scope", ""), now=now()
        )
    except BadClient:
        return _refused(401, "invalid_client")
    except BadScope:
        return _refused(400, "invalid_scope")
    answer = {
        "access_token": bearer,
        "token_type": "Bearer",
        "expires_in": int(LIFETIME.total_seconds()),
        "scope": " ".join(row.scopes),
    }
    return JsonResponse(answer, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})


class SmartConfiguration(ApiView):
    """For programs that look before they ask: where to sign in, and how."""

    access = ANYONE
    authentication_classes = ()

    @extend_schema(
        responses={200: OpenApiTypes.OBJECT}, summary="Where hospital systems sign in (SMART)", tags=["FHIR R4"]
    )
    def get(self, request: Request) -> Response:
        return Response(
            {
                "token_endpoint": f"{settings.PUBLIC_URL}/oauth/token",
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
                "grant_types_supported": ["client_credentials"],
                "scopes_supported": list(ApiClient.SCOPES),
                "capabilities": ["client-confidential-symmetric"],
            }
        )
