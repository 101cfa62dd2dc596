"""Between sign-in and the page somebody wanted: what is still missing is asked first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from core.actor import STAFF
from core.edge import actor_of
from identity.acting import SESSION_KEY, memberships_of, proved, second_factor_passed
from identity.models import User

WHERE_CODES_ARE_TYPED = (
    "/sign-in/code/",
    "/staff/second-step/",
    "/staff/sign-in/second-step/",
    "/_allauth/app/v1/auth/phone/verify",
    "/_allauth/app/v1/auth/code/confirm",
    "/_allauth/app/v1/auth/2fa/",
    "/_allauth/app/v1/account/phone",
    "/_allauth/app/v1/account/authenticators/",
)


class OneTryAtATime:
    """Codes typed in one session stand in line.

    The library counts wrong tries in the session: read, add one, write back. Sent at once, a hundred guesses would all read
    zero and count as one. Stands before the session is read.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        key = request.headers.get("X-Session-Token") or request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
        if request.method != "POST" or not key or not request.path.startswith(WHERE_CODES_ARE_TYPED):
            return self.get_response(request)
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 2))", [key.replace("\0", "")])
            return self.get_response(request)


class WhoIsThis:
    """A new citizen says their name first; staff pass the second step before a console opens. Looks at our pages only."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        roles = getattr(view, "roles", None)
        user = request.user
        if not roles or request.method != "GET" or not isinstance(user, User):
            return None
        actor = actor_of(request)
        if actor.role != "citizen" or request.resolver_match is None:
            return None
        back = urlencode({"next": request.get_full_path()})
        if roles <= STAFF and not second_factor_passed(request) and memberships_of(user):
            # Signed in by a code to the phone: the password first, whoever holds the number.
            if not proved(request, "password"):
                return redirect(f"{reverse('account_reauthenticate')}?{back}")
            # With an authenticator already set up the session simply began another way: sign in as staff.
            if is_mfa_enabled(user):
                return redirect(f"{reverse('mfa_reauthenticate')}?{back}")
            return redirect(f"{reverse('mfa_activate_totp')}?{back}")
        if (
            "citizen" in roles
            and actor.person_id is None
            and request.resolver_match.url_name not in {"identity_welcome", "identity_roles"}
            and (request.session.get(SESSION_KEY) == "citizen" or not memberships_of(user))
        ):
            return redirect(f"{reverse('identity_welcome')}?{back}")
        return None
