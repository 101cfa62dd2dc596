"""The page behind a one-time link: who invites, then the device check, the waiting room and the call."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from core.pages import now, page
from realtime import access, actions, guests
from realtime.models import Invite


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@page(roles=())
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Opened by a press, not by being looked at: programs that preview links would use it up."""
    invite = access.get_invite_by_token(token)
    holder = guests.holder_of(request)
    if request.method == "POST":
        holder = holder or guests.new_holder()
        actions.open_invite(token=token, holder=holder, now=now())
        response: HttpResponse = redirect(request.path)
        guests.hand_out(response, holder, request.path)
        return response
    if guests.is_held_by(invite, holder) and invite.withdrawn_at is None:
        more = {"caller": guests.actor_of(invite, holder), "token": token}
        return render(request, "realtime/guest_visit.html", _shown(invite) | more)
    actions.check_openable(invite, now(), holder=holder)
    response = render(request, "realtime/join.html", _shown(invite))
    if not holder:
        # Given before the press: when its answer is lost on the way, the next press is known to come from here.
        guests.hand_out(response, guests.new_holder(), request.path)
    return response


def _shown(invite: Invite) -> dict[str, object]:
    encounter = invite.room.encounter
    return {
        "invite": invite,
        "encounter": encounter,
        "practitioner": encounter.practitioner,
        "facility": encounter.facility,
    }
