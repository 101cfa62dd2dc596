"""How many calls of a payment company one process takes a second, and settles: from the wire's bytes to the ledger.

One process, one thread, the whole stack of the app (WSGI handler, middleware, door, transaction, job), without network and
client, so that nothing else is measured. Cases, each `rounds` times in turn, the median counts:
  take       a signed call about a paid payment: verified, kept, its job written, committed, answered.
  again      the same calls once more: found, and answered.
  forged     calls with a wrong signature: refused, nothing written.
  settle     the jobs that follow: the company asked (here a table), captured, ledger, audit trail, event; committed.
  recorded   take and settle together: calls a second until the money is in the books.
Yardsticks of the same run: `bare view`, GET /health/live through the same stack; `bare insert`, one row with a unique text and
the same bytes, committed. `memory` is the process's peak in MiB (ru_maxrss) at the end, beside what it was before the first call.
After every round the database is asked: as many calls kept and payments captured as were sent, the ledger in balance.

`lanh.py bench hooks --rounds 3 --size 400` for figures; `--rounds 1 --size 40` for CI.
"""

from __future__ import annotations

import io
import logging
import random
import resource
import time
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from tests.bench.run import Row, row
from tests.site import own_database
from tests.storm.companies import Call, Sandbox, begun

NAME = "hooks"


def measure(*, rounds: int, size: int) -> Iterator[Row]:
    """All cases in turn, so that a noisy minute hits all alike."""
    own_database("bench_hooks", pool=True)  # as in production: connections are kept
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application

    settings.ALLOWED_HOSTS = ["localhost"]
    logging.disable(logging.ERROR)
    bench = _Bench(get_wsgi_application())
    bench.round(max(8, size // 10))  # warms caches, plans and the connection
    before = _peak()
    found: dict[str, list[float]] = {}
    for _ in range(rounds):
        for case, rate in bench.round(size).items():
            found.setdefault(case, []).append(rate)
    for case in ("take", "recorded"):
        yield row(NAME, case, found[case], "1/s", to="bare insert", yardstick=found["bare insert"])
    for case in ("take", "again", "forged", "settle", "recorded"):
        yield row(NAME, case, found[case], "1/s", to="bare view", yardstick=found["bare view"])
    yield row(NAME, "bare view", found["bare view"], "1/s", to="bare insert", yardstick=found["bare insert"])
    yield row(NAME, "bare insert", found["bare insert"], "1/s", to="itself", yardstick=found["bare insert"])
    yield row(NAME, "memory", [_peak()], "MiB", to="at first", yardstick=[before])


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # Linux tells it in KiB


class _Bench:
    """The app as one process serves it, and the pretended bank's calls."""

    def __init__(self, app: Callable[..., Any]) -> None:
        from django.db import connection

        self.app, self.bank, self.numbers = app, Sandbox(), count()
        self.sent = 0
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE bare (id bigserial PRIMARY KEY, event text UNIQUE, body bytea)")

    def round(self, size: int) -> dict[str, float]:
        """Every case once, over as many payments; rates a second."""
        references = self._paid(size)
        calls = [Call("honest", one, f"evt_{next(self.numbers)}") for one in references]
        forged = [Call("forged", call.reference, f"{call.event}_f") for call in calls]
        viewing = _seconds(lambda: [self._ask("GET", "/health/live", b"", {}) for _ in calls])
        inserting = _seconds(lambda: [self._insert(call) for call in calls])
        taking = _seconds(lambda: [self._call(call, 200) for call in calls])
        again = _seconds(lambda: [self._call(call, 200) for call in calls])
        refusing = _seconds(lambda: [self._call(call, 400) for call in forged])
        settling = _seconds(self._settle)
        self.sent += size
        self._check()
        took = {"bare view": viewing, "bare insert": inserting, "take": taking, "again": again, "forged": refusing}
        took |= {"settle": settling, "recorded": taking + settling}
        return {case: size / seconds for case, seconds in took.items()}

    def _paid(self, size: int) -> list[str]:
        from payments.models import Charge

        found = [payment for _, payment in begun(size, "sandbox", random.Random(1), ends={"paid": 1})]
        references = [payment.gateway_reference for payment in found]
        Charge.objects.filter(reference__in=references).update(status="paid")
        return references

    def _call(self, call: Call, expected: int) -> None:
        path, raw, headers = self.bank.write(call)
        self._ask("POST", path, raw, headers, expected)

    def _ask(self, method: str, path: str, raw: bytes, headers: dict[str, str], expected: int = 200) -> None:
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": "",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "HTTP_HOST": "localhost",
            "REMOTE_ADDR": "127.0.0.1",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(raw)),
            "wsgi.input": io.BytesIO(raw),
            "wsgi.url_scheme": "http",
            "wsgi.errors": io.StringIO(),
            **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()},
        }
        told: list[str] = []
        answer = self.app(environ, lambda status, _headers, _error=None: told.append(status))
        body = b"".join(answer)
        answer.close()
        assert told[0].startswith(str(expected)), f"{told[0]} {body[:300]!r}"

    def _insert(self, call: Call) -> None:
        from django.db import connection

        _path, raw, _headers = self.bank.write(call)
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO bare (event, body) VALUES (%s, %s)", [call.event, raw])

    def _settle(self) -> None:
        from tests import jobs

        while job := jobs._take_next(_long_from_now()):
            jobs._run(job, "raise")

    def _check(self) -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT (SELECT count(*) FROM payments_delivery WHERE outcome = 'captured'),
                          (SELECT count(*) FROM payments_payment WHERE status = 'captured'),
                          (SELECT count(*) FROM payments_entry WHERE kind = 'capture'),
                          (SELECT coalesce(sum(amount), 0) FROM payments_entry)"""
            )
            found = cursor.fetchone()
        assert found == (self.sent, self.sent, 2 * self.sent, 0), f"{found} after {self.sent} calls"


def _long_from_now() -> Any:
    from datetime import timedelta

    from django.utils import timezone

    return timezone.now() + timedelta(minutes=1)


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
