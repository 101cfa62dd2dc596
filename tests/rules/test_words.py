"""The catalogues of all packages are read as one: what one says must not be overruled by another."""

from __future__ import annotations

from collections import defaultdict

import polib

from runtime import folders, words


def test_one_english_word_means_one_thing() -> None:
    """Two packages that mean different things by a word say which, with a context (pgettext)."""
    said: dict[tuple[str | None, str], dict[str, str]] = defaultdict(dict)
    for catalogue in words.catalogues():
        for entry in polib.pofile(str(catalogue)):
            text = entry.msgstr or " / ".join(entry.msgstr_plural.values())
            said[entry.msgctxt, entry.msgid][text] = str(catalogue.relative_to(folders.CHECKOUT))
    different = {word: texts for word, texts in said.items() if len(texts) > 1}
    assert different == {}
