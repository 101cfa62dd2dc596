"""How lists of hospitals and of social insurance write drugs, in our words: ingredients, strengths, routes, forms, units. Pure.

A function returns None, or raises Unclear with a code of `importing.REASONS`, where the text does not say one thing only:
a guess here would be a wrong dose later.
"""

import csv
import re
from decimal import Decimal
from functools import cache
from pathlib import Path

from prescriptions.ingredients import SALTS, fold, key_of

DATA = Path(__file__).parent / "data"


class Unclear(Exception):
    """What stands there says several things, or none: a code of importing.REASONS."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


# Ingredients

# "Each dose contains:", "in the form of", and what else labels say around a name.
BEFORE = re.compile(r"^\s*m[ỗôo]i\s[^:]*(ch[ứu]a|g[ồo]m)\s*:?\s*", re.IGNORECASE)
AMOUNT = re.compile(r"\s+\d+(?:[.,]\d+)?\s*(?:mg|mcg|µg|g|ml|iu|ui|%)\b.*$", re.IGNORECASE)
_SALTS = (
    "erbumin erbumine hydrochlorid hydrocloride hydroclodrid dihydrochlorid dihydrochloride methylsulfat xinafoat xinafoate "
    "propionat propionate fumarat fumarate mononitrat dihydrate monohydrate"
)
SALTS_AT_THE_END = frozenset(_SALTS.split())  # besides those of `ingredients`, which are salts wherever they stand
LONE_VITAMIN = re.compile(r"^[ABCDEK]\d{0,2}$", re.IGNORECASE)


def names_of(text: str) -> list[str]:
    """Split a list of ingredients into names as they stand there, without salts in brackets: "A (dưới dạng B) + C" → A, C."""
    bare, depth = "", 0
    for letter in BEFORE.sub("", text):
        depth += letter == "("
        bare += letter if depth == 0 else ""
        depth -= letter == ")" and depth > 0
    parts = [" ".join(AMOUNT.sub("", part).split()) for part in re.split(r"[+;]|,(?!\d)", bare)]
    names = [part for part in parts if part]
    if names and fold(names[0]).startswith("vitamin"):
        names = [f"Vitamin {name.upper()}" if LONE_VITAMIN.match(name) else name for name in names]
    return names


@cache
def known_ingredients() -> dict[str, str]:
    """Return the international name for the key of each spelling we know."""
    known: dict[str, str] = {}
    with (DATA / "drugs.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for name, inn in zip(row["name_vi"].split(" + "), row["inn"].split(" + "), strict=False):
                known.setdefault(key_of(inn), inn)
                if " + " not in row["name_vi"]:
                    known.setdefault(key_of(name), inn)
    with (DATA / "ingredients.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            known.setdefault(key_of(row["name_vi"]), row["inn"])
            known.setdefault(key_of(row["inn"]), row["inn"])
    return known


def inn_of(name: str) -> tuple[str, bool]:
    """Return the international name in lower case, and whether we know it; an unknown one stays as it is written, without its salt."""
    known = known_ingredients()
    words = name.split()
    while True:
        if found := known.get(key_of(" ".join(words))):
            return found, True
        if len(words) < 2 or fold(words[-1]) not in SALTS_AT_THE_END | SALTS:
            return " ".join(words).lower(), False
        words.pop()


# Strengths

NUMBER = r"\d+(?:[.,]\d+)?(?:\s*x\s*10\^\d+)?|10\^\d+"
UNITS = {
    "mg": "mg", "mcg": "microgam", "µg": "microgam", "μg": "microgam", "ug": "microgam", "microgam": "microgam", "g": "g", "kg": "kg",
    "ml": "ml", "l": "l", "iu": "IU", "ui": "IU", "u": "IU", "đvqt": "IU", "%": "%", "cfu": "CFU", "mmol": "mmol", "meq": "mEq",
    "tỷ": "tỷ", "tỉ": "tỷ", "triệu": "triệu", "liều": "liều", "nhát": "liều", "giờ": "giờ", "giọt": "giọt", "kcal": "kcal",
}  # fmt: skip
_UNIT = "|".join(sorted(map(re.escape, UNITS), key=len, reverse=True))
AMOUNT_OF = re.compile(
    rf"(?P<number>{NUMBER})\s*(?P<unit>{_UNIT})(?![a-zà-ỹ])(?P<more>\s*cfu|\s*bào tử)?"
    rf"(?:\s*/\s*(?P<per>\d+(?:[.,]\d+)?)?\s*(?P<of>{_UNIT})(?![a-zà-ỹ]))?",
    re.IGNORECASE,
)
# "2.940 mg" is 2940 to a Vietnamese and 2.94 to others: a thousand times.
THOUSANDS = re.compile(r"(?<![\d.,])[1-9]\d{0,2}\.\d{3}(?!\d)")
PACK = re.compile(r"/\s*(tube|tuýp|tuyp|lọ|lo|chai|hộp|gói|vial|bottle)\b", re.IGNORECASE)
ALL_PER = re.compile(r"^\((?P<inside>[^()]*)\)\s*(?P<per>/.*)$")


def strengths_of(text: str, count: int) -> str:
    """Write the strength of `count` ingredients our way: "250mg + 31,25mg" → "250 mg + 31,25 mg".

    Raises Unclear: bad_strength, strength_count, strength_thousands, strength_of_pack.
    """
    if THOUSANDS.search(text):
        raise Unclear("strength_thousands")
    if PACK.search(text):
        raise Unclear("strength_of_pack")
    per = ""
    if found := ALL_PER.match(text.strip()):
        text, per = found["inside"], found["per"]
    if text.count("(") != text.count(")") or "*" in text:
        raise Unclear("bad_strength")
    pieces = [piece.strip() for piece in re.split(r"[+;]|,(?!\d)", text) if piece.strip()]
    if len(pieces) == 1 and count > 1:
        pieces = [piece for piece in re.split(r"/", text) if piece.strip()]
    amounts = []
    for piece in pieces:
        one = AMOUNT_OF.search(f"{piece}{per}")
        if one is None:
            raise Unclear("bad_strength")
        amounts.append(one)
    # What comes after the strengths is the volume of the pack: "40mg/ml; 15ml".
    if len(amounts) == count + 1 and not amounts[-1]["of"] and UNITS[amounts[-1]["unit"].lower()] in {"ml", "g"}:
        amounts.pop()
    if len(amounts) != count:
        raise Unclear("strength_count")
    return " + ".join(_written(one) for one in amounts)


def _written(one: re.Match[str]) -> str:
    text = f"{one['number']} {UNITS[one['unit'].lower()]}{(one['more'] or '').rstrip()}"
    if one["of"]:
        text += f"/{one['per']} " if one["per"] and one["per"] != "1" else "/"
        text += UNITS[one["of"].lower()]
    return text


# Routes, forms, units

ROUTES = (
    (r"\b(dan|mieng dan|xuyen qua da|tham qua da)\b", "transdermal"),
    (r"\b(hau mon|truc trang)\b", "rectal"),
    (r"\bam dao\b", "vaginal"),
    (r"\b(tiem|truyen)\b", "injection"),
    (r"\b(hit|khi dung|phun mu)\b", "inhaled"),
    (r"\bmat\b", "eye"),
    (r"\btai\b", "ear"),
    (r"\bmui\b", "nasal"),
    (r"\b(boi|dung ngoai|ngoai da|xoa)\b", "skin"),
    (r"\b(uong|nhai)\b", "oral"),
)
PROLONGED = re.compile(r"keo dai|bien doi|giai phong cham|phong thich cham|retard|tac dung cham")
FORMS: dict[str, tuple[tuple[str, str], ...]] = {
    "oral": (
        (r"\bsui\b", "effervescent_tablet"),
        (r"\bnhai\b", "chewable_tablet"),
        (r"\bnang\b", "capsule"),
        (r"\bvien\b", "tablet"),
        (r"\b(bot|com)\b", "powder"),
        (r"\b(siro|si ro|sirup|syrup)\b", "syrup"),
        (r"\bgiot\b", "oral_drops"),
        (r"\b(hon dich|nhu tuong|nhu dich|gel)\b", "suspension"),
        (r"\b(dung dich|cao long|con thuoc)\b", "oral_solution"),
    ),
    "injection": ((r".", "injection"),),
    "skin": (
        (r"\bkem\b", "cream"),
        (r"\bmo\b", "ointment"),
        (r"\bgel\b", "gel"),
        (r"\b(dung dich|con|lotion|hon dich|nhu tuong)\b", "skin_solution"),
    ),
    "transdermal": ((r".", "patch"),),
    "rectal": ((r"\bdan\b", "suppository"),),
    "vaginal": ((r"\bvien\b", "vaginal_tablet"),),
    "eye": ((r"\b(mo|gel)\b", "ointment"), (r"\b(dung dich|hon dich|nho|nhu tuong)\b", "eye_drops")),
    "ear": ((r".", "ear_drops"),),
    "nasal": ((r"\bxit\b", "nasal_spray"), (r"\b(dung dich|hon dich|nho)\b", "nasal_drops")),
    "inhaled": ((r"\bkhi dung\b", "nebuliser_solution"), (r"\b(hit|phun mu|xit)\b", "inhaler")),
}
CONTAINERS = {
    "vien": "piece", "goi": "sachet", "ong": "ampoule", "lo": "vial", "chai": "bottle", "tui": "bottle", "tuyp": "tube", "tube": "tube",
    "but": "pen", "bom": "syringe", "binh": "inhaler", "hit": "inhaler", "mieng": "patch",
}  # fmt: skip
TABLETS = {"tablet", "prolonged_release_tablet", "effervescent_tablet", "chewable_tablet", "vaginal_tablet"}
LIQUIDS = {"syrup", "suspension", "oral_solution"}
DROPS = {"oral_drops", "eye_drops", "ear_drops", "nasal_drops"}
DROPS_A_ML = 20  # of water from a standard dropper (pharmacopoeia); what our own list reckons with


def route_of(text: str) -> str:
    """Return the route. Raises Unclear: bad_route, several_routes."""
    folded = fold(text)
    found = list(dict.fromkeys(route for pattern, route in ROUTES if re.search(pattern, folded)))
    if "inhaled" in found:
        return "inhaled"  # "through the mouth" or the nose
    if not found:
        raise Unclear("bad_route")
    if len(found) > 1:
        raise Unclear("several_routes")
    return found[0]


def form_of(text: str, route: str) -> str:
    """Return the form that goes this way into the body. Raises Unclear: bad_form."""
    folded = fold(text)
    form = next((form for pattern, form in FORMS[route] if re.search(pattern, folded)), "")
    if not form:
        raise Unclear("bad_form")
    if form == "effervescent_tablet" and "vien" not in folded:
        form = "powder"  # "thuốc bột sủi bọt"
    if form in {"tablet", "capsule"} and PROLONGED.search(folded):
        form = f"prolonged_release_{form}"
    return form


def sold_as(unit_text: str, packing: str, form: str, strength: str) -> tuple[str, str, str, Decimal | None]:
    """Return form, unit of sale, unit of a dose, and how many doses one unit of sale holds.

    A powder in a bottle is drunk as a suspension. Raises Unclear: bad_unit, unit_and_form, pack_size_missing.
    """
    container = _container(unit_text, packing)
    if form in TABLETS or form.endswith("capsule") or form in {"suppository", "patch"}:
        if container not in {"piece", "patch"}:
            raise Unclear("unit_and_form")
        unit = "tablet" if form in TABLETS else "capsule" if form.endswith("capsule") else form
        return form, unit, unit, Decimal(1)
    if container == "piece":
        raise Unclear("unit_and_form")
    if form == "injection":
        return form, *_injected(container, f"{unit_text} {packing}", strength)
    if form == "inhaler":
        return form, "inhaler", "puff", _doses(f"{unit_text} {packing}", needed=True)
    if form == "nasal_spray":
        return form, "bottle", "puff", _doses(packing, needed=False)
    if form == "nebuliser_solution":
        return form, "ampoule", "ampoule", Decimal(1)
    if form in {"cream", "ointment", "gel", "skin_solution"}:
        return form, "tube" if container in {"tube", "ampoule"} else "bottle", "application", None
    if form in DROPS:
        return form, "bottle", "drop", _millilitres(f"{unit_text} {packing} {strength}") * DROPS_A_ML
    if container in {"sachet", "ampoule"}:
        return form, container, container, Decimal(1)
    if form in LIQUIDS or form == "powder":
        return "suspension" if form == "powder" else form, "bottle", "ml", _millilitres(f"{unit_text} {packing}")
    raise Unclear("unit_and_form")


def _container(unit_text: str, packing: str) -> str:
    named = [CONTAINERS[word] for word in re.findall(r"[a-z]+", fold(unit_text)) if word in CONTAINERS]
    if "inhaler" in named:
        return "inhaler"
    if len(set(named)) > 1:  # "Chai/Lọ/Ống/Túi": the packing says which
        packed = [CONTAINERS[word] for word in re.findall(r"[a-z]+", fold(packing)) if word in CONTAINERS]
        named = [one for one in packed if one in named][:1]
    if not named:
        raise Unclear("bad_unit")
    return named[0]


def _injected(container: str, packing: str, strength: str) -> tuple[str, str, Decimal]:
    if container == "pen":
        told = re.match(r"(\d+) IU/(\d+(?:,\d+)?) ml", strength.replace("IU/ml", "IU/1 ml"))
        if told is None:
            raise Unclear("pack_size_missing")
        return "pen", "iu", (int(told[1]) / _number(told[2]) * _millilitres(packing)).quantize(Decimal("0.01"))
    unit = container if container in {"ampoule", "vial", "syringe", "bottle"} else ""
    if not unit:
        raise Unclear("unit_and_form")
    return unit, unit, Decimal(1)


def _millilitres(text: str) -> Decimal:
    found = {_number(one) for one in re.findall(r"(\d+(?:[.,]\d+)?)\s*ml\b", text, re.IGNORECASE)}
    if len(found) != 1 or not 0 < (size := found.pop()) <= 5000:
        raise Unclear("pack_size_missing")
    return size


def _doses(text: str, *, needed: bool) -> Decimal | None:
    found = re.search(r"(\d+)\s*(?:lieu|nhat)", fold(text))
    if found is None or int(found[1]) == 0:
        if needed:
            raise Unclear("pack_size_missing")
        return None
    return Decimal(found[1])


def _number(text: str) -> Decimal:
    return Decimal(text.replace(",", "."))


# How strictly a drug is watched

# Ingredients of the United Nations' conventions of 1961 and 1971 and precursors used as medicines, by our key. A list of the
# ministry goes before this one: a column `control`, or the class in a registration number.
NARCOTIC = (
    "alfentanil codeine dihydrocodeine fentanyl hydrocodone hydromorphone methadone morphine oxycodone pethidine remifentanil sufentanil "
    "tramadol nalbuphine butorphanol pentazocine opium"
)  # fmt: skip
PSYCHOTROPIC = (
    "alprazolam bromazepam buprenorphine chlordiazepoxide clobazam clonazepam clorazepate diazepam estazolam flunitrazepam flurazepam "
    "ketamine lorazepam lormetazepam methylphenidate midazolam nitrazepam oxazepam phenobarbital temazepam thiopental triazolam zolpidem "
    "ephedrine pseudoephedrine ergotamine ergometrine"
)  # fmt: skip
WATCHED = {key_of(name): "narcotic" for name in NARCOTIC.split()} | {
    key_of(name): "psychotropic" for name in PSYCHOTROPIC.split()
}
# The fifth and sixth figure of a registration number of twelve (as numbers issued since 2023 are read; not verified against the
# circular, so it only ever decides together with, or more strictly than, the ingredients).
CLASSES = {
    "00": ("ordinary", "otc"), "10": ("ordinary", "rx"), "11": ("narcotic", "rx"), "12": ("psychotropic", "rx"),
    "13": ("psychotropic", "rx"), "14": ("toxic", "rx"), "15": ("ordinary", "rx"),
}  # fmt: skip


def watched(ingredients: list[str], registration_number: str) -> tuple[str, str]:
    """Return control and supply of a drug whose list says neither. Raises Unclear (control_unclear) where it has to say it."""
    found = re.fullmatch(r"\d{4}(\d\d)\d{6}", registration_number)
    told, supply = CLASSES.get(found[1], ("", "rx")) if found else ("", "rx")
    within = {WATCHED[key] for key in (key_of(one.split(" ")[0]) for one in ingredients) if key in WATCHED}
    within |= {WATCHED[key] for key in map(key_of, ingredients) if key in WATCHED}
    if not within:
        return told or "ordinary", supply
    if told in within:
        return told, "rx"
    if len(ingredients) == 1 and not told:
        return within.pop(), "rx"
    # A combination below the limits of Circular 20/2017/TT-BYT is an ordinary drug, above them it is not: the list must say which.
    raise Unclear("control_unclear")
