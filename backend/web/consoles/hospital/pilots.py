"""The approved pilots of the house: how many cases are taken and left, until when, by which decision."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from booking import queries
from core.edge import actor_of, now
from identity import access as identity_access
from web.consoles.hospital.desk import STATUS_WORDS, desk_page, today_at


@require_safe
@desk_page
def pilots(request: HttpRequest) -> HttpResponse:
    """Show each pilot with its quota and its latest visits; without names, for a pilot's name says what somebody has."""
    by = actor_of(request)
    here = identity_access.require_desk(by)
    found = [
        (one, [(case, *STATUS_WORDS[_as_told(case)]) for case in one.cases])
        for one in queries.pilots_of(by, today_at(here.zone))
    ]
    return render(request, "web/hospital/pilots.html", {"pilots": found})


def _as_told(case: Any) -> str:
    """A hold whose time ran out keeps its case until somebody notices, within a minute, and reads as not paid in time."""
    return "expired" if case.is_overdue(now()) else str(case.status)
