"""The ground everything stands on: ids, money, references, actors, folding."""

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from rest_framework.exceptions import ParseError

from core.actor import Actor
from core.ids import new_id
from core.money import Money
from core.refs import Ref
from core.rest.parsing import StrictJSONParser, parse_json
from identity.names import fold


def test_ids_are_version_7_and_grow():
    ids = [new_id() for _ in range(5000)]
    assert {one.version for one in ids} == {7}
    assert ids == sorted(ids)
    assert len(set(ids)) == 5000


def test_ids_follow_a_clock_that_was_set_back_and_not_one_that_stumbles():
    def born_at(one):
        return datetime.fromtimestamp((one.int >> 80) / 1000, UTC)

    here = datetime(2026, 11, 30, 8, tzinfo=UTC)
    with time_machine.travel(here + timedelta(days=400), tick=False) as clock:
        new_id()
        clock.move_to(here)
        assert born_at(new_id()) == here
        clock.move_to(here - timedelta(seconds=59))
        assert here <= born_at(new_id()) < here + timedelta(milliseconds=2)


def test_money_speaks_vietnamese_and_refuses_to_mix():
    assert str(Money.vnd(1_250_000)) == "1.250.000 ₫"
    assert str(Money(-1999, "USD")) == "-19,99 $"
    assert Money.vnd(3) + Money.vnd(4) == Money.vnd(7)
    with pytest.raises(ValueError):
        Money.vnd(1) + Money(1, "USD")
    with pytest.raises(ValueError):
        Money(1.5, "VND")
    with pytest.raises(ValueError):
        Money(1, "XXX")


def test_a_reference_reads_back():
    ref = Ref("appointment", uuid4())
    assert Ref.parse(str(ref)) == ref
    for wrong in ["", "appointment", "appointment:1", ":x", "a b:" + str(uuid4())]:
        with pytest.raises(ValueError):
            Ref.parse(wrong)


def test_an_actor_survives_the_ticket():
    actor = Actor("practitioner", user_id=uuid4(), practitioner_id=uuid4(), facility_id=uuid4(), name="BS. Hà")
    assert Actor.from_json(json.loads(json.dumps(actor.as_json()))) == actor


def test_folding_takes_every_mark_off():
    assert fold("  NGUYỄN   Thị Đào ") == "nguyen thi dao"
    assert fold("Trần Ưng Ổi") == "tran ung oi"


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"{",
        b"NaN",
        b'{"a": Infinity}',
        b'{"a":1,"a":2}',
        b'"\\ud800"',
        b"\xff\xfe",
        b'{"a": 1} x',
        b"9" * 20_000,
    ],
)
def test_bodies_that_are_not_json_are_refused(raw):
    import io

    with pytest.raises(ParseError):
        StrictJSONParser().parse(io.BytesIO(raw))


def test_ordinary_json_is_read():
    assert parse_json('{"tên": "Đào [[[", "n": [1, 2]}'.encode()) == {"tên": "Đào [[[", "n": [1, 2]}
