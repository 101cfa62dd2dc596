"""What shows afterwards how a visit by video took place: a chain of rows, each with the hash of the one before. Pure.

hash = SHA-256(previous hash, as text + canonical JSON of everything else in the row). Who changes, adds, drops or reorders
a row has to make every later one anew; the last hash, printed or kept elsewhere, then no longer fits. No clinical word is
in it: of the note only its hash.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

FIRST = "0" * 64
# What is told, in the order in which a visit usually tells it.
KINDS = (
    "consent",
    "device_check",
    "join",
    "gate",
    "let_in",
    "beside",
    "topology",
    "leave",
    "recording",
    "handed_over",
    "closed",
    "note_final",
)


@dataclass(frozen=True)
class Link:
    """One row as it is hashed and shown."""

    encounter: str
    number: int
    at: datetime
    kind: str
    facts: dict[str, Any]
    previous: str
    hash: str


def canonical(values: dict[str, Any]) -> bytes:
    """Write values in the one way that is hashed: sorted names, no spaces, UTF-8."""
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def hash_of(encounter: str, number: int, at: datetime, kind: str, facts: dict[str, Any], previous: str) -> str:
    """Return the hash of a row that follows `previous`."""
    content = {"encounter": encounter, "number": number, "at": moment(at), "kind": kind, "facts": facts}
    return hashlib.sha256(previous.encode() + canonical(content)).hexdigest()


def moment(at: datetime) -> str:
    """Write an instant in the one way that is hashed: UTC, microseconds always."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def faults(encounter: str, chain: Iterable[Link]) -> list[int]:
    """Return the numbers of rows that do not fit where they stand; none for a chain nobody has touched."""
    found, previous = [], FIRST
    for place, one in enumerate(chain, start=1):
        fits = (
            one.encounter == encounter
            and one.number == place
            and one.previous == previous
            and one.hash == hash_of(one.encounter, one.number, one.at, one.kind, one.facts, one.previous)
        )
        if not fits:
            found.append(one.number)
        previous = one.hash
    return found


def as_json(chain: Sequence[Link]) -> list[dict[str, Any]]:
    """Give the rows as they are hashed, so that anybody can check them."""
    names = ("number", "kind", "facts", "previous", "hash")
    return [{**{name: getattr(one, name) for name in names}, "at": moment(one.at)} for one in chain]
