"""A visit under way goes to a colleague: who may be asked, who sees what when, what the citizen hears, and no second doctor."""

from datetime import datetime
from threading import Barrier, Thread
from time import sleep
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction

import realtime.actions
from core.actor import Actor
from core.edge import now as this_instant
from core.errors import DomainError, NotFound
from identity.models import Practitioner
from journeys import handing
from notifications.models import Message
from realtime import proofs
from realtime.access import get_room, lock_room
from realtime.actions.evidence import append
from realtime.errors import PractitionerOnly
from realtime.models import Seat
from records.actions import save_note, withdraw_hand_over
from records.models import Encounter, HandOver
from tests import make
from tests.jobs import run_jobs
from tests.journeys.stage import Story, ok

pytestmark = pytest.mark.django_db
WHY = "Nghi nhồi máu cơ tim, cần tim mạch"


@pytest.fixture
def hoa(story: Story) -> Practitioner:
    return make.make_practitioner(
        facility=story.hospital, full_name="Lê Thị Hoa", title="BS.", specialties=["cardiology"]
    )


@pytest.fixture
def visit(story: Story, clock, hoa) -> Story:
    """Ana is in the call with ben, who has written and prescribed."""
    story.hold()
    story.pay()
    clock.move_to(datetime.fromisoformat(story.appointment()["starts_at"]))
    story.room()
    story.let_in()
    story.write_note()
    return story


def ask(visit: Story, colleague: Practitioner, status: int = 201, why: str = WHY):
    path = f"/api/v1/encounters/{visit.ids['encounter']}/hand-overs"
    wish = {"colleague": str(colleague.id), "why": why}
    answer = ok(visit.api(visit.ben).post(path, wish, HTTP_IDEMPOTENCY_KEY=str(uuid4())), status)
    run_jobs()
    return answer


def answer_to(visit: Story, who: Practitioner, wish: dict, how: str, status: int = 200, **body: str):
    found = ok(visit.api(who).post(f"/api/v1/hand-overs/{wish['id']}/{how}", body or None), status)
    run_jobs()
    return found


def told(kind: str, reader) -> int:
    return Message.objects.filter(kind=kind, recipient=reader.user).count()


def sees(api, visit: Story) -> list[int]:
    encounter, person = visit.ids["encounter"], visit.ana.id
    paths = (
        f"/api/v1/encounters/{encounter}",
        f"/api/v1/encounters/{encounter}/room",
        f"/api/v1/people/{person}/record/summary",
    )
    return [api.get(path).status_code for path in paths]


def until_somebody_waits() -> None:
    """Return once another connection waits for a lock."""
    for _try in range(250):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        sleep(0.02)
    raise AssertionError("nobody waits")


def test_who_may_be_asked_on_duty_and_free_first(visit: Story, hoa):
    other = make.make_facility(name="Bệnh viện khác")
    make.make_practitioner(facility=other, full_name="Phạm Văn Xa")
    make.make_practitioner(facility=visit.hospital, full_name="Vũ Thị Dưỡng", profession="nurse")
    gone = make.make_practitioner(facility=visit.hospital, full_name="Đỗ Đã Nghỉ")
    gone.memberships.update(active_to="2020-01-01")
    busy = make.make_practitioner(facility=visit.hospital, full_name="An Đang Khám")
    row = Encounter.objects.get(pk=visit.ids["encounter"])
    Encounter.objects.create(
        person=make.make_person(full_name="Người Khác"), practitioner=busy, facility=visit.hospital, mode="in_person",
        status="in_progress", started_at=row.started_at, planned_from=row.planned_from, planned_to=row.planned_to,
    )  # fmt: skip
    path = f"/api/v1/encounters/{visit.ids['encounter']}/colleagues"
    found = ok(visit.api(visit.ben).get(path))["results"]
    assert [(one["name"], one["standing"]) for one in found] == [
        ("BS. Lê Thị Hoa", "free"),
        ("BS.CKI An Đang Khám", "busy"),
    ]
    assert [one["name"] for one in ok(visit.api(visit.ben).get(f"{path}?q=hoa le"))["results"]] == ["BS. Lê Thị Hoa"]
    assert visit.api(hoa).get(path).status_code == 404


