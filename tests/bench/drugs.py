"""Looking for a drug in a catalogue of 30,000, against reading one row by its primary key in the same run.

`lanh.py bench drugs` for figures; `--rounds 1 --size 40` for CI, with 3,000 drugs.

Recipe: a database of its own holds the 280 generics of the demo and made-up products of them, 30,000 in all: common
ingredients have many (drawn with falling weights, the commonest has some 1,500), each with a brand of two to four
syllables, some with the strength in it, a registration number, and one in ten ended. Queries are drawn from the rows by a fixed seed:
  right      the brand, the generic name, the generic name and strength, in turn
  prefix     the first two to five letters of a brand or a generic name
  mistyped   a brand or a generic name with one letter left out, doubled, changed or swapped with its neighbour
Each is asked as the doctor's page asks (`find_drugs`, 12 rows, as a remote visit), one after the other on one connection,
rows fetched and made into objects. Yardstick `key`: the ORM reading one drug by its primary key, the same number of times.
A row tells the median of the rounds of p50 and of p95 of one case, as a ratio to the same figure of the yardstick. After
each round `found` says how many of the mistyped queries brought the name they were made of among the twelve (value only).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from statistics import quantiles

from tests.bench.run import Row, row
from tests.site import own_database

NAME = "drugs"
DRUGS, SHORT_DRUGS, SHORT = 30_000, 3_000, 100
ON = date(2031, 3, 26)
_SYLLABLES = (
    "a be ca co da do e fa fe ga ha hi ime ka kla lo ma me mi mo na ne no o pa pha pra ra ri ro sa sta ta te ti to tra u va ve vi "
    "vo xa xi za zi len max pan cil rin tab vit zol dol lac nex tin fen rex met car bio cef"
)
SYLLABLES = _SYLLABLES.split()
Cases = dict[str, list[tuple[str, str]]]  # case → (query, the name it was made of)


def measure(*, rounds: int, size: int) -> Iterator[Row]:
    """Fill, then ask all cases in turn, `rounds` times; the first round warms caches and is not told."""
    own_database("bench_drugs")
    from prescriptions import queries
    from prescriptions.models import Drug

    fill(SHORT_DRUGS if size < SHORT else DRUGS, seed=7)
    keys = list(Drug.objects.values_list("pk", flat=True))
    told: dict[str, list[float]] = {}
    for number in range(rounds + 1):
        chance = random.Random(number)
        took = {"key": [_milliseconds(partial(Drug.objects.get, pk=chance.choice(keys))) for _ in range(size)]}
        hits = 0
        for case, wishes in draw(size, seed=number).items():
            took[case] = []
            for q, meant in wishes:
                began = time.perf_counter()
                found = queries.find_drugs(q, on=ON, limit=12, remote=True)
                took[case].append((time.perf_counter() - began) * 1000)
                hits += case == "mistyped" and meant in {name for drug in found for name in (drug.brand, drug.name_vi)}
        if number:
            for case, values in took.items():
                for percent in (50, 95):
                    told.setdefault(f"{case} p{percent}", []).append(quantiles(values, n=100)[percent - 1])
            told.setdefault("found", []).append(100 * hits / size)
    for case in ("right", "prefix", "mistyped", "key"):
        for figure in ("p50", "p95"):
            yield row(
                NAME,
                f"{case}, {figure}",
                told[f"{case} {figure}"],
                "ms",
                to=f"key {figure}",
                yardstick=told[f"key {figure}"],
            )
    yield row(NAME, "mistyped, found", told["found"], "%", to="itself", yardstick=told["found"])


def fill(count: int, *, seed: int) -> None:
    """Begin anew with `count` drugs, as the planner knows them."""
    from django.db import connection

    from prescriptions.models import Drug

    Drug.objects.exclude(brand="").delete()
    make_products(count, seed=seed)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE prescriptions_drug")


def make_products(count: int, *, seed: int) -> None:
    """Make products of the generics until there are `count` drugs."""
    from prescriptions.models import Drug

    chance = random.Random(seed)
    generics = list(Drug.objects.filter(brand="").order_by("code"))
    chance.shuffle(generics)
    weights = [1 / (place + 5) for place in range(len(generics))]
    made = []
    for number in range(count - len(generics)):
        like = chance.choices(generics, weights)[0]
        brand = "".join(chance.choices(SYLLABLES, k=chance.randint(2, 4))).capitalize()
        if chance.random() < 0.3:
            brand += f" {like.strength.split()[0]}"
        values = {
            field.name: getattr(like, field.name)
            for field in Drug._meta.fields
            if field.name not in {"id", "created_at"}
        }
        values |= {
            "code": f"sdk-{number}",
            "brand": brand,
            "registration_number": f"VD-{number:05}-{chance.randint(10, 30)}",
        }
        if chance.random() < 0.1:
            values["valid_to"] = ON - timedelta(days=chance.randint(1, 900))
        drug = Drug(**values)
        drug.make_searchable()
        made.append(drug)
    Drug.objects.bulk_create(made, batch_size=2000)


def draw(size: int, *, seed: int) -> Cases:
    """Draw the queries of one round."""
    from prescriptions.models import Drug

    chance = random.Random(seed)
    there = list(Drug.objects.filter(control="ordinary", valid_to=None).exclude(brand=""))
    cases: Cases = {"right": [], "prefix": [], "mistyped": []}
    for number in range(size):
        drug = chance.choice(there)
        right = [drug.brand, drug.name_vi, f"{drug.name_vi} {drug.strength}"][number % 3]
        cases["right"].append((right, right))
        name = [drug.brand, drug.name_vi][number % 2]
        cases["prefix"].append((name[: chance.randint(2, 5)], name))
        meant = drug.brand if number % 4 else drug.name_vi
        cases["mistyped"].append((mistyped(meant, chance), meant))
    return cases


def mistyped(name: str, chance: random.Random) -> str:
    """Spoil one letter of the first word, not the first one."""
    word, *rest = name.split()
    place = chance.randrange(1, max(len(word) - 1, 2))
    spoilt = {
        "out": word[:place] + word[place + 1 :],
        "double": word[:place] + word[place - 1] + word[place:],
        "change": word[:place] + chance.choice("aeioutrnslm") + word[place + 1 :],
        "swap": word[:place] + word[place + 1 : place + 2] + word[place : place + 1] + word[place + 2 :],
    }
    return " ".join([chance.choice(list(spoilt.values())), *rest])


def _milliseconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000
