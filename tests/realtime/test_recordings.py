"""Recordings of visits: consents as evidence, films from tapes, who sees them and who does not, how they go away."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import av
import pytest
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from audit import queries as audit_queries
from core.actor import Actor
from core.errors import NotFound
from core.sealing import SealBroken
from identity.models import Delegation
from realtime import actions, evidence, proofs, queries
from realtime.errors import (
    NotUnwanted,
    PractitionerOnly,
    RecordingGone,
    RecordingNotReady,
    RecordingOff,
    SayWhyItIsKept,
)
from realtime.models import Film, Recording, Room, Seat
from realtime.recordings import vault
from tests import make
from tests.make import actor_for
from tests.realtime.conftest import make_room
from tests.realtime.recorded import fill
from tests.realtime.test_join import arrive, call, join

pytestmark = pytest.mark.django_db
HOUSE = Actor.system("media")


@pytest.fixture(autouse=True)
def folder(settings, tmp_path) -> Path:
    """The files' storage of this test alone; the relay is there, and calls may be recorded."""
    place = tmp_path / "files"
    options = {**settings.STORAGES["files"]["OPTIONS"], "location": str(place)}
    settings.STORAGES = {**settings.STORAGES, "files": {**settings.STORAGES["files"], "OPTIONS": options}}
    settings.MEDIA_RELAY = settings.RECORDING = True
    return place


@pytest.fixture
def in_call(room, by_ana, by_ben) -> Room:
    call(room, by_ana, by_ben)
    return room


def on_relay(room: Room, *actors: Any) -> None:
    room.refresh_from_db()
    for by in actors:
        actions.be_ready(room_id=room.id, epoch=room.epoch, by=by, now=timezone.now())


def agree(room: Room, by: Any, yes: bool = True, wish: int = 1) -> None:
    actions.answer_recording(room_id=room.id, wish=wish, yes=yes, by=by, now=timezone.now())


@pytest.fixture
def running(in_call, by_ana, by_ben) -> Recording:
    """Everybody has agreed, the call goes through the relay, and a tape is running."""
    actions.ask_to_record(room_id=in_call.id, by=by_ben, now=timezone.now())
    agree(in_call, by_ana)
    on_relay(in_call, by_ana, by_ben)
    return Recording.objects.get()


@pytest.fixture
def ready(running, by_ben) -> Recording:
    fill(running)
    actions.stop_recording(room_id=running.room_id, by=by_ben, now=timezone.now())
    actions.make_films(recording_id=running.id, now=timezone.now())
    running.refresh_from_db()
    return running


def facts(room: Room, kind: str) -> list[dict[str, Any]]:
    return [link.facts for link in proofs.chain_of(room.encounter_id) if link.kind == kind]


# ---- consent


def test_asking_and_agreeing_is_evidence_with_the_words_and_the_time(running, in_call):
    consents = facts(in_call, "consent")
    assert [(one["role"], one["given"], one["wish"], one["text"]) for one in consents] == [
        ("practitioner", True, 1, "recording-1"), ("citizen", True, 1, "recording-1"),
    ]  # fmt: skip
    assert {one["days"] for one in consents} == {3653}
    assert facts(in_call, "recording")[0] == {"state": "on", "why": "", "part": 0}
    assert facts(in_call, "topology")[0]["reasons"] == ["recording"]
    assert not evidence.faults(str(in_call.encounter_id), proofs.chain_of(in_call.encounter_id))
    assert set(running.seats.all()) == set(Seat.objects.all())
    assert timedelta(days=3652) < running.keep_until - timezone.now() <= timedelta(days=3653)


def test_a_no_is_evidence_too_and_nothing_is_recorded(in_call, by_ana, by_ben):
    actions.ask_to_record(room_id=in_call.id, by=by_ben, now=timezone.now())
    agree(in_call, by_ana, yes=False)
    in_call.refresh_from_db()
    assert (in_call.recording, in_call.cut, in_call.topology, in_call.preparing) == ("", "declined", "p2p", "")
    assert [one["given"] for one in facts(in_call, "consent")] == [True, False]
    assert not Recording.objects.exists()


def test_who_may_not_ask_changes_nothing(in_call, by_ana, by_ben, by_eve, settings):
    for by, error in ((by_ana, PractitionerOnly), (by_eve, NotFound)):
        with pytest.raises(error):
            actions.ask_to_record(room_id=in_call.id, by=by, now=timezone.now())
    settings.RECORDING = False
    with pytest.raises(RecordingOff):
        actions.ask_to_record(room_id=in_call.id, by=by_ben, now=timezone.now())
    in_call.refresh_from_db()
    assert (in_call.recording, in_call.wish) == ("", 0) and not facts(in_call, "consent")


