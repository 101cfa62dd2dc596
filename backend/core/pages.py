"""HTML doors: send visitors to the sign-in page, refuse wrong roles in words, and turn refusals into pages."""

import functools
from collections.abc import Callable, Collection
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import urlencode

from core.actor import SIGNED_IN, STAFF
from core.edge import actor_of, now
from core.errors import DomainError, WrongRole, column_of

__all__ = ["actor_of", "now", "page", "refused"]

View = Callable[..., HttpResponseBase]


def refused(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Answer a refusal as a page with its own sentence; the status follows the table."""
    status = column_of(error).http
    template = {404: "404.html", 403: "403.html"}.get(status, "web/refused.html")
    return render(request, template, {"error": error}, status=status)


def page(*, roles: Collection[str] = SIGNED_IN) -> Callable[[View], View]:
    """Guard an HTML view. Visitors go to the sign-in page and come back; `roles=()` lets anybody in."""
    wanted = frozenset(roles)

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            actor = actor_of(request)
            try:
                if wanted and actor.is_anonymous:
                    address = settings.STAFF_LOGIN_URL if wanted <= STAFF else settings.LOGIN_URL
                    back = request.get_full_path() if request.method == "GET" else "/"
                    return redirect(f"{address}?{urlencode({'next': back})}")
                if wanted and actor.role not in wanted:
                    raise WrongRole()
                response = view(request, *args, **kwargs)
            except DomainError as error:
                return refused(request, error)
            if wanted:
                response.headers.setdefault("Cache-Control", "no-store")
            return response

        answer.roles = wanted  # type: ignore[attr-defined]
        return answer

    return decorate
