"""What a booking costs, in counts that do not jitter: statements, and bytes the database writes to its log."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import Line
from booking import days, queries
from booking.queries import entries, search
from tests import make
from tests.booking import stage
from tests.jobs import waiting_jobs
from tests.make import at

STATEMENTS = 5  # besides BEGIN, COMMIT and savepoints: the line, the facts, the time with its notes, the payment
WAL_BYTES = 16_000  # appointment, day, search entry, two audit lines, job with its event, payment, and their indexes

SEARCH_STATEMENTS = 2  # where to look, and a closer look at a handful
SEARCH_WHILE_OVERDUE = 4  # the same again, once for all, where starts have just become too soon
PAGE_BUFFERS = 200  # to read a page of days in the order of their first free moments
LOOK_BUFFERS = 15  # a schedule, to look closely at it: its day, its profile, overdue holds


@pytest.fixture
def wish(schedule, visit_type, clock, now):
    days.rebuild([schedule.id], now=now)

    def wish_at(clock_time: str) -> dict[str, str]:
        starts_at = at(make.TOMORROW, clock_time).isoformat()
        return {
            "schedule": str(schedule.id),
            "starts_at": starts_at,
            "visit_type": str(visit_type.id),
            "mode": "in_person",
        }

    return wish_at


def post(api, wish, **headers):
    answer = api.post("/api/v1/appointments", wish, format="json", **headers)
    assert answer.status_code == 201, answer.content
    return answer.json()


def statements_of(captured: CaptureQueriesContext) -> list[str]:
    ends = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
    return [one["sql"] for one in captured.captured_queries if not one["sql"].startswith(ends)]


@pytest.mark.django_db(transaction=True)
def test_a_booking_takes_five_statements_and_few_bytes(wish, ana):
    api = make.api_client(ana)
    post(api, wish("09:00"))

    with CaptureQueriesContext(connection) as captured:
        made = post(api, wish("10:00"))

    assert len(statements_of(captured)) <= STATEMENTS, statements_of(captured)
    assert made["payment"]["status"] == "created"

    least = bytes_of(wish("11:00"))
    assert 1_000 < least <= WAL_BYTES


def bytes_of(wish) -> int:
    api = make.api_client(make.make_person())
    before = written()
    post(api, wish)
    return written() - before


def written() -> int:
    """Bytes this connection has written to the log; the tests of other processes write to the same one."""
    with connection.cursor() as cursor:
        if cursor.connection.info.server_version < 180000:
            cursor.execute("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')")
        else:
            cursor.execute("SELECT pg_stat_force_next_flush()")
            cursor.execute("SELECT wal_bytes FROM pg_stat_get_backend_wal(pg_backend_pid())")
        return int(cursor.fetchone()[0])


@pytest.mark.django_db
def test_what_goes_along_is_written(wish, ana, now):
    made = post(make.api_client(ana), wish("09:00"))

    lines = set(Line.objects.values_list("action", "subject", "person_id"))
    assert ("booking.hold", f"appointment:{made['id']}", ana.id) in lines
    assert ("payments.open", f"payment:{made['payment']['id']}", ana.id) in lines
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT args->>'appointment_id', scheduled_at FROM procrastinate_jobs WHERE task_name LIKE %s",
            ["%expire_one"],
        )
        assert cursor.fetchall() == [(made["id"], now + timedelta(minutes=10))]


@pytest.mark.django_db
def test_a_refusal_writes_nothing_along(wish, ana, eve):
    post(make.api_client(ana), wish("09:00"))
    before = Line.objects.count(), waiting_jobs()

    answer = make.api_client(eve).post("/api/v1/appointments", wish("09:00"), format="json")

    assert answer.json()["code"] == "slot_taken"
    assert (Line.objects.count(), waiting_jobs()) == before


@pytest.fixture
def crowd(db, hospital, visit_type, now):
    return [
        stage.make_schedule(practitioner=make.make_practitioner(facility=hospital), facility=hospital)
        for _ in range(40)
    ]


def test_a_search_costs_the_same_however_many_have_just_become_too_soon(crowd):
    half_past_eight = at(make.TOMORROW, "08:30")  # with half an hour's notice 08:40 is too soon, for everybody
    while days.advance(now=at(make.TOMORROW, "07:29")):
        pass

    with CaptureQueriesContext(connection) as overdue:
        found = queries.first_times(now=half_past_eight, specialty="general", province="01")
    while days.advance(now=half_past_eight):
        pass
    with CaptureQueriesContext(connection) as captured:
        again = queries.first_times(now=half_past_eight, specialty="general", province="01")

    assert [one.starts_at for one in found] == [at(make.TOMORROW, "09:00")] * 10
    assert [one.starts_at for one in again] == [at(make.TOMORROW, "09:00")] * 10
    assert len(overdue) <= SEARCH_WHILE_OVERDUE
    assert len(captured) <= SEARCH_STATEMENTS


def test_a_search_reads_few_pages_of_the_database(crowd, now):
    area = {"now": now, "specialty": "general", "province": "01", "mode": "video", "limit": 64}
    assert buffers(entries.entries_statement(**area)) <= PAGE_BUFFERS

    page = entries.entries(**area, facility_id=None, practitioner_ids=None, after=None)
    look = search.of_rows_statement([one[0] for one in page[:14]], now)
    assert buffers(look) <= 14 * LOOK_BUFFERS


def buffers(asked) -> int:
    """What a statement touches, with the indexes used where the tables are large."""
    statement, values = asked
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("ANALYZE booking_freefrom, booking_practitionerday, booking_schedule, booking_rule")
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", values)
        plan = cursor.fetchone()[0]
    top = (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]
    return int(top["Shared Hit Blocks"] + top["Shared Read Blocks"])
