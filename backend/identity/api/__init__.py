"""The doors of identity: the own account (`me`) and the public directory (`directory`)."""

from identity.api.directory import (
    Facilities,
    FacilityDetail,
    PractitionerDetail,
    Practitioners,
    Provinces,
    Specialties,
    SpecialtyDetail,
    VisitTypeDetail,
    VisitTypes,
)
from identity.api.me import (
    ActingAs,
    DelegationDetail,
    Delegations,
    Devices,
    Me,
    People,
    PersonDetail,
    SocketTickets,
)

__all__ = [
    "ActingAs",
    "DelegationDetail",
    "Delegations",
    "Devices",
    "Facilities",
    "FacilityDetail",
    "Me",
    "People",
    "PersonDetail",
    "PractitionerDetail",
    "Practitioners",
    "Provinces",
    "SocketTickets",
    "Specialties",
    "SpecialtyDetail",
    "VisitTypeDetail",
    "VisitTypes",
]
