"""A test that commits leaves the rows of the migrations to the next one, and no others."""

import pytest
from django.db import connection

from identity.models import Province


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_each_turn_finds_the_provinces_and_nothing_of_the_turn_before(turn: int) -> None:
    assert Province.objects.count() == 34
    assert not Province.objects.filter(code="99").exists()
    Province.objects.create(code="99", name=f"Turn {turn}")
    Province.objects.filter(code="01").delete()


@pytest.mark.django_db(transaction=True)
def test_jobs_do_not_survive() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs")
        assert cursor.fetchone() == (0,)
        cursor.execute("INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('q', 't')")


test_jobs_do_not_survive_either = test_jobs_do_not_survive
