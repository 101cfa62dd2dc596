"""Booking's tables: schedules and exceptions, appointments, the projection that search reads, and what surrounds a visit."""

from booking.models.appointments import ACTIVE, OVER, Appointment, Status
from booking.models.cut_short import CutShort
from booking.models.days import FreeFrom, PractitionerDay, Profile
from booking.models.leaves import Leave, LeaveCase
from booking.models.limits import Block
from booking.models.links import (
    BusyFeed,
    CalendarLink,
    HookDelivery,
    HookEndpoint,
    ImportRun,
    OutsideNumber,
    Undo,
)
from booking.models.queue import Line, OnCall, Screen, Ticket, UrgentAsk
from booking.models.remote import RemoteWish
from booking.models.schedules import Closure, Policy, Rule, Schedule
from booking.models.waiting import Offer, WaitingEntry

__all__ = [
    "ACTIVE",
    "OVER",
    "Appointment",
    "Block",
    "BusyFeed",
    "CalendarLink",
    "Closure",
    "CutShort",
    "FreeFrom",
    "HookDelivery",
    "HookEndpoint",
    "ImportRun",
    "Leave",
    "LeaveCase",
    "Line",
    "Offer",
    "OnCall",
    "OutsideNumber",
    "Policy",
    "PractitionerDay",
    "Profile",
    "RemoteWish",
    "Rule",
    "Schedule",
    "Screen",
    "Status",
    "Ticket",
    "Undo",
    "UrgentAsk",
    "WaitingEntry",
]
