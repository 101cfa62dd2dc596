"""Strengths as a catalogue writes them, read as milligrams in one dose unit. Pure; what cannot be read is None, never a guess."""

from __future__ import annotations

import re
from decimal import Decimal

MILLIGRAMS = {
    "g": Decimal(1000),
    "gam": Decimal(1000),
    "mg": Decimal(1),
    "mcg": Decimal("0.001"),
    "µg": Decimal("0.001"),
    "μg": Decimal("0.001"),  # the other of the two signs that look alike
    "ug": Decimal("0.001"),
    "microgam": Decimal("0.001"),
}
# What one takes whole. A drop has no agreed size, a percentage no dose, a patch gives over hours: nothing is claimed of these.
WHOLE = {"tablet", "capsule", "sachet", "suppository", "ampoule", "vial", "syringe"}
PER_PUFF = {"lieu", "liều", "dose", "nhát", "xịt"}
_NUMBER = r"[0-9]{1,3}(?:[.\u00a0 ][0-9]{3})+|[0-9]+(?:[.,][0-9]+)?"
_PART = re.compile(
    rf"^(?P<amount>{_NUMBER})\s*(?P<unit>[a-zµμ]+)(?:\s*/\s*(?P<per>[0-9]+(?:[.,][0-9]+)?)?\s*(?P<of>[^\W\d]+))?$"
)


def number_of(text: str) -> Decimal:
    """Read a number with a decimal comma or point: "37,5", "0.5", "1.000" (a thousand, as Vietnamese labels group).

    Raises ValueError for what may be either: "1.125" is a thousand and more here, and one and a bit elsewhere.
    """
    if re.fullmatch(r"[1-9][0-9]{0,2}(?:[.\u00a0 ][0-9]{3})+", text):
        if text[-1] != "0":
            raise ValueError(text)
        return Decimal(re.sub(r"[.\u00a0 ]", "", text))
    return Decimal(text.replace(",", "."))


def milligrams(strength: str, dose_unit: str, ingredients: int = 1) -> tuple[Decimal, ...] | None:
    """Return the milligrams of each ingredient in one `dose_unit` (choices.Unit), in order; None where that cannot be told.

    "875 mg + 125 mg" of a tablet is (875, 125); "250 mg/5 ml" taken by the ml is (50,); "1 %" and "1000 IU" are None.
    """
    parts = [part.strip().lower() for part in re.split("[+;]", strength)]
    if len(parts) != ingredients:
        return None
    matches = [_PART.match(part) for part in parts]
    # "500 mg + 125 mg/5 ml": the volume behind the last part is that of all.
    last = matches[-1]
    if last is None:
        return None
    found = []
    for match in matches:
        if match is None or match["unit"] not in MILLIGRAMS:
            return None
        per, of = (match["per"], match["of"]) if match["of"] else (last["per"], last["of"])
        try:
            amount = number_of(match["amount"]) * MILLIGRAMS[match["unit"]]
        except ValueError:
            return None
        share = _share(Decimal(per.replace(",", ".")) if per else None, of or "", dose_unit)
        if share is None or amount <= 0:
            return None
        found.append(amount * share)
    return tuple(found)


def _share(per: Decimal | None, of: str, dose_unit: str) -> Decimal | None:
    """How much of the written amount is in one dose unit. `per` is None where "mg/ml" names no number."""
    if per is not None and per <= 0:
        return None
    if not of:
        return Decimal(1) if dose_unit in WHOLE else None
    if (of == "ml" and dose_unit == "ml") or (of in PER_PUFF and dose_unit == "puff"):
        return 1 / (per or Decimal(1))
    # An ampoule of "80 mg/2 ml" holds the 80 mg; how much one of "10 mg/ml" holds is not said.
    return Decimal(1) if of in {"ml", "g"} and per is not None and dose_unit in WHOLE else None
