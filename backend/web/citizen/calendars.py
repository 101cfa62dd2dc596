"""The citizen's calendar: an address under which their phone's calendar shows their visits and those of their family."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from booking import actions, queries
from core.edge import actor_of, now
from identity import access as identity_access
from web import calendars as shared
from web.citizen.door import citizen_page


@require_GET
@citizen_page
def calendars(request: HttpRequest) -> HttpResponse:
    """List the living addresses, and offer to make one."""
    return _page(request)


@require_POST
@citizen_page
def make(request: HttpRequest) -> HttpResponse:
    """Make an address and show it, this once."""
    try:
        person_id = UUID(request.POST.get("person", ""))
    except ValueError:
        person_id = None
    address, error = shared.make_link(request, person_id)
    return _page(request, address=address, error=error)


@require_POST
@citizen_page
def revoke(request: HttpRequest, link_id: UUID) -> HttpResponse:
    """End an address."""
    actions.revoke_calendar_link(link_id=link_id, by=actor_of(request), now=now())
    messages.success(request, _("The address no longer works."))
    return redirect("web_calendars")


def _page(request: HttpRequest, *, address: str = "", error: str = "") -> HttpResponse:
    by = actor_of(request)
    context = {
        "address": address,
        "error": error,
        "links": queries.calendar_links_of(by),
        "people": identity_access.people_of(by, "read"),
    }
    return render(request, "web/citizen/calendars.html", context, status=422 if error else 200)
