"""Whether this visit may be held at a distance, asked of whoever wishes it: at each way that ends in a video visit."""

from datetime import datetime
from uuid import UUID

from django.conf import settings

from booking import fit, queries
from booking.errors import ConditionNeeded, NotFitForRemote, PilotUsedUp
from booking.models import Appointment
from core.actor import Actor
from identity import access as identity_access


def check_fit(
    *,
    mode: str,
    condition: str,
    person_id: UUID,
    schedule_id: UUID,
    instead_of: Appointment | None = None,
    by: Actor,
    now: datetime,
) -> dict[str, str]:
    """Give what stays with the visit: its `condition_code` ("" where none does), and why a doctor opened it (`fit_reason`).

    What is listed costs no statement. Outside the list an approved pilot of the facility with a case left comes first; which
    one it is, and that the case is really there, is settled where the visit comes to be (`piloting`). Then a doctor's leave.
    `instead_of`: the visit that is given up for this one, whose case goes along.
    By BOOKING_FIT_CHECK: "refuse" as the law reads, "warn" and "off" let the rest pass.
    Raises ConditionNeeded, NotFitForRemote, PilotUsedUp, NotFound for a person the actor may not book for.
    """
    check = settings.BOOKING_FIT_CHECK
    entry = fit.find(condition) if fit.is_remote(mode) else None
    if entry is not None or not fit.is_remote(mode):
        return _kept(entry.code if entry else "")
    code = "" if condition == fit.OTHER else queries.as_icd10(condition)
    pilots = queries.pilots_that_cover(schedule_id, code, now)
    own = instead_of.pilot_id if instead_of is not None else None
    if any(one.has_room or one.pk == own for one in pilots):
        return _kept(code)
    if check == "off":
        return _kept("")
    if by.role not in {"desk", "hospital"}:  # these have asked for their own patient already
        identity_access.get_person(by, person_id, "book")
    opening = queries.remote_opening(person_id, schedule_id, now)
    if opening is not None:
        return _kept("", opening.fit_reason)
    if check == "refuse":
        refusal = PilotUsedUp if pilots else NotFitForRemote if condition else ConditionNeeded
        raise refusal(fields={"condition": [refusal.message]})
    return _kept("")


def _kept(code: str, fit_reason: str = "") -> dict[str, str]:
    return {"condition_code": code, "fit_reason": fit_reason}
