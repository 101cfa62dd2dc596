"""Pure: dose, kidneys, pregnancy, milk. Expectations are reckoned by hand from the limits named beside them."""

from datetime import date
from decimal import Decimal

import pytest

from prescriptions import safety
from prescriptions.catalogue import rows
from prescriptions.ingredients import key_of
from prescriptions.kidneys import egfr_from
from prescriptions.safety import Line, Patient, check
from prescriptions.words import HARMS

RULES = safety.built_in_rules()
ADULT, CHILD, OLD = Patient(age_months=40 * 12), Patient(age_months=5 * 12), Patient(age_months=70 * 12)


def tablet(*ingredients, mg=(), times=3, atc="", key="1", route="oral", taken=False):
    amounts = tuple(Decimal(str(one)) for one in mg)
    return Line(
        key, " + ".join(ingredients), ingredients, atc, taken, "79999-c" if taken else "", route, amounts, times
    )


def found(lines, patient=ADULT, taken=()):
    return [(one.kind, one.grade) for one in check(lines, list(taken), [], RULES, patient)]


# ---- dose


@pytest.mark.parametrize(
    ("mg", "times", "expected"),
    [
        (1000, 4, []),  # 4 g a day is the most of paracetamol, not too much
        (1000, 5, [("dose_day", "block")]),
        (1001, 1, [("dose_single", "block")]),
        (1500, 3, [("dose_day", "block"), ("dose_single", "block")]),
    ],
)
def test_paracetamol_for_an_adult(mg, times, expected):
    assert found([tablet("paracetamol", mg=[mg], times=times)]) == expected


def test_the_day_counts_every_medicine_that_holds_it_and_what_is_taken_already():
    here = tablet("paracetamol", mg=[500], times=4)  # 2,000
    second = tablet("paracetamol", "tramadol", mg=[325, 37.5], times=4, key="2")  # 1,300
    before = tablet("Paracetamol", mg=[500], times=3, key="taken:1", taken=True)  # 1,500
    assert ("dose_day", "block") not in found([here, second])
    assert ("dose_day", "block") not in found([here], taken=[before])
    hits = check([here, second], [before], [], RULES, ADULT)
    over = next(one for one in hits if one.kind == "dose_day")
    assert over.detail["found_mg"] == 4800
    assert over.detail["code"] == "79999-c"
    assert over.lines == ("1", "2")


@pytest.mark.parametrize(
    ("mg", "times", "kg", "expected"),
    [
        (250, 4, 18, []),  # 15 mg/kg at once is 270; 60 mg/kg a day is 1,080
        (300, 3, 18, [("dose_single", "block")]),
        (250, 5, 18, [("dose_day", "block")]),
        (250, 4, None, [("weight_unknown", "inform")]),
        (1500, 1, None, [("dose_single", "block"), ("weight_unknown", "inform")]),  # more than an adult may have
    ],
)
def test_a_child_is_dosed_by_weight(mg, times, kg, expected):
    patient = Patient(age_months=60, weight_kg=Decimal(kg) if kg else None)
    assert found([tablet("paracetamol", mg=[mg], times=times)], patient) == expected


def test_a_heavy_child_never_gets_more_than_an_adult():
    heavy = Patient(age_months=15 * 12, weight_kg=Decimal(100))  # 15 mg/kg would be 1,500
    assert found([tablet("paracetamol", mg=[1200], times=1)], heavy) == [("dose_single", "block")]


def test_of_unknown_age_only_what_is_too_much_for_anybody_is_told():
    assert found([tablet("paracetamol", mg=[500])], safety.NOBODY) == []
    assert found([tablet("paracetamol", mg=[1500], times=1)], safety.NOBODY) == [("dose_single", "block")]


@pytest.mark.parametrize(
    ("ingredient", "months", "expected"),
    [
        ("codeine", 11 * 12 + 11, [("age", "block")]),
        ("codeine", 12 * 12, []),
        ("ibuprofen", 2, [("age", "warn")]),
        ("acetylsalicylic acid", 15 * 12, [("age", "warn")]),
        ("doxycycline", 7 * 12, [("age", "warn")]),
        ("metoclopramide", 11, [("age", "block")]),
        ("metformin", 9 * 12, [("age", "warn")]),
    ],
)
def test_the_lowest_age(ingredient, months, expected):
    assert found([tablet(ingredient)], Patient(age_months=months)) == expected


def test_without_a_strength_nothing_is_claimed_of_the_dose():
    assert found([tablet("paracetamol", mg=(), times=24)]) == []


def test_a_limit_of_what_is_swallowed_says_nothing_of_an_eye_drop():
    assert found([tablet("ciprofloxacin", mg=[5000], route="eye")]) == []


# ---- kidneys


@pytest.mark.parametrize(
    ("creatinine", "unit", "age", "sex", "expected"),
    [
        # CKD-EPI 2021 by hand: 142 × (1.0/0.9)^-1.2 × 0.9938^50 = 91.7
        ("1.0", "mg/dL", 50, "male", 92),
        # 142 × (1.0/0.7)^-1.2 × 0.9938^50 × 1.012 = 68.6
        ("1.0", "mg/dL", 50, "female", 69),
        ("88.42", "umol/L", 50, "male", 92),
        # 142 × (0.6/0.7)^-0.241 × 0.9938^30 × 1.012 = 123.7
        ("0.6", "mg/dL", 30, "female", 124),
        ("2.5", "mg/dL", 70, "male", 27),
        ("1.0", "mg/dL", 17, "male", None),
        ("1.0", "mg/dL", 50, "unknown", None),
        ("1.0", "g/L", 50, "male", None),
        ("0", "mg/dL", 50, "male", None),
    ],
)
def test_the_filtration_from_creatinine(creatinine, unit, age, sex, expected):
    assert egfr_from(Decimal(creatinine), unit, age, sex) == expected


