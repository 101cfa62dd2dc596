"""Facts about prescriptions. All facts of one prescription are one story."""

from dataclasses import dataclass

from core.events import Event


@dataclass(frozen=True)
class PrescriptionEvent(Event):
    """Whatever happens to one prescription of one person."""

    prescription_id: str
    person_id: str

    @property
    def story(self) -> str:
        return f"prescription:{self.prescription_id}"


@dataclass(frozen=True)
class PrescriptionSigned(PrescriptionEvent):
    encounter_id: str


@dataclass(frozen=True)
class PrescriptionRouted(PrescriptionEvent):
    pharmacy_id: str


@dataclass(frozen=True)
class PrescriptionAccepted(PrescriptionEvent):
    pharmacy_id: str


@dataclass(frozen=True)
class PrescriptionReturned(PrescriptionEvent):
    pharmacy_id: str


@dataclass(frozen=True)
class PrescriptionDispensed(PrescriptionEvent):
    pharmacy_id: str


@dataclass(frozen=True)
class PrescriptionCancelled(PrescriptionEvent):
    cancelled_by: str


@dataclass(frozen=True)
class PrescriptionExpired(PrescriptionEvent):
    pass


@dataclass(frozen=True)
class PrescriptionPartDispensed(PrescriptionEvent):
    """One of several parts was closed; others are to come."""

    pharmacy_id: str
    part: int


@dataclass(frozen=True)
class PharmaciesAsked(PrescriptionEvent):
    """Pharmacies hear that there is a question; of whose illness it is, nothing leaves this event but to its own people."""

    inquiry_id: str
    pharmacy_ids: list[str]
    closes_at: str


@dataclass(frozen=True)
class PharmacyAnswered(PrescriptionEvent):
    pharmacy_id: str
    has_it: bool


@dataclass(frozen=True)
class InquiryEnded(PrescriptionEvent):
    pharmacy_ids: list[str]


@dataclass(frozen=True)
class MedicinesReserved(PrescriptionEvent):
    pharmacy_id: str
    reservation_id: str


@dataclass(frozen=True)
class ReservationEnded(PrescriptionEvent):
    pharmacy_id: str
    reservation_id: str
    ending: str


@dataclass(frozen=True)
class CodesAsked(PrescriptionEvent):
    """Both codes are to go to the person's phone."""

    message_id: str


@dataclass(frozen=True)
class CounterCodeAsked(Event):
    """A one-time code is to go to a person's phone."""

    person_id: str
    code_id: str

    @property
    def story(self) -> str:
        return f"person:{self.person_id}"


@dataclass(frozen=True)
class DoseDue(PrescriptionEvent):
    """It is time for the medicines of one part of the day, and this reader wants to hear it."""

    user_id: str
    slot: str
    on: str
