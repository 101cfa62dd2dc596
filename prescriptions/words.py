"""Findings and doses in plain words, in the reader's language."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from prescriptions.choices import OverrideReason, Unit
from prescriptions.models import Dispense, Item, Part, Prescription
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

# What a drug does to bad kidneys, to the unborn, to a child at the breast.
HARMS: dict[str, Promise] = {
    "lactic_acidosis": gettext_lazy("It builds up and can cause lactic acidosis."),
    "kidneys_harmed": gettext_lazy("It can harm the kidneys further."),
    "does_not_work_builds_up": gettext_lazy("It hardly works and builds up."),
    "bleeding": gettext_lazy("It builds up; the risk of bleeding rises."),
    "potassium": gettext_lazy("Potassium can rise to a dangerous level."),
    "bone_marrow": gettext_lazy("It builds up and can damage the bone marrow."),
    "builds_up": gettext_lazy("It builds up: a lower dose or another medicine is needed."),
    "kidneys_of_child": gettext_lazy("It can damage the child's kidneys and lead to too little amniotic fluid."),
    "not_needed_risk": gettext_lazy("It is not needed meanwhile, and harm to the child cannot be ruled out."),
    "malformations": gettext_lazy("It can cause malformations."),
    "malformations_bleeding": gettext_lazy("It can cause malformations and bleeding of the child."),
    "contractions": gettext_lazy("It can bring on contractions and end the pregnancy."),
    "teeth": gettext_lazy("It can stain the child's teeth and slow the growth of its bones."),
    "ductus": gettext_lazy(
        "It can narrow a vessel near the child's heart and harm its kidneys; contraindicated in the last three months."
    ),
    "joints": gettext_lazy("Harm to the child's cartilage cannot be ruled out."),
    "hearing": gettext_lazy("It can harm the child's hearing."),
    "folate": gettext_lazy("It works against folic acid."),
    "heart": gettext_lazy("It can cause malformations of the heart."),
    "child_drowsy": gettext_lazy("The child can become drowsy and breathe too little."),
    "in_the_milk": gettext_lazy("It passes into the milk and can harm the child."),
    "thyroid": gettext_lazy("It passes into the milk and can harm the child's thyroid."),
}
SOURCES: dict[str, Promise] = {
    "record": gettext_lazy("the patient's record"),
    "duplicate": gettext_lazy("the ingredients of both medicines"),
    "WHO ATC": gettext_lazy("the WHO's ATC groups"),
}
GENERAL_KNOWLEDGE = "(general knowledge)"

ENGLISH_PLURALS = {"ml": "ml", "IU": "IU", "patch": "patches", "suppository": "suppositories"}


def title_of(finding: Finding) -> str:
    """Return the finding in one line: what meets what, or what is wrong with it."""
    names: dict[str, Any] = {"first": finding.names[0], "second": finding.names[-1]}
    names["all"] = ", ".join(finding.names)
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
        case "same_class":
            return _("%(first)s and %(second)s are of the same class") % names
        case "dose_single":
            return _("Too much at once: %(all)s") % names
        case "dose_day":
            return _("Too much in a day: %(all)s") % names
        case "age":
            return _("Too young for %(all)s") % names
        case "weight_unknown":
            return _("The weight is not known: %(all)s") % names
        case "kidney":
            return _("The kidneys work too little for %(all)s") % names
        case "kidney_unknown":
            return _("Kidney function is not known: %(all)s") % names
        case "pregnancy":
            return _("Pregnancy: %(all)s") % names
        case _:
            return _("Breastfeeding: %(all)s") % names


def text_of(finding: Finding) -> str:
    """Return what that means and where the other drug comes from."""
    detail = finding.detail
    match finding.kind:
        case "interaction":
            text = _interaction(detail)
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
        case "same_class":
            text = _("They do much the same; one may be enough.")
        case "dose_single" | "dose_day":
            return _dose(finding)
        case "age":
            text = _age(detail["months"])
        case "weight_unknown":
            text = _("The dose goes by weight at this age and could not be checked. Weigh, and write the weight down.")
        case "kidney":
            text = _kidney(finding)
        case "kidney_unknown":
            text = _("From 65 on, look at the creatinine first: %(harm)s") % {"harm": HARMS[detail["effect"]]}
        case "pregnancy":
            text = _pregnancy(finding)
        case _:
            text = str(HARMS[detail["effect"]])
    if detail.get("taken"):
        text += " " + _("It was prescribed before (%(code)s) and may still be taken.") % {"code": detail["code"]}
    return text


def _interaction(detail: dict[str, Any]) -> str:
    """Our words for the effect; and what an imported list says itself, which is in its own language."""
    parts = [str(EFFECTS[detail["effect"]])] if detail["effect"] else []
    if detail["text"] and get_language() == "en":
        parts.append(_("The list says, in Vietnamese: %(text)s") % {"text": detail["text"]})
    elif detail["text"]:
        parts.append(detail["text"])
    return " ".join(parts) or _("The list says that they must not be given together.")


def _plain(value: Decimal) -> str:
    """A number of milligrams or kilograms without idle zeros, to two places."""
    return number(f"{value.quantize(Decimal('0.01')).normalize():f}")


def _dose(finding: Finding) -> str:
    detail = finding.detail
    values = {
        "ingredient": detail["ingredient"],
        "found": _plain(detail["found_mg"]),
        "most": _plain(detail["most_mg"]),
        "kg": _plain(detail["weight_kg"]) if detail["weight_kg"] is not None else "",
    }
    if finding.kind == "dose_single":
        text = _("%(found)s mg of %(ingredient)s at once; at most %(most)s mg") % values
    else:
        text = _("%(found)s mg of %(ingredient)s in a day; at most %(most)s mg") % values
    text += " " + _("at %(kg)s kg.") % values if values["kg"] else "."
    if finding.kind == "dose_day" and detail["taken"]:
        text += " " + _("What was prescribed before (%(code)s) is counted in.") % {"code": detail["code"]}
    return text


def _age(months: int) -> str:
    if months % 12:
        return ngettext("Not before the age of %(n)s month.", "Not before the age of %(n)s months.", months) % {
            "n": months
        }
    years = months // 12
    return ngettext("Not before the age of %(n)s year.", "Not before the age of %(n)s years.", years) % {"n": years}


def _kidney(finding: Finding) -> str:
    values = {"egfr": finding.detail["egfr"], "below": finding.detail["below"]}
    if finding.grade == "block":
        said = _("eGFR %(egfr)s ml/min; contraindicated below %(below)s.") % values
    else:
        said = _("eGFR %(egfr)s ml/min; below %(below)s the dose is lower or the medicine another.") % values
    return f"{said} {HARMS[finding.detail['effect']]}"


def _pregnancy(finding: Finding) -> str:
    week, harm = finding.detail["week"], str(HARMS[finding.detail["effect"]])
    if week is None:
        return harm + " " + _("The week is not in the record.")
    return _("Week %(week)s.") % {"week": week} + " " + harm


def source_of(finding: Finding) -> str:
    """Return where the rule comes from and its version; a rule that nobody read off a document says so."""
    source = str(SOURCES.get(finding.source, finding.source))
    if GENERAL_KNOWLEDGE in source:
        source = source.replace(GENERAL_KNOWLEDGE, _("(general knowledge)"))
    return f"{source} · {finding.rules}" if finding.rules else source


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


SLOTS: dict[str, Promise] = {
    "morning": gettext_lazy("morning"),
    "noon": gettext_lazy("noon"),
    "evening": gettext_lazy("evening"),
    "night": gettext_lazy("before sleep"),
}


def slot(code: str) -> str:
    """Return a part of the day in words."""
    return str(SLOTS[code])


def each_time(item: Item) -> str:
    """Return how much is taken each time: "1 tablet"."""
    return f"{number(item.dose_text)} {unit_of(item.drug.dose_unit, item.dose_quantity)}"


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


# Why a signature does not count (queries.Signature.fault).
FAULTS: dict[str, Promise] = {
    "unreadable": gettext_lazy("The signature cannot be read."),
    "changed": gettext_lazy("Something was changed after the doctor signed."),
    "unknown_key": gettext_lazy("The key is not this doctor's."),
    "unknown_certificate": gettext_lazy("The certificate is not one of this doctor's."),
    "no_certificate": gettext_lazy("No certificate says who signed."),
    "revoked": gettext_lazy("The certificate had been taken back when this was signed."),
    "expired": gettext_lazy("The certificate had run out when this was signed."),
    "not_yet": gettext_lazy("The certificate was not valid yet when this was signed."),
    "wrong_authority": gettext_lazy("The certificate comes from an authority that we do not trust."),
    "wrong_facility": gettext_lazy("The certificate is for another facility."),
    "wrong_licence": gettext_lazy("The certificate is for another licence."),
    "wrong_key": gettext_lazy("The certificate is for another key."),
    "wrong_use": gettext_lazy("The certificate is not for signing prescriptions."),
}


def fault_of(fault: str) -> str:
    """Say why a signature does not count."""
    return str(FAULTS.get(fault, FAULTS["changed"])) if fault else ""


# Why a scanned slip does not count (slips.REASONS), and what the page that judges it may find besides.
SLIP_REASONS: dict[str, Promise] = {
    "list_stale": gettext_lazy("The list of what was taken back is older than 24 hours. Connect once, then try again."),
    "unreadable": gettext_lazy("This is not a whole code of a prescription. Scan it again."),
    "unknown_certificate": gettext_lazy(
        "We know nobody who signs with this certificate. It is forged, or newer than the list kept here."
    ),
    "changed": gettext_lazy("Something was changed after the doctor signed, or somebody else signed it."),
    "wrong_facility": gettext_lazy("The certificate is for another facility."),
    "wrong_licence": gettext_lazy("The certificate is for another licence."),
    "not_yet": gettext_lazy("It was signed before the certificate was valid, or in the future."),
    "expired": gettext_lazy("The certificate had run out when this was signed."),
    "revoked": gettext_lazy("The certificate was taken back. Look the prescription up with network."),
    "past": gettext_lazy("The time for collecting is over."),
    "no_lists": gettext_lazy("No list is kept on this device yet. Open this page once with network."),
    "code_only": gettext_lazy(
        "This code says only where to find the prescription. Look it up with network, or scan the signed code."
    ),
}


def window_of(part: Part, zone: str) -> dict[str, Any]:
    """Return number, first and last day of a part's window, in the reader's words and the clinic's zone."""
    there = ZoneInfo(zone)
    first, last = part.opens_at.astimezone(there), part.last_moment.astimezone(there)
    return {
        "number": part.rank,
        "first": date_format(first.date(), "DATE_FORMAT"),
        "last": date_format(last.date(), "DATE_FORMAT"),
    }


