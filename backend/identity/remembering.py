"""Who an access token stands for, remembered in this process for a moment after it was asked of the database in full.

A phone asks several things at once, and a rush of people books: session, user and roles need not be read for each. The
token's signature and end are checked every time. What changes in this process is forgotten at once, by signals; what
another process changed holds here after IDENTITY_REMEMBERED_SECONDS, so that whoever is shut out is out within two.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models.signals import m2m_changed, post_delete, post_save

from core.actor import Actor
from identity.models import Membership, Person, Practitioner, User

LARGEST = 20_000


@dataclass(slots=True)
class Remembered:
    """A session as it was read: its data, its user's columns, and the actors asked for since by role."""

    until: float
    session: dict[str, Any]
    user: tuple[list[str], list[Any]]
    user_id: Any
    actors: dict[str, Actor] = field(default_factory=dict)
    only: Actor | None = None  # whatever role is asked for, of a user who holds none


_known: dict[tuple[str, str], Remembered] = {}
_lock = threading.Lock()


def recall(session_key: str, subject: str) -> Remembered | None:
    """Give what is known of a session and the user a token names, while it is fresh."""
    found = _known.get((session_key, subject))
    return found if found is not None and found.until > time.monotonic() else None


def remember(
    session_key: str, subject: str, *, asked_at: float, session: Any, user: User, only: Actor | None = None
) -> Remembered:
    """Keep what the database has just said; `asked_at` is when (time.monotonic) it was asked."""
    names = [one.attname for one in User._meta.concrete_fields]
    entry = Remembered(
        asked_at + settings.IDENTITY_REMEMBERED_SECONDS,
        dict(session.items()),
        (names, [getattr(user, name) for name in names]),
        user.pk,
        only=only,
    )
    with _lock:
        if len(_known) >= LARGEST:
            _known.clear()
        _known[session_key, subject] = entry
    return entry


def forget_user(user_id: Any) -> None:
    """Ask the database again for all sessions of this user."""
    with _lock:
        for key in [key for key, entry in _known.items() if entry.user_id == user_id]:
            del _known[key]


def forget_session(session_key: str) -> None:
    """Ask the database again for this session."""
    with _lock:
        for key in [key for key in _known if key[0] == session_key]:
            del _known[key]


def forget_all() -> None:
    """Ask the database again for everybody."""
    with _lock:
        _known.clear()


def listen() -> None:
    """Hear of changes made in this process."""
    for signal in (post_save, post_delete):
        signal.connect(_session_changed, sender=Session, dispatch_uid=f"remembering session {id(signal)}")
        signal.connect(_practitioner_changed, sender=Practitioner, dispatch_uid=f"remembering doctor {id(signal)}")
        for model in (User, Person, Membership):
            signal.connect(_user_changed, sender=model, dispatch_uid=f"remembering {model.__name__} {id(signal)}")
    m2m_changed.connect(_practitioner_changed, dispatch_uid="remembering groups", sender=User.groups.through)


def _session_changed(instance: Session, **_: Any) -> None:
    forget_session(instance.session_key)


def _user_changed(instance: Any, **_: Any) -> None:
    forget_user(instance.pk if isinstance(instance, User) else instance.user_id)


def _practitioner_changed(**_: Any) -> None:
    forget_all()
