"""A clock that can be set back: the demo's past is lived through by the real actions, each at its own hour."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, tzinfo
from typing import Any
from unittest import mock

from django.utils import timezone


class _LikeDatetime(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, datetime)


@contextmanager
def as_of(moment: datetime) -> Iterator[datetime]:
    """Let `django.utils.timezone.now()`, and with it every default and every reaction, say `moment`.

    Only for the seed, which runs before anybody is served.
    """

    class Stopped(datetime, metaclass=_LikeDatetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return moment.astimezone(tz)

    with mock.patch.object(timezone, "datetime", Stopped):
        yield moment
