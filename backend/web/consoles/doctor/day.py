"""The doctor's day: who comes when, who is waiting in the room right now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

import booking.queries
import realtime.queries
import records.queries
from core.actor import Actor
from core.errors import NotFound
from core.pages import actor_of, now, page
from identity.models import Facility
from records.models import Encounter
from web.citizen.door import as_day
from web.consoles.doctor import asked, handing
from web.queue.line import line_context

DAYS_SHOWN = 7
LATE = timedelta(minutes=10)
FARTHEST = timedelta(days=3660)


@dataclass(frozen=True)
class Row:
    """One visit of the day, ready to show."""

    encounter: Encounter
    look: str  # of the badge
    words: str
    waiting_since: datetime | None
    is_next: bool = False

    @property
    def is_over(self) -> bool:
        return self.encounter.status == Encounter.Status.FINISHED


@dataclass(frozen=True)
class Day:
    """One day of the strip."""

    day: date
    visits: int


def zone_of(actor: Actor) -> str:
    """The wall clock of the clinic the doctor works in."""
    facility = Facility.objects.filter(id=actor.facility_id).first() if actor.facility_id else None
    return facility.zone if facility else "Asia/Ho_Chi_Minh"


def own_id(actor: Actor) -> UUID:
    """The practitioner who acts. Raises NotFound for a role without one."""
    if actor.practitioner_id is None:
        raise NotFound()
    return actor.practitioner_id


def _row(encounter: Encounter, waiting: dict[UUID, datetime | None], moment: datetime) -> Row:
    since = waiting.get(encounter.id)
    if encounter.status == Encounter.Status.FINISHED:
        return Row(encounter, "", _("Finished"), None)
    if encounter.id in waiting:
        return Row(encounter, "warn", _("Waiting now"), since or moment)
    if encounter.status == Encounter.Status.IN_PROGRESS:
        return Row(encounter, "info", _("In progress"), None)
    if encounter.planned_to < moment:
        return Row(encounter, "", _("Did not take place"), None)
    if encounter.planned_from + LATE < moment:
        return Row(encounter, "", _("Not here yet"), None)
    return Row(encounter, "good", _("Booked"), None)


def rows_of(actor: Actor, chosen: date, zone: str, moment: datetime) -> list[Row]:
    """The visits of a day; the first one still to come is marked as the next."""
    waiting = {one.encounter_id: one.since for one in realtime.queries.waiting_for(actor)}
    rows = [_row(one, waiting, moment) for one in records.queries.day_of(own_id(actor), chosen, zone)]
    for place, row in enumerate(rows):
        if row.encounter.status == Encounter.Status.PLANNED and row.encounter.planned_to >= moment:
            rows[place] = Row(row.encounter, row.look, row.words, row.waiting_since, is_next=True)
            break
    return rows


def _state_of(rows: list[Row]) -> str:
    # What the page watches: when this changes, the list is shown anew.
    return ",".join(f"{row.encounter.id}:{row.words}:{row.is_next}" for row in rows)


def own_line(actor: Actor) -> dict[str, Any]:
    """The line in front of the doctor's own room here, when there is one today."""
    schedules = [one for one in booking.queries.schedules_for(actor, actor.facility_id) if one.active]
    colleagues = list(booking.queries.schedules_of_facility(actor))
    lines = [line_context(actor, one, colleagues) for one in schedules]
    shown = next((one for one in lines if not one["line"].is_empty), None)
    return {**shown, "role": actor.role} if shown else {}


def in_line(rows: list[Row], line: booking.queries.LineView) -> list[Row]:
    """Say of who is in the line that they are: their time may have passed, but they are here."""
    numbers = {one.appointment.encounter_id: one.number for one in [*line.called, *(p.ticket for p in line.waiting)]}
    return [
        replace(row, look="info", words=_("Waits, number %(number)s") % {"number": numbers[row.encounter.id]})
        if row.encounter.id in numbers
        else row
        for row in rows
    ]


@require_safe
@page(roles={"practitioner"})
def day(request: HttpRequest) -> HttpResponse:
    """The list of one day, today unless another is asked for."""
    actor, moment = actor_of(request), now()
    zone = zone_of(actor)
    today = moment.astimezone(ZoneInfo(zone)).date()
    chosen = as_day(request.GET.get("day")) or today
    if abs(chosen - today) > FARTHEST:
        chosen = today  # a typing error in the address, and near the ends of the calendar no week fits
    first = chosen - timedelta(days=chosen.weekday())
    week = [first + timedelta(days=place) for place in range(DAYS_SHOWN)]
    counts = records.queries.counts_by_day(own_id(actor), week[0], week[-1], zone)
    rows = rows_of(actor, chosen, zone, moment)
    offer = asked.offer_of(actor, moment)
    board = handing.board_of(actor, chosen, zone)
    ask_id = offer["ask"].id if offer["ask"] else ""
    context = {
        "zone": zone,
        "chosen": chosen,
        "today": today,
        "previous": week[0] - timedelta(days=DAYS_SHOWN),
        "following": week[0] + timedelta(days=DAYS_SHOWN),
        "week": [Day(one, counts.get(one, 0)) for one in week],
        "rows": rows,
        "waiting": [row for row in rows if row.waiting_since],
        "done": sum(row.is_over for row in rows),
        "unwanted": realtime.queries.unwanted_recordings(actor),
        **offer,
        **board,
        "state": f"{_state_of(rows)}{ask_id}{board['hand_over_state']}",
    }
    if chosen == today:
        context |= own_line(actor)
        if "line" in context:
            context["rows"] = in_line(rows, context["line"])
        context["state"] += f" {context.get('line_state', '')}"
    return render(request, "web/doctor/day.html", context)
