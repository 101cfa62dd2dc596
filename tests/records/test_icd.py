"""Searching ICD-10."""

import csv

import pytest
from django.core.management import CommandError, call_command

from records import icd
from records.models import Icd10Title


@pytest.fixture(autouse=True)
def fresh_index(db):
    icd.forget()
    yield
    icd.forget()


def codes(q: str, limit: int = 8) -> list[str]:
    return [row["code"] for row in icd.search(q, limit)]


@pytest.mark.parametrize(
    ("q", "first"),
    [
        ("I10", "I10"),
        ("j459", "J45.9"),
        ("tăng huyết áp", "I10"),
        ("tang huyet ap", "I10"),
        ("THA", "I10"),
        ("cao huyet ap", "I10"),
        ("tieu duong", "E11.9"),
        ("viem hong cap", "J02.9"),
        ("gout", "M10.9"),
        ("ho", "R05"),
    ],
)
def test_finds_first_what_a_doctor_means(q, first):
    assert codes(q)[0] == first


def test_finds_english_titles_and_codes_without_vietnamese():
    assert "G35" in codes("multiple sclerosis")
    assert icd.find("g35") == icd.Title("G35", "", "Multiple sclerosis")


def test_all_codes_of_the_tree_are_there_and_blocks_are_not():
    assert icd.find("U07.1") and icd.find("Z99.9")
    assert icd.find("A00-A09") is None and icd.find("I") is None and icd.find("") is None


def test_nothing_for_nothing():
    assert codes("") == [] and codes("   ") == [] and codes("qqqzzz") == []


def test_our_titles_are_many_and_each_is_a_code_of_who():
    with icd.OWN_TITLES.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) >= 400
    assert len({row["code"] for row in rows}) == len(rows)
    for row in rows:
        found = icd.find(row["code"])
        assert found is not None and found.name_en and found.name_vi == row["name_vi"]


def test_an_import_gives_titles_to_codes_that_had_none(tmp_path):
    file = tmp_path / "icd10.csv"
    file.write_text(
        "code,name_vi,name_en\nG35,Xơ cứng rải rác,Multiple sclerosis\nhuh,?,?\nA17.0†,Viêm màng não do lao,\n"
    )
    call_command("import_icd10", str(file), verbosity=0)
    call_command("import_icd10", str(file), verbosity=0)
    assert Icd10Title.objects.count() == 2
    assert codes("xo cung rai rac") == ["G35"]
    assert icd.find("A17.0").name_en == "Tuberculous meningitis"


def test_an_import_of_another_file_is_refused(tmp_path):
    file = tmp_path / "other.csv"
    file.write_text("a,b\n1,2\n")
    with pytest.raises(CommandError):
        call_command("import_icd10", str(file))
    assert not Icd10Title.objects.exists()
