"""Vietnamese names and words without their tone marks, for searching and sorting."""

import unicodedata


def fold(text: str) -> str:
    """Return the text in lower case without marks; đ becomes d (Unicode decomposition alone leaves it).

    Spaces are squeezed, so that "  Nguyễn   Thị Đào " folds to "nguyen thi dao".
    """
    plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    letters = "".join(letter for letter in plain if unicodedata.category(letter) != "Mn")
    return " ".join(letters.casefold().split())
