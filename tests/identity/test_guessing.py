"""Guessing codes: many at once count one by one."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client

from tests import make

APP = "/_allauth/app/v1/"
pytestmark = pytest.mark.django_db(transaction=True)


def test_ten_guesses_at_once_are_not_ten_free_guesses(sent_codes: list[tuple[str, str]]) -> None:
    """Without OneTryAtATime every guess reads the same count of wrong tries, and the tenth is as free as the first."""
    user = make.make_user()
    begun = Client().post(f"{APP}auth/code/request", {"phone": user.phone}, content_type="application/json")
    token = begun.json()["meta"]["session_token"]
    [(_phone, code)] = sent_codes
    barrier = threading.Barrier(10)

    def guess(number: int) -> int:
        wrong = f"{(int(code) + 1 + number) % 10**6:06d}"
        try:
            connection.ensure_connection()
            barrier.wait(timeout=20)
            headers = {"X-Session-Token": token}
            answer = Client().post(
                f"{APP}auth/code/confirm", {"code": wrong}, content_type="application/json", headers=headers
            )
            return answer.status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        statuses = sorted(pool.map(guess, range(10)))
    # Four wrong ones and the fifth, which ends the flow; the others find no code to guess any more.
    assert statuses.count(400) <= 5, statuses
    right = Client().post(
        f"{APP}auth/code/confirm", {"code": code}, content_type="application/json", headers={"X-Session-Token": token}
    )
    assert right.status_code != 200  # even the right one comes too late
