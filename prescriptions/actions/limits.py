"""What the circulars refuse, asked while a draft is written and once more when it is signed. Each refusal names the field."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from prescriptions import circular, queries
from prescriptions.circular import Circular, rule_of_days
from prescriptions.errors import (
    ConfirmationUsed,
    ControlledInRemoteVisit,
    FactsMissing,
    HerbsApart,
    MixedControl,
    NoBeds,
    NotTrained,
    TooManyDays,
    WrongCourse,
)
from prescriptions.models import Item, Particulars, Prescription
from prescriptions.quantities import KIND_OF_CONTROL

# What may be said of a course, by the type of the prescription.
COURSES = {
    "c": {"", "acute", "long_term"},
    "n": {"", "acute", "cancer_pain"},
    "h": {"", "acute", "long_term"},
    "t": {"", "acute", "long_term"},
}


def kind_of(items: Sequence[Item]) -> str:
    """Return the type its drugs give a prescription: c, n, h or t.

    Narcotics and psychotropics stand alone (TT 26/2025 art. 7 cl. 1, art. 9 cl. 1), herbs of a decoction have a form of their
    own (TT 55/2025 art. 7 cl. 2). Raises MixedControl, HerbsApart.
    """
    kinds = {_kind_of_one(item) for item in items}
    if len(kinds) > 1:
        raise HerbsApart() if kinds == {"c", "t"} else MixedControl()
    return kinds.pop() if kinds else "c"


def _kind_of_one(item: Item) -> str:
    kind = KIND_OF_CONTROL[item.drug.control]
    return "t" if kind == "c" and item.drug.tradition == "herb" else kind


def require_limits(
    prescription: Prescription,
    items: Sequence[Item],
    particulars: Particulars,
    codes: Sequence[str],
    now: datetime,
    *,
    signing: bool = False,
) -> None:
    """Make sure that type, place, form of the visit, course and days fit; `codes` are the diagnoses so far.

    Raises ControlledInRemoteVisit, NoBeds, NotTrained, WrongCourse, TooManyDays.
    """
    encounter, kind, said = prescription.encounter, prescription.kind, particulars.course
    day = queries.day_of(encounter, now)
    rules = queries.circular_of(prescription, now)
    if kind in "nh" and not queries.may_prescribe_controlled(encounter, now):
        raise ControlledInRemoteVisit()
    if kind == "n" and not queries.has_beds(prescription.facility, day):
        raise NoBeds()
    if kind == "t" and not prescription.practitioner.specialties.filter(code="traditional").exists():
        raise NotTrained()
    if said not in COURSES[kind]:
        raise WrongCourse(fields={"particulars.course": [WrongCourse.message]})
    # Before there is a diagnosis the doctor's word stands; the signature asks for both.
    if said == circular.CANCER_PAIN and (codes or signing) and not circular.is_cancer(codes):
        word = _("None of the diagnoses is a tumour (ICD-10 C00–D48).")
        raise WrongCourse(fields={"particulars.course": [word]})
    needs_annex = said == circular.LONG_TERM and kind == "c" and (codes or signing) and _is_long(items, rules)
    if needs_annex and not circular.long_term_disease(codes, day, queries.tables_folder()):
        word = _("None of the diagnoses is on the list of long-term illnesses (annex VII): at most %(most)s days.")
        raise WrongCourse(fields={"particulars.course": [word % {"most": rules["days_ordinary"]}]})
    _require_days(kind, said, items, rules)


def _is_long(items: Sequence[Item], rules: Circular) -> bool:
    return any(item.days > rules["days_ordinary"] and not item.drug.tradition for item in items)


def _require_days(kind: str, said: str, items: Sequence[Item], rules: Circular) -> None:
    course = queries.course_of(kind, said, items)
    for item in items:
        rule = rule_of_days(course, traditional_product=item.drug.tradition == "product")
        if item.days > rules[rule]:
            words = {"most": rules[rule], "source": rules.source(rule)}
            word = _("At most %(most)s days for this kind of medicine (%(source)s).") % words
            raise TooManyDays(fields={f"items.{item.rank - 1}.days": [word]})


def require_facts(prescription: Prescription, particulars: Particulars, rules: Circular, now: datetime) -> None:
    """Make sure that everything stands there that the circular asks for. Raises FactsMissing, ConfirmationUsed."""
    missing: dict[str, str] = {}
    person, day = prescription.person, queries.day_of(prescription.encounter, now)
    months = queries.age_in_months(person, day)
    # Who has shown a personal number need not say the rest (annex I note 3).
    if not person.national_id:
        if person.born_on is None:
            missing["born_on"] = _("The date of birth is not in the patient's record.")
        if person.sex == "unknown":
            missing["sex"] = _("The sex is not in the patient's record.")
        if not particulars.residence:
            missing["particulars.residence"] = _("Write where the patient lives.")
    if months is not None and months < rules["child_months"]:
        words = {"months": rules["child_months"]}
        if particulars.weight_kg is None:
            missing["particulars.weight_kg"] = _("Under %(months)s months the weight must stand there.") % words
        if not particulars.companion:
            missing["particulars.companion"] = _("Under %(months)s months the person with the child is named.") % words
    if prescription.kind == "n":
        missing |= _missing_of_narcotics(particulars)
    if missing:
        raise FactsMissing(fields={name: [word] for name, word in missing.items()})
    used = queries.confirmation_used(particulars.commune_number, particulars.commune_on, besides=prescription.id)
    if prescription.kind == "n" and used:
        raise ConfirmationUsed(fields={"particulars.commune_number": [ConfirmationUsed.message]})


def _missing_of_narcotics(particulars: Particulars) -> dict[str, str]:
    """The patient's commitment (art. 7 cl. 3, annex IV), and who receives them with what identity paper (annex II note 11)."""
    missing = {}
    if not particulars.commitment_number:
        missing["particulars.commitment_number"] = _("Write the number of the patient's commitment (annex IV).")
    if particulars.commune_number and particulars.commune_on is None:
        missing["particulars.commune_on"] = _("Write the day of the commune's confirmation.")
    if not particulars.receiver_name:
        missing["particulars.receiver_name"] = _("Write who receives the medicines.")
    if not particulars.receiver_id:
        missing["particulars.receiver_id"] = _("Write the number of the receiver's identity paper.")
    return missing


def tranches_of(kind: str, items: Sequence[Item], said: str, rules: Circular, first_day: Any) -> list[dict[str, Any]]:
    """Return the parts in which a narcotic against cancer pain is collected; one for other narcotics; none otherwise."""
    if kind != "n" or said != circular.CANCER_PAIN:
        return []
    longest = max(item.days for item in items)
    return [one.as_json() for one in circular.tranches(longest, first_day, rules)]
