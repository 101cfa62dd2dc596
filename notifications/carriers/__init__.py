"""Carriers: how words leave the house. Each is one class in settings.CARRIERS and keeps the two promises below.

A carrier is never called inside a transaction. A vendor's carrier (eSMS, FCM, Zalo ZNS) is one more module here.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from identity.models import User
from notifications.words import Letter


class Carrier(Protocol):
    """The two promises."""

    def address_of(self, user: User) -> str:
        """Return where this person is reached, or "" if they cannot be."""

    def carry(self, letter: Letter) -> str:
        """Hand a letter over; the same key is the same letter. Returns a reference. Raises CarrierUnavailable."""


def get(name: str) -> Carrier:
    """Return a carrier by its name. Raises KeyError."""
    return _load(settings.CARRIERS[name])


@lru_cache
def _load(path: str) -> Carrier:
    return import_string(path)()
