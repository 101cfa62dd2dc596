"""People who wait for an earlier time, and a doctor's day off about which somebody still has to choose."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import booking.actions
from booking.models import Appointment, Status
from core.actor import Actor
from identity import acting
from runtime.demo.clock import as_of
from runtime.demo.jobs import run_due
from runtime.demo.visits import Stage

SEED = Actor.system("demo")
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
DOCTOR = "lan"
# Who waits for an evening with her, since how many hours, and whether it is urgent. She works by day, so they wait on.
WAITING = (("nam", 70, False), ("hoa", 46, False), ("dung", 20, True), ("thuy", 3, False))
REASON = "Hội nghị tiêu hóa toàn quốc"
WORDS = "Bác sĩ dự hội nghị chuyên ngành, mong quý vị thông cảm."


def wait_and_be_away(stage: Stage, now: datetime) -> None:
    """Fill the desk's waiting list and enter one leave; those concerned are told and may choose."""
    today = now.astimezone(ZONE).date()
    for who, hours, urgent in WAITING:
        _wait(stage, who, today, urgent=urgent, asked_at=now - timedelta(hours=hours))
    day = _busy_day(stage, today)
    if day is None:
        return
    begin = datetime.combine(day, time(0), ZONE)
    with as_of(now - timedelta(minutes=20)) as moment:
        booking.actions.take_leave(
            practitioner_id=stage.practitioners[DOCTOR].pk,
            starts_at=begin,
            ends_at=begin + timedelta(days=1),
            reason=REASON,
            message=WORDS,
            by=acting.as_member(stage.members[f"desk:{stage.schedules[DOCTOR][1]}"]),
            now=moment,
        )
        run_due(moment)


def _wait(stage: Stage, who: str, today: date, *, urgent: bool, asked_at: datetime) -> None:
    with as_of(asked_at) as moment:
        booking.actions.join_waiting_list(
            person_id=stage.people[who].pk,
            visit_type_id=stage.offer(DOCTOR, "on_spot").pk,
            mode="in_person",
            first_day=today,
            last_day=today + timedelta(days=14),
            practitioner_id=stage.practitioners[DOCTOR].pk,
            day_time="evening",
            urgency=1 if urgent else 2,
            by=SEED,
            now=moment,
        )


def _busy_day(stage: Stage, today: date) -> date | None:
    """The day after tomorrow or one soon after on which most people come to her."""
    coming = Appointment.objects.filter(practitioner=stage.practitioners[DOCTOR], status=Status.BOOKED)
    days = Counter(during.lower.astimezone(ZONE).date() for during in coming.values_list("during", flat=True))
    later = {day: count for day, count in days.items() if 2 <= (day - today).days <= 6}
    return max(later, key=lambda day: (later[day], -day.toordinal()), default=None)
