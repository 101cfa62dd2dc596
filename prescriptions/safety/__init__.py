"""Safety: what a list of drugs means for one person. Pure functions over plain values and versioned rule sets.

Together: does the person react to an ingredient or its class, do two ingredients belong to a pair that must not meet, is an
ingredient or a class taken twice. For this person: is the dose within its limits, do the kidneys bear it, what of a pregnancy.
Findings are graded: `block` needs an override with a coded reason, `warn` wants a second look, `inform` is good to know.
Words for people are made in `words.py`. What is not known is not guessed: no weight, no dose by weight.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from prescriptions.safety.doses import doses
from prescriptions.safety.person import breastfeeding, kidneys, pregnancy
from prescriptions.safety.rules import DATA, Pair, Rules, Side, Tables, built_in_pairs, built_in_rules, tables_on
from prescriptions.safety.together import allergies_met, duplicates, interactions
from prescriptions.safety.values import BLOCK, GRADES, INFORM, NOBODY, WARN, Finding, KnownAllergy, Line, Patient

__all__ = [
    "BLOCK",
    "DATA",
    "GRADES",
    "INFORM",
    "NOBODY",
    "WARN",
    "Finding",
    "KnownAllergy",
    "Line",
    "Pair",
    "Patient",
    "Rules",
    "Side",
    "Tables",
    "blocking",
    "built_in_pairs",
    "built_in_rules",
    "check",
    "tables_on",
]


def check(
    lines: Sequence[Line],
    taken: Sequence[Line],
    allergies: Iterable[KnownAllergy],
    rules: Rules,
    patient: Patient = NOBODY,
) -> list[Finding]:
    """Return every finding about `lines`, against each other, what is `taken` already, and the person; gravest first.

    The order of the lines does not matter, and one drug more never takes a finding away.
    """
    lines, taken = sorted(lines, key=lambda one: one.key), sorted(taken, key=lambda one: one.key)
    found = [
        *allergies_met(lines, list(allergies), rules),
        *interactions(lines, taken, rules),
        *duplicates(lines, taken),
        *doses(lines, taken, patient, rules.tables),
        *kidneys(lines, patient, rules.tables),
        *pregnancy(lines, patient, rules.tables),
        *breastfeeding(lines, patient, rules.tables),
    ]
    unique: dict[str, Finding] = {}
    for one in found:
        known = unique.get(one.key)
        unique[one.key] = known.joined(one) if known else one
    return sorted(unique.values(), key=lambda one: (GRADES.index(one.grade), one.kind, one.key))


def blocking(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings that need an override before anybody signs."""
    return [one for one in findings if one.grade == BLOCK]