def test_an_app_may_answer_over_http(in_call, by_ben, ana_api):
    actions.ask_to_record(room_id=in_call.id, by=by_ben, now=timezone.now())
    for wish, state in ((2, "asked"), (1, "on")):
        answer = {"what": "recording", "given": True, "wish": wish}
        assert ana_api.post(f"/api/v1/rooms/{in_call.id}/consent", answer).status_code == 204
        in_call.refresh_from_db()
        assert in_call.recording == state


def test_taking_a_yes_back_ends_the_tape_and_what_was_recorded_stays(running, in_call, by_ana):
    fill(running)
    agree(in_call, by_ana, yes=False)
    running.refresh_from_db()
    assert (running.status, running.why) == ("ended", "withdrawn")
    assert queries.order_of(queries.room_now(in_call.id)).place == ""
    assert [one["given"] for one in facts(in_call, "consent")] == [True, True, False]


def test_the_relay_is_told_whom_to_write_down_and_how_long(running, in_call, settings):
    order = queries.order_of(queries.room_now(in_call.id))
    assert order.place == running.place
    assert order.seats == {str(seat.id) for seat in running.seats.all()}
    assert (order.seconds, order.octets) == (90 * 60, settings.RECORDING_BYTES_MOST)


def test_a_newcomer_ends_the_part_until_they_agree(running, in_call, by_ana, by_ben, ana):
    sister = make.make_person(full_name="Nguyễn Thu Hà")
    Delegation.objects.create(grantor=ana, delegate=sister, relation="other", scopes=["book"])
    by_sister = actor_for(sister)
    seat = join(in_call, by_sister).seat
    arrive(in_call, by_sister)
    actions.let_in(room_id=in_call.id, seat_id=seat.id, by=by_ben, now=timezone.now())
    running.refresh_from_db()
    assert (running.status, running.why) == ("ended", "newcomer")
    assert queries.order_of(queries.room_now(in_call.id)).place == ""
    agree(in_call, by_sister)
    second = Recording.objects.get(status="running")
    assert second.part == 2 and seat in second.seats.all() and seat not in running.seats.all()


def test_the_relays_own_end_is_heard_once(running, in_call):
    for _twice in range(2):
        actions.tape_ended(room_id=in_call.id, place=running.place, why="limit", now=timezone.now())
    actions.tape_ended(room_id=in_call.id, place="elsewhere", why="limit", now=timezone.now())
    running.refresh_from_db()
    in_call.refresh_from_db()
    assert (running.status, running.why, in_call.recording, in_call.cut) == ("ended", "limit", "", "limit")


def test_the_end_of_the_visit_is_the_end_of_the_recording(running, in_call):
    actions.close_room(encounter_id=in_call.encounter_id, by=HOUSE, now=timezone.now())
    running.refresh_from_db()
    assert (running.status, running.why) == ("ended", "over")


# ---- from tape to film


def test_films_are_made_by_the_job_and_nothing_lies_open(running, by_ben, folder):
    fill(running)
    actions.stop_recording(room_id=running.room_id, by=by_ben, now=timezone.now())
    actions.make_films(recording_id=running.id, now=timezone.now())
    running.refresh_from_db()
    films = list(running.films.all())
    assert running.status == "ready" and len(films) == 2
    for film in films:
        assert film.duration_ms == pytest.approx(2000, abs=60) and film.has_voice and film.has_picture
        with av.open(vault.FilmReader(film.place, film.size)) as container:
            assert len(list(container.decode(video=0))) == 30
    stored = [path for path in folder.rglob("*") if path.is_file()]
    assert stored and not [path for path in stored if ".t" in path.name]  # the tape is gone
    for path in stored:
        assert b"webm" not in path.read_bytes() and b"\x1aE\xdf\xa3" not in path.read_bytes()


def test_a_job_that_comes_early_waits_and_one_that_comes_twice_does_nothing(running, by_ben):
    fill(running, end="")
    now = timezone.now()
    actions.stop_recording(room_id=running.room_id, by=by_ben, now=now)
    with pytest.raises(RecordingNotReady):
        actions.make_films(recording_id=running.id, now=now + timedelta(seconds=4))
    # The relay has died: after a while what is there is what there is.
    for _twice in range(2):
        actions.make_films(recording_id=running.id, now=now + timedelta(seconds=60))
    running.refresh_from_db()
    assert running.status == "ready" and Film.objects.count() == 2


