"""The week of one doctor: a table of hours on a desk's screen, a list of one day on a phone."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from booking import queries
from core.edge import actor_of, now
from web.consoles.hospital.desk import STATUS_WORDS, day_from, desk_page, id_from, schedules_of, today_at


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
    """Show seven days of one schedule, from Monday: the one asked for, else the one with most to do in these days."""
    by = actor_of(request)
    schedules = schedules_of(by)
    if not schedules:
        return render(request, "web/hospital/week.html", {"schedules": []})
    zone = schedules[0].zone  # a house stands in one
    today = today_at(zone)
    chosen = day_from(request.GET.get("day"), today)
    monday = chosen - timedelta(days=chosen.weekday())
    begin = datetime.combine(monday, time(), ZoneInfo(zone))
    wanted = id_from(request.GET.get("schedule")) or queries.busiest(schedules, begin, begin + timedelta(days=7))
    schedule = next((one for one in schedules if one.pk == wanted), schedules[0])
    days = queries.calendar_of(schedule, monday, 7, now())
    context = {
        "schedules": schedules,
        "schedule": schedule,
        "today": today,
        "chosen": chosen,
        "monday": monday,
        "sunday": monday + timedelta(days=6),
        "previous": chosen - timedelta(days=7),
        "next": chosen + timedelta(days=7),
        "days": days,
        "hours": hours_of(days),
        "chosen_day": days[chosen.weekday()],
        "chosen_cells": [_cell(piece) for piece in days[chosen.weekday()].pieces],
        "has_rules": bool(queries.rules_of(schedule)),
    }
    return render(request, "web/hospital/week.html", context)


def hours_of(days: list[queries.CalendarDay]) -> list[Hour]:
    """Arrange the pieces of some days in rows of an hour, from the earliest to the latest."""
    pieces = [piece for day in days for piece in day.pieces]
    if not pieces:
        return []
    first = min(piece.starts.hour for piece in pieces)
    last = max(_last_hour(piece) for piece in pieces)
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
    _look, words = STATUS_WORDS[piece.appointment.status]
    state = {"held": "held", "fulfilled": "done", "no_show": "done"}.get(piece.appointment.status, "taken")
    return Cell(piece, state, str(words))
