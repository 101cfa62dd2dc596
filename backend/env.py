"""Reading the environment: `NAME` or `NAME_FILE`, with the development's own secrets made on first use.

In production (LANH_ENV=production) a missing secret stops the start; in development it is drawn at random once and kept in
the state folder, so that nobody's sessions end with a restart.
"""

import contextlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path

import environ

_env = environ.FileAwareEnv()
ROOT = Path(__file__).resolve().parent.parent
PRODUCTION = _env.str("LANH_ENV", "development") == "production"


class Missing(SystemExit):
    """A setting without which production must not start."""


def str_(name: str, default: str = "") -> str:
    """Return a text."""
    return str(_env.str(name, default))


def int_(name: str, default: int) -> int:
    """Return a whole number."""
    return int(_env.int(name, default))


def bool_(name: str, default: bool) -> bool:
    """Return yes or no ("1", "true", "on", "yes" are yes)."""
    return bool(_env.bool(name, default))


def list_(name: str, default: list[str] | None = None) -> list[str]:
    """Return a comma-separated list."""
    return list(_env.list(name, default=default or []))


def state_folder() -> Path:
    """Where this checkout keeps what it made itself: keys, the embedded database."""
    folder = Path(str_("LANH_STATE") or ROOT / ".lanh")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def secret(name: str, make: Callable[[], str] = lambda: secrets.token_urlsafe(48)) -> str:
    """Return a secret. In production it must be given; in development it is made once and kept (mode 0600)."""
    given = str_(name)
    if given:
        return given
    if PRODUCTION:
        raise Missing(f"{name} (or {name}_FILE) is needed in production")
    file = state_folder() / f"{name.lower()}.secret"
    if not file.exists():
        draft = file.with_suffix(f".{os.getpid()}.tmp")
        draft.touch(mode=0o600)
        draft.write_text(make())
        with contextlib.suppress(FileExistsError):
            os.link(draft, file)  # two processes at first start: one wins, both read the winner's
        draft.unlink()
    return file.read_text()


def public_url(default: str, *, demo: bool) -> str:
    """Return the address people reach us at. A real site has one, and over TLS: cookies and HSTS hang on it."""
    given = str_("PUBLIC_URL", "" if PRODUCTION and not demo else default).rstrip("/")
    if PRODUCTION and not demo and not given.startswith("https://"):
        raise Missing("PUBLIC_URL is needed in production, beginning with https://: without TLS sessions can be stolen")
    return given


def carrier(name: str, stand_in: str, *, demo: bool) -> str:
    """Return the dotted path of a carrier. Production may not fall back on one that shows messages instead of sending."""
    given = str_(name)
    if not given and not demo:
        raise Missing(f"{name} is needed: without it sign-in codes and calls to patients would go nowhere")
    return given or stand_in


def rsa_key() -> str:
    """A fresh RSA private key as PEM, for signing access tokens."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
