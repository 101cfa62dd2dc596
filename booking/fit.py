"""Whether a visit may be held at a distance: the list of Circular 30/2023/TT-BYT. Pure: no database, no clock.

Direct treatment at a distance is for the listed conditions only (Law 15/2023 article 80, Decree 96/2023 articles 87-88);
what lies outside it belongs into a consulting room, unless a doctor says why it may be opened. The list stands in
data/remote_conditions.csv. Its first rows were compared with a second text of the Circular ("confirmed"); the codes of the
others come from one scanned copy and are to be compared with the gazette before a facility relies on them. Names are ours,
in the words people use. A listed category of three characters covers its sub-codes (our reading).
"""

import csv
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

LIST = Path(__file__).parent / "data" / "remote_conditions.csv"
SOURCE = "TT 30/2023/TT-BYT"
REMOTE_MODES = frozenset({"video", "phone"})
OTHER = "other"  # something else, or the citizen does not know

GROUPS: dict[str, str | Promise] = {
    "ear_nose_throat": _("Ear, nose and throat"),
    "infections": _("Infections"),
    "lungs": _("Lungs"),
    "skin": _("Skin and hair"),
    "digestion": _("Stomach, bowel and liver"),
    "mouth": _("Mouth and gums"),
    "joints": _("Joints, back and bones"),
    "heart": _("Heart and vessels"),
    "hormones": _("Diabetes, thyroid, blood fats"),
    "nutrition": _("Nutrition"),
    "kidneys": _("Kidneys"),
    "nerves": _("Head and nerves"),
    "mind": _("Mind and mood"),
    "eyes": _("Eyes"),
    "follow_up": _("Follow-up after treatment"),
}


@dataclass(frozen=True)
class Condition:
    """One entry of the list."""

    code: str  # ICD-10: a code, a category, or a range
    group: str
    name_vi: str
    name_en: str
    confirmed: bool

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return self.name_en if get_language() == "en" else self.name_vi

    def covers(self, code: str) -> bool:
        """Say whether an ICD-10 code falls under this entry."""
        if self.code == "E10-E14":  # the list says "E10.9..E14.9": diabetes without complications
            return re.fullmatch(r"E1[0-4](\.9)?", code) is not None
        if "-" in self.code:
            first, last = self.code.split("-")
            return first <= code[:3] <= last
        return code == self.code or ("." not in self.code and code.startswith(f"{self.code}."))


@cache
def conditions() -> tuple[Condition, ...]:
    """Give the whole list, in the order of its file."""
    with LIST.open(encoding="utf-8", newline="") as lines:
        return tuple(
            Condition(row["code"], row["group"], row["name_vi"], row["name_en"], row["confirmed"] == "yes")
            for row in csv.DictReader(lines)
        )


def find(code: str) -> Condition | None:
    """Give the entry an ICD-10 code (or an entry's own code) falls under, or None when it is not on the list."""
    code = code.strip().upper()
    own = next((one for one in conditions() if one.code == code), None)
    return own or next((one for one in conditions() if one.covers(code)), None)


def groups() -> list[tuple[str | Promise, list[Condition]]]:
    """Give the list as people look through it: by part of the body."""
    return [(name, [one for one in conditions() if one.group == key]) for key, name in GROUPS.items()]


def is_remote(mode: str) -> bool:
    """Say whether doctor and citizen are at different places."""
    return mode in REMOTE_MODES


def fits(mode: str, condition: str) -> bool:
    """Say whether a visit held in this way fits this condition by itself; who comes in person fits always."""
    return not is_remote(mode) or (bool(condition) and condition != OTHER and find(condition) is not None)
