"""Findings and doses in plain words, in the reader's language."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from prescriptions.choices import OverrideReason, Unit
from prescriptions.models import Item
from prescriptions.safety import Finding

GRADES: dict[str, Promise] = {
    "block": gettext_lazy("Grave"),
    "warn": gettext_lazy("Please look again"),
    "inform": gettext_lazy("Good to know"),
}
EFFECTS: dict[str, Promise] = {
    "hypertensive_crisis": gettext_lazy("Together they can raise the blood pressure to a dangerous height."),
    "antiviral_not_absorbed": gettext_lazy("The antiviral is hardly absorbed and may not work."),
    "antiviral_lost": gettext_lazy("The antiviral is broken down too fast and may not work."),
    "bone_marrow_toxicity": gettext_lazy("Together they can damage the bone marrow."),
    "serotonin_syndrome": gettext_lazy("Together they can cause serotonin syndrome."),
    "serotonin_and_breathing": gettext_lazy("Together they can cause serotonin syndrome and slow the breathing."),
    "serotonin_and_fever": gettext_lazy("Together they can cause serotonin syndrome with dangerous fever."),
    "irinotecan_toxicity": gettext_lazy("Irinotecan becomes too strong and can do severe harm."),
    "torsade_de_pointes": gettext_lazy(
        "Both lengthen the QT interval; together they can cause dangerous heart rhythms."
    ),
    "ramelteon_too_strong": gettext_lazy("Ramelteon becomes far too strong."),
    "rhabdomyolysis": gettext_lazy("The statin builds up and can destroy muscle (rhabdomyolysis)."),
    "ergotism": gettext_lazy("The ergot medicine builds up and can cut off the blood flow."),
    "hypotension_and_sedation": gettext_lazy("Tizanidine becomes too strong: low blood pressure and drowsiness."),
}
CLASSES: dict[str, Promise] = {
    "penicillins": gettext_lazy("penicillins"),
    "cephalosporins": gettext_lazy("cephalosporins"),
    "carbapenems": gettext_lazy("carbapenems"),
    "macrolides": gettext_lazy("macrolides"),
    "quinolones": gettext_lazy("quinolones"),
    "sulfonamides": gettext_lazy("sulfonamides"),
    "tetracyclines": gettext_lazy("tetracyclines"),
    "aminoglycosides": gettext_lazy("aminoglycosides"),
    "imidazoles": gettext_lazy("nitroimidazoles"),
    "nsaids": gettext_lazy("non-steroidal anti-inflammatory drugs"),
    "opioids": gettext_lazy("opioids"),
    "statins": gettext_lazy("statins"),
    "ace_inhibitors": gettext_lazy("ACE inhibitors"),
    "benzodiazepines": gettext_lazy("benzodiazepines"),
    "insulins": gettext_lazy("insulins"),
}

ENGLISH_PLURALS = {"ml": "ml", "IU": "IU", "patch": "patches", "suppository": "suppositories"}


def title_of(finding: Finding) -> str:
    """Return the finding in one line: what meets what."""
    first, second = finding.names
    names: dict[str, Any] = {"first": first, "second": second}
    match finding.kind:
        case "interaction":
            return _("%(first)s and %(second)s do not go together") % names
        case "allergy":
            return _("Allergy to %(second)s: %(first)s contains it") % names
        case "allergy_class":
            return _("Allergy to %(second)s: %(first)s is of the same class") % names
        case "allergy_cross":
            return _("Allergy to %(second)s: %(first)s is related") % names
        case "duplicate":
            return _("%(first)s and %(second)s contain the same ingredient") % names
        case _:
            return _("%(first)s and %(second)s are of the same class") % names


def text_of(finding: Finding) -> str:
    """Return what that means and where the other drug comes from."""
    detail = finding.detail
    match finding.kind:
        case "interaction":
            text = str(EFFECTS[detail["effect"]])
        case "allergy":
            text = _("Giving it again can be dangerous.")
        case "allergy_class":
            text = _("Class: %(class)s. Whoever reacts to one often reacts to another.") % {
                "class": CLASSES[detail["class"]]
            }
        case "allergy_cross":
            text = _("Some people who react to one also react to %(class)s.") % {"class": CLASSES[detail["class"]]}
        case "duplicate":
            text = _("The doses of %(ingredient)s add up.") % {"ingredient": detail["ingredient"]}
        case _:
            text = _("They do much the same; one may be enough.")
    if detail.get("taken"):
        text += " " + _("It was prescribed before (%(code)s) and may still be taken.") % {"code": detail["code"]}
    return text


def reasons() -> list[tuple[str, str]]:
    """Return the coded reasons for an override with their words."""
    return [(value, str(label)) for value, label in OverrideReason.choices]


def number(value: str) -> str:
    """Write a decimal as the reader does: 0,5 in Vietnamese."""
    return value if get_language() == "en" else value.replace(".", ",")


def unit_of(unit: str, quantity: Decimal | int) -> str:
    """Return a unit after a number. Vietnamese has one form; English nouns take theirs from a short list."""
    label = str(Unit(unit).label)
    if get_language() != "en" or quantity <= 1:
        return label
    return ENGLISH_PLURALS.get(label, f"{label}s")


def dose_of(item: Item) -> str:
    """Return how to take an item: "1 tablet, 2 times a day, for 7 days"."""
    drug = item.drug
    parts = [
        f"{number(item.dose_text)} {unit_of(drug.dose_unit, item.dose_quantity)}",
        ngettext("%(n)s time a day", "%(n)s times a day", item.doses_a_day) % {"n": item.doses_a_day},
        ngettext("for %(n)s day", "for %(n)s days", item.days) % {"n": item.days},
    ]
    return ", ".join(parts)


def amount_of(item: Item) -> str:
    """Return what the pharmacy hands out, as the circular writes it: "06 tablets"."""
    return f"{item.total:02d} {unit_of(item.drug.unit, item.total)}"