def test_a_tape_with_nothing_on_it_is_said_to_be_empty(running, by_ben):
    fill(running, seconds=0)
    actions.stop_recording(room_id=running.room_id, by=by_ben, now=timezone.now())
    actions.make_films(recording_id=running.id, now=timezone.now() + timedelta(minutes=2))
    running.refresh_from_db()
    assert running.status == "empty" and not Film.objects.exists()


def test_a_tape_whose_job_was_lost_is_found(running, by_ben):
    fill(running)
    actions.stop_recording(room_id=running.room_id, by=by_ben, now=timezone.now())
    before = ProcrastinateJob.objects.filter(task_name="realtime.tasks.make_films").count()
    assert actions.make_the_forgotten(now=timezone.now() + timedelta(minutes=10)) == 0
    assert actions.make_the_forgotten(now=timezone.now() + timedelta(minutes=40)) == 1
    jobs = ProcrastinateJob.objects.filter(task_name="realtime.tasks.make_films")
    assert jobs.count() == before + 1 and {job.lock for job in jobs} == {f"recording:{running.id}"}


def test_a_vault_counts_its_pieces_however_many(folder):
    for many in (0, 1, 2, 3, 7, 8, 20):
        for number in range(many):
            vault.Tapes().put(f"ab/{many}", number, b"x%d" % number)
        assert vault.Tapes().count(f"ab/{many}") == many
        assert list(vault.chunks(f"ab/{many}")) == [b"x%d" % number for number in range(many)]
        vault.drop_tape(f"ab/{many}")
        assert vault.Tapes().count(f"ab/{many}") == 0


@pytest.mark.parametrize("left", [0, 5, 20])
def test_a_piece_a_dying_relay_had_only_begun_to_store_costs_nothing_but_itself(folder, left):
    for number in range(3):
        vault.Tapes().put("ab/torn", number, b"%d" % number)
    torn = folder / "ab" / "torn.t2"
    torn.write_bytes(torn.read_bytes()[:left])
    assert list(vault.chunks("ab/torn")) == [b"0", b"1"]
    assert vault.Tapes().count("ab/torn") == 2  # the relay that takes over writes it anew
    vault.Tapes().put("ab/torn", 2, b"two")
    vault.Tapes().put("ab/torn", 3, b"3")
    assert list(vault.chunks("ab/torn")) == [b"0", b"1", b"two", b"3"]
    (folder / "ab" / "torn.t1").write_bytes(b"")  # in the middle it was not a relay that died
    with pytest.raises(SealBroken):
        list(vault.chunks("ab/torn"))


def test_a_film_is_written_and_read_across_its_blocks(folder, monkeypatch):
    monkeypatch.setattr(vault, "BLOCK", 100)
    writer = vault.FilmWriter("ab/film")
    content = bytes(range(256)) * 5
    writer.write(content)
    writer.seek(40)
    writer.write(b"later")  # in the first block, as containers do
    writer.seek(450)
    writer.write(b"even there")
    expected = bytearray(content)
    expected[40:45], expected[450:460] = b"later", b"even there"
    size = writer.finish()
    reader = vault.FilmReader("ab/film", size)
    assert io.BufferedReader(reader).read() == bytes(expected)
    reader.seek(95)
    assert reader.read(10) == expected[95:100]


# ---- who sees it


def paths(recording: Recording) -> list[str]:
    film = recording.films.first()
    assert film
    return [
        f"/recordings/{recording.id}/", f"/recordings/{recording.id}/films/{film.id}", f"/recordings/{recording.id}/whole",
        f"/api/v1/recordings/{recording.id}",
    ]  # fmt: skip


def test_those_who_took_part_see_it_and_each_look_is_noted(ready, ana, ana_browser, ben_browser):
    for browser in (ana_browser, ben_browser):
        for path in paths(ready):
            response = browser.get(path)
            assert response.status_code == 200 and "no-store" in response["Cache-Control"], path
    lines = audit_queries.lines_about(ana.id).filter(action="realtime.read_recording", subject=f"recording:{ready.id}")
    assert {line.role for line in lines} == {"citizen", "practitioner"}


