"""Serializers kept ready for the next request.

To make a serializer the library copies every field it declares, and those of the serializers inside it; for a booking that was
a fifth of all it reckoned. What a serializer knows of one request (its context) is laid into a kept one for the time of one call.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import local
from typing import Any

from rest_framework.serializers import Serializer, ValidationError

_of_this_thread = local()


@contextmanager
def _taken(serializer_class: type[Serializer[Any]], context: dict[str, Any]) -> Iterator[Serializer[Any]]:
    shelf: list[Serializer[Any]] = _of_this_thread.__dict__.setdefault("shelves", {}).setdefault(serializer_class, [])
    one = shelf.pop() if shelf else serializer_class()  # a second one where the first is at work further up
    one._context = context
    try:
        yield one
    finally:
        one._context = {}
        shelf.append(one)


def names_of(serializer_class: type[Serializer[Any]]) -> set[str]:
    """Give the names of its fields."""
    with _taken(serializer_class, {}) as one:
        return set(one.fields)


def shown(serializer_class: type[Serializer[Any]], instance: Any, **context: Any) -> dict[str, Any]:
    """Give what a serializer says of something, like `serializer_class(instance, context=…).data`."""
    with _taken(serializer_class, context) as one:
        return one.to_representation(instance)


def checked(serializer_class: type[Serializer[Any]], data: Any, **context: Any) -> dict[str, Any]:
    """Give the checked values of what was sent. Raises ValidationError (422) with words by field."""
    with _taken(serializer_class, context) as one:
        try:
            values: dict[str, Any] = one.run_validation(data)
        except ValidationError as refusal:
            raise ValidationError(refusal.detail) from None
        return values
