"""What identity tells."""

from dataclasses import dataclass

from core.events import Event


@dataclass(frozen=True)
class DelegationRevoked(Event):
    """Somebody may no longer act for somebody; whatever they have open about them must close."""

    delegation_id: str
    grantor_id: str
    delegate_id: str

    @property
    def story(self) -> str:
        return f"delegation:{self.delegation_id}"


@dataclass(frozen=True)
class FacilityOfferChanged(Event):
    """What may be booked at a place has changed: its kinds of visit, or whether it takes people at all."""

    facility_id: str

    @property
    def story(self) -> str:
        return f"facility:{self.facility_id}"


@dataclass(frozen=True)
class PractitionerOfferChanged(Event):
    """What a practitioner may do has changed: the licence or the specialties."""

    practitioner_id: str

    @property
    def story(self) -> str:
        return f"practitioner:{self.practitioner_id}"
