"""Care that is planned and happens (encounters), what is known about a person (history), and the words of ICD-10."""

from records.models.encounters import Attendee, Diagnosis, Encounter, NoteVersion
from records.models.handing import HandOver
from records.models.history import Allergy, Condition, Observation, Source
from records.models.terms import Icd10Title

__all__ = [
    "Allergy",
    "Attendee",
    "Condition",
    "Diagnosis",
    "Encounter",
    "HandOver",
    "Icd10Title",
    "NoteVersion",
    "Observation",
    "Source",
]
