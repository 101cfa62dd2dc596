"""Booking over HTTP as an app does it, in the topology of production, against yardsticks of the same run.

The site is `lanh.py up --http wsgi`: Granian, two processes of four threads, a pool of connections; PostgreSQL, site and
clients share the machine. 32 clients on raw sockets in a process of their own, each on one kept-open connection, closed
loop: the next request follows the answer. Every request carries a real access token and is checked in full.

Cases (each `rounds` times, interleaved, the median counts):
  spread       200 doctors (40 in the short form), each citizen with another one: bookings a second.
  hot          one doctor, other times: bookings a second; not one honest request may be refused.
  fight        eight citizens want each of the same times at once: answers a second; each time is sold exactly once.
Yardsticks of the same run:
  write        pgbench -M prepared, 16 clients, on the very statements a booking writes, taken down from a real one:
               BEGIN, the guarded statement (day, appointment, access log, job), the payment with its line, COMMIT.
  bare insert  pgbench on one row with a range and an exclusion constraint: the least any booking must do.
  bare view    GET /health/live by the same clients.
After every load the database is asked: as many appointments and payments as were confirmed, no overlap, no difference
between the projection and the truth. One wrong row is a failure, however quick it was written.

`lanh.py bench http-booking --rounds 3 --size 3200` for figures; `--rounds 1 --size 80` for CI.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import count
from statistics import quantiles

import psycopg

from tests.bench import client, pgbench
from tests.bench.run import Row, row
from tests.site import Site, own_database

NAME = "http-booking"
CLIENTS = 32
RIVALS = 8  # who want the same time at once
SHORT = 200  # requests a round below which everything is small
SPREAD, HOT, FIGHT = range(1200), range(1200, 1900), range(1900, 2600)  # starts of each case: no citizen meets themself


def measure(*, rounds: int, size: int) -> Iterator[Row]:
    """All kinds of work in turn, `rounds` times, so that a noisy minute hits all alike."""
    own_database("bench_lanh")
    short = size < SHORT
    load = _Load(doctors=40 if short else 200, rivals=32 if short else 64)
    environment = {
        "BOOKING_MAX_OPEN_HOLDS": "30000",
        "HTTP_WORKERS": "2",
        "DATABASE_POOL_SIZE": "4",
        "LOG_LEVEL": "ERROR",
    }
    seconds = 1 if short else 4
    found: dict[str, list[float]] = {}
    cpu: list[float] = []
    tails: list[float] = []
    with Site(workers=False, http="wsgi", environment=environment) as site:
        load.port = site.port
        load.sign_in()
        load.spread(max(CLIENTS * 4, size // 2))  # the first requests warm caches, connections and plans
        for number in range(rounds):
            load.sign_in()
            told = {
                "bare insert": load.bare_insert(seconds),
                "write": load.write(seconds, number),
                "bare view": load.look(size),
                "spread": load.spread(size),
                "hot": load.hot(min(size, len(HOT) // rounds)),
                "fight": load.fight(min(max(8, size // 16), 200, len(FIGHT) // rounds)),
            }
            for case, value in told.items():
                found.setdefault(case, []).append(value)
            cpu.append(load.client_cpu)
            tails.append(load.p99_ms)
    for case in ("spread", "hot"):
        yield row(NAME, case, found[case], "1/s", to="write", yardstick=found["write"])
    yield row(NAME, "spread", found["spread"], "1/s", to="bare insert", yardstick=found["bare insert"])
    yield row(NAME, "spread", found["spread"], "1/s", to="bare view", yardstick=found["bare view"])
    yield row(NAME, "hot", found["hot"], "1/s", to="spread", yardstick=found["spread"])
    yield row(NAME, "fight (answers)", found["fight"], "1/s", to="spread", yardstick=found["spread"])
    yield row(NAME, "spread, p99", tails, "ms", to="itself", yardstick=tails)
    yield row(NAME, "spread, client's CPU", cpu, "ms", to="itself", yardstick=cpu)
    yield row(NAME, "write", found["write"], "1/s", to="bare insert", yardstick=found["bare insert"])
    yield row(NAME, "bare view", found["bare view"], "1/s", to="bare insert", yardstick=found["bare insert"])
    yield row(NAME, "bare insert", found["bare insert"], "1/s", to="itself", yardstick=found["bare insert"])


_BARE = """\\set i :i + 1
\\set who random(1, 1000000)
INSERT INTO bare (who, during) VALUES (:who, tstzrange(now() + :i::int * interval '1 hour',
  now() + :i::int * interval '1 hour' + interval '1 hour')) ON CONFLICT DO NOTHING;
