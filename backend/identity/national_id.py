"""The personal identification number (12 digits) and the QR on the ID card.

PPP G YY RRRRRR: province or country of registration, century and sex, year of birth, random. There is no check digit, and
people registered abroad carry other province codes, so only the shape may refuse; everything else is a warning.
"""

from __future__ import annotations

import csv
import functools
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from identity.errors import BadNationalId

_DATA = Path(__file__).parent / "data" / "national_id_provinces.csv"
_CENTURIES = (1900, 2000, 2100, 2200, 2300)


@dataclass(frozen=True)
class Facts:
    """What the digits say. `province_code` is one of the 63 before July 2025; `province_2025` the one it fell into."""

    number: str
    province_code: str
    province_name: str  # "" when the code is not of a Vietnamese province
    province_2025: str
    sex: str  # "male", "female"
    birth_year: int


@dataclass(frozen=True)
class Card:
    """What the QR of an ID card says. `born_on` is None when the card knows only the year or month (`born` has it)."""

    number: str
    old_number: str
    full_name: str
    born: str  # "1995-03-05", "1945-07", "1945"
    born_on: date | None
    sex: str
    address: str
    issued_on: date | None


@functools.cache
def _provinces() -> dict[str, tuple[str, str]]:
    with _DATA.open(encoding="utf-8") as lines:
        return {row["code"]: (row["name"], row["province_2025"]) for row in csv.DictReader(lines)}


def normalised(text: str) -> str:
    """Return the 12 digits without the spaces and dots people put between them. Raises BadNationalId."""
    digits = re.sub(r"[\s.\-]", "", text)
    if not re.fullmatch(r"[0-9]{12}", digits, re.ASCII) or len(set(digits)) == 1:
        raise BadNationalId()
    return digits


def read(text: str) -> Facts:
    """Return what the number says. Raises BadNationalId for anything but 12 digits."""
    number = normalised(text)
    century, female = divmod(int(number[3]), 2)
    name, today = _provinces().get(number[:3], ("", ""))
    return Facts(
        number=number,
        province_code=number[:3],
        province_name=name,
        province_2025=today,
        sex="female" if female else "male",
        birth_year=_CENTURIES[century] + int(number[4:6]),
    )


def doubts(text: str, *, born_on: date | None = None, sex: str = "", today: date) -> list[str | Promise]:
    """Return sentences about what does not fit; none of them is a reason to refuse. Raises BadNationalId."""
    facts = read(text)
    found: list[str | Promise] = []
    if not facts.province_name:
        found.append(_("The first three digits are not those of a Vietnamese province."))
    if facts.birth_year > today.year:
        found.append(_("The year of birth in the number lies in the future."))
    elif born_on is not None and born_on.year != facts.birth_year:
        found.append(_("The number says another year of birth."))
    if sex in {"male", "female"} and sex != facts.sex:
        found.append(_("The number says another sex."))
    return found


def _day(text: str) -> tuple[str, date | None]:
    """Read ddmmyyyy, mmyyyy or yyyy; raise ValueError for anything else."""
    if not re.fullmatch(r"[0-9]{4}|[0-9]{6}|[0-9]{8}", text, re.ASCII):
        raise ValueError(text)
    year = text[-4:]
    if len(text) == 8:
        day = date(int(year), int(text[2:4]), int(text[:2]))
        return day.isoformat(), day
    if len(text) == 6:
        return f"{year}-{date(int(year), int(text[:2]), 1).month:02d}", None
    return year, None


def read_card(text: str) -> Card:
    """Read the QR of an ID card: at least seven fields parted by "|", newer cards add some. Raises BadNationalId.

    number | old number | full name | born | sex | address | issued.
    """
    fields = [field.strip() for field in text.split("|")]
    if len(fields) < 7:
        raise BadNationalId(str(_("This is not the code of an ID card.")))
    number = normalised(fields[0])
    try:
        born, born_on = _day(fields[3])
        issued_on = _day(fields[6])[1] if fields[6] else None
    except ValueError as error:
        raise BadNationalId(str(_("This is not the code of an ID card."))) from error
    sex = {"nam": "male", "nữ": "female"}.get(fields[4].casefold(), "unknown")
    return Card(number, fields[1], fields[2], born, born_on, sex, fields[5], issued_on)
