"""A clock that can be set back: the demo's past is lived through by the real actions, each at its own hour."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo
from typing import Any
from unittest import mock
from zoneinfo import ZoneInfo

from django.utils import timezone

CLINIC_ZONE, MINUTE = ZoneInfo("Asia/Ho_Chi_Minh"), timedelta(minutes=1)


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


def earlier_today(now: datetime, *, longest: int) -> Callable[[float], timedelta]:
    """Tell how long ago "so many minutes ago" was, at most `longest`: soon after midnight all happened closer together.

    For what is a matter of one day of the clinic, such as a line or who has come to the station.
    """
    today = now.astimezone(CLINIC_ZONE)
    passed = (today - today.replace(hour=0, minute=0, second=0, microsecond=0)) / MINUTE
    pace = min(1.0, passed / (longest + 1))
    return lambda minutes: minutes * pace * MINUTE