def test_the_colleague_accepts_and_the_visit_is_theirs(visit: Story, hoa):
    visit.prescribe()
    wish = ask(visit, hoa)
    assert ask(visit, hoa)["id"] == wish["id"] and told("hand_over_asked", hoa) == 1
    assert sees(visit.api(hoa), visit) == [404, 404, 404]
    (shown,) = ok(visit.api(hoa).get("/api/v1/hand-overs"))["results"]
    assert shown["why"] == WHY and visit.ana.full_name not in str(shown)

    assert answer_to(visit, hoa, wish, "accept")["status"] == "accepted"
    assert answer_to(visit, hoa, wish, "accept")["status"] == "accepted"
    assert sees(visit.api(hoa), visit) == [200, 200, 200]
    assert sees(visit.api(visit.ben), visit) == [404, 200, 404]  # still in the call, for a word
    message = Message.objects.get(kind="hand_over_told", recipient=visit.ana.user)
    assert message.params["practitioner"] == "BS. Lê Thị Hoa" and message.params["field_vi"]
    assert told("hand_over_accepted", visit.ben) == 1
    # What was signed before is there to be seen, and hers to add to.
    listed = ok(visit.api(hoa).get(f"/api/v1/prescriptions?encounter={visit.ids['encounter']}"))["results"]
    assert [one["status"] for one in listed] == ["signed"]
    ok(visit.api(hoa).post("/api/v1/prescriptions", {"encounter": visit.ids["encounter"]}), 201)
    path = f"/api/v1/encounters/{visit.ids['encounter']}"
    assert visit.api(visit.ben).patch(path, {"version": 1, "plan": "x"}).status_code == 404
    ok(visit.api(hoa).patch(path, {"version": 1, "plan": "Chuyển cấp cứu"}))
    assert ok(visit.api(hoa).post(f"{path}/finish"))["status"] == "finished"
    run_jobs()
    assert visit.appointment()["status"] == "fulfilled"


def test_the_evidence_and_the_log_keep_it(visit: Story, hoa):
    answer_to(visit, hoa, ask(visit, hoa), "accept")
    chain = proofs.chain_of(UUID(visit.ids["encounter"]))
    (row,) = [link for link in chain if link.kind == "handed_over"]
    assert (row.facts["name"], row.facts["former"]) == ("BS. Lê Thị Hoa", visit.ben.display_name)
    log = ok(visit.api(visit.ana).get(f"/api/v1/people/{visit.ana.id}/record/access-log"))["results"]
    assert [one["who"] for one in log if one["action"] in {"records.ask_hand_over", "records.take_over"}] == [
        "BS. Lê Thị Hoa", visit.ben.display_name,
    ]  # fmt: skip
    assert WHY not in str(log)


def test_who_gave_it_away_reads_what_they_wrote_and_no_more(visit: Story, hoa):
    answer_to(visit, hoa, ask(visit, hoa), "accept")
    path = f"/api/v1/encounters/{visit.ids['encounter']}"
    ok(visit.api(hoa).patch(path, {"version": 1, "advice": "Vào viện ngay hôm nay"}))
    page = make.page_client(visit.ben).get(f"/doctor/visits/{visit.ids['encounter']}/", follow=True)
    text = page.content.decode()
    assert "Ho khan, sốt nhẹ" in text and "J00" in text and "Vào viện ngay" not in text
    assert visit.ana.full_name in make.page_client(visit.ben).get("/doctor/").content.decode()
    assert make.page_client(hoa).get(f"/doctor/visits/{visit.ids['encounter']}/given/").status_code == 404


def test_the_former_doctor_leads_nothing_any_more(visit: Story, hoa):
    """They closed the tab instead of hanging up: their seat stands, and is no way back, nor a power over the others."""
    answer_to(visit, hoa, ask(visit, hoa), "accept")
    ben, room_id = make.actor_for(visit.ben), UUID(visit.ids["room"])
    citizen = Seat.objects.get(room=room_id, role="citizen")
    before = list(Seat.objects.order_by("pk").values())
    for verb, more in (
        (realtime.actions.remove, {"seat_id": citizen.pk}),
        (realtime.actions.mute, {"seat_id": citizen.pk}),
        (realtime.actions.let_in, {"seat_id": citizen.pk}),
        (realtime.actions.invite, {"name": "X", "kind": "relative"}),
        (realtime.actions.ask_to_record, {}),
    ):
        with pytest.raises(PractitionerOnly):
            verb(room_id=room_id, by=ben, now=this_instant(), **more)
    with pytest.raises(NotFound):
        realtime.actions.join(room_id=room_id, by=ben, now=this_instant())
    assert list(Seat.objects.order_by("pk").values()) == before


