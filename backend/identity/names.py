"""Vietnamese names: without their tone marks, for searching and sorting, and the part people are called by."""

import unicodedata


def fold(text: str) -> str:
    """Return the text in lower case without marks; đ becomes d (Unicode decomposition alone leaves it).

    Spaces are squeezed, so that "  Nguyễn   Thị Đào " folds to "nguyen thi dao".
    """
    plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    letters = "".join(letter for letter in plain if unicodedata.category(letter) != "Mn")
    return " ".join(letters.casefold().split())


def given_name(full_name: str) -> str:
    """Return what people say to somebody: "Minh Anh" of "Nguyễn Thị Minh Anh", "Dân" of "Hoàng Văn Dân".

    The family's name stands first and is not used to call anybody; of four words and more the last two are the given name.
    """
    words = full_name.split()
    return " ".join(words[-2:] if len(words) >= 4 else words[-1:])
