"""The week of one doctor, or of one room: a calendar whose hours can be taken by the hand.

The page brings its data along, and a table of hours (on a phone a list of one day) for browsers without script.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode

from booking import queries
from booking.api.calendar import WeekAnswer
from core.edge import actor_of, now
from identity import queries as identity_queries
from web.consoles.hospital.calendar_words import words
from web.consoles.hospital.desk import STATUS_WORDS, day_from, desk_page, id_from, schedules_of, today_at
from web.consoles.hospital.forms import grids

DAYTIME = (6, 20)  # the hours a table shows of a day that never ends


@dataclass(frozen=True)
class Hour:
    """One row of the table: an hour, and what each day has in it."""

    label: str
    cells: list[list["Cell"]]


@dataclass(frozen=True)
class Cell:
    """A piece of the calendar with its words; `goes_on`: its trail in a later hour."""

    piece: queries.Piece
    look: str
    words: str
    goes_on: bool = False

    @property
    def starts(self) -> str:
        return f"{self.piece.starts:%H:%M}"

    @property
    def ends(self) -> str:
        return f"{self.piece.ends:%H:%M}"


@desk_page
def week(request: HttpRequest) -> HttpResponse:
    """Show seven days from Monday, of a room or of one schedule: the one asked for, else the one with most to do."""
    by = actor_of(request)
    schedules = schedules_of(by)
    if not schedules:
        return render(request, "web/hospital/week.html", {"schedules": []})
    zone = schedules[0].zone  # a house stands in one
    today = today_at(zone)
    chosen = day_from(request.GET.get("day"), today)
    monday = chosen - timedelta(days=chosen.weekday())
    rooms = queries.rooms_of(by)
    room = request.GET.get("room", "")
    context = {
        "schedules": schedules,
        "today": today,
        "chosen": chosen,
        "monday": monday,
        "sunday": monday + timedelta(days=6),
        "previous": chosen - timedelta(days=7),
        "next": chosen + timedelta(days=7),
        "rooms": rooms,
        "visit_types": list(identity_queries.visit_types(facility=by.facility_id)),
        "grids": grids(),
        "words": words(),
    }
    if room in rooms:
        found = queries.week_of_room(by, room, monday, now())
        context |= {"room": room, "here": {"room": room}, "in_room": found.schedules}
    else:
        begin = datetime.combine(monday, time(), ZoneInfo(zone))
        wanted = id_from(request.GET.get("schedule")) or queries.busiest(schedules, begin, begin + timedelta(days=7))
        schedule = next((one for one in schedules if one.pk == wanted), schedules[0])
        found = queries.week_of_schedule(by, schedule.pk, monday, now())
        context |= {"schedule": schedule, "here": {"schedule": schedule.pk}, **_as_table(schedule, monday, chosen)}
    context["data"] = WeekAnswer(found).data
    context["source"] = _source(found, monday)
    return render(request, "web/hospital/week.html", context)


def _source(found: queries.Week, monday: date) -> str:
    if found.room:
        return f"{reverse('booking_room_week')}?{urlencode({'room': found.room, 'from': monday.isoformat()})}"
    return f"{reverse('booking_schedule_week', args=[found.schedules[0].pk])}?from={monday}"


def _as_table(schedule: Any, monday: date, chosen: date) -> dict[str, Any]:
    """The same week for browsers without script."""
    days = queries.calendar_of(schedule, monday, 7, now())
    return {
        "days": days,
        "hours": hours_of(days),
        "chosen_day": days[chosen.weekday()],
        "chosen_cells": [_cell(piece) for piece in days[chosen.weekday()].pieces],
        "has_rules": bool(queries.rules_of(schedule)),
    }


def hours_of(days: list[queries.CalendarDay]) -> list[Hour]:
    """Arrange the pieces of some days in rows of an hour, from the earliest to the latest."""
    pieces = [piece for day in days for piece in day.pieces]
    if not pieces:
        return []
    first = min(piece.starts.hour for piece in pieces)
    last = max(_last_hour(piece) for piece in pieces)
    if last - first > DAYTIME[1] - DAYTIME[0]:
        # Round the clock: the table begins with the day's work; the night is in it where somebody comes.
        taken = [piece for piece in pieces if piece.kind == "taken"]
        first = min([DAYTIME[0], *(piece.starts.hour for piece in taken)])
        last = max([DAYTIME[1], *(_last_hour(piece) for piece in taken)])
    rows = []
    for hour in range(first, last + 1):
        cells = [[_cell(piece) for piece in day.pieces if piece.starts.hour == hour] for day in days]
        for number, day in enumerate(days):
            cells[number][:0] = [
                replace(_cell(piece), goes_on=True) for piece in day.pieces if _covers(piece, day.day, hour)
            ]
        rows.append(Hour(f"{hour:02d}:00", cells))
    return rows


def _last_hour(piece: queries.Piece) -> int:
    last = piece.ends - timedelta(minutes=1)
    return last.hour if last.date() == piece.starts.date() else 23


def _covers(piece: queries.Piece, day: date, hour: int) -> bool:
    """Say whether a piece that began in an earlier hour reaches into this one; a free time needs no such trail."""
    if piece.kind in {"free", "past"}:
        return False
    return piece.starts.date() == day and piece.starts.hour < hour <= _last_hour(piece)


def _cell(piece: queries.Piece) -> Cell:
    if piece.appointment is None:
        return Cell(piece, piece.kind, "")
    if piece.shared:
        return Cell(piece, "taken", "")
    _look, words = STATUS_WORDS[piece.appointment.status]
    state = {"held": "held", "fulfilled": "done", "no_show": "done"}.get(piece.appointment.status, "taken")
    return Cell(piece, state, str(words))
