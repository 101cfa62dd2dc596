"""Words that may mean an emergency, in Vietnamese and English. Pure: no database, no clock.

Rather once too often than once too seldom: who reads the warning and knows better goes on. Text typed without tone marks is
understood; where marks are typed they decide, so that "ngạt mũi" (a stuffy nose) is not "ngất" (to faint). What is denied
("không khó thở", "no chest pain") does not count.
"""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass

from identity.names import fold

# What it may be → how people say it.
TABLE: dict[str, tuple[str, ...]] = {
    "heart": (
        "đau ngực", "đau thắt ngực", "đau tức ngực", "tức ngực", "đau tim dữ dội", "đè nặng ngực", "nhồi máu cơ tim",
        "ngừng tim", "chest pain", "pain in my chest", "pain in the chest", "chest tightness", "heart attack",
    ),
    "breath": (
        "khó thở", "không thở được", "thở không được", "thở không nổi", "hụt hơi", "ngừng thở", "thở rít", "tím tái",
        "tím môi", "môi tím", "hóc xương", "hóc dị vật", "bị hóc", "đuối nước", "cant breathe", "cannot breathe",
        "can not breathe", "trouble breathing", "difficulty breathing", "short of breath", "shortness of breath",
        "choking", "blue lips", "drowning",
    ),
    "stroke": (
        "liệt nửa người", "yếu nửa người", "tê nửa người", "liệt tay chân", "méo miệng", "méo mồm", "đột quỵ",
        "nói ngọng đột ngột", "nói khó đột ngột", "đột ngột nói khó", "mất thị lực đột ngột", "đau đầu dữ dội", "stroke",
        "face drooping", "face droops", "slurred speech", "one side of my body", "paralysed", "paralyzed",
        "worst headache",
    ),
    "seizure": ("co giật", "lên cơn giật", "động kinh liên tục", "seizure", "seizures", "convulsion", "convulsions"),
    "bleeding": (
        "nôn ra máu", "ói ra máu", "nôn máu", "ói máu", "ho ra máu", "chảy máu không cầm", "chảy máu nhiều",
        "ra máu nhiều", "máu phun", "vomiting blood", "throwing up blood", "coughing blood", "coughing up blood",
        "severe bleeding", "heavy bleeding", "wont stop bleeding", "bleeding heavily",
    ),
    "consciousness": (
        "ngất", "ngất xỉu", "xỉu", "bất tỉnh", "hôn mê", "lơ mơ", "li bì", "gọi không dậy", "mất ý thức", "fainted",
        "fainting", "passed out", "unconscious", "not responding", "unresponsive",
    ),
    "suicide": (
        "tự tử", "tự sát", "muốn chết", "không muốn sống", "chán sống", "tự làm đau mình", "rạch tay", "suicide",
        "suicidal", "kill myself", "want to die", "end my life", "hurt myself",
    ),
    "poison": (
        "ngộ độc", "uống thuốc sâu", "uống thuốc trừ sâu", "uống thuốc diệt cỏ", "uống quá liều", "quá liều", "rắn cắn",
        "điện giật", "poisoned", "poisoning", "overdose", "snake bite", "electric shock",
    ),
    "allergy": ("sốc phản vệ", "sưng lưỡi", "sưng họng khó thở", "anaphylaxis", "throat swelling", "swollen tongue"),
    "pregnancy": ("vỡ ối", "thai không máy", "ra máu khi mang thai", "ra huyết khi mang thai", "waters broke"),
    "injury": ("tai nạn giao thông", "chấn thương đầu", "bỏng nặng", "gãy xương hở", "head injury", "severe burn"),
}  # fmt: skip

# Folded, these say something harmless more often: only with their marks, or with another neighbour, are they meant.
ONLY_WITH_MARKS = frozenset({"xỉu"})
HARMLESS_AFTER = {"ngat": frozenset({"mui", "hoi"})}  # "ngat mui" is a stuffy nose

