"""The gate of care at a distance as a table: what each form asks for, when, and since when. Pure."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date

import pytest

from records import gate
from records.gate import BOOK, DIRECT, FORMS, MDT, OPEN, RECEIVING, SUPPORT, Facts

ON = date(2031, 3, 25)
FULL = Facts(
    form=DIRECT, has_published=True, is_registered=True, licence="000001/HNO-GPHN", is_licensed=True, is_listed=True,
    has_partner=True, has_contract=True, partner_is_licensed=True, partner_is_doctor=True, has_chair=True, members=3,
)  # fmt: skip


def codes(facts: Facts, asked: str = OPEN, on: date = ON) -> list[str]:
    return [rule.code for rule in gate.refusals(facts, asked=asked, on=on)]


@pytest.mark.parametrize("asked", [BOOK, OPEN])
@pytest.mark.parametrize("form", FORMS)
def test_what_has_everything_may_be_agreed_on_and_may_begin(form, asked):
    assert codes(replace(FULL, form=form), asked) == []


# What is taken away → in which forms it stops a visit, and whether already when it is agreed on.
TABLE = [
    ({"has_published": False}, "not_published", FORMS, True),
    ({"is_registered": False}, "not_registered", FORMS, True),
    ({"is_licensed": False}, "no_licence", FORMS, True),
    ({"licence": ""}, "no_licence", FORMS, True),
    ({"is_listed": False}, "not_listed", (DIRECT,), False),
    ({"is_piloted": True}, "pilot_not_valid", (DIRECT,), True),
    ({"is_piloted": True, "pilot_holds": True}, "pilot_used_up", (DIRECT,), True),
    ({"has_partner": False}, "no_partner", (RECEIVING, SUPPORT), True),
    ({"has_contract": False}, "no_contract", (RECEIVING, SUPPORT), True),
    ({"partner_is_licensed": False}, "nobody_there", (RECEIVING,), True),
    ({"partner_is_licensed": False}, "no_requesting_doctor", (SUPPORT,), True),
    ({"partner_is_doctor": False}, "no_requesting_doctor", (SUPPORT,), True),
    ({"has_chair": False}, "no_chair", (MDT,), True),
    ({"members": 2}, "too_few_members", (MDT,), True),
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("without", "code", "forms", "at_once"), TABLE)
def test_each_condition_holds_back_its_own_forms_only(form, without, code, forms, at_once):
    facts = replace(FULL, form=form, **without)

    assert (code in codes(facts, OPEN)) == (form in forms)
    assert (code in codes(facts, BOOK)) == (form in forms and at_once)


def test_every_fact_is_asked_for_by_some_rule_and_every_rule_is_in_the_table_above():
    assert {code for _without, code, _forms, _at_once in TABLE} == {rule.code for rule in gate.RULES}
    named = {name for without, *_ in TABLE for name in without} | {"form", "is_opened", "pilot_has_room"}
    assert named == {one.name for one in fields(Facts)}


def test_what_a_doctor_opens_with_a_reason_needs_no_list():
    assert codes(replace(FULL, is_listed=False, is_opened=True)) == []


def test_under_an_approved_pilot_with_a_case_left_a_visit_needs_no_list():
    piloted = replace(FULL, is_listed=False, is_piloted=True, pilot_holds=True, pilot_has_room=True)
    assert codes(piloted) == codes(piloted, BOOK) == []
    # A pilot that is over has no case to speak of: only that is said.
    assert codes(replace(piloted, pilot_holds=False, pilot_has_room=False), BOOK) == ["pilot_not_valid"]


def test_advice_at_a_station_is_not_bound_to_the_list():
    assert codes(replace(FULL, form=RECEIVING, is_listed=False)) == []


def test_the_order_is_that_in_which_things_are_put_right():
    assert codes(Facts(form=RECEIVING)) == [
        "not_published", "not_registered", "no_licence", "no_partner", "no_contract", "nobody_there",
    ]  # fmt: skip


def test_a_rule_binds_from_its_first_day_to_its_last():
    first, last = date(2030, 7, 1), date(2030, 12, 31)
    rules = (replace(gate.RULES[0], since=first, until=last),)
    closed = Facts(form=DIRECT)

    def refused(on: date) -> bool:
        return bool(gate.refusals(closed, asked=OPEN, on=on, rules=rules))

    assert [refused(on) for on in (date(2030, 6, 30), first, last, date(2031, 1, 1))] == [False, True, True, False]
    assert codes(closed, on=date(2023, 12, 31)) == []  # before the law was in force


def test_each_refusal_says_where_it_is_written():
    assert all(rule.source and str(rule.words).endswith(".") for rule in gate.RULES)
