"""A commune's health station in the mountains: its nurse, who sits there this morning, and a visit with the doctor in the city."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import identity.actions
from identity import acting
from identity.models import Facility, Membership, Practitioner, User
from journeys import station
from runtime.demo.clock import as_of, earlier_today
from runtime.demo.jobs import run_due
from runtime.demo.visits import Stage

NURSE, PLACE, CITIZEN, DOCTOR = "giang", "ban_may", "pao", "ben"
SINCE = date(2019, 1, 1)
SOON = timedelta(minutes=20)


def make_nurse(places: dict[str, Facility], account: User) -> Membership:
    """The nurse of the station, one of the cast."""
    practitioner = Practitioner.objects.create(
        user=account,
        full_name="Giàng Thị Mỷ",
        title="ĐD.",
        profession=Practitioner.Profession.NURSE,
        sex="female",
        licence_number="002345/TQ-GPHN",
        licence_valid_from=SINCE,
        languages=["vi"],
        photo_seed=NURSE,
    )
    return Membership.objects.create(
        user=account, facility=places[PLACE], role="nurse", practitioner=practitioner, active_from=SINCE
    )


def somebody_came(stage: Stage, nurse: Membership, now: datetime) -> None:
    """Páo came down early: his card was looked at, he agreed, and the doctor in Hà Nội has a time for him soon."""
    by, person = acting.as_member(nurse), stage.people[CITIZEN]
    ago = earlier_today(now, longest=15)
    with as_of(now - ago(15)) as moment:
        assert person.national_id is not None and person.born_on is not None
        identity.actions.find_citizen(number=person.national_id, born_on=person.born_on, by=by, now=moment)
        station.welcome(
            person_id=person.id, number=person.national_id, born_on=person.born_on, identified_by="card", agreed=True,
            by=by, now=moment,
        )  # fmt: skip
    with as_of(now - ago(10)) as moment:
        starts_at = stage.free_after(DOCTOR, "now", now + SOON, moment)
        schedule_id, place = stage.schedules[DOCTOR]
        if starts_at is None:
            return
        station.book(
            schedule_id=schedule_id, starts_at=starts_at, visit_type_id=stage.offers[place, "now"].id, person_id=person.id,
            reason="Đau đầu, chóng mặt từ hôm qua. Có tăng huyết áp, hết thuốc một tuần nay.", by=by, now=moment,
        )  # fmt: skip
        run_due(moment)
