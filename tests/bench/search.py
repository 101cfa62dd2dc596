"""Looking for a free time in a country of N doctors (30 days each, half booked), in SQL and over HTTP.

`lanh.py bench search --doctors 5000 75000` for figures; `--doctors 300 --rounds 1 --size 40` for CI. A database of its
own is filled as tests/bench/nation.py says, grown from size to size, and asked before and after: the projection of some
schedules against the truth (`days.check`), no difference allowed. Before each round starts that are over are let go, as
the worker does every minute (`days.advance`).

Wishes: 40 doctors (10 in the short form) drawn by chance, so that big areas are asked for more often than small ones;
each case asks for what would lead to them. Every round runs all cases in turn, in SQL and over HTTP; a row tells the median of the rounds.
  slots         one doctor's next fourteen days                GET /api/v1/slots
  month         free times per day of a month                  GET /api/v1/slots/days
  first         first free, specialty × province               GET /api/v1/slots/first
  first, mode   the same by video alone                        GET /api/v1/slots/first
  first, part   the same in a part of the day                  GET /find/ (a page)
  facility      any doctor of a hospital, the least loaded     GET /find/any/ (a page)
  near          first free near a place                        GET /find/ (a page)
  name          doctors by a name without tones                GET /api/v1/practitioners
SQL: the statements that a question really sends are taken down and run by pgbench (-M prepared, 4 clients, one script a
wish), p50 and p99 of its own log. Yardstick `key`: one row of the projection by its primary key, the same way.
HTTP: the site in the topology of production (`--http wsgi`, two processes), 4 clients on kept-open connections, closed
loop. Yardstick `view`: GET /health/live by the same clients. `rate` is answers a second.
The last rows compare each size with the first one: the rate of `first` there against its rate here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from statistics import quantiles
from typing import Any
from urllib.parse import urlencode

import psycopg
from psycopg.sql import Literal

from tests.bench import client, nation, pgbench
from tests.bench.run import Row, row
from tests.site import Site, own_database

NAME = "search"
WISHES, CLIENTS, SAMPLE = 40, 4, 40
SHORT = 100  # requests a round below which everything is small

Wish = dict[str, Any]
Found = dict[tuple[str, str], list[float]]


@dataclass(frozen=True)
class Case:
    """A question: how code asks it, and under which address people do."""

    name: str
    path: str
    query: Callable[[Wish], dict[str, Any]]
    ask: Callable[[Wish], object] | None = None  # None: the address itself is asked, within this process


def measure(*, rounds: int, size: int, doctors: list[int]) -> Iterator[Row]:
    """Fill, measure, grow, measure again."""
    own_database("bench_search")
    rates: dict[int, Found] = {}
    for count in sorted(doctors):
        found = _measure(count, rounds, size)
        rates[count] = found
        for case in [one.name for one in _cases()]:
            for kind, yardstick in (("sql", "key"), ("http", "view")):
                for figure in ("p50", "p99"):
                    name = f"{count} {case}, {kind} {figure}"
                    values, of = found[case, f"{kind} {figure}"], found[yardstick, f"{kind} {figure}"]
                    yield row(NAME, name, values, "ms", to=f"{yardstick} {figure}", yardstick=of)
        for yardstick, kind in (("key", "sql"), ("view", "http")):
            values = found[yardstick, f"{kind} p99"]
            yield row(NAME, f"{count} {yardstick}, p99", values, "ms", to="itself", yardstick=values)
    first = rates[min(rates)]
    for count, found in rates.items():
        for case in ("first", "first, mode", "slots"):
            for kind in ("sql", "http"):
                name, of = f"{count} {case}, {kind} rate", first[case, f"{kind} rate"]
                yield row(NAME, name, found[case, f"{kind} rate"], "1/s", to=f"{min(rates)}", yardstick=of)


def _cases() -> list[Case]:
    from booking import queries
    from booking.queries import search
    from core import edge

    def area(wish: Wish) -> dict[str, Any]:
        return {"specialty": wish["specialty"], "province": wish["province"]}

    def kind(wish: Wish) -> dict[str, Any]:
        return {"practitioner": wish["practitioner"], "visit_type": wish["visit_type"]}

    def days(wish: Wish, ahead: int) -> object:
        now = edge.now()
        span = queries.bookable_span(now.date(), now.date() + timedelta(days=ahead), now)
        return search.of_practitioner(wish["practitioner"], *span, now, wish["visit_type"]) if span else None

    def first(wish: Wish, **more: Any) -> object:
        return queries.first_times(now=edge.now(), **area(wish), **more)

    def month(wish: Wish) -> dict[str, Any]:
        return kind(wish) | {"month": (edge.now() + timedelta(days=14)).strftime("%Y-%m")}

    def near(wish: Wish) -> dict[str, Any]:
        return {"specialty": wish["specialty"], "near": f"{wish['latitude']:.2f},{wish['longitude']:.2f}"}

    def name(wish: Wish) -> dict[str, Any]:
        family, *_, given = wish["sort_name"].split()
        return {"q": f"{family} {given}"}

    video = {"mode": "video"}
    evening = {"part": "evening"}
    return [
        Case("slots", "/api/v1/slots", kind, lambda wish: days(wish, 13)),
        Case("month", "/api/v1/slots/days", month, lambda wish: days(wish, 30)),
        Case("first", "/api/v1/slots/first", area, first),
        Case("first, mode", "/api/v1/slots/first", lambda wish: area(wish) | video, lambda wish: first(wish, **video)),
        Case("first, part", "/find/", lambda wish: area(wish) | video | evening),
        Case("facility", "/find/any/", lambda wish: {"facility": wish["facility"]}),
        Case("near", "/find/", near),
        Case("name", "/api/v1/practitioners", name),
    ]


def _measure(count: int, rounds: int, size: int) -> Found:
    from django.utils import timezone

    from booking import days

    nation.fill(count, now=timezone.now())
    _let_go()
    _check(days, seed=1)
    short = size < SHORT
    wishes, cases = nation.doctors(WISHES // 4 if short else WISHES, seed=count), _cases()
    key = [
        f"SELECT * FROM booking_practitionerday WHERE id = '{one}';" for one in nation.day_rows(3 * WISHES, seed=count)
    ]
    found: Found = {}
    environment = {"HTTP_WORKERS": "2", "DATABASE_POOL_SIZE": "4", "LOG_LEVEL": "ERROR"}
    with Site(workers=False, http="wsgi", environment=environment) as site:
        for number in range(1 if short else 0, rounds + 1):  # round 0 warms caches, connections and plans
            seconds = 1 if short or not number else 3
            _let_go()
            told = {"key": _sql(key, seconds), "view": _http(site.port, ["/health/live"], size)}
            for case in cases:
                paths = [f"{case.path}?{urlencode(case.query(wish))}" for wish in wishes]
                scripts = [_script(case, wish, path) for wish, path in zip(wishes, paths, strict=True)]
                told[case.name] = _sql(scripts, seconds) | _http(site.port, paths, size if number else len(paths))
            for name, figures in told.items():
                for figure, value in figures.items():
                    if number:
                        found.setdefault((name, figure), []).append(value)
    _check(days, seed=2)
    return found


def _let_go() -> None:
    from django.utils import timezone

    from booking import days

    while days.advance(now=timezone.now()):
        pass


def _check(days: Any, *, seed: int) -> None:
    from django.utils import timezone

    from booking import queries

    now = timezone.now()
    differences = days.check(queries.sample_of_schedules(SAMPLE, seed=seed), now=now)
    assert not differences, f"the projection is not what the truth says: {differences[:3]}"


def _script(case: Case, wish: Wish, path: str) -> str:
    """Ask once and write down what the database was asked."""
    from django.db import connection
    from django.test import Client

    heard: list[str] = []

    def listen(execute: Any, sql: str, values: Any, many: bool, context: Any) -> Any:
        if isinstance(context["cursor"].cursor, psycopg.RawCursor):
            told = re.sub(
                r"\$(\d+)", lambda one: Literal(values[int(one[1]) - 1]).as_string(connection.connection), sql
            )
        else:
            told = psycopg.ClientCursor(connection.connection).mogrify(sql, values)
        heard.append(" ".join(told.split()) + ";")
        return execute(sql, values, many, context)

    with connection.execute_wrapper(listen):
        if case.ask is not None:
            case.ask(wish)
        else:
            Client().get(path)
    return "\n".join(heard)


def _sql(scripts: list[str], seconds: int) -> dict[str, float]:
    took = pgbench.latencies(scripts, seconds, CLIENTS)
    return {"sql p50": _part(took, 50), "sql p99": _part(took, 99), "sql rate": len(took) / seconds}


def _http(port: int, paths: list[str], size: int) -> dict[str, float]:
    requests = [client.request(paths[number % len(paths)]) for number in range(size)]
    took, _, answers = client.drive(port, [requests[number::CLIENTS] for number in range(CLIENTS)])
    every = [one for each in answers for one in each]
    refused = [(status, body[:200]) for status, _, body in every if status not in {200, 302}]
    assert not refused, f"{len(refused)} of {len(every)} were refused: {refused[:2]}"
    times = [seconds * 1000 for _, seconds, _ in every]
    return {"http p50": _part(times, 50), "http p99": _part(times, 99), "http rate": len(every) / took}


def _part(values: list[float], percent: int) -> float:
    return quantiles(values, n=100)[percent - 1]
