"""The codes people carry: the national prescription code, the citizen's access code, and how wrong tries are slowed.

The national code has 14 characters, `xxxxxyyyyyyy-z`: five of the facility, seven random, a hyphen, the type
(Decision 808/QĐ-BYT; types n, h, c and y in the national interface, N, H, C and T in the circulars: y and T are one).
"""

import re
import secrets
import string
from collections.abc import Sequence
from datetime import datetime, timedelta

CODE = re.compile(r"[0-9A-Za-z]{5}[0-9A-Za-z]{7}-[NHCYTnhcyt]", re.ASCII)
RANDOM_PART = string.digits + string.ascii_lowercase
ACCESS_CODE = re.compile(r"[0-9]{8}", re.ASCII)

# Five wrong access codes for one prescription, and each further try waits: one minute, two, four … at most an hour.
FREE_TRIES = 5
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
TRIES_COUNT_FOR = timedelta(hours=24)


def normalised(text: str) -> str | None:
    """Return the code without spaces, as written otherwise; None when it is not a code. Compare with `same_key`."""
    code = "".join(text.split())
    return code if CODE.fullmatch(code) else None


def same_key(code: str) -> str:
    """Return the form in which two writings of one code are equal: without regard to case, and y is T."""
    key = code.lower()
    return f"{key[:-1]}t" if key.endswith("-y") else key


def new_code(facility_code: str, kind: str) -> str:
    """Draw a code for a facility (5 characters) and a type (c, n, h or t). Never sequential: 36**7 values by `secrets`."""
    if not re.fullmatch(r"[0-9A-Za-z]{5}", facility_code, re.ASCII) or kind not in {"c", "n", "h", "t"}:
        raise ValueError(f"no code for facility {facility_code!r} and type {kind!r}")
    drawn = "".join(secrets.choice(RANDOM_PART) for _ in range(7))
    return f"{facility_code}{drawn}-{kind}"


def new_access_code() -> str:
    """Draw eight digits: short enough to say aloud, long enough with slowed tries."""
    return f"{secrets.randbelow(10**8):08d}"


def clean_access_code(text: str) -> str | None:
    """Return the eight digits without spaces and hyphens, or None when it is not an access code."""
    digits = re.sub(r"[\s-]", "", text)
    return digits if ACCESS_CODE.fullmatch(digits) else None


def same_secret(left: str, right: str) -> bool:
    """Compare two secrets in constant time."""
    return secrets.compare_digest(left.encode(), right.encode())


def payload(code: str, access_code: str) -> str:
    """Return the text of the QR code: what a pharmacy's scanner types."""
    return f"{code}#{access_code}"


def slowed_until(wrong_tries: Sequence[datetime], now: datetime) -> datetime | None:
    """Return until when further tries are refused, or None when one may try now.

    `wrong_tries` are the instants of wrong access codes; those older than a day no longer count.
    """
    recent = sorted(at for at in wrong_tries if at > now - TRIES_COUNT_FOR)
    if len(recent) < FREE_TRIES:
        return None
    doublings = min(len(recent) - FREE_TRIES, 10)
    until = recent[-1] + min(FIRST_WAIT * 2**doublings, LONGEST_WAIT)
    return until if until > now else None
