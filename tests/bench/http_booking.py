"""Booking over HTTP, as the app does it, against two yardsticks of the same run: a bare insert and a bare view."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg

from tests.bench.run import Row, row
from tests.site import Site, own_database

NAME = "http-booking"
CLIENTS = 8


def measure(*, rounds: int, size: int) -> Iterator[Row]:
    """Three kinds of work in turn, `rounds` times, so that a noisy minute hits all alike."""
    own_database("bench_lanh")
    from tests import crowd

    doctors, citizens, starts = crowd.doctors(CLIENTS), crowd.citizens(CLIENTS), crowd.starts()
    share = max(1, size // CLIENTS)
    with Site(workers=False, environment={"BOOKING_MAX_OPEN_HOLDS": "1000000"}) as site:
        lines = [crowd.Line(site.url, citizen.token) for citizen in citizens]
        turn = iter(range(10**6))

        def book(client: int) -> None:
            doctor, line = doctors[client], lines[client]
            for step in range(share):
                wish = {
                    "schedule": doctor.schedule_id,
                    "starts_at": starts[(current * share + step) % len(starts)].isoformat(),
                    "visit_type": doctor.visit_type_id,
                    "mode": "video",
                }
                status, answer = line.call("POST", "/api/v1/appointments", wish)
                assert status == 201, (status, answer)

        def look(client: int) -> None:
            for _ in range(share):
                status, _answer = lines[client].call("GET", "/health/live")
                assert status == 200, status

        inserts = max(share, 200)  # they are so quick that few of them would measure the threads
        insert = _bare_insert(inserts)
        results: dict[str, list[float]] = {"bare insert": [], "bare view": [], "booking": []}
        current = next(turn)
        _per_second(book, share)  # the first round warms caches and connections
        for _ in range(rounds):
            current = next(turn)
            results["bare insert"].append(_per_second(insert, inserts))
            results["bare view"].append(_per_second(look, share))
            results["booking"].append(_per_second(book, share))
    _look_whether_all_is_true(expected=CLIENTS * share * (rounds + 1))
    for yardstick in ("bare view", "bare insert"):
        yield row(NAME, "booking", results["booking"], "1/s", to=yardstick, yardstick=results[yardstick])
    yield row(NAME, "bare view", results["bare view"], "1/s", to="bare insert", yardstick=results["bare insert"])
    yield row(NAME, "bare insert", results["bare insert"], "1/s", to="itself", yardstick=results["bare insert"])


def _per_second(work: Callable[[int], None], share: int) -> float:
    begun = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(work, range(CLIENTS)))
    return CLIENTS * share / (time.perf_counter() - begun)


def _bare_insert(share: int) -> Callable[[int], None]:
    """One row with a range and an exclusion constraint, one commit each: the least any booking must do."""
    connections = [psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) for _ in range(CLIENTS)]
    connections[0].execute(
        """CREATE TABLE bare (id bigserial PRIMARY KEY, who int, during tstzrange,
                              EXCLUDE USING gist (who WITH =, during WITH &&))"""
    )
    used = [0] * CLIENTS

    def insert(client: int) -> None:
        for _ in range(share):
            used[client] += 1
            connections[client].execute(
                """INSERT INTO bare (who, during) VALUES (%s, tstzrange(
                       now() + %s * interval '1 hour', now() + (%s + 1) * interval '1 hour'))""",
                [client, used[client] * 2, used[client] * 2],
            )

    return insert


def _look_whether_all_is_true(*, expected: int) -> None:
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        (rows,) = connection.execute("SELECT count(*) FROM booking_appointment").fetchone() or (0,)
        (paid,) = connection.execute("SELECT count(DISTINCT subject) FROM payments_payment").fetchone() or (0,)
    assert rows == expected, f"{rows} appointments, {expected} were confirmed"
    assert paid == expected, f"{paid} payments for {expected} appointments"
