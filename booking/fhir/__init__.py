"""Schedules, slots and appointments as FHIR R4 resources (settings.FHIR_TYPES names these classes)."""

from booking.fhir.appointments import Appointments
from booking.fhir.schedules import Schedules
from booking.fhir.slots import Slots

__all__ = ["Appointments", "Schedules", "Slots"]