def test_the_former_doctor_stays_for_a_word_and_does_not_come_back(visit: Story, hoa):
    answer_to(visit, hoa, ask(visit, hoa), "accept")
    ben, room_id = make.actor_for(visit.ben), UUID(visit.ids["room"])
    assert get_room(ben, room_id)
    realtime.actions.leave(room_id=room_id, by=ben, now=this_instant())
    with pytest.raises(NotFound):
        realtime.actions.join(room_id=room_id, by=ben, now=this_instant())
    assert realtime.actions.join(room_id=room_id, by=make.actor_for(hoa), now=this_instant()).seat.state == "admitted"


@pytest.mark.parametrize("relay", [False, True])
def test_the_colleague_comes_in_and_where_two_are_all_the_former_makes_way(visit: Story, hoa, settings, relay):
    settings.MEDIA_RELAY = relay
    answer_to(visit, hoa, ask(visit, hoa), "accept")
    room_id = UUID(visit.ids["room"])
    realtime.actions.join(room_id=room_id, by=make.actor_for(hoa), now=this_instant())
    states = {one["name"]: one["state"] for one in ok(visit.api(hoa).get(f"/api/v1/rooms/{room_id}"))["seats"]}
    assert states["BS. Lê Thị Hoa"] == "admitted"
    assert (visit.ben.display_name in states) is relay


def test_the_colleague_declines_with_a_reason(visit: Story, hoa):
    wish = ask(visit, hoa)
    assert answer_to(visit, hoa, wish, "decline", 422)["code"] == "invalid"
    left = answer_to(visit, hoa, wish, "decline", why="Đang mổ")
    assert (left["status"], left["refusal"]) == ("declined", "Đang mổ")
    assert sees(visit.api(hoa), visit) == [404, 404, 404] and sees(visit.api(visit.ben), visit) == [200, 200, 200]
    assert told("hand_over_declined", visit.ben) == 1 and told("hand_over_told", visit.ana) == 0
    assert answer_to(visit, hoa, wish, "accept", 409)["code"] == "wrong_state"
    assert "Đang mổ" in make.page_client(visit.ben).get(f"/doctor/visits/{visit.ids['encounter']}/").content.decode()
    assert ask(visit, hoa)["id"] != wish["id"]  # asked once more


def test_one_at_a_time_and_taken_back(visit: Story, hoa):
    other = make.make_practitioner(facility=visit.hospital, full_name="Vũ Văn Ba")
    wish = ask(visit, hoa)
    assert ask(visit, other, 409)["code"] == "colleague_asked"
    assert visit.api(hoa).post(f"/api/v1/hand-overs/{wish['id']}/withdraw").status_code == 404
    assert answer_to(visit, visit.ben, wish, "withdraw")["status"] == "withdrawn"
    assert answer_to(visit, hoa, wish, "accept", 409)["code"] == "wrong_state"
    assert ok(visit.api(hoa).get("/api/v1/hand-overs"))["results"] == []
    assert ask(visit, other)["asked_of"] == other.display_name


def test_nothing_is_handed_over_before_it_begins_or_after_it_ends(story: Story, hoa, clock):
    story.hold()
    story.pay()
    clock.move_to(datetime.fromisoformat(story.appointment()["starts_at"]))
    story.room()
    assert ask(story, hoa, 409)["code"] == "visit_not_under_way"
    story.let_in()
    story.write_note()
    wish = ask(story, hoa)
    story.finish()
    assert HandOver.objects.get().status == "withdrawn"
    assert answer_to(story, hoa, wish, "accept", 409)["code"] == "wrong_state"
    assert ask(story, hoa, 409)["code"] == "visit_not_under_way"
    assert Encounter.objects.get().practitioner_id == story.ben.id


def test_only_a_colleague_with_a_reason(visit: Story, hoa):
    far = make.make_practitioner(facility=make.make_facility(name="Xa"), full_name="Phạm Văn Xa")
    assert ask(visit, far, 422)["code"] == "not_a_colleague"
    assert ask(visit, visit.ben, 422)["code"] == "not_a_colleague"
    assert ask(visit, hoa, 422, why="  ")["code"] == "invalid"
    assert not HandOver.objects.exists()


