"""The doctor's calendars: an address under which other programmes show their visits, and calendars that close their hours."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from booking import access, actions, queries
from core.edge import actor_of, now
from core.pages import page
from web import calendars as shared


@require_GET
@page(roles={"practitioner"})
def calendars(request: HttpRequest) -> HttpResponse:
    """Show both."""
    return _page(request)


@require_POST
@page(roles={"practitioner"})
def make(request: HttpRequest) -> HttpResponse:
    """Make an address and show it, this once."""
    address, error = shared.make_link(request)
    return _page(request, address=address, error=error)


@require_POST
@page(roles={"practitioner"})
def revoke(request: HttpRequest, link_id: UUID) -> HttpResponse:
    """End an address."""
    actions.revoke_calendar_link(link_id=link_id, by=actor_of(request), now=now())
    messages.success(request, _("The address no longer works."))
    return redirect("doctor_calendars")


@require_POST
@page(roles={"practitioner"})
def follow(request: HttpRequest, schedule_id: UUID) -> HttpResponse:
    """Follow one more calendar."""
    access.get_schedule(actor_of(request), schedule_id)
    error = shared.follow(request, schedule_id)
    if error:
        return _page(request, error=error, url=request.POST.get("url", ""))
    messages.success(request, _("The calendar is followed. Its busy times appear within a minute."))
    return redirect("doctor_calendars")


@require_POST
@page(roles={"practitioner"})
def remove(request: HttpRequest, feed_id: UUID) -> HttpResponse:
    """Follow a calendar no longer."""
    actions.unfollow_calendar(feed_id=feed_id, by=actor_of(request), now=now())
    messages.success(request, _("The calendar is no longer followed. What it had closed is open again."))
    return redirect("doctor_calendars")


def _page(request: HttpRequest, *, address: str = "", error: str = "", url: str = "") -> HttpResponse:
    by = actor_of(request)
    context = {
        "address": address,
        "error": error,
        "url": url,
        "links": queries.calendar_links_of(by),
        "schedules": [(one, shared.followed_by(one)) for one in queries.schedules_for(by)],
    }
    return render(request, "web/doctor/calendars.html", context, status=422 if error else 200)
