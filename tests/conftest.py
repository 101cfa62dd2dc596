"""What every test may use. The cast (ana, ben, cara, dan, eve) stands in tests/cast.py."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import TransactionTestCase

from tests import reference, template
from tests.house import house  # noqa: F401

if importlib.util.find_spec("tests.cast"):
    from tests.cast import *  # noqa: F403


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Before the database is looked for: this process's own is a copy of the migrated one."""
    template.make(settings.DATABASES["default"]["TEST"]["NAME"])


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """After the database is made or found again, remember the rows migrations wrote and start from exactly these."""
    with django_db_blocker.unblock():
        reference.remember()
        reference.restore()
        connection.close()
    yield


def _forget(self: TransactionTestCase) -> None:
    """In place of Django's flush, which would also wipe the reference rows and leave the jobs."""
    reference.restore()


TransactionTestCase._fixture_teardown = _forget  # type: ignore[method-assign]
