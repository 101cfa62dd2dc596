"""Accounts, citizens, places, staff, and leave to act for others."""

from identity.models.accounts import Device, SocketTicket, User, UserManager
from identity.models.people import Delegation, Person
from identity.models.places import Facility, Province, Specialty, VisitType
from identity.models.staff import Membership, Practitioner

__all__ = [
    "Delegation",
    "Device",
    "Facility",
    "Membership",
    "Person",
    "Practitioner",
    "Province",
    "SocketTicket",
    "Specialty",
    "User",
    "UserManager",
    "VisitType",
]