# A denial counts only before words of its own language: "nó khó thở" typed without marks is no English "no".
DENIALS_VI = ("không", "ko", "kg", "k", "hông", "chưa", "chẳng", "hết")
DENIALS_EN = frozenset(
    {"no", "not", "never", "without", "denies", "deny", "dont", "doesnt", "didnt", "havent", "hasnt", "isnt"}
)
# May stand between the denial and what is denied: "không bị khó thở", "have not had any chest pain".
BETWEEN = frozenset(
    {
        *("bi", "co", "he", "thay", "con", "cam", "them", "dau", "hieu", "trieu", "chung"),
        *("any", "a", "the", "have", "has", "had", "having", "feel", "feeling", "signs", "sign", "of", "more"),
    }
)
JOINS = frozenset({"hay", "hoac", "lan", "or", "nor"})  # what follows is denied as well
MOST_BETWEEN = 3
_WORD = re.compile(r"\w+(?:['’]\w+)?|[^\w\s]")


@dataclass(frozen=True)
class Found:
    """One sign of an emergency, in the writer's own words."""

    kind: str
    words: str


def signs(*texts: str) -> list[Found]:
    """List what in these texts may mean an emergency, each kind once, in the order it was written."""
    found: dict[str, Found] = {}
    for text in texts:
        for sign in _signs(text):
            found.setdefault(sign.kind, sign)
    return list(found.values())


def _signs(text: str) -> list[Found]:
    typed = [word.replace("'", "").replace("’", "") for word in _WORD.findall(unicodedata.normalize("NFC", text))]
    folded = [fold(word) for word in typed]
    found: list[Found] = []
    denied_up_to = -1  # where the last thing denied ended
    place = 0
    while place < len(folded):
        hit = _at(typed, folded, place)
        if hit is None:
            place += 1
            continue
        kind, length, english = hit
        if _is_denied(typed, folded, place, english=english) or (
            denied_up_to == place - 1 and place and folded[place - 1] in JOINS
        ):
            denied_up_to = place + length
        else:
            found.append(Found(kind, " ".join(typed[place : place + length])))
        place += length
    return found


def _at(typed: list[str], folded: list[str], place: int) -> tuple[str, int, bool] | None:
    """Give the longest phrase of the table that begins at this word, as (kind, number of words, is it English)."""
    for kind, phrase, words in _BY_FIRST.get(folded[place], ()):
        length = len(words)
        if folded[place : place + length] != words:
            continue
        written = typed[place : place + length]
        if any(_marks(word) for word in written):
            if not all(_same(one, other) for one, other in zip(written, phrase, strict=True)):
                continue
        elif " ".join(phrase) in ONLY_WITH_MARKS:
            continue
        after = folded[place + length] if place + length < len(folded) else ""
        if after in HARMLESS_AFTER.get(" ".join(words), ()):
            continue
        return kind, length, phrase == words
    return None


def _is_denied(typed: list[str], folded: list[str], place: int, *, english: bool) -> bool:
    """Look back over at most three linking words for a denial; a comma or any other word ends the look."""
    for back in range(1, MOST_BETWEEN + 2):
        if back > place:
            return False
        word = folded[place - back]
        if word in DENIALS_EN if english else any(_is(typed[place - back], one) for one in DENIALS_VI):
            return True
        if word not in BETWEEN:
            return False
    return False


def _marks(word: str) -> Counter[str]:
    # What a Vietnamese keyboard adds: the marks of vowels and tones, and the stroke of đ. Where in the word the tone stands
    # ("hoà", "hòa") does not matter.
    plain = unicodedata.normalize("NFD", word.casefold())
    return Counter(letter for letter in plain if unicodedata.category(letter) == "Mn" or letter == "đ")


def _same(written: str, meant: str) -> bool:
    marks = _marks(written)
    return not marks or marks == _marks(meant)


def _is(written: str, meant: str) -> bool:
    return fold(written) == fold(meant) and _same(written, meant)


def _by_first() -> dict[str, list[tuple[str, list[str], list[str]]]]:
    table: dict[str, list[tuple[str, list[str], list[str]]]] = {}
    for kind, phrases in TABLE.items():
        for phrase in phrases:
            words = [fold(word) for word in phrase.split()]
            table.setdefault(words[0], []).append((kind, phrase.split(), words))
    for rows in table.values():
        rows.sort(key=lambda row: -len(row[2]))
    return table


_BY_FIRST = _by_first()
