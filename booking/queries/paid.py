"""What a payment was for, in the hospital's words: which doctor, which kind of visit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from booking.models import Appointment


@dataclass(frozen=True)
class PaidFor:
    """The doctor and the kind of visit behind an appointment."""

    practitioner: str
    visit_type: str


def paid_for(appointment_ids: Iterable[UUID | str]) -> dict[UUID, PaidFor]:
    """Give doctor and kind of visit by appointment, for figures: nobody's name but the doctor's is read."""
    rows = Appointment.objects.filter(pk__in=list(appointment_ids)).select_related("practitioner", "visit_type")
    rows = rows.only(
        "id", "practitioner__title", "practitioner__full_name", "visit_type__name_vi", "visit_type__name_en"
    )
    return {row.pk: PaidFor(row.practitioner.display_name, row.visit_type.name) for row in rows}
