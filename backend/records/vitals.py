"""The measurements we know: LOINC code, UCUM unit, words, and the bounds outside which it must be a typing error."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

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
    shown_unit: str
    low: Decimal
    high: Decimal
    decimals: int = 0


def _vital(
    key: str, code: str, loinc: str, name: Promise, unit: str, shown: str, low: str, high: str, dec: int = 0
) -> Vital:
    return Vital(key, code, loinc, name, unit, shown, Decimal(low), Decimal(high), dec)


# LOINC codes of the FHIR R4 vital-signs profile (hl7.org/fhir/R4/observation-vitalsigns.html); glucose 15074-8.
VITALS: tuple[Vital, ...] = (
    _vital(
        "systolic", "8480-6", "Systolic blood pressure", _("Systolic blood pressure"), "mm[Hg]", "mmHg", "40", "300"
    ),
    _vital(
        "diastolic", "8462-4", "Diastolic blood pressure", _("Diastolic blood pressure"), "mm[Hg]", "mmHg", "20", "200"
    ),
    _vital("pulse", "8867-4", "Heart rate", _("Pulse"), "/min", "/min", "20", "300"),
    _vital("temperature", "8310-5", "Body temperature", _("Temperature"), "Cel", "°C", "30", "45", 1),
    _vital(
        "spo2",
        "59408-5",
        "Oxygen saturation in Arterial blood by Pulse oximetry",
        _("Oxygen saturation"),
        "%",
        "%",
        "40",
        "100",
    ),
    _vital("respiration", "9279-1", "Respiratory rate", _("Breaths a minute"), "/min", "/min", "4", "120"),
    _vital("weight", "29463-7", "Body weight", _("Weight"), "kg", "kg", "0.3", "400", 1),
    _vital("height", "8302-2", "Body height", _("Height"), "cm", "cm", "20", "260", 1),
    _vital(
        "glucose", "15074-8", "Glucose [Moles/volume] in Blood", _("Blood glucose"), "mmol/L", "mmol/L", "0.5", "60", 1
    ),
)
BY_CODE = {vital.code: vital for vital in VITALS}
BY_KEY = {vital.key: vital for vital in VITALS}
