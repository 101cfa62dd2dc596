"""Booking online is paused: why, until when, and asking the hospital to lift it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

import booking.access
import booking.actions
from core.errors import Conflict
from core.pages import actor_of, now
from web.citizen.door import citizen_page


@citizen_page
def block(request: HttpRequest, block_id: UUID) -> HttpResponse:
    """Read how it stands; write to the hospital, once or better worded until it answers."""
    actor, moment = actor_of(request), now()
    found = booking.access.get_block(actor, block_id)
    words = request.POST.get("words", "").strip()[:2000]
    missing = request.method == "POST" and not words
    if words:
        try:
            booking.actions.appeal(block_id=block_id, words=words, by=actor, now=moment)
        except Conflict as refusal:
            messages.error(request, str(refusal.detail))
        else:
            messages.success(request, _("Your words are with the hospital. You are told when it answers."))
        return redirect("web_block", block_id=block_id)
    is_over = str(found.status) == "lifted" or found.until <= moment
    context = {"pause": found, "is_over": is_over, "missing": missing}
    return render(request, "web/citizen/block.html", context, status=422 if missing else 200)
