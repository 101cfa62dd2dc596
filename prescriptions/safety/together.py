"""What meets what: allergies, pairs that must not meet, the same thing twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from prescriptions.ingredients import fold, key_of, parts_of
from prescriptions.safety.rules import Pair, Rules, Side
from prescriptions.safety.values import BLOCK, INFORM, WARN, Finding, KnownAllergy, Line

# ATC down to the chemical subgroup: two drugs that share it do much the same (five characters, e.g. C10AA for statins).
SAME_CLASS_CHARACTERS = 5


def meetings(lines: Sequence[Line], taken: Sequence[Line]) -> Iterator[tuple[Line, Line]]:
    """Every two drugs of which one at least is being prescribed."""
    yield from combinations(lines, 2)
    for line in lines:
        for other in taken:
            yield line, other


def own(*lines: Line) -> tuple[str, ...]:
    """The keys of those that are being prescribed."""
    return tuple(line.key for line in lines if not line.taken)


def slug(*parts: str) -> str:
    """A part of a key that does not depend on order or spelling."""
    return ":".join(key_of(part).replace(" ", "-") for part in sorted(parts, key=key_of))


def interactions(lines: Sequence[Line], taken: Sequence[Line], rules: Rules) -> Iterator[Finding]:
    """Two ingredients of a pair, or what a wider pair names on both sides."""
    for line, other in meetings(lines, taken):
        for a in line.ingredients:
            for b in other.ingredients:
                if found := rules.pairs.get(frozenset({key_of(a), key_of(b)})):
                    yield _interaction(found, line, other, slug(a, b))
    every = [*lines, *taken]
    keys = {key_of(one) for line in every for one in line.ingredients}
    for pair in rules.wide:
        if not (_is_there(pair.a, keys, every) and _is_there(pair.b, keys, every)):
            continue
        for line in (one for one in every if _touches(pair.a, one)):
            for other in (one for one in every if _touches(pair.b, one)):
                if line is not other and own(line, other):
                    first, second = (line, other) if not line.taken else (other, line)
                    yield _interaction([pair], first, second, slug(line.ingredients[0], other.ingredients[0]))


def _is_there(side: Side, keys: set[str], every: Sequence[Line]) -> bool:
    if side.atc:
        return any(line.atc.startswith(side.atc) for line in every)
    return side.keys <= keys


def _touches(side: Side, line: Line) -> bool:
    if side.atc:
        return line.atc.startswith(side.atc)
    return bool(side.keys & {key_of(one) for one in line.ingredients})


def _interaction(pairs: Sequence[Pair], line: Line, other: Line, which: str) -> Finding:
    """One finding for one meeting, whatever number of rule sets knows it: the first gives the key, all are named."""
    first = pairs[0]
    return Finding(
        key=f"interaction:{first.rule}:{which}",
        kind="interaction",
        grade=BLOCK,
        lines=own(line, other),
        names=(line.name, other.name),
        detail={
            "effect": next((pair.effect for pair in pairs if pair.effect), ""),
            "text": next((pair.text for pair in pairs if pair.text), ""),
            "taken": other.taken,
            "code": other.code,
        },
        source="; ".join(dict.fromkeys(pair.source for pair in pairs)),
        rules="+".join(dict.fromkeys(pair.rules for pair in pairs)),
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


def allergies_met(lines: Sequence[Line], allergies: Sequence[KnownAllergy], rules: Rules) -> Iterable[Finding]:
    """An ingredient the person reacts to, one of its class, or of a class that is related."""
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
                key=f"{kind}:{slug(allergy.substance)}:{line.ingredients[0].replace(' ', '-')}",
                kind=kind,
                grade=grade,
                lines=own(line),
                names=(line.name, allergy.substance),
                detail={"class": shared, "severity": allergy.severity},
                source="record",
                rules=rules.class_version if shared else "",
            )


def duplicates(lines: Sequence[Line], taken: Sequence[Line]) -> Iterable[Finding]:
    """The same ingredient twice, or two of one chemical subgroup."""
    for line, other in meetings(lines, taken):
        shared = sorted(
            {
                key_of(one): one for one in line.ingredients if key_of(one) in set(map(key_of, other.ingredients))
            }.values()
        )
        detail = {"taken": other.taken, "code": other.code}
        if shared:
            yield Finding(
                key=f"duplicate:{slug(*shared)}:{'taken' if other.taken else 'here'}",
                kind="duplicate",
                grade=WARN,
                lines=own(line, other),
                names=(line.name, other.name),
                detail={**detail, "ingredient": shared[0]},
                source="duplicate",
            )
        elif len(line.atc) == 7 and line.atc[:SAME_CLASS_CHARACTERS] == other.atc[:SAME_CLASS_CHARACTERS]:
            yield Finding(
                key=f"same_class:{line.atc[:SAME_CLASS_CHARACTERS]}:{slug(line.ingredients[0], other.ingredients[0])}",
                kind="same_class",
                grade=INFORM,
                lines=own(line, other),
                names=(line.name, other.name),
                detail={**detail, "atc": line.atc[:SAME_CLASS_CHARACTERS]},
                source="WHO ATC",
            )
