"""A visit outside the ministry's list that runs under an approved pilot: which one, and whether a case of it is left.

A visit takes a case as long as it is kept, agreed on or held; one that was cancelled, moved, missed or let go of gives it
back. The counting is a trigger's, whatever way a visit takes; here its row is locked before it is looked at, and what is
refused is said in words. The row comes before the days of a calendar, in every transaction.
"""

from datetime import date

from booking import access, fit
from booking.errors import PilotUsedUp
from booking.models import Appointment, Status
from identity.models import Telemedicine


def needs_pilot(appointment: Appointment) -> bool:
    """Say whether only a pilot lets this visit be held at a distance: a condition outside the list, opened by nobody."""
    return (
        appointment.form == Telemedicine.DIRECT
        and bool(appointment.condition_code)
        and not appointment.fit_reason
        and fit.find(appointment.condition_code) is None
    )


def settle_pilot(appointment: Appointment, day: date) -> dict[str, bool]:
    """Choose the pilot of a new visit on this day and hold it fast; give what the gate asks about it.

    A time that is only kept while a move is being paid goes on with the case of the visit it comes from.
    """
    appointment.pilot = None
    if not needs_pilot(appointment):
        return {}
    found = access.lock_pilots_that_cover(appointment.facility_id, appointment.condition_code, day)
    before = appointment.moved_from
    own = before.pilot_id if before is not None and appointment.status == Status.HELD else None
    free = sorted((one for one in found if one.pk == own or one.has_room), key=lambda one: one.pk != own)
    appointment.pilot = free[0] if free else None
    return {"is_piloted": True, "pilot_holds": bool(found), "pilot_has_room": bool(free)}


def take_case_again(appointment: Appointment) -> None:
    """Look whether a visit that had given its case back may have it again. Raises PilotUsedUp."""
    if any(not one.has_room for one in access.lock_pilots([appointment.pilot_id])):
        raise PilotUsedUp(fields={"pilot": [PilotUsedUp.message]})
