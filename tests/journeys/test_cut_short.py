"""A video visit that was too short: who is asked, what each choice does to the money, and what does not count."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

import booking.actions
import realtime.actions
from booking.models import Appointment, CutShort
from core.actor import Actor
from core.edge import now as this_instant
from core.refs import Ref, page_of
from journeys import cut_short
from notifications.models import Message
from payments.models import Refund
from realtime.events import RoomClosed
from realtime.models import Room
from tests import make
from tests.jobs import run_jobs
from tests.journeys.stage import Story, ok
from tests.journeys.test_moving import in_balance, kept, rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def call(story: Story, clock, settings):
    """call(seconds): the two are in the call for so long; then their lines drop."""
    settings.ROOM_AGREED_MINUTES = 5
    story.hold()
    story.pay()
    clock.move_to(datetime.fromisoformat(story.appointment()["starts_at"]))
    story.room()

    def speak(seconds: int) -> None:
        sockets = []
        for who in (story.ben, story.ana):
            by, sockets = make.actor_for(who), [*sockets, uuid4()]
            room_id = UUID(story.ids["room"])
            seat = realtime.actions.join(room_id=room_id, by=by, now=this_instant()).seat
            realtime.actions.arrive(room_id=room_id, socket_id=sockets[-1], page="p", by=by, now=this_instant())
        realtime.actions.let_in(room_id=room_id, seat_id=seat.id, by=make.actor_for(story.ben), now=this_instant())
        run_jobs()
        clock.move_to(this_instant() + timedelta(seconds=seconds))
        for socket in sockets:
            realtime.actions.depart(socket_id=socket, why="lost", now=this_instant())

    return speak


@pytest.fixture
def short(story: Story, call) -> Story:
    """Two minutes of five, and the doctor has finished."""
    call(120)
    story.write_note()
    story.finish()
    return story


def choose(story: Story, choice: str, expect: int = 200, **more: str):
    path = f"/api/v1/appointments/{story.ids['appointment']}/cut-short/choose"
    wish = {"choice": choice, **more}
    return ok(story.api(story.ana).post(path, wish, HTTP_IDEMPOTENCY_KEY=str(uuid4())), expect)


def asked(story: Story) -> int:
    return Message.objects.filter(recipient=story.ana.user, kind="visit_cut_short").count()


def test_its_citizen_is_asked_once_and_the_money_waits(short: Story):
    found = ok(short.api(short.ana).get(f"/api/v1/appointments/{short.ids['appointment']}/cut-short"))
    assert (found["status"], found["joint_seconds"], found["agreed_seconds"]) == ("open", 120, 300)
    assert asked(short) == 1 and kept() == 150_000
    room = Room.objects.get()
    for _again in range(2):  # late, and twice
        cut_short.reckon_the_joint_minutes(
            RoomClosed(str(room.id), str(room.encounter_id), f"appointment:{short.ids['appointment']}")
        )
        run_jobs()
    assert (CutShort.objects.count(), asked(short), kept()) == (1, 1, 150_000)


def test_money_back(short: Story):
    assert choose(short, "refund")["status"] == "refunded"
    run_jobs()
    assert choose(short, "refund")["status"] == "refunded"
    run_jobs()
    assert [one.amount for one in Refund.objects.all()] == [150_000]
    assert (kept(), in_balance()) == (0, True)
    before = rows()
    assert choose(short, "enough", 409)["code"] == "wrong_state"
    assert rows() == before


def test_silence_is_money_back(short: Story):
    run_jobs(until=this_instant() + timedelta(hours=71))
    assert kept() == 150_000
    run_jobs(until=this_instant() + timedelta(hours=73))
    assert (kept(), in_balance(), CutShort.objects.get().by_silence) == (0, True, True)
    case = CutShort.objects.get()
    booking.actions.settle_cut_short(case_id=case.pk, by=Actor.system("x"), now=this_instant())
    run_jobs()
    assert Refund.objects.count() == 1


def test_it_was_enough(short: Story):
    assert choose(short, "enough")["status"] == "enough"
    run_jobs(until=this_instant() + timedelta(hours=80))
    assert (kept(), Refund.objects.count()) == (150_000, 0)


def test_another_visit_for_the_same_money(short: Story):
    time = short.free_times()[5]["starts_at"]
    done = choose(short, "rebook", schedule=str(short.schedule.id), starts_at=time)
    run_jobs()
    again = choose(short, "rebook", schedule=str(short.schedule.id), starts_at=time)
    run_jobs(until=this_instant() + timedelta(hours=80))
    assert done["rebooked_as"] == again["rebooked_as"]
    new = Appointment.objects.get(pk=done["rebooked_as"])
    assert (new.price_amount, str(new.mode), new.encounter_id is not None) == (150_000, "video", True)
    assert (kept(), Refund.objects.count(), in_balance()) == (150_000, 0, True)
    assert Message.objects.filter(recipient=short.ana.user, kind="appointment_booked").count() == 2


def test_the_new_visit_given_up_in_time_gives_the_money_back(short: Story):
    time = short.free_times()[-1]["starts_at"]
    done = choose(short, "rebook", schedule=str(short.schedule.id), starts_at=time)
    run_jobs()
    booking.actions.cancel_appointment(
        appointment_id=UUID(done["rebooked_as"]), by=make.actor_for(make.make_desk(facility=short.hospital)),
        now=this_instant(),
    )  # fmt: skip
    run_jobs()
    assert (kept(), in_balance()) == (0, True)


def test_a_time_that_is_not_there_changes_nothing(short: Story):
    before = rows()
    gone = (this_instant() - timedelta(hours=1)).isoformat()
    refused = choose(short, "rebook", 409, schedule=str(short.schedule.id), starts_at=gone)
    assert refused["code"] in {"slot_past", "off_grid"}
    choose(short, "rebook", 404, schedule=str(uuid4()), starts_at=short.free_times()[5]["starts_at"])
    assert (rows(), CutShort.objects.get().status) == (before, "open")


def test_the_page_of_the_choice_is_where_the_message_leads(short: Story):
    message = Message.objects.get(recipient=short.ana.user, kind="visit_cut_short")
    path, page = page_of(Ref.parse(message.about)), make.page_client(short.ana)
    assert path == f"/too-short/{CutShort.objects.get().pk}/"
    for place in (f"/appointments/{short.ids['appointment']}/", f"/visits/{short.ids['encounter']}/"):
        assert path in page.get(place).content.decode()
    text = page.get(path).content.decode()
    assert "2 phút" in text and "5 phút" in text and "150.000" in text

    before = rows()
    gone = f"{short.schedule.id}|{(this_instant() - timedelta(hours=1)).isoformat()}"
    for choice in ("", gone):
        assert page.post(f"{path}choose/", {"choice": choice}).status_code == 302
    assert rows() == before
    time = short.free_times()[5]["starts_at"]
    page.post(f"{path}choose/", {"choice": f"{short.schedule.id}|{time}"})
    run_jobs()
    new = CutShort.objects.get().rebooked_as
    assert new is not None and f"/appointments/{new.pk}/" in page.get(path).content.decode()
    assert (kept(), Refund.objects.count(), in_balance()) == (150_000, 0, True)


@pytest.mark.parametrize(("choice", "left"), [("refund", 0), ("enough", 150_000)])
def test_money_or_enough_on_the_page(short: Story, choice, left):
    path, page = f"/too-short/{CutShort.objects.get().pk}/", make.page_client(short.ana)
    page.post(f"{path}choose/", {"choice": choice})
    run_jobs()
    assert (kept(), in_balance()) == (left, True)
    assert "choice" not in page.get(path).content.decode()


def test_a_stranger_finds_no_page_of_it(short: Story, eve):
    before, path = rows(), f"/too-short/{CutShort.objects.get().pk}/"
    stranger = make.page_client(eve)
    assert stranger.get(path).status_code == 404
    assert stranger.post(f"{path}choose/", {"choice": "refund"}).status_code == 404
    assert rows() == before


def test_eve_and_the_doctor_choose_nothing(short: Story, eve):
    path = f"/api/v1/appointments/{short.ids['appointment']}/cut-short"
    for api, expect in ((make.api_client(eve), 404), (short.api(short.ben), 403)):
        assert api.get(path).status_code == expect
        assert api.post(f"{path}/choose", {"choice": "refund"}, HTTP_IDEMPOTENCY_KEY="k").status_code == expect
    assert CutShort.objects.get().status == "open" and kept() == 150_000


def test_long_enough_is_long_enough(story: Story, call):
    call(300)
    story.write_note()
    story.finish()
    assert not CutShort.objects.exists() and asked(story) == 0


def test_a_call_nobody_finishes_is_reckoned_when_its_hours_are_over(story: Story, call, clock):
    call(60)
    cut_short.sweep(this_instant())
    run_jobs()
    assert not CutShort.objects.exists()
    clock.move_to(Room.objects.get().closes_at)
    cut_short.sweep(this_instant())
    cut_short.sweep(this_instant())
    run_jobs()
    assert CutShort.objects.get().joint_seconds == 60 and asked(story) == 1
    choose(story, "refund")
    run_jobs()
    assert (kept(), in_balance()) == (0, True)


def test_a_cancelled_visit_is_another_story(story: Story, call):
    booking.actions.cancel_appointment(
        appointment_id=UUID(story.ids["appointment"]), by=make.actor_for(make.make_desk(facility=story.hospital)),
        now=this_instant(),
    )  # fmt: skip
    run_jobs()
    assert not CutShort.objects.exists() and kept() == 0


def test_where_nothing_is_agreed_nothing_is_reckoned(story: Story, call, settings):
    settings.ROOM_AGREED_MINUTES = 0
    call(10)
    story.write_note()
    story.finish()
    assert not CutShort.objects.exists()
