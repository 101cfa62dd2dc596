"""Facts this app tells."""

from dataclasses import dataclass

from core.events import Event


@dataclass(frozen=True)
class EncounterStarted(Event):
    """The practitioner has begun."""

    encounter_id: str
    appointment_ref: str  # "" when nothing was booked

    @property
    def story(self) -> str:
        return self.appointment_ref or f"encounter:{self.encounter_id}"


@dataclass(frozen=True)
class EncounterFinished(Event):
    """The practitioner has closed the visit; the note is final."""

    encounter_id: str
    appointment_ref: str
    person_id: str

    @property
    def story(self) -> str:
        return self.appointment_ref or f"encounter:{self.encounter_id}"


@dataclass(frozen=True)
class HandOverAsked(Event):
    """A colleague was asked to go on with a visit."""

    hand_over_id: str
    encounter_id: str

    @property
    def story(self) -> str:
        return f"encounter:{self.encounter_id}"


@dataclass(frozen=True)
class HandOverAnswered(Event):
    """The colleague accepted or declined, or there is nothing to answer any more."""

    hand_over_id: str
    encounter_id: str
    how: str  # accepted, declined, withdrawn

    @property
    def story(self) -> str:
        return f"encounter:{self.encounter_id}"
