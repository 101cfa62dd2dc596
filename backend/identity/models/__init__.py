"""Accounts, citizens, places, staff, and leave to act for others."""

from identity.models.accounts import Device, SocketTicket, User, UserManager
from identity.models.clients import ApiClient, ApiToken
from identity.models.people import Arrival, Delegation, Person
from identity.models.pilots import Pilot
from identity.models.places import SHARED, Contract, Facility, Province, Specialty, Telemedicine, VisitType
from identity.models.staff import Membership, Practitioner

__all__ = [
    "SHARED",
    "ApiClient",
    "ApiToken",
    "Arrival",
    "Contract",
    "Delegation",
    "Device",
    "Facility",
    "Membership",
    "Person",
    "Pilot",
    "Practitioner",
    "Province",
    "SocketTicket",
    "Specialty",
    "Telemedicine",
    "User",
    "UserManager",
    "VisitType",
]
