"""The measurements we know: LOINC code, UCUM unit, words, and the bounds outside which it must be a typing error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Vital:
    """One kind of measurement. `low` and `high` bound what a living person can have, not what is healthy."""

    key: str
    code: str  # LOINC
    loinc_name: str
    name: str | Promise
    unit: str  # UCUM, as stored
    shown_unit: str | Promise
    low: Decimal
    high: Decimal
    decimals: int
    category: str = "vital-signs"  # FHIR R4 observation-category

    def fits(self, value: Decimal) -> bool:
        """Say whether a living person can have it."""
        return self.low <= value <= self.high

    def shown(self, value: Decimal) -> str:
        """The value as people write it: a decimal comma, no trailing zeros beyond what was measured."""
        return f"{value:.{self.decimals}f}".replace(".", ",")


# Key, LOINC code and name (FHIR R4 vital-signs profile; glucose 15074-8), words, UCUM, shown unit, bounds, decimals.
_ROWS: list[tuple[Any, ...]] = [
    ("systolic", "8480-6", "Systolic blood pressure", _("Systolic pressure"), "mm[Hg]", "mmHg", 40, 300, 0),
    ("diastolic", "8462-4", "Diastolic blood pressure", _("Diastolic pressure"), "mm[Hg]", "mmHg", 20, 200, 0),
    ("pulse", "8867-4", "Heart rate", _("Pulse"), "/min", _("/min"), 20, 300, 0),
    ("temperature", "8310-5", "Body temperature", _("Temperature"), "Cel", "°C", 30, 45, 1),
    ("spo2", "2708-6", "Oxygen saturation in Arterial blood", _("SpO₂"), "%", "%", 40, 100, 0),
    ("respiration", "9279-1", "Respiratory rate", _("Breaths"), "/min", _("/min"), 4, 120, 0),
    ("weight", "29463-7", "Body weight", _("Weight"), "kg", "kg", "0.3", 400, 1),
    ("height", "8302-2", "Body height", _("Height"), "cm", "cm", 20, 260, 1),
    ("glucose", "15074-8", "Glucose [Moles/volume] in Blood", _("Blood glucose"), "mmol/L", "mmol/L", "0.5", 60, 1),
]
# What a laboratory or an examination found and a drug's dose depends on; the safety check of prescriptions reads these.
_FOUND: list[tuple[Any, ...]] = [
    ("creatinine", "14682-9", "Creatinine [Moles/volume] in Serum or Plasma", _("Creatinine"), "umol/L", "µmol/L", 10, 3000, 0,
     "laboratory"),
    ("egfr", "33914-3", "Glomerular filtration rate [Volume Rate/Area] in Serum or Plasma by Creatinine-based formula (MDRD)",
     _("Kidney filtration (eGFR)"), "mL/min/{1.73_m2}", "mL/min/1,73 m²", 1, 250, 0, "laboratory"),
    ("gestation", "18185-9", "Gestational age", _("Week of pregnancy"), "wk", _("weeks"), 1, 43, 0, "exam"),
]  # fmt: skip
VITALS = tuple(
    Vital(key, code, loinc, name, unit, shown, Decimal(low), Decimal(high), decimals, *category)
    for key, code, loinc, name, unit, shown, low, high, decimals, *category in [*_ROWS, *_FOUND]
)
BY_CODE = {vital.code: vital for vital in VITALS}
SYSTOLIC, DIASTOLIC = "8480-6", "8462-4"
BY_KEY = {vital.key: vital for vital in VITALS}


def implausible(values: Mapping[str, Decimal]) -> set[str]:
    """Return the LOINC codes whose values, measured together, must be typing errors: unknown, out of bounds, or crossed."""
    wrong = {code for code, value in values.items() if (vital := BY_CODE.get(code)) is None or not vital.fits(value)}
    upper, lower = values.get(SYSTOLIC), values.get(DIASTOLIC)
    if upper is not None and lower is not None and lower >= upper:
        wrong |= {SYSTOLIC, DIASTOLIC}  # the cuff's two numbers in each other's place
    return wrong
