"""Who an access token stands for, read in one statement: the session, its user, the person, and whether they hold roles.

The sign-in library and Django ask four times for the same. Here only the plain case is answered; of anything unusual
(another session store, a hash of an older secret, nothing found) nothing is said, and the long way decides.
"""

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from uuid import UUID

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.db import connection
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from core import rounds
from identity.models import Membership, Person, User

PLAIN_STORE = "django.contrib.sessions.backends.db"


@dataclass(frozen=True)
class Standing:
    """What one statement told. `person` is the id and full name, where the user has told us who they are."""

    session: SessionBase
    user: User
    person: tuple[UUID, str] | None
    has_roles: bool


def standing_of(session_key: str, subject: str) -> Standing | None:
    """Give who stands behind a session, if it is theirs, alive and of an active account; None leaves it to the long way."""
    try:
        user_id = UUID(subject)
    except ValueError:
        return None
    if settings.SESSION_ENGINE != PLAIN_STORE:
        return None
    asked = {"session": session_key, "user": user_id, "now": timezone.now()}
    rows = rounds.ask((_statement(), asked))
    if not rows:
        return None
    data, person_id, full_name, has_roles, *columns = rows[0]
    session: SessionBase = import_module(PLAIN_STORE).SessionStore(session_key)
    session._session_cache = session.decode(data)  # type: ignore[attr-defined]
    user = User.from_db(connection.alias, _columns(), columns)
    if not _is_theirs(session, user):
        return None
    return Standing(session, user, (person_id, full_name) if person_id is not None else None, has_roles)


def _is_theirs(session: SessionBase, user: User) -> bool:
    """Ask what `django.contrib.auth.get_user` asks: the same account, a known way in, and the password of then."""
    kept = str(session.get(HASH_SESSION_KEY) or "")
    return (
        user.is_active
        and session.get(SESSION_KEY) == str(user.pk)
        and session.get(BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS
        and constant_time_compare(kept, user.get_session_auth_hash())
    )


@cache
def _columns() -> list[str]:
    return [field.attname for field in User._meta.concrete_fields]


@cache
def _statement() -> str:
    user, person, membership = User._meta.db_table, Person._meta.db_table, Membership._meta.db_table
    columns = ", ".join(f'u."{field.column}"' for field in User._meta.concrete_fields)
    return f"""
        SELECT s.session_data, p.id, p.full_name, EXISTS (SELECT FROM "{membership}" m WHERE m.user_id = u.id), {columns}
        FROM django_session s
        JOIN "{user}" u ON u.id = %(user)s
        LEFT JOIN "{person}" p ON p.user_id = u.id
        WHERE s.session_key = %(session)s AND s.expire_date > %(now)s"""
