"""The code of a visit, for the kiosk: in the QR on the citizen's page, and short enough to be typed. And screens' addresses."""

import base64
import hashlib
import hmac
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, Signer

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O, U
LENGTH = 8
READ_AS = str.maketrans({"I": "1", "L": "1", "O": "0"})


def code_of(appointment_id: UUID) -> str:
    """Give the eight characters of a visit. They say nothing by themselves, and only its facility's kiosk reads them."""
    key = f"kiosk {settings.SECRET_KEY}".encode()
    number = int.from_bytes(hmac.digest(key, appointment_id.bytes, hashlib.sha256)[:5])
    return "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(LENGTH)))


def in_groups(code: str) -> str:
    """Write a code as people read it aloud: K7PM-2X4Q."""
    return f"{code[:4]}-{code[4:]}"


def clean(text: str) -> str:
    """Read a code as it was typed or scanned: small letters, blanks, hyphens, and letters taken for digits."""
    return "".join(text.upper().split()).replace("-", "").translate(READ_AS)[:LENGTH]


def address_of(screen_id: UUID) -> str:
    """Sign a screen's id: what its address carries. It says which screen, and that we made it; the row says until when."""
    text = base64.urlsafe_b64encode(screen_id.bytes).decode().rstrip("=")
    return signer().sign(text)


def screen_of(address: str) -> UUID | None:
    """Read a screen's address; None when it is not ours."""
    try:
        text = signer().unsign(address)
        return UUID(bytes=base64.urlsafe_b64decode(f"{text}=="))
    except (BadSignature, ValueError):
        return None


def signer() -> Signer:
    """Give the signer of screens' addresses."""
    return Signer(salt="booking.screen", sep=".")
