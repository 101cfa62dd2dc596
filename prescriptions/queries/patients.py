"""What the record knows of a person that decides about a drug: age, weight, kidneys, pregnancy, a child at the breast."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Q

from identity.models import Person
from prescriptions.kidneys import egfr_from
from prescriptions.safety import Patient
from records.models import Condition, Diagnosis, Observation

# LOINC; creatinine by mass and by amount of substance
WEIGHT, EGFR, WEEKS = "29463-7", "33914-3", "18185-9"
CREATININE = ("2160-0", "14682-9")
# How old a value may be and still be believed; children grow.
KIDNEYS_HOLD = timedelta(days=365)
WEIGHT_HOLDS = ((2 * 12, timedelta(days=60)), (18 * 12, timedelta(days=180)))  # below so many months
ADULT_WEIGHT_HOLDS = timedelta(days=730)
# ICD-10: pregnancy and what goes with it (not O00-O08, which ended it, nor O80-O99, birth and after); the nursing mother.
PREGNANT = r"^(Z3[345]|O1[0-6]|O2[0-9]|O3[0-9]|O4[0-8])"
NURSING = r"^(Z39\.1|O92)"
PREGNANCY_LASTS, LONGEST_WEEK = timedelta(days=300), 43
NURSING_LASTS = timedelta(days=730)


def months_between(born_on: date, day: date) -> int:
    """Whole months from birth to a day."""
    return (day.year - born_on.year) * 12 + day.month - born_on.month - (day.day < born_on.day)


def patient_on(person: Person, now: datetime, *, encounter_id: UUID | None = None) -> Patient:
    """Gather it, the diagnoses of the visit included. What is missing or too old stays unknown."""
    months = months_between(person.born_on, now.date()) if person.born_on else None
    newest = _newest(person.id, now)
    said = _said(person.id, now, encounter_id)
    week = _week(newest.get(WEEKS), now)
    pregnant = week is not None or _says(said, PREGNANT, (now - PREGNANCY_LASTS).date())
    return Patient(
        age_months=months,
        weight_kg=_weight(newest.get(WEIGHT), months, now),
        egfr=_egfr(newest, person, months, now),
        pregnant=pregnant,
        week=week,
        breastfeeding=_says(said, NURSING, (now - NURSING_LASTS).date()),
    )


def _newest(person_id: UUID, now: datetime) -> dict[str, Observation]:
    rows = Observation.objects.filter(
        person_id=person_id, code__in=[WEIGHT, *CREATININE, EGFR, WEEKS], wrong_at__isnull=True, at__lte=now
    )
    return {one.code: one for one in rows.order_by("code", "-at", "-created_at", "-id").distinct("code")}


def weight_holds(months: int | None) -> timedelta:
    """Return how long a weight is believed at this age."""
    return next((span for below, span in WEIGHT_HOLDS if months is not None and months < below), ADULT_WEIGHT_HOLDS)


def _weight(found: Observation | None, months: int | None, now: datetime) -> Decimal | None:
    if found is None or found.unit != "kg":
        return None
    return found.value if now - found.at <= weight_holds(months) else None


def _egfr(newest: dict[str, Observation], person: Person, months: int | None, now: datetime) -> int | None:
    """The newer of a reported filtration and one reckoned from creatinine."""
    rows = [newest[code] for code in (EGFR, *CREATININE) if code in newest and now - newest[code].at <= KIDNEYS_HOLD]
    for found in sorted(rows, key=lambda one: one.at, reverse=True):
        if found.code == EGFR:
            return round(found.value)
        if months is not None:
            reckoned = egfr_from(found.value, found.unit, months // 12, person.sex)
            if reckoned is not None:
                return reckoned
    return None


def _week(found: Observation | None, now: datetime) -> int | None:
    """The completed week today, from the week measured then; None once the child must be born."""
    if found is None or found.unit != "wk":
        return None
    week = int(found.value + (now - found.at).days // 7)
    return week if 0 <= week <= LONGEST_WEEK else None


@dataclass(frozen=True)
class _Said:
    """An ICD-10 code of the record and since when it holds; one of this visit has no day."""

    code: str
    since: date | None


def _said(person_id: UUID, now: datetime, encounter_id: UUID | None) -> list[_Said]:
    """Live conditions, and the diagnoses of this visit."""
    live = Condition.objects.filter(Q(ended_on__isnull=True) | Q(ended_on__gt=now.date()), person_id=person_id)
    found = [_Said(code, since or told.date()) for code, since, told in live.values_list("code", "since", "created_at")]
    if encounter_id is not None:
        rows = Diagnosis.objects.filter(encounter_id=encounter_id).values_list("code", flat=True)
        found += [_Said(code, None) for code in rows]
    return found


def _says(said: list[_Said], codes: str, since: date) -> bool:
    return any(re.match(codes, one.code) and (one.since is None or one.since >= since) for one in said)
