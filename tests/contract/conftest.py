"""A house of its own for this folder: what is thrown at it changes profiles, hours and visits of the demo."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.house import House, standing


@pytest.fixture(scope="package")
def target() -> Iterator[House]:
    """The house under fire."""
    with standing() as one:
        yield one
