"""Pure: interactions, allergies, duplicates, their grades."""

import csv
import json

import pytest

from prescriptions import safety
from prescriptions.catalogue import rows
from prescriptions.ingredients import fold, key_of, parts_of
from prescriptions.safety import KnownAllergy, Line, check

RULES = safety.built_in_rules()


def line(*ingredients, atc="", key="1", taken=False):
    return Line(key, " + ".join(ingredients), ingredients, atc, taken, "79999a1b2c3d-c" if taken else "")


def found(lines, taken=(), allergies=()):
    return [(one.kind, one.grade) for one in check(lines, list(taken), list(allergies), RULES)]


def test_all_fifteen_class_pairs_are_there_and_every_pair_of_members_hits():
    rules = json.loads((safety.DATA / "interactions.json").read_text())["rules"]
    assert [one["number"] for one in rules] == list(range(1, 16))
    pairs = 0
    for rule in rules:
        for a in rule["a"]:
            for b in rule["b"]:
                if a != b:
                    pairs += 1
                    assert ("interaction", "block") in found([line(a), line(b, key="2")]), (rule["number"], a, b)
    assert pairs > 1167
    assert len(RULES.pairs) == 1167


def test_an_interaction_is_found_with_what_is_taken_already():
    hits = check([line("azithromycin")], [line("domperidone", key="taken:9", taken=True)], [], RULES)
    assert [(one.kind, one.grade, one.lines, one.detail["taken"], one.detail["code"]) for one in hits] == [
        ("interaction", "block", ("1",), True, "79999a1b2c3d-c")
    ]


def test_each_ingredient_of_a_combination_counts():
    assert ("interaction", "block") in found([line("lopinavir", "ritonavir")], [line("simvastatin", taken=True)])


def test_an_ingredient_does_not_interact_with_itself():
    assert ("interaction", "block") not in found([line("citalopram"), line("citalopram", key="2")])


def test_drugs_that_have_nothing_to_do_with_each_other_are_silent():
    assert found([line("paracetamol", atc="N02BE01"), line("amoxicillin", atc="J01CA04", key="2")]) == []


@pytest.mark.parametrize(
    ("allergy", "drug", "expected"),
    [
        (KnownAllergy("Amoxicilin"), line("amoxicillin", atc="J01CA04"), ("allergy", "block")),
        (KnownAllergy("thuốc ho", "Dextromethorphan"), line("dextromethorphan", atc="R05DA09"), ("allergy", "block")),
        (KnownAllergy("Augmentin"), line("amoxicillin", atc="J01CA04"), ("allergy", "block")),
        (KnownAllergy("Penicilin"), line("amoxicillin", atc="J01CA04"), ("allergy_class", "block")),
        (KnownAllergy("amoxicillin", atc="J01CA04"), line("oxacillin", atc="J01CF04"), ("allergy_class", "block")),
        (KnownAllergy("Penicillin"), line("cefixime", atc="J01DD08"), ("allergy_cross", "warn")),
        (
            KnownAllergy("aspirin", "acetylsalicylic acid", "N02BA01"),
            line("ibuprofen", atc="M01AE01"),
            ("allergy_class", "block"),
        ),
        (KnownAllergy("Sulfamid"), line("sulfamethoxazole", "trimethoprim", atc="J01EE01"), ("allergy_class", "block")),
    ],
)
def test_an_allergy_to_an_ingredient_or_its_class_is_found(allergy, drug, expected):
    assert found([drug], allergies=[allergy]) == [expected]


@pytest.mark.parametrize("substance", ["Đậu phộng", "phấn hoa", "", "tôm"])
def test_other_allergies_are_silent(substance):
    assert found([line("amoxicillin", atc="J01CA04")], allergies=[KnownAllergy(substance)]) == []


def test_the_same_ingredient_twice_is_a_warning_here_and_with_what_is_taken():
    assert found([line("paracetamol"), line("paracetamol", "codeine", key="2")]) == [("duplicate", "warn")]
    assert found([line("paracetamol")], [line("Paracetamol", taken=True)]) == [("duplicate", "warn")]


def test_two_drugs_of_one_class_are_worth_knowing():
    assert found([line("ibuprofen", atc="M01AE01"), line("naproxen", atc="M01AE02", key="2")]) == [
        ("same_class", "inform")
    ]


def test_the_gravest_comes_first_and_keys_stay_the_same():
    lines = [
        line("ibuprofen", atc="M01AE01"),
        line("naproxen", atc="M01AE02", key="2"),
        line("amoxicillin", atc="J01CA04", key="3"),
    ]
    first = check(lines, [], [KnownAllergy("Penicillin")], RULES)
    assert [one.grade for one in first] == ["block", "inform"]
    assert [one.key for one in check(list(reversed(lines)), [], [KnownAllergy("Penicillin")], RULES)] == [
        one.key for one in first
    ]
    assert len({one.key for one in first}) == len(first)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Amoxicilin", "amoxicillin"),
        ("Cephalexin", "cefalexin"),
        ("Amoxicillin trihydrate", "amoxicillin"),
        ("Hydroclorothiazid", "hydrochlorothiazide"),
        ("Acid mefenamic", "mefenamic acid"),
        ("Amlodipin besilat", "amlodipine"),
        ("Panadol", "paracetamol"),
    ],
)
def test_one_ingredient_has_one_key_however_it_is_written(written, meant):
    assert key_of(written) == key_of(meant)


def test_different_ingredients_of_the_catalogue_have_different_keys():
    names = {one for drug in rows() for one in drug["ingredients"]}
    names |= {
        name
        for rule in json.loads((safety.DATA / "interactions.json").read_text())["rules"]
        for name in rule["a"] + rule["b"]
    }
    assert len({key_of(name) for name in names}) == len(names)


def test_fold_and_parts():
    assert fold("Đau HỌNG, sốt") == "dau hong sot"
    assert parts_of("amoxicillin + clavulanic acid") == ["amoxicillin", "clavulanic acid"]


def test_the_catalogue_is_large_and_sound():
    drugs = rows()
    assert len(drugs) >= 150
    assert len({one["code"] for one in drugs}) == len(drugs)
    assert {one["control"] for one in drugs} == {"ordinary", "narcotic", "psychotropic"}
    with (safety.DATA / "drugs.csv").open(encoding="utf-8", newline="") as file:
        assert all(all(cell == cell.strip() for cell in row.values()) for row in csv.DictReader(file))
