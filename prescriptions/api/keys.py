"""The public keys, for anybody who wants to verify a prescription."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from prescriptions import queries


@require_safe
def jwks(request: HttpRequest) -> JsonResponse:
    """Answer the JSON Web Key Set (RFC 7517). Public keys only."""
    return JsonResponse(
        {"keys": queries.public_keys()},
        content_type="application/jwk-set+json",
        headers={"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"},
    )
