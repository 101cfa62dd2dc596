"""Safety: what a list of drugs means for one person. Pure functions over plain values and a versioned rule set.

Three questions: does the person react to an ingredient or its class, do two ingredients belong to a high-priority pair, is an
ingredient or a class taken twice. Findings are graded: `block` needs an override with a coded reason, `warn` wants a second
look, `inform` is good to know. Words for people are made in `words.py`.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

from prescriptions.ingredients import fold, key_of, parts_of

BLOCK, WARN, INFORM = "block", "warn", "inform"
GRADES = (BLOCK, WARN, INFORM)
DATA = Path(__file__).parent / "data"
# ATC down to the chemical subgroup: two drugs that share it do much the same (five characters, e.g. C10AA for statins).
SAME_CLASS_CHARACTERS = 5


@dataclass(frozen=True)
class Line:
    """One drug: a line of this prescription, or one the person takes already (`taken`)."""

    key: str
    name: str
    ingredients: tuple[str, ...]
    atc: str = ""
    taken: bool = False
    code: str = ""  # of the other prescription, when taken


@dataclass(frozen=True)
class KnownAllergy:
    """What the record says the person reacts to: a substance as told, its ingredient and ATC code where known."""

    substance: str
    ingredient: str = ""
    atc: str = ""
    severity: str = ""


@dataclass(frozen=True)
class Finding:
    """One thing to look at. `key` stays the same between checks, so that an override can name it."""

    key: str
    kind: str  # interaction, allergy, allergy_class, allergy_cross, duplicate, same_class
    grade: str
    lines: tuple[str, ...]  # keys of the lines of this prescription
    names: tuple[str, ...]  # what to call the two sides
    detail: dict[str, Any] = field(default_factory=dict)
    source: str = ""


@dataclass(frozen=True)
class Rules:
    """A versioned rule set: pairs of ingredient keys with their effect, and classes for allergies."""

    version: str
    source: str
    pairs: dict[frozenset[str], tuple[int, str, str, str]]
    classes: tuple[dict[str, Any], ...]
    crosses: frozenset[tuple[str, str]]


@cache
def built_in_rules() -> Rules:
    """Return the rules shipped in data/: the ONC high-priority pairs and the allergy classes."""
    known = json.loads((DATA / "interactions.json").read_text("utf-8"))
    groups = json.loads((DATA / "allergy_classes.json").read_text("utf-8"))
    pairs: dict[frozenset[str], tuple[int, str, str, str]] = {}
    for rule in known["rules"]:
        for a in rule["a"]:
            for b in rule["b"]:
                if a != b:
                    found = (rule["number"], rule["effect"], rule["a_class"], rule["b_class"])
                    pairs.setdefault(frozenset({key_of(a), key_of(b)}), found)
    classes = tuple({**one, "names": frozenset(fold(name) for name in one["names"])} for one in groups["classes"])
    crosses = frozenset((one["of"], one["to"]) for one in groups["cross_reactions"])
    return Rules(f"{known['version']}+{groups['version']}", known["source"], pairs, classes, crosses)


def check(
    lines: Sequence[Line], taken: Sequence[Line], allergies: Iterable[KnownAllergy], rules: Rules
) -> list[Finding]:
    """Return every finding about `lines`, against each other, what is `taken` already, and the allergies; gravest first."""
    found = [
        *_allergies(lines, list(allergies), rules),
        *_interactions(lines, taken, rules),
        *_duplicates(lines, taken),
    ]
    unique = {one.key: one for one in reversed(found)}
    return sorted(unique.values(), key=lambda one: (GRADES.index(one.grade), one.kind, one.key))


def blocking(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings that need an override before anybody signs."""
    return [one for one in findings if one.grade == BLOCK]


def _pairs(lines: Sequence[Line], taken: Sequence[Line]) -> Iterable[tuple[Line, Line]]:
    yield from combinations(lines, 2)
    for line in lines:
        for other in taken:
            yield line, other


