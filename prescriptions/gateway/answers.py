"""What an answer of the national system means for what was sent. Pure.

`success` is a text, also where nothing succeeded: the status decides, never that word.
"""

from __future__ import annotations

import base64
import binascii
import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

LONGEST_PAUSE = timedelta(hours=1)
FIRST_PAUSE = timedelta(seconds=30)
MOST_ERRORS = 20


class Outcome(StrEnum):
    """What to do next."""

    TAKEN = "taken"  # stored
    DUPLICATE = "duplicate"  # this code is known already: ours of before, or somebody else's
    REFUSED = "refused"  # said no: for people
    ACCOUNT = "account"  # who asks is not let in: sign in once more, then for people
    UNKNOWN = "unknown"  # no such prescription there
    LATER = "later"  # not now: ask again


@dataclass(frozen=True)
class Verdict:
    """What came back, ready to be kept and shown."""

    outcome: Outcome
    words: str = ""
    status: int = 0  # of HTTP; 0 when nothing came back
    errors: tuple[str, ...] = ()
    checksum: str = ""
    retry_after: timedelta | None = None
    body: Any = None


def judge(status: int, raw: bytes, headers: Mapping[str, str], *, duplicate_text: str) -> Verdict:
    """Read an answer. 200 is taken whatever text it carries; 5xx, 408, 425, 429 and a redirect are asked again."""
    body = parse(raw)
    known = body if isinstance(body, dict) else {}
    words = body if isinstance(body, str) else known.get("success") or known.get("message") or ""
    verdict = Verdict(
        Outcome.LATER,
        words=_short(words),
        status=status,
        errors=_errors(known),
        checksum=_short(known.get("checksum") or ""),
        retry_after=_retry_after(headers.get("retry-after", "")),
        body=body,
    )
    return replace(verdict, outcome=_outcome(verdict, duplicate_text))


def _outcome(verdict: Verdict, duplicate_text: str) -> Outcome:
    status, is_json = verdict.status, verdict.body is not None
    if 200 <= status < 300:
        return Outcome.TAKEN if is_json else Outcome.LATER  # a page of a proxy in between is no answer of the system
    if status in {401, 403}:
        return Outcome.ACCOUNT
    if status >= 500 or status in {408, 425, 429} or status < 400:
        return Outcome.LATER
    if status == 404:
        return Outcome.UNKNOWN if is_json else Outcome.LATER
    return Outcome.DUPLICATE if status == 422 and is_duplicate(verdict, duplicate_text) else Outcome.REFUSED


def is_duplicate(verdict: Verdict, duplicate_text: str) -> bool:
    """Say whether a refusal means that the code is used already."""
    wanted = _plain(duplicate_text)
    return bool(wanted) and any(wanted in _plain(text) for text in (verdict.words, *verdict.errors))


def token_of(body: Any) -> str:
    """Return the token of a sign-in; empty when there is none in it."""
    token = body.get("token") if isinstance(body, dict) else None
    return token if isinstance(token, str) else ""


def token_ends_at(token: str, *, now: datetime, otherwise: timedelta) -> datetime:
    """Return until when a token is good: what the JWT says of itself (its signature is their business), else `otherwise`."""
    try:
        middle = token.split(".")[1]
        ends = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))["exp"]
        return datetime.fromtimestamp(float(ends), UTC)
    except (IndexError, KeyError, TypeError, ValueError, OverflowError, binascii.Error):
        return now + otherwise


def pause_after(tries: int, chance: float, told: timedelta | None = None) -> timedelta:
    """Say how long to wait after so many tries: 30 s, 1, 2, 4 … minutes, at most an hour, each between half and whole of it.

    `chance` in [0, 1) spreads what failed together. What the other side asked for is waited at least, an hour at most.
    """
    whole = min(FIRST_PAUSE * 2 ** min(max(tries - 1, 0), 12), LONGEST_PAUSE)
    pause = whole / 2 + whole / 2 * chance
    return max(pause, min(told, LONGEST_PAUSE)) if told else pause


def parse(raw: bytes) -> Any:
    """Return the JSON of an answer, None when it is none."""
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def _errors(body: Mapping[str, Any]) -> tuple[str, ...]:
    listed = body.get("danh_sach_cac_loi")
    found = list(listed) if isinstance(listed, list) else []
    named = body.get("error")
    if isinstance(named, dict):
        found += [text for texts in named.values() for text in (texts if isinstance(texts, list) else [texts])]
    elif isinstance(named, str):
        found.append(named)
    return tuple(_short(text) for text in found if isinstance(text, str) and text.strip())[:MOST_ERRORS]


def _short(value: object) -> str:
    return value.replace("\x00", "").strip()[:300] if isinstance(value, str) else ""


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def _retry_after(text: str) -> timedelta | None:
    return timedelta(seconds=int(text)) if text.isascii() and text.isdigit() and len(text) < 7 else None
