"""Names of ingredients, written many ways: INN, Vietnamese spelling, salts. One key for all spellings of one ingredient."""

import re
import unicodedata
from functools import lru_cache

# Salts and hydrates say how an ingredient is delivered, not what it is.
_SALTS = (
    "natri sodium kali potassium calci calcium hydroclorid hydrochloride hcl sulfat sulfate fosfat phosphate phosphat maleat maleate "
    "mesilat mesylate besilat besylate tartrat tartrate citrat citrate acetat acetate trihydrat trihydrate dihydrat monohydrat "
    "axetil proxetil disoproxil medoxomil etexilat etexilate bromid bromide clorid chloride nitrat nitrate"
)
SALTS = frozenset(_SALTS.split())
# Vietnamese generic spelling drops a final -e, single consonants for double ones, and f, i, c, t for ph, y, ch, th (see QĐ 5948).
SPELLINGS = [("ph", "f"), ("th", "t"), ("y", "i"), ("ch", "c"), ("x", "c"), ("k", "c")]

# Other names of the same ingredient, as people say them at the counter.
SYNONYMS = {
    "aspirin": "acetylsalicylic acid",
    "acetaminophen": "paracetamol",
    "panadol": "paracetamol",
    "efferalgan": "paracetamol",
    "nitroglycerin": "glyceryl trinitrate",
    "clorpheniramin": "chlorphenamine",
    "chlorpheniramine": "chlorphenamine",
    "co-trimoxazole": "sulfamethoxazole + trimethoprim",
    "augmentin": "amoxicillin + clavulanic acid",
    "vitamin c": "ascorbic acid",
    "vitamin d3": "colecalciferol",
    "meperidine": "pethidine",
    "rifampin": "rifampicin",
    "albuterol": "salbutamol",
    # As the national list of contraindicated pairs writes them.
    "amisulpirid": "amisulpride",
    "nicoradil": "nicorandil",
    "oxcarbamazepin": "oxcarbazepine",
    "ethinyl estradiol": "ethinylestradiol",
    "norethindron": "norethisterone",
    "dihydroartemisinin": "artenimol",
    "xanh methylen": "methylthioninium chloride",
    "methylene blue": "methylthioninium chloride",
    "calci clorid": "calcium chloride",
    "kali clorid": "potassium chloride",
}


def fold(text: str) -> str:
    """Return the text in lower case without tone marks, đ as d, other signs as spaces."""
    plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    kept = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(re.sub(r"[^0-9a-zA-Z+]+", " ", kept).lower().split())


def searched(text: str) -> str:
    """Return the text as a search compares it: folded, "500mg" as two words, no plus signs."""
    return " ".join(re.sub(r"(?<=[0-9])(?=[a-z])", " ", fold(text).replace("+", " ")).split())


def _sounded(word: str) -> str:
    for written, heard in SPELLINGS:
        word = word.replace(written, heard)
    word = re.sub(r"(.)\1", r"\1", word)
    return word[:-1] if len(word) > 4 and word.endswith("e") else word


@lru_cache(maxsize=8192)
def key_of(name: str) -> str:
    """Return the same key for every spelling of an ingredient: "Amoxicilin", "amoxicillin" and "Amoxicillin trihydrate"."""
    words = fold(SYNONYMS.get(name.strip().lower(), name)).split()
    bare = [word for word in words if word not in SALTS] or words
    return " ".join(sorted(_sounded(word) for word in bare))


def parts_of(names: str) -> list[str]:
    """Split a combination at + or / into its ingredients: "amoxicillin + clavulanic acid" → two names."""
    meant = SYNONYMS.get(names.strip().lower(), names)
    return [part.strip() for part in re.split(r"[+/]", meant) if part.strip()]
