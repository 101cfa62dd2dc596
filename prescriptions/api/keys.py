"""What anybody needs to verify a prescription: public keys, who may sign, what was taken back. Nothing about patients."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from core.edge import now
from core.errors import NotFound
from prescriptions import actions, queries

OPEN = {"Access-Control-Allow-Origin": "*"}
# Asked again each time (an ETag makes that cheap): a revocation must not wait in somebody's cache.
FRESH = {**OPEN, "Cache-Control": "no-cache"}
JOSE = "application/jose"  # RFC 7515, section 9.2.1


@require_safe
def jwks(request: HttpRequest) -> JsonResponse:
    """Answer the JSON Web Key Set (RFC 7517). Public keys only."""
    return JsonResponse(
        {"keys": queries.public_keys()},
        content_type="application/jwk-set+json",
        headers={"Cache-Control": "public, max-age=300", **OPEN},
    )


@require_safe
def revocations(request: HttpRequest) -> HttpResponse:
    """Answer the revocation list in force: a compact JWS by the root, numbered, good for 24 hours."""
    return HttpResponse(actions.fresh_revocation_list(now=now()).token, content_type=JOSE, headers=FRESH)


@require_safe
def certified(request: HttpRequest) -> HttpResponse:
    """Answer who may sign: a compact JWS by the root with every certificate's key, holder, facility and days."""
    return HttpResponse(actions.trust_list(now=now()), content_type=JOSE, headers=FRESH)


@require_safe
def certificate(request: HttpRequest, thumbprint: str) -> HttpResponse:
    """Answer one certificate with its chain as PEM, for other programs."""
    try:
        text = queries.certificate_pem(thumbprint)
    except NotFound:
        return HttpResponse(status=404)
    return HttpResponse(text, content_type="application/pem-certificate-chain", headers=OPEN)


@require_safe
def crl(request: HttpRequest, authority_id: UUID) -> HttpResponse:
    """Answer an authority's X.509 revocation list (RFC 5280), at the address its certificates name."""
    try:
        found = queries.crl_of(authority_id, now())
    except NotFound:
        return HttpResponse(status=404)
    return HttpResponse(found, content_type="application/pkix-crl", headers=FRESH)
