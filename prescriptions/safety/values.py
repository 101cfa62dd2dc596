"""What the check is told and what it answers: lines, allergies, the person, findings."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

BLOCK, WARN, INFORM = "block", "warn", "inform"
GRADES = (BLOCK, WARN, INFORM)
# Kinds whose two names are two sides; of the others every name is a drug of its own.
TWO_SIDED = {"interaction", "allergy", "allergy_class", "allergy_cross", "duplicate", "same_class"}


@dataclass(frozen=True)
class Line:
    """One drug: a line of this prescription, or one the person takes already (`taken`)."""

    key: str
    name: str
    ingredients: tuple[str, ...]
    atc: str = ""
    taken: bool = False
    code: str = ""  # of the other prescription, when taken
    route: str = ""
    milligrams: tuple[Decimal, ...] = ()  # of each ingredient in one dose; empty where the strength could not be read
    doses_a_day: int = 0


@dataclass(frozen=True)
class KnownAllergy:
    """What the record says the person reacts to: a substance as told, its ingredient and ATC code where known."""

    substance: str
    ingredient: str = ""
    atc: str = ""
    severity: str = ""


@dataclass(frozen=True)
class Patient:
    """What the record knows of the person on the day; None and False where it says nothing."""

    age_months: int | None = None
    weight_kg: Decimal | None = None
    egfr: int | None = None  # ml/min/1.73 m², estimated from a recent creatinine or measured
    pregnant: bool = False
    week: int | None = None  # of the pregnancy
    breastfeeding: bool = False


NOBODY = Patient()


@dataclass(frozen=True)
class Finding:
    """One thing to look at. `key` stays the same between checks, so that an override can name it."""

    key: str  # kind:rule:…; its first two parts are what statistics count
    kind: str
    grade: str
    lines: tuple[str, ...]  # keys of the lines of this prescription
    names: tuple[str, ...]  # what to call what meets
    detail: dict[str, Any] = field(default_factory=dict)
    source: str = ""  # where the rule comes from
    rules: str = ""  # version of the rule set it comes from

    @property
    def rule(self) -> str:
        """The rule behind it, without the drugs at hand."""
        return ":".join(self.key.split(":")[:2])

    def joined(self, other: Finding) -> Finding:
        """The same thing found on further lines: the graver grade, all lines."""
        graver = min(self, other, key=lambda one: GRADES.index(one.grade))
        names = graver.names if self.kind in TWO_SIDED else tuple(dict.fromkeys((*self.names, *other.names)))
        return replace(graver, lines=tuple(sorted({*self.lines, *other.lines})), names=names)