def _own(*lines: Line) -> tuple[str, ...]:
    return tuple(line.key for line in lines if not line.taken)


def _slug(*parts: str) -> str:
    return ":".join(key_of(part).replace(" ", "-") for part in sorted(parts))


def _interactions(lines: Sequence[Line], taken: Sequence[Line], rules: Rules) -> Iterable[Finding]:
    for line, other in _pairs(lines, taken):
        for a in line.ingredients:
            for b in other.ingredients:
                rule = rules.pairs.get(frozenset({key_of(a), key_of(b)}))
                if rule is None:
                    continue
                number, effect, *_ = rule
                yield Finding(
                    key=f"interaction:{number}:{_slug(a, b)}",
                    kind="interaction",
                    grade=BLOCK,
                    lines=_own(line, other),
                    names=(line.name, other.name),
                    detail={"effect": effect, "rule": number, "taken": other.taken, "code": other.code},
                    source=rules.source,
                )


def _classes_of(line: Line, rules: Rules) -> set[str]:
    return {one["code"] for one in rules.classes if line.atc.startswith(tuple(one["atc"]))}


def _classes_meant(allergy: KnownAllergy, rules: Rules) -> set[str]:
    """A told allergy may name a class ("penicillin") or a drug of one; both bring the class along."""
    told = {fold(allergy.substance), fold(allergy.ingredient)} - {""}
    return {
        one["code"]
        for one in rules.classes
        if told & one["names"] or (allergy.atc and allergy.atc.startswith(tuple(one["atc"])))
    }


def _allergies(lines: Sequence[Line], allergies: Sequence[KnownAllergy], rules: Rules) -> Iterable[Finding]:
    for line in lines:
        classes = _classes_of(line, rules)
        for allergy in allergies:
            told = {key_of(part) for name in (allergy.substance, allergy.ingredient) for part in parts_of(name)}
            meant = _classes_meant(allergy, rules)
            crossing = sorted(to for of, to in rules.crosses if of in meant and to in classes)
            if told & {key_of(one) for one in line.ingredients}:
                kind, grade, shared = "allergy", BLOCK, ""
            elif meant & classes:
                kind, grade, shared = "allergy_class", BLOCK, sorted(meant & classes)[0]
            elif crossing:
                kind, grade, shared = "allergy_cross", WARN, crossing[0]
            else:
                continue
            yield Finding(
                key=f"{kind}:{_slug(allergy.substance)}:{line.ingredients[0].replace(' ', '-')}",
                kind=kind,
                grade=grade,
                lines=_own(line),
                names=(line.name, allergy.substance),
                detail={"class": shared, "severity": allergy.severity},
                source="record",
            )


def _duplicates(lines: Sequence[Line], taken: Sequence[Line]) -> Iterable[Finding]:
    for line, other in _pairs(lines, taken):
        shared = sorted(
            {
                key_of(one): one for one in line.ingredients if key_of(one) in set(map(key_of, other.ingredients))
            }.values()
        )
        detail = {"taken": other.taken, "code": other.code}
        if shared:
            yield Finding(
                key=f"duplicate:{_slug(*shared)}:{'taken' if other.taken else 'here'}",
                kind="duplicate",
                grade=WARN,
                lines=_own(line, other),
                names=(line.name, other.name),
                detail={**detail, "ingredient": shared[0]},
                source="duplicate",
            )
        elif len(line.atc) == 7 and line.atc[:SAME_CLASS_CHARACTERS] == other.atc[:SAME_CLASS_CHARACTERS]:
            yield Finding(
                key=f"same_class:{line.atc[:SAME_CLASS_CHARACTERS]}:{_slug(line.ingredients[0], other.ingredients[0])}",
                kind="same_class",
                grade=INFORM,
                lines=_own(line, other),
                names=(line.name, other.name),
                detail={**detail, "atc": line.atc[:SAME_CLASS_CHARACTERS]},
                source="WHO ATC",
            )
