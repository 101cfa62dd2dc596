"""In which role somebody acts: found from the token or session, and the role they picked."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from core.actor import Actor
from identity.models import Membership, Person, User

SESSION_KEY = "acting_as"
DEMO_ADDRESSES = "@demo.lanh.vn"
HEADER = "Lanh-Acting-As"  # "citizen" or the id of a membership


def session_of(request: HttpRequest) -> Any:
    """The session behind the request: the cookie's, or the one a token stands for."""
    return getattr(request, "lanh_session", None) or getattr(request, "session", {})


def proved(request: HttpRequest, method: str) -> bool:
    """Say whether this session was signed in, or confirmed since, by "password", "code" (to the phone) or "mfa"."""
    session, user = session_of(request), getattr(request, "user", None)
    whose = session.get("account_authentication_methods_user")
    if whose is not None and (user is None or whose != str(user.pk)):
        return False  # proved by somebody else, earlier in this session
    methods = session.get("account_authentication_methods", [])
    return any(one.get("method") == method for one in methods)


def second_factor_passed(request: HttpRequest) -> bool:
    """Say whether this session proved password and second step (or came through the demo's door, where that is open).

    The second step alone is not enough: who only took over a phone number could set up an authenticator of their own.
    """
    session = session_of(request)
    if proved(request, "mfa") and proved(request, "password"):
        return True
    return bool(settings.DEMO and session.get("demo_sign_in"))


def memberships_of(user: User) -> list[Membership]:
    """Return the roles the user holds today."""
    today = timezone.localdate()
    rows = user.memberships.select_related("facility", "practitioner").order_by("created_at", "id")
    return [row for row in rows if row.is_active(today)]


def as_citizen(user: User) -> Actor:
    """The user as themselves."""
    person = Person.objects.filter(user=user).values_list("id", "full_name").first()
    return as_person(user, person)


def as_person(user: User, person: tuple[UUID, str] | None) -> Actor:
    """The user as the person they have told us they are (id and full name), if they have."""
    person_id, name = person or (None, str(user))
    return Actor("citizen", user_id=user.id, person_id=person_id, name=name)


def as_member(membership: Membership) -> Actor:
    """The user in one of their roles."""
    practitioner = membership.practitioner
    user = membership.user
    assert user is not None
    return Actor(
        membership.role,
        user_id=user.id,
        practitioner_id=membership.practitioner_id,
        facility_id=membership.facility_id,
        name=practitioner.display_name if practitioner else str(user),
    )


def is_left_from_a_demo(user: User) -> bool:
    """Say whether a real site found an account of the demo, whose password everybody knows, in its database."""
    return not settings.DEMO and (user.email or "").endswith(DEMO_ADDRESSES)


def actor_of(request: HttpRequest) -> Actor:
    """settings.ACTOR_OF: the user in the role picked by header or session; else their first staff role, else citizen.

    Staff roles need a second factor; without one the user is only themselves.
    """
    system = getattr(request, "lanh_system", None)
    if isinstance(system, Actor):  # a hospital's own, signed in with its token
        return system
    known, asked_for = getattr(request, "lanh_remembered", None), request.headers.get(HEADER, "")
    if known is None:
        return _find_actor(request)
    actor = known.actors.get(asked_for) or known.only
    if actor is None:
        actor = known.actors[asked_for] = _find_actor(request)
    return actor


def _find_actor(request: HttpRequest) -> Actor:
    user = getattr(request, "user", None)
    if not isinstance(user, User) or not user.is_active or is_left_from_a_demo(user):
        return Actor.anonymous()
    wish = request.headers.get(HEADER) or session_of(request).get(SESSION_KEY, "")
    roles = memberships_of(user) if wish != "citizen" else []
    if not roles or not second_factor_passed(request):
        return as_citizen(user)
    try:
        wanted = UUID(wish)
    except ValueError:
        wanted = None
    return as_member(next((row for row in roles if row.id == wanted), roles[0]))