def test_nobody_else_does(ready, ana, room, ben):
    strangers = [
        make.page_client(make.make_person(full_name="Lê Thị Lạ")), make.page_client(make.make_practitioner()), Client(),
        make.page_client(make.make_desk(facility=room.encounter.facility)),
    ]  # fmt: skip
    # Somebody may act and read for her, but was not there.
    friend = make.make_person(full_name="Trần Văn Bạn")
    Delegation.objects.create(grantor=ana, delegate=friend, relation="other", scopes=["book", "read"])
    strangers.append(make.page_client(friend))
    for browser in strangers:
        for path in paths(ready):
            assert browser.get(path).status_code in (302, 401, 403, 404), path
        assert browser.post(f"/recordings/{ready.id}/unwanted/").status_code in (302, 401, 403, 404)
    ready.refresh_from_db()
    assert ready.status == "ready" and ready.unwanted_at is None
    assert not queries.recordings_of(actor_for(friend), room.encounter_id)


def test_two_visits_with_one_doctor_do_not_share_recordings(ready, ben, by_ben):
    """The lists of two people who saw the same doctor one after the other are disjoint."""
    bao = make.make_person(full_name="Phạm Gia Bảo")
    other = make_room(person=bao, practitioner=ben)
    assert queries.recordings_of(actor_for(bao), other.encounter_id) == []
    assert queries.recordings_of(actor_for(bao), ready.room.encounter_id) == []
    assert queries.recordings_for(actor_for(bao), bao.id) == []
    assert queries.recordings_of(by_ben, other.encounter_id) == []
    assert queries.recordings_of(by_ben, ready.room.encounter_id) == [ready]


def test_it_is_listed_in_the_visit_and_in_the_record(ready, room, ana_browser):
    actions.close_room(encounter_id=room.encounter_id, by=HOUSE, now=timezone.now())
    for path in (f"/visits/{room.encounter_id}/", "/record/"):
        assert f"/recordings/{ready.id}/" in ana_browser.get(path).content.decode(), path
    found = ana_browser.get(f"/api/v1/encounters/{room.encounter_id}/recordings").json()
    assert [one["id"] for one in found["results"]] == [str(ready.id)]


@pytest.mark.parametrize(
    ("header", "status", "content"),
    [
        ("bytes=0-99", 206, (0, 100)), ("bytes=100-", 206, (100, None)), ("bytes=-50", 206, (-50, None)),
        ("bytes=0-0", 206, (0, 1)), ("bytes=9999999999-", 416, None), ("bytes=5-2", 416, None), ("lines=1-2", 200, (0, None)),
    ],
)  # fmt: skip
def test_ranges(ready, ana_browser, header, status, content):
    film = ready.films.first()
    whole = io.BufferedReader(vault.FilmReader(film.place, film.size)).read()
    response = ana_browser.get(f"/recordings/{ready.id}/films/{film.id}", headers={"range": header})
    assert response.status_code == status and response["Accept-Ranges"] == "bytes"
    if status == 416:
        assert response["Content-Range"] == f"bytes */{film.size}"
        return
    got = b"".join(response.streaming_content) if response.streaming else response.content
    assert got == whole[content[0] : content[1]]
    if status == 206:
        start = content[0] % film.size
        assert response["Content-Range"] == f"bytes {start}-{start + len(got) - 1}/{film.size}"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_an_address_opens_a_film_for_a_minute_without_a_cookie(ready, ana_browser):
    found = ana_browser.get(f"/api/v1/recordings/{ready.id}").json()
    address = found["films"][0]["address"]
    response = Client().get(address, headers={"range": "bytes=0-9"})
    assert response.status_code == 206 and len(response.content) == 10
    assert Client().get(address[:-2]).status_code == 404


def test_the_copy_holds_everybodys_tracks(ready, ana_browser):
    response = ana_browser.get(f"/recordings/{ready.id}/whole")
    with av.open(io.BytesIO(b"".join(response.streaming_content))) as container:
        assert sorted(stream.type for stream in container.streams) == ["audio", "audio", "video", "video"]
        assert container.duration / 1e6 == pytest.approx(2, abs=0.2)


# ---- how it goes away


def test_the_citizen_asks_and_the_doctor_deletes(ready, ana_browser, ben_browser, folder, room):
    for _twice in range(2):
        assert ana_browser.post(f"/api/v1/recordings/{ready.id}/unwanted").status_code == 200
    assert "answer" in ben_browser.get(f"/recordings/{ready.id}/").content.decode()
    assert ben_browser.post(f"/recordings/{ready.id}/answer/", {"answer": "delete"}).status_code == 302
    ready.refresh_from_db()
    assert ready.status == "deleted" and not Film.objects.exists()
    assert not [path for path in folder.rglob("*") if path.is_file()]
    for path in (f"/recordings/{ready.id}/", f"/recordings/{ready.id}/whole"):
        assert ana_browser.get(path).status_code == 404
    assert [one["state"] for one in facts(room, "recording")] == ["on", "on", "off", "unwanted", "deleted"]


