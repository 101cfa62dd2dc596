"""The person: do the kidneys bear it, what does it mean in a pregnancy or for a child at the breast."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from prescriptions.ingredients import key_of
from prescriptions.safety.rules import Tables
from prescriptions.safety.values import BLOCK, INFORM, WARN, Finding, Line, Patient

OLD_FROM_MONTHS = 65 * 12  # from here on one asks for the kidneys before giving what they must clear


def _means(line: Line, row: dict[str, Any]) -> bool:
    """Whether a row of a table is about this drug: by ingredient, or by the beginning of its ATC code."""
    if row.get("routes") and line.route not in row["routes"]:
        return False
    return bool(row["atc"] and line.atc.startswith(row["atc"])) or any(
        key_of(name) in row["keys"] for name in line.ingredients
    )


def _finding(kind: str, row: dict[str, Any], line: Line, grade: str, **detail: Any) -> Finding:
    return Finding(
        key=f"{kind}:{row['code']}",
        kind=kind,
        grade=grade,
        lines=(line.key,),
        names=(line.name,),
        detail={"effect": row["effect"], **detail},
        source=row["source"],
        rules=row["rules"],
    )


def kidneys(lines: Sequence[Line], patient: Patient, tables: Tables) -> Iterator[Finding]:
    """Drugs that the kidneys must clear, by eGFR; for the old of whom nothing is known, a word that one should look."""
    for row in tables.kidneys:
        for line in (one for one in lines if _means(one, row)):
            if patient.egfr is None:
                if patient.age_months is not None and patient.age_months >= OLD_FROM_MONTHS:
                    yield _finding("kidney_unknown", row, line, INFORM)
                continue
            for grade in (BLOCK, WARN):
                below = row.get(f"{grade}_below")
                if below is not None and patient.egfr < below:
                    yield _finding("kidney", row, line, grade, egfr=patient.egfr, below=below)
                    break


def pregnancy(lines: Sequence[Line], patient: Patient, tables: Tables) -> Iterator[Finding]:
    """Drugs that harm the unborn. Where the week is not known, the row's own grade for that holds."""
    if not patient.pregnant:
        return
    for row in tables.pregnancy:
        grade = _grade_in_week(row, patient.week)
        for line in lines:
            if grade and _means(line, row):
                yield _finding("pregnancy", row, line, grade, week=patient.week)


def _grade_in_week(row: dict[str, Any], week: int | None) -> str:
    if week is None:
        return str(row["week_unknown"])
    spans = [span for span in row["weeks"] if span["from"] <= week and week <= span.get("to", week)]
    return str(spans[0]["grade"]) if spans else ""


def breastfeeding(lines: Sequence[Line], patient: Patient, tables: Tables) -> Iterator[Finding]:
    """Drugs that reach the child with the milk and harm it, or take the milk away."""
    if not patient.breastfeeding:
        return
    for row in tables.breastfeeding:
        for line in (one for one in lines if _means(one, row)):
            yield _finding("breastfeeding", row, line, row["grade"])
