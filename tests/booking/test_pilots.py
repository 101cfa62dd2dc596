"""An approved pilot with a quota: what it lets pass outside the list, how its cases are counted, and who sees what.

The numbers come from the decision as it is written in `pilot` below: two cases, I25 and E11.2, eight days.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from booking import actions
from booking.errors import PilotUsedUp
from booking.models import Appointment, Policy, RemoteWish
from core.actor import Actor
from core.errors import Invalid, NotAllowed
from identity.actions import put_pilot
from identity.models import Pilot
from records.errors import NotAtADistance
from tests import make
from tests.booking import stage
from tests.booking.stage import SYSTEM, at, everything

OPERATOR = Actor("operator")
LAST = make.TOMORROW + timedelta(days=7)


def make_pilot(facility, *, quota: int = 2, **values) -> Pilot:
    fields = {
        "facility": facility,
        "name": "Quản lý bệnh mạch vành mạn tính từ xa",
        "decision_number": "1234/QĐ-SYT",
        "decided_on": make.TOMORROW - timedelta(days=30),
        "approved_by": "Sở Y tế Hà Nội",
        "conditions": ["I25", "E11.2"],
        "valid_from": make.TOMORROW,
        "valid_to": LAST,
        "quota": quota,
    }
    return put_pilot(pilot=Pilot(**{**fields, **values}), by=OPERATOR, now=make.NOW)


@pytest.fixture
def pilot(hospital) -> Pilot:
    return make_pilot(hospital)


def wish(schedule, visit_type, starts_at, condition="I25.1", **more) -> dict[str, str]:
    asked = {"schedule": str(schedule.id), "visit_type": str(visit_type.id), "starts_at": starts_at.isoformat()}
    return {**asked, "mode": "video", "condition": condition, **more}


def ask(person, *args, **more):
    answer = make.api_client(person).post("/api/v1/appointments", wish(*args, **more))
    return answer.status_code, answer.json()


def used(pilot: Pilot) -> int:
    return Pilot.objects.get(pk=pilot.pk).used


def hold(schedule, visit_type, person, starts_at, code="I25.1"):
    return actions.hold_slot(
        schedule_id=schedule.id, starts_at=starts_at, visit_type_id=visit_type.id, person_id=person.id, mode="video",
        values={"condition_code": code}, by=make.actor_for(person), now=make.NOW,
    )  # fmt: skip


@pytest.mark.django_db
class TestTheDoor:
    def test_what_the_list_does_not_name_passes_under_a_pilot_until_its_cases_are_taken(
        self, schedule, visit_type, hospital, ana, eve, clock, pilot
    ):
        cy = make.make_person(full_name="Lê Cy")
        status, first = ask(ana, schedule, visit_type, at("09:00"))
        assert (status, first["pilot"]["decision_number"], first["self_pay"]) == (201, "1234/QĐ-SYT", True)
        assert ask(eve, schedule, visit_type, at("10:00"), "e112")[0] == 201
        assert used(pilot) == 2
        visit = Appointment.objects.get(pk=first["id"])
        assert (visit.pilot, visit.condition_code, visit.fit_reason) == (pilot, "I25.1", "")

        before = everything()
        status, refused = ask(cy, schedule, visit_type, at("11:00"))
        assert (status, refused["code"]) == (409, "pilot_used_up")
        assert refused["errors"]["condition"], "in plain words, beside the field"
        assert (everything(), used(pilot)) == (before, 2)

        # What is listed needs no pilot, and takes no case; what no pilot covers is refused as ever.
        status, listed = ask(cy, schedule, visit_type, at("11:00"), "J00")
        assert (status, listed["pilot"], listed["self_pay"]) == (201, None, True)
        assert ask(cy, schedule, visit_type, at("13:00"), "I21")[1]["code"] == "not_fit_for_remote"
        assert used(pilot) == 2

        # Who gives it up gives the case back, and the next one has it.
        actions.cancel_appointment(appointment_id=visit.pk, by=make.actor_for(ana), now=make.NOW)
        assert used(pilot) == 1
        assert ask(cy, schedule, visit_type, at("14:00"))[0] == 201
        assert used(pilot) == 2

    @pytest.mark.parametrize("condition", ["I2", "I26", "E11.3", "other", "I25.99", "I25x"])
    def test_a_pilot_covers_its_codes_and_what_begins_with_them(
        self, schedule, visit_type, ana, clock, pilot, condition
    ):
        before = everything()
        assert ask(ana, schedule, visit_type, at("09:00"), condition)[1]["code"] == "not_fit_for_remote"
        assert (everything(), used(pilot)) == (before, 0)

    @pytest.mark.parametrize("days", [-1, 8])
    def test_the_day_of_the_visit_decides_not_the_day_it_is_asked_for(
        self, schedule, visit_type, hospital, ana, clock, days
    ):
        pilot = make_pilot(hospital, valid_from=make.TOMORROW + timedelta(days=1), decided_on=make.TOMORROW)
        day = make.TOMORROW + timedelta(days=1 + days)
        before = everything()
        status, refused = ask(ana, schedule, visit_type, at("09:00", day))
        assert (status, refused["code"], refused["errors"]["form"]) == (409, "not_at_a_distance", ["pilot_not_valid"])
        assert (everything(), used(pilot)) == (before, 0)

    def test_another_facilitys_pilot_helps_nobody_here(self, schedule, visit_type, ana, clock):
        elsewhere = make_pilot(make.make_facility(name="Bệnh viện Khác"))
        assert ask(ana, schedule, visit_type, at("09:00"))[1]["code"] == "not_fit_for_remote"
        assert used(elsewhere) == 0

    def test_a_doctors_leave_goes_on_where_no_case_is_left(self, schedule, visit_type, hospital, ben, ana, eve, clock):
        pilot = make_pilot(hospital, quota=1)
        assert ask(eve, schedule, visit_type, at("09:00"))[0] == 201
        RemoteWish.objects.create(
            person=ana, practitioner=ben, words="x", status="opened", fit_reason="Đã khám trực tiếp",
            opened_at=make.NOW, opened_until=make.NOW + timedelta(days=9), created_at=make.NOW,
        )  # fmt: skip
        status, made = ask(ana, schedule, visit_type, at("10:00"))
        assert (status, made["pilot"]) == (201, None)
        assert used(pilot) == 1

    def test_a_page_offers_it_says_who_pays_and_the_visit_says_so(self, schedule, visit_type, ben, ana, clock, pilot):
        browser = make.page_client(ana)
        offer = {
            "doctor": str(ben.id), "schedule": str(schedule.id), "visit": str(visit_type.id), "mode": "video",
            "at": at("09:00").isoformat(),
        }  # fmt: skip
        shown = browser.get("/book/", offer).content.decode()
        assert '<option value="I25"' in shown and pilot.name in shown and "1234/QĐ-SYT" in shown
        taken = browser.post("/book/", {**offer, "person": str(ana.id), "condition": "I25", "if_late": "refund"})
        assert taken.status_code == 302
        visit = browser.get(taken.url).content.decode()
        assert pilot.name in visit and "BHYT" in visit

        path = f"/api/v1/remote-pilots?facility={schedule.facility_id}"
        assert make.api_client(ana).get(path).json()["results"] == [], "it begins tomorrow"
        listed = make.api_client(ana).get(f"{path}&day={make.TOMORROW}").json()["results"]
        assert [(one["decision_number"], [row["code"] for row in one["conditions"]]) for one in listed] == [
            ("1234/QĐ-SYT", ["I25", "E11.2"])
        ]


@pytest.mark.django_db
class TestCounting:
    """After each step the counter is what a person would count by hand."""

    def test_a_case_is_given_back_by_whatever_ends_a_visit_before_it_was_held(
        self, schedule, visit_type, hospital, ana, dan, clock, pilot
    ):
        held = hold(schedule, visit_type, ana, at("09:00"))
        assert used(pilot) == 1
        late = held.hold_expires_at + timedelta(seconds=1)
        actions.expire_hold(appointment_id=held.pk, by=SYSTEM, now=late)
        assert used(pilot) == 0

        visit = actions.book_appointment(
            appointment_id=hold(schedule, visit_type, ana, at("10:00")).pk, by=SYSTEM, now=make.NOW
        )
        actions.cancel_appointment(appointment_id=visit.pk, by=make.actor_for(dan), now=make.NOW)
        assert used(pilot) == 0

        visit = actions.book_appointment(
            appointment_id=hold(schedule, visit_type, ana, at("11:00")).pk, by=SYSTEM, now=make.NOW
        )
        missed = visit.starts_at + timedelta(hours=1)
        actions.record_no_show(appointment_id=visit.pk, side="citizen", by=SYSTEM, now=missed)
        assert used(pilot) == 0
        actions.undo_no_show(appointment_id=visit.pk, by=SYSTEM, now=missed)
        assert used(pilot) == 1
        actions.start_consultation(appointment_id=visit.pk, by=SYSTEM, now=missed)
        actions.fulfil(appointment_id=visit.pk, by=SYSTEM, now=missed)
        assert used(pilot) == 1, "a visit that was held has used its case"

    def test_a_missed_visit_comes_back_only_while_a_case_is_left(self, schedule, visit_type, hospital, ana, eve, clock):
        pilot = make_pilot(hospital, quota=1)
        visit = hold(schedule, visit_type, ana, at("09:00"))
        visit = actions.book_appointment(appointment_id=visit.pk, by=SYSTEM, now=make.NOW)
        missed = visit.starts_at + timedelta(hours=1)
        actions.record_no_show(appointment_id=visit.pk, side="citizen", by=SYSTEM, now=missed)
        hold(schedule, visit_type, eve, at("15:00"))
        before = everything()
        with pytest.raises(PilotUsedUp):
            actions.undo_no_show(appointment_id=visit.pk, by=SYSTEM, now=missed)
        assert (everything(), used(pilot)) == (before, 1)

    def test_a_move_takes_its_case_along_also_the_last_one_and_while_a_difference_is_paid(
        self, schedule, visit_type, hospital, ana, eve, clock
    ):
        pilot = make_pilot(hospital, quota=1)
        Policy.objects.create(facility=hospital)
        visit = hold(schedule, visit_type, ana, at("09:00"))
        visit = actions.book_appointment(appointment_id=visit.pk, by=SYSTEM, now=make.NOW)
        moved = actions.move_appointment(
            appointment_id=visit.pk,
            schedule_id=schedule.pk,
            starts_at=at("10:00"),
            by=make.actor_for(ana),
            now=make.NOW,
        )
        assert (moved.status, moved.pilot, used(pilot)) == ("booked", pilot, 1)

        dear = make.make_visit_type(facility=hospital, price=300_000)
        kept = actions.move_appointment(
            appointment_id=moved.pk, schedule_id=schedule.pk, starts_at=at("14:00"), visit_type_id=dear.pk,
            by=make.actor_for(ana), now=make.NOW,
        )  # fmt: skip
        assert (kept.status, kept.pilot, used(pilot)) == ("held", pilot, 1)
        done = actions.complete_move(appointment_id=kept.pk, by=SYSTEM, now=make.NOW)
        assert (done.status, used(pilot)) == ("booked", 1)
        actions.cancel_appointment(appointment_id=done.pk, by=make.actor_for(ana), now=make.NOW)
        assert used(pilot) == 0

        # To a day after the pilot's last one nothing moves.
        visit = hold(schedule, visit_type, eve, at("09:00"))
        visit = actions.book_appointment(appointment_id=visit.pk, by=SYSTEM, now=make.NOW)
        before = everything()
        with pytest.raises(NotAtADistance) as refused, transaction.atomic():
            actions.move_appointment(
                appointment_id=visit.pk, schedule_id=schedule.pk, starts_at=at("09:00", LAST + timedelta(days=1)),
                by=make.actor_for(eve), now=make.NOW,
            )  # fmt: skip
        assert refused.value.fields == {"form": ["pilot_not_valid"]}
        assert (everything(), used(pilot)) == (before, 1)

    def test_where_two_pilots_cover_a_day_the_first_to_end_with_a_case_left_is_taken(
        self, schedule, visit_type, hospital, ana, eve, clock
    ):
        first = make_pilot(hospital, quota=1)
        longer = make_pilot(hospital, decision_number="99/QĐ-BYT", valid_to=LAST + timedelta(days=90))
        assert hold(schedule, visit_type, ana, at("09:00")).pilot == first
        assert hold(schedule, visit_type, eve, at("10:00")).pilot == longer
        assert (used(first), used(longer)) == (1, 1)

    def test_the_table_counts_whatever_goes_past_the_code_and_refuses_one_too_many(
        self, schedule, visit_type, hospital, ana, eve, clock
    ):
        pilot = make_pilot(hospital, quota=1)
        kept = hold(schedule, visit_type, ana, at("09:00"))
        listed = stage.hold(schedule, visit_type, eve, at("10:00"))
        Appointment.objects.filter(pk=listed.pk).update(condition_code="I25")
        with pytest.raises(IntegrityError, match="pilot_quota_kept"), transaction.atomic():
            Appointment.objects.filter(pk=listed.pk).update(pilot=pilot)
        assert used(pilot) == 1
        Appointment.objects.filter(pk=kept.pk).update(status="cancelled")
        Appointment.objects.filter(pk=listed.pk).update(pilot=pilot)
        assert used(pilot) == 1
        Appointment.objects.filter(pk=listed.pk).delete()
        assert used(pilot) == 0


@pytest.mark.django_db
class TestTheDecision:
    def test_only_the_operator_enters_one_and_what_is_taken_stays_taken(
        self, schedule, visit_type, hospital, ana, dan, clock, pilot
    ):
        hold(schedule, visit_type, ana, at("09:00"))
        row = Pilot.objects.get(pk=pilot.pk)
        row.quota, row.used = 5, 0
        with pytest.raises(NotAllowed):
            put_pilot(pilot=row, by=make.actor_for(dan), now=make.NOW)
        assert Pilot.objects.get(pk=pilot.pk).quota == 2
        put_pilot(pilot=row, by=OPERATOR, now=make.NOW)
        assert (Pilot.objects.get(pk=pilot.pk).quota, used(pilot)) == (5, 1)
        row.quota = 0
        with pytest.raises(Invalid):
            put_pilot(pilot=row, by=OPERATOR, now=make.NOW)
        assert Pilot.objects.get(pk=pilot.pk).quota == 5

    @pytest.mark.parametrize(
        ("values", "constraint"),
        [
            ({"quota": 0}, "pilot_quota_kept"),
            ({"valid_to": date(2031, 1, 1)}, "pilot_days_in_order"),
            ({"decided_on": LAST}, "pilot_days_in_order"),
            ({"conditions": []}, "pilot_conditions_are_icd10"),
            ({"conditions": ["I25", "heart"]}, "pilot_conditions_are_icd10"),
        ],
    )
    def test_the_table_takes_no_decision_that_makes_no_sense(self, hospital, values, constraint):
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            make_pilot(hospital, **values)


@pytest.mark.django_db
class TestTheDesk:
    def test_the_desk_sees_what_is_taken_and_left_and_no_names(self, schedule, visit_type, ana, dan, clock, pilot):
        browser = make.page_client(dan)
        hold(schedule, visit_type, ana, at("09:00"))
        shown = browser.get("/hospital/pilots/").content.decode()
        assert pilot.name in shown and "1234/QĐ-SYT" in shown
        assert 'data-used="1"' in shown and 'data-left="1"' in shown
        assert ana.full_name not in shown, "who comes under a pilot has its condition: that is clinical"

    def test_a_house_without_one_is_told_what_it_is(self, dan, hospital, clock):
        shown = make.page_client(dan).get("/hospital/pilots/").content.decode()
        assert 'class="empty' in shown

    def test_nobody_else_sees_the_page_nor_another_houses_pilots(self, ana, ben, dan, eve, hospital, clock):
        other = make_pilot(make.make_facility(name="Bệnh viện Khác"), name="Thí điểm của nhà khác")
        assert other.name not in make.page_client(dan).get("/hospital/pilots/").content.decode()
        for person in (ana, ben, eve):
            answer = make.page_client(person).get("/hospital/pilots/")
            assert answer.status_code in {302, 403, 404}
            assert other.name not in answer.content.decode()