def test_the_doctor_keeps_it_and_says_why(ready, by_ana, by_ben, ana_browser):
    actions.wish_deleted(recording_id=ready.id, by=by_ana, now=timezone.now())
    with pytest.raises(SayWhyItIsKept):
        actions.keep_recording(recording_id=ready.id, words="  ", by=by_ben, now=timezone.now())
    with pytest.raises(NotFound):
        actions.keep_recording(recording_id=ready.id, words="x", by=by_ana, now=timezone.now())
    with pytest.raises(NotFound):
        actions.delete_recording(recording_id=ready.id, by=by_ana, now=timezone.now())
    actions.keep_recording(recording_id=ready.id, words="Cần cho hồ sơ bệnh án", by=by_ben, now=timezone.now())
    assert "Cần cho hồ sơ bệnh án" in ana_browser.get(f"/recordings/{ready.id}/").content.decode()


def test_a_wish_nobody_answers_is_granted(ready, by_ana, by_ben, ben_browser):
    actions.wish_deleted(recording_id=ready.id, by=by_ana, now=timezone.now())
    assert queries.unwanted_recordings(by_ben) == [ready] and queries.unwanted_recordings(by_ana) == []
    assert f"/recordings/{ready.id}/" in ben_browser.get("/doctor/").content.decode()
    assert actions.delete_the_old(now=timezone.now() + timedelta(days=14)) == 0
    assert actions.delete_the_old(now=timezone.now() + timedelta(days=15, minutes=1)) == 1
    ready.refresh_from_db()
    assert ready.status == "deleted" and queries.unwanted_recordings(by_ben) == []


def test_after_a_hand_over_the_wish_is_the_new_doctors_to_answer_and_the_pictures_are_not(
    ready, ana_browser, ben_browser, room, hospital, folder
):
    lan = make.make_practitioner(facility=hospital, full_name="Lê Thị Lan", title="BS.")
    his, hers = make.page_client(lan), f"/recordings/{ready.id}/"
    film = f"{hers}films/{ready.films.first().id}"
    room.encounter.practitioner = lan
    room.encounter.save()
    assert his.get(hers).status_code == his.get(film).status_code == 404  # nobody has asked for anything
    assert his.post(f"{hers}answer/", {"answer": "delete"}).status_code == 404
    ana_browser.post(f"{hers}unwanted/")
    assert queries.unwanted_recordings(actor_for(lan)) == [ready]
    page = his.get(hers)
    assert page.status_code == 200 and "<video" not in page.content.decode()
    assert his.get(film).status_code == his.get(f"{hers}whole").status_code == 404
    assert ben_browser.post(f"{hers}answer/", {"answer": "delete"}).status_code == 404
    ready.refresh_from_db()
    assert ready.status == "ready"
    assert his.post(f"{hers}answer/", {"answer": "delete"}).status_code == 302
    ready.refresh_from_db()
    assert ready.status == "deleted" and not [path for path in folder.rglob("*") if path.is_file()]


def test_what_nobody_asked_about_is_neither_kept_nor_deleted(ready, by_ben):
    with pytest.raises(NotUnwanted):
        actions.keep_recording(recording_id=ready.id, words="x", by=by_ben, now=timezone.now())
    with pytest.raises(NotUnwanted):
        actions.delete_recording(recording_id=ready.id, by=by_ben, now=timezone.now())
    ready.refresh_from_db()
    assert ready.status == "ready" and ready.films.count() == 2


def test_what_was_kept_long_enough_goes_by_itself(ready, by_ana, folder):
    assert actions.delete_the_old(now=ready.keep_until - timedelta(days=1)) == 0
    assert actions.delete_the_old(now=ready.keep_until + timedelta(minutes=1)) == 1
    assert actions.delete_the_old(now=ready.keep_until + timedelta(minutes=2)) == 0
    ready.refresh_from_db()
    assert ready.status == "deleted" and not [path for path in folder.rglob("*") if path.is_file()]
    with pytest.raises(RecordingGone):
        actions.wish_deleted(recording_id=ready.id, by=by_ana, now=timezone.now())


def test_an_unknown_recording_is_told_like_somebody_elses(ready, by_eve):
    for recording_id in (ready.id, uuid4()):
        with pytest.raises(NotFound):
            actions.wish_deleted(recording_id=recording_id, by=by_eve, now=timezone.now())
