"""Forty places come free at once for sixty people: real threads, real connections; the long form is `lanh.py storm waiting`."""

import pytest

from tests.storm.waiting import free_for_all

pytestmark = pytest.mark.django_db(transaction=True)


def test_each_place_goes_to_one_person_at_a_time_and_none_is_lost():
    done, promises = free_for_all(places=40, seed=7, workers=3, people=3)

    broken = [f"{promise}: {breaches[:3]}" for promise, breaches in promises.items() if breaches]
    assert not broken, "\n".join(broken)
    assert done["take"] >= 20
    assert done["decline"] + done["pass"] + done["expire"] >= 10
