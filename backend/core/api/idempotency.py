"""Idempotency-Key: the same key with the same body gets the same answer, however often the phone asks.

The row is written in the same transaction as the effect, so there is no moment at which one exists without the other.
A second request with the same key waits on the unique index until the first has committed, and then reads its answer.
"""

import functools
import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils.encoding import force_str
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from core.actor import Actor
from core.errors import IdempotencyKeyReused, Invalid
from core.models import IdempotencyKey

Handler = Callable[..., Response]


def _hash_of(request: Request, by: Actor) -> str:
    body = json.dumps(request.data, sort_keys=True, ensure_ascii=False, default=str)
    # In another role it is another wish: an answer given to the pharmacist is not read again by the citizen.
    asked = f"{request.method} {request.path}\n{by.role} {by.facility_id} {by.practitioner_id}\n{body}"
    return hashlib.sha256(asked.encode("utf-8", "surrogatepass")).hexdigest()


def idempotent(handler: Handler) -> Handler:
    """Wrap a view's method. Refusals are not remembered: they changed nothing, so asking again is free.

    Raises IdempotencyKeyReused (409) when the key was used with another body.
    """

    @functools.wraps(handler)
    def answer(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get("Idempotency-Key", "")
        user_id = view.actor.user_id
        if not key or user_id is None:
            return handler(view, request, *args, **kwargs)
        if len(key) > 255 or not key.isprintable():
            raise Invalid(fields={"Idempotency-Key": ["At most 255 printable characters."]})
        wanted = _hash_of(request, view.actor)
        with transaction.atomic():
            _, fresh = IdempotencyKey.objects.get_or_create(user_id=user_id, key=key, defaults={"request_hash": wanted})
            row = IdempotencyKey.objects.select_for_update().get(user_id=user_id, key=key)
            if row.request_hash != wanted:
                raise IdempotencyKeyReused()
            if not fresh and row.status is not None:
                return Response(row.body, status=row.status, headers={"Idempotent-Replayed": "true"})
            response = handler(view, request, *args, **kwargs)
            row.status = response.status_code
            row.body = json.loads(force_str(JSONRenderer().render(response.data)))
            row.save(update_fields=["status", "body"])
        return response

    return answer
