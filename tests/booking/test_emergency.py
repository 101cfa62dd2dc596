"""Words of an emergency: how people type them, with marks and without, and how they deny them."""

from __future__ import annotations

import pytest

from booking import emergency


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Đau ngực dữ dội từ sáng", "heart"),
        ("dau nguc du doi", "heart"),
        ("bé khó thở", "breath"),
        ("be kho tho qua", "breath"),
        ("ho, sốt, khó thở", "breath"),
        ("không ho, khó thở", "breath"),
        ("không ho khó thở", "breath"),  # who denies the one says the other
        ("nó khó thở", "breath"),
        ("no kho tho", "breath"),  # "nó", not the English "no"
        ("nhập viện do khó thở", "breath"),
        ("hít khói khó thở", "breath"),
        ("vẫn còn khó thở", "breath"),
        ("không thở được", "breath"),
        ("Ông bị liệt nửa người, méo miệng", "stroke"),
        ("lên cơn CO GIẬT", "seizure"),
        ("nôn ra máu", "bleeding"),
        ("toi bi ngat xiu", "consciousness"),
        ("tôi bị ngất", "consciousness"),
        ("muốn tự tử", "suicide"),
        ("tôi không muốn sống nữa", "suicide"),
        ("I can't breathe", "breath"),
        ("I can’t breathe", "breath"),
        ("no fever, chest pain", "heart"),
        ("she took an overdose", "poison"),
        ("mẹ bầu vỡ ối", "pregnancy"),
    ],
)
def test_an_emergency_is_heard(text: str, kind: str) -> None:
    assert [one.kind for one in emergency.signs(text)][:1] == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Ho và sốt nhẹ hai ngày nay",
        "không khó thở",
        "ko bi kho tho",
        "không có dấu hiệu khó thở",
        "không đau ngực hay khó thở",
        "chưa ngất lần nào",
        "hết co giật rồi",
        "ngạt mũi, sổ mũi",  # a stuffy nose
        "ngat mui",
        "có giặt đồ bằng xà phòng mới",
        "no chest pain or trouble breathing",
        "I have not had any chest pain",
        "denies seizures",
        "đau họng, khàn tiếng",
    ],
)
def test_what_is_harmless_or_denied_is_not(text: str) -> None:
    assert emergency.signs(text) == []


def test_each_kind_is_told_once_in_the_writers_words() -> None:
    found = emergency.signs("Đau ngực, khó thở", "kho tho ca dem")
    assert [(one.kind, one.words) for one in found] == [("heart", "Đau ngực"), ("breath", "khó thở")]


def test_long_and_odd_text_is_read_quickly() -> None:
    assert emergency.signs("không " * 5000 + "khó thở") == []
    assert emergency.signs("\u0301\u0300 '’' 𝒌hó", "đau" * 3000) == []
