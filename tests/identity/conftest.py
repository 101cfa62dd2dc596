"""What the tests of sign-in need: fresh limits, and the messages with codes that would have left."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache

SENT: list[tuple[str, str]] = []


def keep_code(*, phone: str, code: str) -> None:
    """Stands where the message carrier stands."""
    SENT.append((phone, code))


@pytest.fixture(autouse=True)
def fresh_limits() -> Iterator[None]:
    """Rates are counted in the cache; each test begins with none used up."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def sent_codes(settings: object) -> list[tuple[str, str]]:
    """(phone, code) of each message, in order."""
    settings.SIGN_IN_CODE_SENDER = "tests.identity.conftest.keep_code"  # type: ignore[attr-defined]
    SENT.clear()
    return SENT
