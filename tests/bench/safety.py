"""The safety check of twelve drugs, drawn from a catalogue of 30,000, by the built-in list and the national one together.

Recipe: 30,000 drugs with one to three of 6,000 made-up and 250 real ingredients; the ONC pairs, the limits of data/, and 633
rows of a national list, read by the importer: from `--pairs FILE`, else made up from the catalogue. Each check gets twelve
drugs nobody has asked for before in the round, four of which are taken already, two allergies, and a person of whom weight and
kidneys are known. `check` is the pure one; `check, database` is what a doctor waits for: the same for a draft of twelve lines
of a real person, with everything looked up. Yardsticks of the same run: SHA-256 over a megabyte for the pure one, one
prescription by its primary key for the other. The short form for CI: `--rounds 1 --size 8`.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from tests.bench.run import Row, row
from tests.site import own_database

NAME = "safety"
DRUGS, INGREDIENTS, PAIRS, LINES, TAKEN = 30_000, 6_000, 633, 12, 4
SYLLABLES = (
    *("ba", "cor", "du", "fen", "gli", "ham", "ir", "jo", "lan", "mep"),
    *("nor", "ol", "pra", "quin", "ris", "tam", "vex", "zol", "mab", "tin"),
)
ROUTES = ("oral", "oral", "oral", "skin")


def measure(*, rounds: int, size: int, pairs: Path | None = None) -> Iterator[Row]:
    """Check `size` lists a round; the first round warms what is kept between checks."""
    own_database("bench_safety")
    from core import edge
    from core.actor import Actor
    from prescriptions import actions, queries
    from prescriptions.models import Item, Prescription

    dice = random.Random(5948)
    catalogue = _catalogue(dice)
    content = pairs.read_bytes() if pairs else _pairs(catalogue, dice)
    house = Actor.system("bench")
    imported = actions.import_rules(
        content=content,
        file_name="bench.csv",
        version="bench",
        source="bench",
        valid_from=date(2000, 1, 1),
        by=house,
        now=edge.now(),
    )
    actions.confirm_rules(rule_set_id=imported.rule_set.pk, by=house, now=edge.now())
    assert imported.read.rows >= PAIRS, f"the list has {imported.read.rows} rows"
    rules = queries.rules_on(edge.now().date())
    drafts = [_draft(number) for number in range(max(2, size // 20))]
    block = bytes(1_000_000)
    results: dict[str, list[float]] = {name: [] for name in ("hash", "check", "check p99", "key", "database")}
    for number in range(rounds + 1):
        lists = [_list(catalogue, dice) for _ in range(size)]
        hashing = _each([partial(hashlib.sha256, block)] * min(size, 40))
        checking = _each([_checking(one, rules) for one in lists])
        keys = _each([partial(Prescription.objects.get, pk=one) for one in drafts])
        doors = _each([partial(_at_the_door, one) for one in drafts])
        if number:
            results["hash"].append(median(hashing))
            results["check"].append(median(checking))
            results["check p99"].append(quantiles(checking, n=100)[98])
            results["key"].append(median(keys))
            results["database"].append(median(doors))
    assert Item.objects.count() == LINES * len(drafts)
    yield row(NAME, "check", results["check"], "ms", to="hash 1 MB", yardstick=results["hash"])
    yield row(NAME, "check, p99", results["check p99"], "ms", to="hash 1 MB", yardstick=results["hash"])
    yield row(NAME, "check, database", results["database"], "ms", to="key", yardstick=results["key"])


def _name(dice: random.Random) -> str:
    return "".join(dice.choice(SYLLABLES) for _ in range(4))


def _catalogue(dice: random.Random) -> list[tuple[tuple[str, ...], str]]:
    """Ingredients and ATC of each drug: made-up names and those of our own list."""
    from prescriptions.catalogue import rows

    known = [(tuple(one["ingredients"]), one["atc"]) for one in rows()]
    names = [_name(dice) for _ in range(INGREDIENTS)]
    made = [
        (
            tuple(dice.sample(names, dice.choice((1, 1, 1, 2, 3)))),
            f"{dice.choice('ABCDGHJLMNPRSV')}0{dice.randint(1, 9)}AA01",
        )
        for _ in range(DRUGS - len(known))
    ]
    return known + made


def _pairs(catalogue: list[tuple[tuple[str, ...], str]], dice: random.Random) -> bytes:
    """As many rows as the national list has, each with texts of its length."""
    text = "Tăng nguy cơ biến cố nghiêm trọng khi phối hợp hai thuốc này " * 3
    lines = ["stt,hoat_chat_1,hoat_chat_2,co_che,hau_qua,xu_tri"]
    for number in range(PAIRS):
        (a, _), (b, _) = dice.sample(catalogue, 2)
        lines.append(f"{number + 1},{'/'.join(a)},{b[0]},{text},{text},{text}")
    return "\n".join(lines).encode()


def _list(catalogue: list[tuple[tuple[str, ...], str]], dice: random.Random) -> list[Any]:
    from prescriptions.safety import Line

    chosen = dice.sample(catalogue, LINES)
    return [
        Line(
            f"{'taken:' if number < TAKEN else ''}{number}",
            " + ".join(names),
            names,
            atc,
            number < TAKEN,
            "79999" if number < TAKEN else "",
            dice.choice(ROUTES),
            tuple(Decimal(500) for _ in names),
            3,
        )
        for number, (names, atc) in enumerate(chosen)
    ]


def _checking(lines: list[Any], rules: Any) -> Callable[[], object]:
    from prescriptions.safety import KnownAllergy, Patient, check

    told = [KnownAllergy("Penicilin"), KnownAllergy("Sulfamid")]
    patient = Patient(age_months=70 * 12, weight_kg=Decimal(55), egfr=40)
    return lambda: check(lines[TAKEN:], lines[:TAKEN], told, rules, patient)


def _draft(number: int) -> Any:
    """A draft of twelve lines of a person with an allergy."""
    from core import edge
    from prescriptions import actions
    from prescriptions.catalogue import rows
    from records import actions as records_actions
    from tests import make
    from tests.prescriptions.stage import line, make_draft, make_visit

    moment = edge.now()
    facility = make.make_facility()
    person = make.make_person(full_name=f"Người Bệnh {number}")
    doctor = make.make_practitioner(facility=facility, full_name=f"Bác Sĩ {number}")
    ordinary = [one["code"] for one in rows() if one["control"] == "ordinary"]
    chosen = random.Random(number).sample(ordinary, LINES)
    visit = make_visit(person=person, practitioner=doctor, now=moment)
    records_actions.add_allergy(person_id=person.pk, substance="Penicilin", by=make.actor_for(doctor), now=moment)
    draft = make_draft(encounter=visit, items=[line(one, days=5) for one in chosen], now=moment)
    assert actions.check(prescription_id=draft.pk, by=make.actor_for(doctor), now=moment) is not None
    return draft.pk


def _at_the_door(key: Any) -> object:
    from core import edge
    from prescriptions import queries
    from prescriptions.models import Prescription

    found = Prescription.objects.select_related("person", "facility", "encounter").get(pk=key)
    return queries.check_prescription(found, edge.now())


def _each(works: list[Callable[[], object]]) -> list[float]:
    """Milliseconds of each."""
    took = []
    for work in works:
        began = time.perf_counter()
        work()
        took.append((time.perf_counter() - began) * 1000)
    return took