def standing_of(prescription: Prescription, now: datetime) -> str:
    """Say in one sentence where a signed prescription stands, for the doctor and for the citizen."""
    items = list(prescription.items.all())
    some = any(item.dispensed_quantity for item in items)
    if prescription.replaced_by_id is not None and prescription.is_open:
        return _("Replaced by a new one; the pharmacy that has it in hand has been told to give it back.")
    if prescription.replaced_by_id is not None:
        return _("Replaced by a new one. Every pharmacy refuses it.")
    if prescription.is_open and prescription.cancel_asked_at is not None:
        return _("Cancelled; the pharmacy that has it in hand has been told to give it back.")
    if prescription.status == "cancelled":
        return _("Cancelled. Every pharmacy refuses it.")
    if prescription.status == "dispensed":
        whole = all(item.dispensed_quantity == item.total for item in items)
        return _("Collected.") if whole else _("Collected in part; the pharmacy closed the rest with a reason.")
    if prescription.status == "expired" or prescription.is_past(now):
        return (
            _("The days for collecting are over; a part was collected.") if some else _("Nobody collected it in time.")
        )
    if prescription.status == "accepted":
        return _("A pharmacy has it in hand.")
    if parts := list(prescription.parts.all()):
        return _in_parts(parts, prescription.facility.zone, now)
    return _("A part was handed out; the rest can be collected.") if some else _("Nobody has collected it yet.")


def _in_parts(parts: list[Part], zone: str, now: datetime) -> str:
    coming = next((part for part in parts if part.collected_at is None and now < part.closes_at), None)
    if coming is None:
        return _("The days for collecting are over.")
    values = {**window_of(coming, zone), "all": len(parts)}
    if coming.opens_at <= now:
        return _("Part %(number)s of %(all)s can be collected now, until %(last)s.") % values
    return _("Part %(number)s of %(all)s can be collected from %(first)s to %(last)s.") % values


def handed_out_of(dispense: Dispense) -> str:
    """Say what was handed out, and in whose place where it was a substitute: "Hapacol 500 mg (for Paracetamol 500 mg), 6 tablets"."""
    name = str(dispense.drug)
    if dispense.given_id is not None:
        name = _("%(given)s (for %(prescribed)s)") % {"given": name, "prescribed": dispense.item.drug}
    return f"{name}, {dispense.quantity} {unit_of(dispense.drug.unit, dispense.quantity)}"
