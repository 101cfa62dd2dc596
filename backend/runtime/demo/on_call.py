"""Who may be seen at once in the demo, who asks for a visit at a distance, and what a waiting citizen has told already."""

from __future__ import annotations

from datetime import datetime, timedelta

import booking.actions
from booking import queries
from runtime.demo.clock import as_of
from runtime.demo.visits import Stage

ON_CALL = "ben"
HOURS = timedelta(hours=12)


def open_the_line(stage: Stage, now: datetime) -> None:
    """Put the demo's doctor on call by video, and let somebody ask him for a visit that the list does not name."""
    doctor = stage.doctor(ON_CALL)
    schedule = next(iter(queries.schedules_for(doctor, doctor.facility_id)), None)
    if schedule is None:
        return
    kinds = queries.visit_types_of(stage.practitioners[ON_CALL].id, schedule.today(now), "video")
    kind = next((one for one in kinds if one.facility_id == schedule.facility_id and one.price_amount), None)
    with as_of(now - timedelta(minutes=50)) as moment:
        if kind is not None:
            booking.actions.start_on_call(
                schedule_id=schedule.id,
                visit_type_id=kind.id,
                mode="video",
                until=moment + HOURS,
                by=doctor,
                now=moment,
            )
        booking.actions.ask_for_remote(
            person_id=stage.people["eve"].id,
            practitioner_id=stage.practitioners[ON_CALL].id,
            words="Vết mổ ruột thừa đã lành, tôi ở Hà Giang nên xin gửi ảnh và hỏi qua video thay vì đi 300 km.",
            by=stage.citizen("eve"),
            now=moment,
        )