@pytest.mark.parametrize(
    ("line", "egfr", "expected"),
    [
        (tablet("metformin", atc="A10BA02"), 29, [("kidney", "block")]),
        (tablet("metformin", atc="A10BA02"), 30, [("kidney", "warn")]),
        (tablet("metformin", atc="A10BA02"), 44, [("kidney", "warn")]),
        (tablet("metformin", atc="A10BA02"), 45, []),
        (tablet("ibuprofen", atc="M01AE01"), 25, [("kidney", "block")]),
        (tablet("diclofenac", atc="M02AA15", route="skin"), 25, []),
        (tablet("nitrofurantoin", atc="J01XE01"), 40, [("kidney", "warn")]),
        (tablet("paracetamol", atc="N02BE01"), 10, []),
    ],
)
def test_what_bad_kidneys_do_not_bear(line, egfr, expected):
    assert found([line], Patient(age_months=50 * 12, egfr=egfr)) == expected


def test_unknown_kidneys_are_named_for_the_old_only():
    assert found([tablet("metformin")], OLD) == [("kidney_unknown", "inform")]
    assert found([tablet("metformin")], Patient(age_months=65 * 12 - 1)) == []
    assert found([tablet("metformin")], Patient(age_months=70 * 12, egfr=80)) == []
    assert found([tablet("paracetamol")], OLD) == []


# ---- pregnancy and milk


@pytest.mark.parametrize(
    ("line", "week", "expected"),
    [
        (tablet("enalapril", atc="C09AA02"), 8, "warn"),
        (tablet("enalapril", atc="C09AA02"), 20, "block"),
        (tablet("losartan", atc="C09CA01"), None, "block"),
        (tablet("atorvastatin", atc="C10AA05"), 8, "block"),
        (tablet("isotretinoin", atc="D10BA01"), 8, "block"),
        (tablet("warfarin", atc="B01AA03"), None, "block"),
        (tablet("valproic acid", atc="N03AG01"), 30, "block"),
        (tablet("methotrexate", atc="L04AX03"), 5, "block"),
        (tablet("doxycycline", atc="J01AA02"), 20, "block"),
        (tablet("ibuprofen", atc="M01AE01"), 10, None),
        (tablet("ibuprofen", atc="M01AE01"), 22, "warn"),
        (tablet("ibuprofen", atc="M01AE01"), 28, "block"),
        (tablet("ibuprofen", atc="M01AE01"), None, "warn"),
        (tablet("tretinoin", atc="D10AD01", route="skin"), 8, None),
        (tablet("paracetamol", atc="N02BE01"), 30, None),
    ],
)
def test_what_harms_the_unborn(line, week, expected):
    patient = Patient(age_months=30 * 12, pregnant=True, week=week)
    assert found([line], patient) == ([("pregnancy", expected)] if expected else [])
    assert found([line], Patient(age_months=30 * 12)) == []


def test_what_harms_a_child_at_the_breast():
    nursing = Patient(age_months=30 * 12, breastfeeding=True)
    assert found([tablet("paracetamol", "codeine", atc="N02AJ06")], nursing) == [("breastfeeding", "block")]
    assert found([tablet("amoxicillin", atc="J01CA04")], nursing) == []


def test_two_of_one_kind_are_one_finding_with_both_names():
    hits = check(
        [tablet("ibuprofen", atc="M01AE01"), tablet("naproxen", atc="M01AE02", key="2")],
        [],
        [],
        RULES,
        Patient(age_months=600, egfr=20),
    )
    kidney = next(one for one in hits if one.kind == "kidney")
    assert (kidney.names, kidney.lines) == (("ibuprofen", "naproxen"), ("1", "2"))


# ---- the tables


def test_every_row_has_a_source_words_and_sense():
    tables = RULES.tables
    for row in (*tables.kidneys, *tables.pregnancy, *tables.breastfeeding):
        assert row["effect"] in HARMS, row["code"]
    for row in (*tables.doses, *tables.kidneys, *tables.pregnancy, *tables.breastfeeding):
        assert row["source"]
        assert row["rules"] in tables.version
    for row in tables.doses:
        most, child = row["adult"], row.get("child", {})
        assert most.get("single_mg", 0) <= most.get("day_mg", 10**6)
        assert child.get("single_mg_kg", 0) <= child.get("day_mg_kg", 10**6)
    for row in tables.kidneys:
        assert row.get("block_below", 0) < row.get("warn_below", 1000)


def test_every_limit_of_a_dose_is_about_something_in_the_catalogue_or_said_to_be_more():
    names = {key_of(one) for drug in rows() for one in drug["ingredients"]}
    missing = {row["ingredients"][0] for row in RULES.tables.doses if not row["keys"] & names}
    assert missing == set()


def test_tables_hold_from_their_day_on_and_may_be_replaced(tmp_path):
    assert safety.tables_on(date(2025, 12, 31)).doses == ()
    assert safety.tables_on(date(2026, 1, 1)).doses
    own = '{"version": "ours-1", "valid_from": "2026-01-01", "rows": []}'
    (tmp_path / "dose_limits.json").write_text(own)
    replaced = safety.tables_on(date(2026, 1, 1), tmp_path)
    assert replaced.doses == ()
    assert replaced.version.startswith("ours-1+")
    assert replaced.kidneys
