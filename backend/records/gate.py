"""Whether care at a distance may be agreed on, and whether it may begin: the gate. Pure: no database, no clock.

The law knows four forms (Law 15/2023/QH15 article 2 clause 19 and article 80; Decree 96/2023/ND-CP articles 87-88): doctor
and patient directly, with the patient at another facility, one facility supporting another, and a council. Whatever the
form, the facility that answers has published that it meets the conditions, and the practitioner is registered there with a
valid licence that the patient may see. Direct treatment is for the list of Circular 30/2023/TT-BYT only, for an approved pilot
with a quota of cases, or for what a doctor opens with a reason; advice between facilities is not bound to the list. Forms
with two facilities rest on a contract (Decree 96/2023 article 87 clause 11). That a council has a chair and at least three
members besides is our reading of Circular 49/2017/TT-BYT, whose standing is unclear: the number is in the table, with its days.

The table below is the whole rule. A changed law adds a row with `since` and ends the old one with `until`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

DIRECT, RECEIVING, SUPPORT, MDT = (
    *("direct_to_patient", "via_receiving_facility"),
    *("inter_facility_support", "teleconsult_mdt"),
)
FORMS = (DIRECT, RECEIVING, SUPPORT, MDT)
BOOK, OPEN = "book", "open"  # when it is asked: before a visit is agreed on, and before it begins
MEMBERS = 3  # of a council, besides its chair

LAW_15 = date(2024, 1, 1)  # Law 15/2023 and Decree 96/2023 are in force since then


@dataclass(frozen=True)
class Facts:
    """What is known of a visit at a distance, on the day it is held. Everything defaults to "no"."""

    form: str
    has_published: bool = False  # the responsible facility, for this form, on this day
    is_registered: bool = False  # the practitioner, at the responsible facility
    licence: str = ""  # the practitioner's, as the patient sees it
    is_licensed: bool = False  # and valid on this day
    is_listed: bool = False  # what it is about stands on the list of TT 30/2023
    is_opened: bool = False  # or a doctor has written why it may be held all the same
    is_piloted: bool = False  # or it runs under an approved pilot of the facility
    pilot_holds: bool = False  # which is in force on this day, for this condition
    pilot_has_room: bool = False  # and has a case left for it
    has_partner: bool = False  # another facility takes part
    has_contract: bool = False  # and there is one with it, for this form, on this day
    partner_is_licensed: bool = False  # somebody licensed and registered there is with the patient
    partner_is_doctor: bool = False  # and is a doctor, who asks
    has_chair: bool = False
    members: int = 0  # of the council, besides the chair


@dataclass(frozen=True)
class Rule:
    """One condition: for which forms, asked when, since when, and what is said where it does not hold."""

    code: str
    forms: tuple[str, ...]
    asked: tuple[str, ...]
    holds: Callable[[Facts], bool]
    words: str | Promise
    source: str  # as it is cited in Vietnam: Đ. is article, K. clause
    since: date = LAW_15
    until: date | None = None

    def is_in_force(self, on: date) -> bool:
        """Say whether it binds a visit of this day."""
        return self.since <= on and (self.until is None or on <= self.until)


EVERY = (BOOK, OPEN)
RULES: tuple[Rule, ...] = (
    Rule(
        "not_published", FORMS, EVERY, lambda facts: facts.has_published,
        _("This facility has not published that it treats at a distance in this way. It can do so at the health department."),
        "NĐ 96/2023 Đ.87",
    ),
    Rule(
        "not_registered", FORMS, EVERY, lambda facts: facts.is_registered,
        _("The doctor is not registered at this facility on that day."), "NĐ 96/2023 Đ.88",
    ),
    Rule(
        "no_licence", FORMS, EVERY, lambda facts: bool(facts.licence) and facts.is_licensed,
        _("The doctor's licence does not cover that day."), "Luật 15/2023 Đ.19, 80",
    ),
    Rule(
        "not_listed", (DIRECT,), (OPEN,), lambda facts: facts.is_listed or facts.is_opened or facts.is_piloted,
        _("What this visit is about is not on the ministry's list for visits at a distance. Write why you hold it all the same."),
        "TT 30/2023",
    ),
    Rule(
        "pilot_not_valid", (DIRECT,), EVERY, lambda facts: not facts.is_piloted or facts.pilot_holds,
        _("The approved pilot of this facility is not valid on that day. Please come in person."), "Luật 15/2023 Đ.80",
    ),
    Rule(
        "pilot_used_up", (DIRECT,), EVERY,
        lambda facts: not facts.is_piloted or not facts.pilot_holds or facts.pilot_has_room,
        _("All cases of the approved pilot of this facility are taken. Please come in person."), "Luật 15/2023 Đ.80",
    ),
    Rule(
        "no_partner", (RECEIVING, SUPPORT), EVERY, lambda facts: facts.has_partner,
        _("It is not said at which other facility the patient is."), "NĐ 96/2023 Đ.87",
    ),
    Rule(
        "no_contract", (RECEIVING, SUPPORT), EVERY, lambda facts: facts.has_contract,
        _("There is no contract between the two facilities for visits at a distance on that day."),
        "NĐ 96/2023 Đ.87 K.11",
    ),
    Rule(
        "nobody_there", (RECEIVING,), EVERY, lambda facts: facts.partner_is_licensed,
        _("Nobody with a valid licence is with the patient at the other facility."), "NĐ 96/2023 Đ.87",
    ),
    Rule(
        "no_requesting_doctor", (SUPPORT,), EVERY, lambda facts: facts.partner_is_licensed and facts.partner_is_doctor,
        _("A doctor of the other facility has to ask for this support."), "Luật 15/2023 Đ.80",
    ),
    Rule(
        "no_chair", (MDT,), EVERY, lambda facts: facts.has_chair,
        _("The council has no chair."), "TT 49/2017",
    ),
    Rule(
        "too_few_members", (MDT,), EVERY, lambda facts: facts.members >= MEMBERS,
        _("The council needs at least three members besides its chair."), "TT 49/2017",
    ),
)  # fmt: skip


def refusals(facts: Facts, *, asked: str, on: date, rules: tuple[Rule, ...] = RULES) -> list[Rule]:
    """Return what stands in the way of this visit, in the order in which it is to be put right; nothing: the gate is open."""
    return [
        rule
        for rule in rules
        if facts.form in rule.forms and asked in rule.asked and rule.is_in_force(on) and not rule.holds(facts)
    ]
