"""The day of the visit across the apps: phones hear of calls, screens ring, encounters follow the number and lead it."""

from __future__ import annotations

from datetime import timedelta

import pytest

import booking.actions
import records.actions
from booking.models import Appointment, Ticket
from journeys import queueing
from notifications.models import Message
from realtime.hub import hub
from realtime.models import StreamEntry
from records.models import Encounter
from tests import make
from tests.booking import stage
from tests.booking.line import arrived, booked, person_called
from tests.jobs import run_jobs

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def schedule(ben, hospital):
    return stage.make_schedule(practitioner=ben, facility=hospital, weekdays=range(1, 2), room="Phòng 204")


@pytest.fixture
def desk(dan):
    return make.actor_for(dan)


@pytest.fixture
def rung(monkeypatch):
    """The topics of boards that rang."""
    heard = []
    monkeypatch.setattr(hub(), "publish", lambda topic, message: heard.append(topic))
    return heard


@pytest.fixture
def ticket(schedule, visit_type, ana, desk):
    found = arrived(schedule, visit_type, ana, "13:00", by=desk)
    run_jobs()
    return found


def kinds_of(person):
    return list(Message.objects.filter(recipient=person.user).values_list("kind", flat=True))


def test_a_call_reaches_the_phone_and_the_screens(
    ticket, ana, desk, hospital, rung, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        booking.actions.call_next(schedule_id=ticket.schedule_id, by=desk, now=make.NOW)
        run_jobs()
    message = Message.objects.get(recipient=ana.user, kind="your_turn")
    assert message.params == {"number": 1, "room": "Phòng 204", "facility": hospital.name}
    assert f"board:lines:{hospital.id}" in rung
    news = StreamEntry.objects.filter(kind="appointment.queue")
    assert set(news.values_list("user_id", flat=True)) >= {ana.user_id}
    # Called again: told again.
    booking.actions.call_ticket(ticket_id=ticket.pk, by=desk, now=make.NOW)
    run_jobs()
    assert kinds_of(ana).count("your_turn") == 2


def test_the_number_follows_what_the_doctor_does(ticket, ben):
    doctor = make.actor_for(ben)
    encounter = Encounter.objects.get(appointment_ref=f"appointment:{ticket.appointment_id}")
    records.actions.start_encounter(encounter_id=encounter.pk, by=doctor, now=make.NOW)
    run_jobs()
    ticket.refresh_from_db()
    assert ticket.status == "serving"
    records.actions.save_note(
        encounter_id=encounter.pk, version=0, changes={}, diagnoses=[{"code": "J00"}], by=doctor, now=make.NOW
    )
    records.actions.finish_encounter(encounter_id=encounter.pk, by=doctor, now=make.NOW)
    run_jobs()
    ticket.refresh_from_db()
    assert ticket.status == "done"
    assert Appointment.objects.get(pk=ticket.appointment_id).status == "fulfilled"


def test_a_cancelled_visit_leaves_the_line(ticket, desk):
    booking.actions.cancel_appointment(appointment_id=ticket.appointment_id, by=desk, now=make.NOW)
    run_jobs()
    ticket.refresh_from_db()
    assert ticket.status == "left"


def test_a_transfer_takes_the_encounter_along_and_its_undo_brings_it_back(ticket, ben, hospital, desk):
    other = make.make_practitioner(facility=hospital, full_name="Lê Thị Hoa")
    there = stage.make_schedule(practitioner=other, facility=hospital, weekdays=range(1, 2), room="Phòng 205")
    of_visit = Encounter.objects.filter(appointment_ref=f"appointment:{ticket.appointment_id}")
    booking.actions.transfer_ticket(ticket_id=ticket.pk, schedule_id=there.pk, by=desk, now=make.NOW)
    run_jobs()
    assert of_visit.get().practitioner_id == other.pk
    booking.actions.undo_ticket(ticket_id=ticket.pk, by=desk, now=make.NOW)
    run_jobs()
    assert of_visit.get().practitioner_id == ben.pk


def test_leave_now_is_said_once_and_only_when_it_is_time(schedule, visit_type, ana, clock):
    booked(schedule, visit_type, ana, "15:00")
    run_jobs()
    queueing.say_leave_now()
    assert "leave_now" not in kinds_of(ana)
    clock.move_to(make.NOW + timedelta(minutes=31))
    for _ in range(2):
        queueing.say_leave_now()
    assert kinds_of(ana).count("leave_now") == 1


def test_a_walk_in_is_all_or_nothing(schedule, visit_type, desk, monkeypatch):
    def broken(**_values):
        raise RuntimeError

    monkeypatch.setattr("payments.actions.open_payment", broken)
    somebody = queueing.Somebody("Phạm Long", person_called("x").born_on)
    with pytest.raises(RuntimeError):
        queueing.walk_in(schedule_id=schedule.pk, visit_type_id=visit_type.pk, somebody=somebody, by=desk, now=make.NOW)
    assert not Ticket.objects.exists()
    assert not Appointment.objects.exists()


@pytest.mark.parametrize("step", ["undo", "bring-back", "call"])
def test_nobody_is_called_to_a_visit_that_was_given_up(ticket, dan, desk, step):
    booking.actions.cancel_appointment(appointment_id=ticket.appointment_id, by=desk, now=make.NOW)
    run_jobs()
    before = list(Ticket.objects.values()), list(Appointment.objects.values())
    assert before[0][0]["status"] == "left"
    refused = make.api_client(dan).post(f"/api/v1/queue/{ticket.pk}/{step}")
    assert refused.status_code == 409, refused.content
    assert (list(Ticket.objects.values()), list(Appointment.objects.values())) == before
