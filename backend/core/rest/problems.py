"""Every refusal as application/problem+json (RFC 9457): type, title, status, detail, code, and errors by field."""

import logging
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from core import errors

log = logging.getLogger("lanh.api")
MEDIA_TYPE = "application/problem+json"
LONGEST_SENTENCE = 200


def _short(words: str) -> str:
    """Some sentences repeat what was sent; a long answer to a long mistake helps nobody."""
    return words if len(words) <= LONGEST_SENTENCE else f"{words[:LONGEST_SENTENCE]}…"


def body_of(error: errors.DomainError) -> dict[str, Any]:
    """Return the problem document of a refusal."""
    column = errors.column_of(error)
    body: dict[str, Any] = {
        "type": f"https://lanh.vn/problems/{error.code}",
        "title": str(column.title),
        "status": column.http,
        "detail": str(error.detail),
        "code": error.code,
    }
    if error.fields:
        body["errors"] = {name[:100]: [_short(str(word)) for word in words] for name, words in error.fields.items()}
    return body


def headers_of(error: errors.DomainError) -> dict[str, str]:
    """Return the headers a refusal carries besides its body."""
    if isinstance(error, errors.Unavailable):
        return {"Retry-After": str(error.retry_after_s)}
    if isinstance(error, errors.NotSignedIn):
        return {"WWW-Authenticate": "Bearer"}
    return {}


def _flat(detail: Any, prefix: str = "") -> dict[str, list[Any]]:
    """Turn DRF's nested details into {"items.0.days": [sentence, …]}."""
    if isinstance(detail, dict):
        found: dict[str, list[Any]] = {}
        for key, value in detail.items():
            found.update(_flat(value, f"{prefix}.{key}" if prefix else str(key)))
        return found
    if isinstance(detail, list) and any(isinstance(one, dict) for one in detail):
        found = {}
        for number, one in enumerate(detail):
            found.update(_flat(one, f"{prefix}.{number}" if prefix else str(number)))
        return found
    return {prefix or "body": list(detail) if isinstance(detail, list) else [detail]}


class MethodNotAllowed(errors.NotAllowed):
    code = "method_not_allowed"
    message = errors._("This address does not do that.")


def _has_code(codes: Any, wanted: str) -> bool:
    if isinstance(codes, dict):
        return any(_has_code(one, wanted) for one in codes.values())
    if isinstance(codes, list):
        return any(_has_code(one, wanted) for one in codes)
    return codes == wanted


def _translated(exc: Exception) -> tuple[errors.DomainError, int | None] | None:
    """Give DRF's and Django's own exceptions a place in our table; the number overrides the table's status."""
    if isinstance(exc, errors.DomainError):
        return exc, None
    if isinstance(exc, exceptions.ValidationError):
        invalid = errors.Invalid(fields=_flat(exc.detail))
        if _has_code(exc.get_codes(), "unknown_field"):
            invalid.code = "unknown_field"
        return invalid, None
    if isinstance(exc, exceptions.ParseError):
        return errors.Unparseable(), None
    if isinstance(exc, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        return errors.NotSignedIn(), None
    if isinstance(exc, exceptions.PermissionDenied | PermissionDenied):
        return errors.NotAllowed(str(exc) or None), None
    if isinstance(exc, exceptions.NotFound | Http404):
        return errors.NotFound(), None
    if isinstance(exc, exceptions.Throttled):
        many = errors.TooMany()
        many.retry_after_s = int(getattr(exc, "wait", None) or 60)
        return many, None
    if isinstance(exc, exceptions.APIException):
        other = errors.Invalid(str(exc.detail))
        other.code = str(exc.get_codes())
        return other, exc.status_code
    if isinstance(exc, OperationalError):
        log.exception("the database does not answer")
        return errors.Unavailable(), None
    return None


def handle(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's EXCEPTION_HANDLER. Anything that is not a refusal is a bug: None lets Django log it and answer 500."""
    known = _translated(exc)
    if known is None:
        return None
    error, status = known
    set_rollback()
    body = body_of(error)
    if status is not None:
        body["status"], body["title"] = status, _("Not possible")
    headers = headers_of(error)
    if isinstance(exc, exceptions.MethodNotAllowed):
        headers["Allow"] = ", ".join(context["view"].allowed_methods)
    return Response(body, status=body["status"], headers=headers, content_type=MEDIA_TYPE)


def json_problem(error: errors.DomainError) -> JsonResponse:
    """The same document outside DRF (webhooks, 404 of unknown addresses)."""
    return JsonResponse(
        body_of(error),
        status=errors.column_of(error).http,
        headers=headers_of(error),
        content_type=MEDIA_TYPE,
    )


def crash(request: HttpRequest) -> JsonResponse:
    """The answer to a bug: plain, without a word about the inside."""
    return JsonResponse(
        {
            "type": "about:blank",
            "title": _("Something broke on our side"),
            "status": 500,
            "detail": _("We have been told and are looking at it. Nothing you entered was lost on your side."),
            "code": "internal",
        },
        status=500,
        content_type=MEDIA_TYPE,
    )
