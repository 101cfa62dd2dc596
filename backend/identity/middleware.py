"""Between sign-in and the page somebody wanted: what is still missing is asked first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from core.actor import STAFF
from core.edge import actor_of
from identity.acting import SESSION_KEY, memberships_of, proved, second_factor_passed
from identity.models import User


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
