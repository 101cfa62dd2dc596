"""The calendars a schedule follows: the desk adds an address or a file; busy times there close the schedule."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from booking import access, actions
from core.edge import actor_of, now
from web import calendars as shared
from web.consoles.hospital.desk import desk_page


@require_http_methods(["GET", "POST"])
@desk_page
def calendars(request: HttpRequest, schedule_id: UUID) -> HttpResponse:
    """Show what is followed, and follow one more."""
    here = access.get_schedule(actor_of(request), schedule_id)
    error = ""
    if request.method == "POST":
        error = shared.follow(request, schedule_id)
        if not error:
            messages.success(request, _("The calendar is followed. Its busy times appear within a minute."))
            return redirect("hospital_calendars", schedule_id=schedule_id)
    context = {
        "schedule": here,
        "followed": shared.followed_by(here),
        "error": error,
        "url": request.POST.get("url", ""),
    }
    return render(request, "web/hospital/calendars.html", context, status=422 if error else 200)


@require_POST
@desk_page
def remove(request: HttpRequest, feed_id: UUID) -> HttpResponse:
    """Follow a calendar no longer."""
    by = actor_of(request)
    feed = access.get_feed(by, feed_id)
    actions.unfollow_calendar(feed_id=feed_id, by=by, now=now())
    messages.success(request, _("The calendar is no longer followed. What it had closed is open again."))
    return redirect("hospital_calendars", schedule_id=feed.schedule_id)
