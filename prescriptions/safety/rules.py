"""Rules as the check uses them: pairs from the built-in list and from imported rule sets, allergy classes, tables of limits."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from prescriptions.ingredients import fold, key_of

DATA = Path(__file__).parent.parent / "data"
# Tables of limits: our own selection, to be replaced by files of the same names in PRESCRIPTION_TABLES_DIR.
TABLES = ("dose_limits", "kidney_limits", "pregnancy_limits", "breastfeeding_limits")


@dataclass(frozen=True)
class Side:
    """One side of a pair: ingredients that must all be there, or a class by its ATC codes."""

    keys: frozenset[str] = frozenset()
    atc: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pair:
    """Two sides that must not meet. `effect` is a code with words of ours; `text` is what an imported row says itself."""

    rule: str
    a: Side
    b: Side
    rules: str  # version of the rule set
    source: str
    effect: str = ""
    text: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether it is one ingredient against another, which a look-up finds."""
        return len(self.a.keys) == len(self.b.keys) == 1 and not self.a.atc and not self.b.atc


@dataclass(frozen=True)
class Tables:
    """The limits in force on a day, and their version."""

    version: str
    doses: tuple[dict[str, Any], ...] = ()
    kidneys: tuple[dict[str, Any], ...] = ()
    pregnancy: tuple[dict[str, Any], ...] = ()
    breastfeeding: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, eq=False)
class Rules:
    """Everything one check goes by. `version` names all of it."""

    version: str
    every_pair: tuple[Pair, ...]
    classes: tuple[dict[str, Any], ...]
    crosses: frozenset[tuple[str, str]]
    tables: Tables
    class_version: str = ""

    @cached_property
    def pairs(self) -> dict[frozenset[str], list[Pair]]:
        """Pairs of single ingredients, by their two keys; one pair may stand in several rule sets."""
        found: dict[frozenset[str], list[Pair]] = {}
        for pair in self.every_pair:
            if pair.is_plain:
                found.setdefault(pair.a.keys | pair.b.keys, []).append(pair)
        return found

    @cached_property
    def wide(self) -> tuple[Pair, ...]:
        """Pairs with a combination or a class on a side."""
        return tuple(pair for pair in self.every_pair if not pair.is_plain)


@cache
def built_in_pairs() -> tuple[Pair, ...]:
    """Return the ONC high-priority pairs; a pair that two of its rules name belongs to the first."""
    known = json.loads((DATA / "interactions.json").read_text("utf-8"))
    found: dict[frozenset[str], Pair] = {}
    for rule in known["rules"]:
        for a in rule["a"]:
            for b in rule["b"]:
                one, other = frozenset({key_of(a)}), frozenset({key_of(b)})
                if one != other:
                    pair = Pair(
                        rule=str(rule["number"]),
                        a=Side(one),
                        b=Side(other),
                        rules=known["version"],
                        source=known["source"],
                        effect=rule["effect"],
                    )
                    found.setdefault(one | other, pair)
    return tuple(found.values())


def built_in_rules(on: date | None = None) -> Rules:
    """Return the rules shipped in data/: the ONC pairs, the allergy classes, and the limits of the day."""
    return rules_with((), (), on)


@cache
def _classes() -> tuple[str, tuple[dict[str, Any], ...], frozenset[tuple[str, str]]]:
    groups = json.loads((DATA / "allergy_classes.json").read_text("utf-8"))
    classes = tuple({**one, "names": frozenset(fold(name) for name in one["names"])} for one in groups["classes"])
    return groups["version"], classes, frozenset((one["of"], one["to"]) for one in groups["cross_reactions"])


def class_atc(name: str) -> tuple[str, ...]:
    """Return the ATC codes of a class by one of its names ("NSAID", "nhóm statin"); empty for what is no class we know."""
    said = fold(name).removeprefix("nhom ").removeprefix("cac ").removeprefix("thuoc ")
    for one in _classes()[1]:
        if {said, f"nhom {said}"} & one["names"]:
            return tuple(one["atc"])
    return ()


@cache
def _table(path: Path) -> dict[str, Any]:
    found = json.loads(path.read_text("utf-8"))
    for row in found["rows"]:
        row["keys"] = frozenset(key_of(name) for name in row.get("ingredients", ()))
        row["atc"] = tuple(row.get("atc", ()))
    return dict(found)


@cache
def tables_on(on: date | None = None, folder: Path | None = None) -> Tables:
    """Return the limits in force on a day (all of them, when no day is given). Files in `folder` take the place of ours."""
    versions, kept = [], []
    for name in TABLES:
        own = folder / f"{name}.json" if folder else None
        table = _table(own if own and own.is_file() else DATA / f"{name}.json")
        versions.append(table["version"])
        kept.append(tuple(row | {"rules": table["version"]} for row in table["rows"] if _in_force(row, table, on)))
    return Tables("+".join(versions), *kept)


def _in_force(row: dict[str, Any], table: dict[str, Any], on: date | None) -> bool:
    begins = row.get("valid_from") or table["valid_from"]
    ends = row.get("valid_to") or table.get("valid_to")
    return on is None or (begins <= on.isoformat() and (not ends or on.isoformat() <= ends))


def rules_with(
    pairs: Iterable[Pair], versions: Sequence[str], on: date | None = None, folder: Path | None = None
) -> Rules:
    """Return the built-in rules and further pairs together."""
    own = built_in_pairs()
    class_version, classes, crosses = _classes()
    tables = tables_on(on, folder)
    version = "+".join([own[0].rules, *versions, class_version, tables.version])
    return Rules(version, (*own, *pairs), classes, crosses, tables, class_version)
