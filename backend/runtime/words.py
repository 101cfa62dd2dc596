"""The words for people: .po files are kept, .mo files are made from them when something starts. No system tool is needed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import polib

from runtime import folders


def catalogues() -> Iterator[Path]:
    """Every .po file of ours."""
    yield from folders.files_of_packages("locale/*/LC_MESSAGES/*.po")


def compile_all() -> int:
    """Bring each .mo up to its .po; return how many were made. A reader never sees a half-written file."""
    made = 0
    for po in catalogues():
        mo = po.with_suffix(".mo")
        if mo.exists() and mo.stat().st_mtime_ns >= po.stat().st_mtime_ns:
            continue
        half = mo.with_suffix(f".{os.getpid()}.half")
        polib.pofile(str(po)).save_as_mofile(str(half))
        half.replace(mo)
        made += 1
    return made