"""


class _Load:
    """The crowd, and what it does."""

    def __init__(self, *, doctors: int, rivals: int) -> None:
        from tests import crowd  # Django has begun only now

        self.doctors = crowd.doctors(doctors + 1)
        self.hot_doctor = self.doctors.pop()
        self.citizens = crowd.citizens(doctors)
        self.starts = crowd.starts()
        self.pg_doctors, self.pg_citizens = crowd.doctors(rivals), crowd.citizens(rivals)
        _lift_the_limits()
        self.script = pgbench.script_of(self.pg_doctors, self.pg_citizens, self.starts[0])
        self.sold, self.port, self.client_cpu, self.p99_ms = 0, 0, 0.0, 0.0
        self.turns = {"spread": count(), "hot": count(), "fight": count()}

    def sign_in(self) -> None:
        """A token holds five minutes."""
        for citizen in self.citizens:
            citizen.sign_in()

    def spread(self, size: int) -> float:
        wishes = []
        for _ in range(size):
            turn = next(self.turns["spread"])
            citizen, step = turn % len(self.citizens), turn // len(self.citizens)
            wishes.append(self._wish(self.doctors[citizen], citizen, self.starts[SPREAD[step]]))
        took, answers = self._drive(wishes)
        self.p99_ms = quantiles([seconds for _, seconds, _ in answers], n=100)[98] * 1000
        return self._all_sold(took, answers)

    def hot(self, size: int) -> float:
        wishes = []
        for _ in range(size):
            turn = next(self.turns["hot"])
            wishes.append(self._wish(self.hot_doctor, turn % len(self.citizens), self.starts[HOT[turn]]))
        return self._all_sold(*self._drive(wishes))

    def fight(self, times: int) -> float:
        """Client n of each group of rivals asks for the same times in the same order."""
        scripts: list[list[bytes]] = [[] for _ in range(CLIENTS)]
        for _ in range(times):
            turn = next(self.turns["fight"])
            group = turn % (CLIENTS // RIVALS)
            for rival in range(RIVALS):
                number = group * RIVALS + rival
                scripts[number].append(self._wish(self.hot_doctor, number, self.starts[FIGHT[turn]]))
        took, _, answers = client.drive(self.port, scripts)
        told = Counter(status for each in answers for status, _, _ in each)
        assert told == {201: times, 409: times * (RIVALS - 1)}, f"{times} times were wanted by {RIVALS}: {told}"
        self.sold += times
        self._check()
        return sum(told.values()) / took

    def look(self, size: int) -> float:
        took, _ = self._drive([client.request("/health/live")] * size)
        return size / took

    def write(self, seconds: float, number: int) -> float:
        """What was sold a second, not what was tried."""
        before, begun = _rows(), number * 2600 * len(self.pg_doctors) // pgbench.CLIENTS // 8
        tried = pgbench.run(self.script, seconds, f"i={begun}")
        sold = _rows() - before
        self.sold += sold
        self._check()
        return min(tried, sold / seconds)

    def bare_insert(self, seconds: float) -> float:
        with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
            connection.execute(
                """CREATE TABLE IF NOT EXISTS bare (id bigserial PRIMARY KEY, who int, during tstzrange,
                                                    EXCLUDE USING gist (who WITH =, during WITH &&))"""
            )
        return pgbench.run(_BARE, seconds, "i=0")

    def _wish(self, doctor: object, citizen: int, starts_at: datetime) -> bytes:
        body = {
            "schedule": doctor.schedule_id,  # type: ignore[attr-defined]
            "starts_at": starts_at.isoformat(),
            "visit_type": doctor.visit_type_id,  # type: ignore[attr-defined]
            "mode": "video",
            "condition": "J00",
        }
        token = self.citizens[citizen].token
        return client.request("/api/v1/appointments", token=token, body=json.dumps(body).encode())

    def _drive(self, wishes: Sequence[bytes]) -> tuple[float, list[client.Answer]]:
        took, cpu, answers = client.drive(self.port, [list(wishes[n::CLIENTS]) for n in range(CLIENTS)])
        self.client_cpu = cpu * 1000 / max(1, len(wishes))
        return took, [one for each in answers for one in each]

    def _all_sold(self, took: float, answers: list[client.Answer]) -> float:
        refused = [(status, body[:300]) for status, _, body in answers if status != 201]
        assert not refused, f"{len(refused)} of {len(answers)} honest requests were refused: {refused[:3]}"
        self.sold += len(answers)
        self._check()
        return len(answers) / took

    def _check(self) -> None:
        """Look whether all is true."""
        from django.utils import timezone

        from booking import days

        with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
            (rows, paid, double) = connection.execute(
                """SELECT (SELECT count(*) FROM booking_appointment),
                          (SELECT count(DISTINCT subject) FROM payments_payment),
                          (SELECT count(*) FROM booking_appointment a JOIN booking_appointment b
                             ON a.practitioner_id = b.practitioner_id AND a.blocked && b.blocked AND a.id < b.id)"""
            ).fetchone() or (0, 0, 0)
        wanted = self.sold + 1  # and the one that was taken down
        assert (rows, paid, double) == (wanted, wanted, 0), f"{rows} appointments, {paid} payments, {double} overlaps"
        assert not days.check(now=timezone.now())


def _rows() -> int:
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        return int((connection.execute("SELECT count(*) FROM booking_appointment").fetchone() or (0,))[0])


def _lift_the_limits() -> None:
    """These people book more in a minute than others in a life."""
    from django.utils import timezone

    from booking import days
    from booking.models import Policy, Schedule

    for facility in set(Schedule.objects.values_list("facility_id", flat=True)):
        Policy.objects.create(facility_id=facility, max_open_bookings=30_000, closes_on_holidays=False)
    days.rebuild(Schedule.objects.values_list("pk", flat=True), now=timezone.now())
