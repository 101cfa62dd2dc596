"""Doses: the most one may take at once and in a day, by age and weight, and the lowest age. Milligrams throughout."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from prescriptions.ingredients import key_of
from prescriptions.safety.rules import Tables
from prescriptions.safety.values import INFORM, Finding, Line, Patient


@dataclass(frozen=True)
class _Given:
    """One ingredient in one line, in milligrams."""

    line: Line
    name: str
    once: Decimal

    @property
    def a_day(self) -> Decimal:
        return self.once * self.line.doses_a_day


def doses(lines: Sequence[Line], taken: Sequence[Line], patient: Patient, tables: Tables) -> Iterator[Finding]:
    """Too much at once, too much in a day with everything taken, too young; and where a missing weight hides it."""
    for limit in tables.doses:
        here = [line for line in lines if line.route in limit["routes"] and _has(line, limit)]
        if not here:
            continue
        yield from _too_young(here, patient, limit)
        given = [one for line in here for one in _given(line, limit)]
        before = [one for line in taken if line.route in limit["routes"] for one in _given(line, limit)]
        if not given:
            continue  # no strength could be read: nothing is claimed
        most_once, by_weight = _most(limit, patient, "single")
        most_a_day, by_weight_a_day = _most(limit, patient, "day")
        largest = max(given, key=lambda one: one.once)
        if most_once is not None and largest.once > most_once:
            over = [one.line for one in given if one.once > most_once]
            yield _over("dose_single", limit, over, largest.once, most_once, patient if by_weight else None)
        a_day = sum((one.a_day for one in (*given, *before)), Decimal(0))
        if most_a_day is not None and a_day > most_a_day:
            every = [one.line for one in (*given, *before)]
            yield _over("dose_day", limit, every, a_day, most_a_day, patient if by_weight_a_day else None)
        if _is_child(limit, patient) and patient.weight_kg is None and _by_weight(limit):
            yield Finding(
                key=f"weight_unknown:{_slug(limit)}",
                kind="weight_unknown",
                grade=INFORM,
                lines=tuple(one.line.key for one in given),
                names=(given[0].line.name,),
                source=limit["source"],
                rules=limit["rules"],
            )


def _slug(limit: dict[str, Any]) -> str:
    return key_of(limit["ingredients"][0]).replace(" ", "-")


def _has(line: Line, limit: dict[str, Any]) -> bool:
    return any(key_of(name) in limit["keys"] for name in line.ingredients)


def _given(line: Line, limit: dict[str, Any]) -> list[_Given]:
    if not line.milligrams or not line.doses_a_day:
        return []
    paired = zip(line.ingredients, line.milligrams, strict=True)
    return [_Given(line, name, once) for name, once in paired if key_of(name) in limit["keys"]]


def _is_child(limit: dict[str, Any], patient: Patient) -> bool:
    """Whether the limits for children hold. Of unknown age: no, since those for adults are the wider ones."""
    return patient.age_months is not None and patient.age_months < limit["adult_from_months"]


def _by_weight(limit: dict[str, Any]) -> bool:
    child = limit.get("child", {})
    return "single_mg_kg" in child or "day_mg_kg" in child


def _most(limit: dict[str, Any], patient: Patient, span: str) -> tuple[Decimal | None, bool]:
    """The most for this person, and whether their weight decided it. A child never gets more than an adult."""
    wide = limit.get("adult", {}).get(f"{span}_mg")
    most = Decimal(str(wide)) if wide is not None else None
    if not _is_child(limit, patient):
        return most, False
    child = limit.get("child", {})
    if (fixed := child.get(f"{span}_mg")) is not None:
        most = Decimal(str(fixed))
    per_kg = child.get(f"{span}_mg_kg")
    if per_kg is None or patient.weight_kg is None:
        return most, False
    weighed = Decimal(str(per_kg)) * patient.weight_kg
    return (weighed, True) if most is None or weighed < most else (most, False)


def _over(
    kind: str, limit: dict[str, Any], over: Sequence[Line], found: Decimal, most: Decimal, weighed: Patient | None
) -> Finding:
    own = [line for line in over if not line.taken]
    others = [line.code for line in over if line.taken]
    detail: dict[str, Any] = {
        "ingredient": limit["ingredients"][0],
        "found_mg": found,
        "most_mg": most,
        "weight_kg": weighed.weight_kg if weighed else None,
        "taken": bool(others),
        "code": ", ".join(dict.fromkeys(others)),
    }
    return Finding(
        key=f"{kind}:{_slug(limit)}",
        kind=kind,
        grade=limit["grade"],
        lines=tuple(dict.fromkeys(line.key for line in own)),
        names=tuple(dict.fromkeys(line.name for line in own)),
        detail=detail,
        source=limit["source"],
        rules=limit["rules"],
    )


def _too_young(here: Sequence[Line], patient: Patient, limit: dict[str, Any]) -> Iterator[Finding]:
    lowest = limit.get("lowest_age_months")
    if lowest is None or patient.age_months is None or patient.age_months >= lowest:
        return
    for line in here:
        yield Finding(
            key=f"age:{_slug(limit)}",
            kind="age",
            grade=limit.get("age_grade", limit["grade"]),
            lines=(line.key,),
            names=(line.name,),
            detail={"months": lowest},
            source=limit["source"],
            rules=limit["rules"],
        )