def test_strangers_and_the_citizen_cannot_answer(visit: Story, hoa, eve, dan):
    wish = ask(visit, hoa)
    other = make.make_practitioner(facility=visit.hospital, full_name="Vũ Văn Ba")
    answers = (("accept", None), ("decline", {"why": "x"}))
    for who, expect in ((eve, 403), (visit.ana, 403), (dan, 403), (other, 404), (visit.ben, 404)):
        for how, body in answers:
            answer = make.api_client(who).post(f"/api/v1/hand-overs/{wish['id']}/{how}", body)
            assert answer.status_code == expect
    assert HandOver.objects.get().status == "asked" and Encounter.objects.get().practitioner_id == visit.ben.id


def test_the_board_asks_and_the_page_answers(visit: Story, hoa):
    browser = make.page_client(visit.ben)
    path = f"/doctor/visits/{visit.ids['encounter']}/hand-over/"
    assert "BS. Lê Thị Hoa" in browser.get(path).content.decode()
    assert browser.post(path, {"colleague": str(hoa.id), "why": ""}).status_code == 409
    assert browser.post(path, {"colleague": str(hoa.id), "why": WHY}).status_code == 302
    wish = HandOver.objects.get()
    board = make.page_client(hoa)
    text = board.get("/doctor/").content.decode()
    assert WHY in text and visit.ana.full_name not in text
    taken = board.post(f"/doctor/hand-overs/{wish.id}/accept/")
    assert taken.headers["Location"] == f"/doctor/visits/{visit.ids['encounter']}/"
    assert WHY in board.get(taken.headers["Location"]).content.decode()


@pytest.mark.django_db(transaction=True)
def test_accepting_and_taking_back_at_once_leave_one_doctor(visit: Story, hoa):
    wish = UUID(ask(visit, hoa)["id"])
    gate, refused = Barrier(4), []

    def press(step, who) -> None:
        by = make.actor_for(who)
        gate.wait()
        try:
            step(hand_over_id=wish, by=by, now=this_instant())
        except DomainError as error:
            refused.append(error.code)
        finally:
            connection.close()

    presses = [(handing.accept, hoa)] * 3 + [(withdraw_hand_over, visit.ben)]
    threads = [Thread(target=press, args=one) for one in presses]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    row, encounter = HandOver.objects.get(), Encounter.objects.get()
    accepted = row.status == "accepted"
    assert encounter.practitioner_id == (hoa.id if accepted else visit.ben.id)
    assert refused == (["wrong_state"] if accepted else ["wrong_state"] * 3)
    chain = [one.kind for one in proofs.chain_of(encounter.pk)]
    assert chain.count("handed_over") == int(accepted)
    assert Message.objects.filter(kind="hand_over_told").count() == int(accepted)


@pytest.mark.django_db(transaction=True)
def test_accepting_never_waits_in_a_ring_with_the_call(visit: Story, hoa):
    """Whoever holds the room adds evidence, which points at the encounter; who accepts holds the encounter, then the room."""
    wish, by = UUID(ask(visit, hoa)["id"]), make.actor_for(hoa)

    def press() -> None:
        try:
            handing.accept(hand_over_id=wish, by=by, now=this_instant())
        finally:
            connection.close()

    thread = Thread(target=press)
    with transaction.atomic():
        room = lock_room(Actor.system("presence"), UUID(visit.ids["room"]))
        thread.start()
        until_somebody_waits()
        append(room, "leave", {"role": "citizen"}, now=this_instant())
    thread.join()
    assert HandOver.objects.get().status == "accepted"
    assert [one.kind for one in proofs.chain_of(room.encounter_id)][-2:] == ["leave", "handed_over"]


@pytest.mark.django_db(transaction=True)
def test_a_note_that_waited_for_the_hand_over_is_no_longer_the_former_doctors(visit: Story, hoa):
    wish, encounter_id, refused = UUID(ask(visit, hoa)["id"]), UUID(visit.ids["encounter"]), []
    ben = make.actor_for(visit.ben)

    def write() -> None:
        try:
            save_note(
                encounter_id=encounter_id, version=1, changes={"plan": "x"}, diagnoses=None, by=ben, now=this_instant()
            )
        except DomainError as error:
            refused.append(error.code)
        finally:
            connection.close()

    thread = Thread(target=write)
    with transaction.atomic():
        handing.accept(hand_over_id=wish, by=make.actor_for(hoa), now=this_instant())
        thread.start()
        until_somebody_waits()
    thread.join()
    assert refused == ["not_found"] and Encounter.objects.get().version == 1
