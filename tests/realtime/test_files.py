"""Files in the chat of a visit: what may be sent, what is made of it, who sees it, and what is left behind of the rest."""

from __future__ import annotations

import io
import threading
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pikepdf
import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.client import MULTIPART_CONTENT
from django.utils import timezone
from PIL import Image

from audit import queries as audit_queries
from realtime import actions
from realtime.files import addresses, apart, store
from realtime.models import ChatLine, Room, Seat, StreamEntry, VisitFile
from records.models import Encounter
from tests.make import actor_for
from tests.realtime import handed_in
from tests.realtime.conftest import make_room
from tests.realtime.test_join import arrive, call, join

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path) -> Path:
    """The files' storage of this test alone."""
    place = tmp_path / "files"
    options = {**settings.STORAGES["files"]["OPTIONS"], "location": str(place)}
    settings.STORAGES = {**settings.STORAGES, "files": {**settings.STORAGES["files"], "OPTIONS": options}}
    return place


@pytest.fixture
def in_call(room, by_ana, by_ben) -> Room:
    call(room, by_ana, by_ben)
    return room


def send(api, room, content: bytes, *, name: str = "photo.jpg", kind: str = "image/jpeg", client_id: str = "", **rest):
    body = {"file": SimpleUploadedFile(name, content, kind), "client_id": client_id or str(uuid4()), **rest}
    return api.post(f"/api/v1/rooms/{room.id}/files", body, content_type=MULTIPART_CONTENT)


def left(folder: Path) -> list[Path]:
    return [one for one in folder.rglob("*") if one.is_file()] if folder.exists() else []


def nothing_happened(folder: Path) -> bool:
    return not VisitFile.objects.exists() and not ChatLine.objects.exists() and not left(folder)


def fetch(address: str, **headers: str):
    """As an <img> of a page does it, with no cookie of ours."""
    return Client().get(address, headers=headers)


# ---- what is made of a file


def test_a_photo_arrives_upright_and_tells_nothing_of_where_it_was_taken(in_call, ana_api, ben_api, folder):
    given = handed_in.photo((640, 480), orientation=6)  # held upright: to be turned by 90°
    assert handed_in.SECRET in given
    sent = send(ana_api, in_call, given, text="Vết ở tay")
    assert sent.status_code == 201, sent.json()

    seen = ben_api.get(f"/api/v1/visit-files/{sent.json()['id']}").json()
    assert (seen["kind"], seen["width"], seen["height"]) == ("picture", 480, 640)
    for address, longest in ((seen["address"], 640), (seen["small"], 480)):
        content = fetch(address).content
        with Image.open(io.BytesIO(content)) as image:
            assert image.format == "JPEG" and max(image.size) == longest
            assert not image.getexif() and {"exif", "xmp", "comment", "icc_profile"}.isdisjoint(image.info)
            red, blue = image.getpixel((image.width // 2, 5)), image.getpixel((image.width // 2, image.height - 5))
            assert red[0] > 200 > 60 > red[2] and blue[2] > 200 > 60 > blue[0]
        assert handed_in.SECRET not in content
    # At rest there is nothing to look at.
    stored = left(folder)
    assert len(stored) == 2
    for one in stored:
        assert not one.read_bytes().startswith(b"\xff\xd8") and b"JFIF" not in one.read_bytes()
        assert one.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("fmt", ["PNG", "WEBP"])
def test_other_pictures_become_jpeg(in_call, ana_api, fmt):
    sent = send(ana_api, in_call, handed_in.photo(fmt=fmt), name="x.exe", kind="application/pdf").json()
    assert sent["kind"] == "picture"
    assert Image.open(io.BytesIO(fetch(sent["address"]).content)).format == "JPEG"


def test_what_hangs_behind_a_picture_is_gone(in_call, ana_api):
    for behind in (handed_in.HTML, b"PK\x03\x04" + handed_in.SECRET, handed_in.acting_pdf()):
        sent = send(ana_api, in_call, handed_in.photo() + behind).json()
        content = fetch(sent["address"]).content
        assert behind[:20] not in content and handed_in.SECRET not in content


def test_a_pdf_keeps_its_pages_and_nothing_that_acts(in_call, ana_api):
    sent = send(ana_api, in_call, handed_in.acting_pdf(), kind="image/png").json()
    assert (sent["kind"], sent["pages"], sent["small"]) == ("pdf", 1, None)
    answer = fetch(sent["address"])
    assert answer["Content-Type"] == "application/pdf"
    with pikepdf.open(io.BytesIO(answer.content)) as made:
        assert made.pages[0].Contents.read_bytes() == b"10 10 m 400 500 l S"
        text = b"".join(
            one.unparse() + (one.read_bytes() if isinstance(one, pikepdf.Stream) else b"") for one in made.objects
        )
        assert set(made.Root.keys()) == {"/Type", "/Pages"} and not made.attachments and not made.is_encrypted
        assert "/Annots" not in made.pages[0] and "/AA" not in made.pages[0]
    for never in (b"/JS", b"/JavaScript", b"/Launch", b"/EF", b"/AA", b"calc", handed_in.SECRET):
        assert never not in text, never


def test_a_scan_in_a_pdf_does_not_tell_its_place(in_call, ana_api):
    given = handed_in.pdf_with_photo()
    sent = send(ana_api, in_call, given).json()
    with pikepdf.open(io.BytesIO(fetch(sent["address"]).content)) as made:
        image = made.pages[0].Resources.XObject.Im.read_raw_bytes()
    assert b"Exif" not in image and handed_in.SECRET not in image
    with Image.open(io.BytesIO(image)) as seen:
        assert seen.size == (64, 48) and not seen.getexif()


def test_a_pdf_that_only_forbids_printing_can_be_sent(in_call, ana_api):
    given = handed_in.pdf(encryption=pikepdf.Encryption(owner="o", user=""))
    sent = send(ana_api, in_call, given).json()
    with pikepdf.open(io.BytesIO(fetch(sent["address"]).content)) as made:
        assert not made.is_encrypted


# ---- what is refused


@pytest.mark.parametrize("which", handed_in.BAD)
def test_a_bad_file_is_refused_and_leaves_nothing(in_call, ana_api, folder, which):
    content, code = handed_in.BAD[which]
    answer = send(ana_api, in_call, content)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert nothing_happened(folder)


def test_a_file_that_is_too_large_is_refused(in_call, ana_api, folder, settings):
    settings.ROOM_FILE_BYTES = 100_000
    for surplus in (1, 200_000):  # seen when it is read; seen before
        answer = send(ana_api, in_call, handed_in.photo() + b"\0" * (100_000 - len(handed_in.photo()) + surplus))
        assert (answer.status_code, answer.json()["code"]) == (422, "file_too_large")
    assert nothing_happened(folder)


def test_a_file_that_kills_its_reader_is_refused(in_call, ana_api, folder, monkeypatch, tmp_path):
    program = tmp_path / "dies.py"
    program.write_text("import os, sys; sys.stdin.buffer.read(); os.kill(os.getpid(), 9)")
    monkeypatch.setattr(apart, "PROGRAM", program)
    assert send(ana_api, in_call, handed_in.photo()).json()["code"] == "file_broken"
    assert nothing_happened(folder)


def test_the_reader_has_none_of_our_secrets(monkeypatch, tmp_path):
    program = tmp_path / "tells.py"
    program.write_text(
        "import json, os, sys; sys.stdin.buffer.read(); n = list(os.environ);"
        "print(json.dumps({'kind': ','.join(n), 'width': 0, 'height': 0, 'pages': 0, 'content': 0, 'small': 0}))"
    )
    monkeypatch.setattr(apart, "PROGRAM", program)
    assert "DATABASE" not in apart.cleaned(b"x").kind and "SECRET" not in apart.cleaned(b"x").kind


@pytest.mark.parametrize("body", [{}, {"client_id": ""}, {"client_id": "a b"}, {"text": "x" * 2001}, {"seat": "1"}])
def test_bodies_that_mean_nothing_are_refused(in_call, ana_api, folder, body):
    whole = {
        "file": SimpleUploadedFile("a.jpg", handed_in.photo()),
        **({} if body == {} else {"client_id": "c"}),
        **body,
    }
    assert ana_api.post(f"/api/v1/rooms/{in_call.id}/files", whole, content_type=MULTIPART_CONTENT).status_code == 422
    assert (
        ana_api.post(
            f"/api/v1/rooms/{in_call.id}/files", {"client_id": "c"}, content_type=MULTIPART_CONTENT
        ).status_code
        == 422
    )
    assert nothing_happened(folder)


def test_there_is_an_end_to_how_many(in_call, ana_api, ben_api, settings, folder):
    settings.ROOM_FILES_MOST = 2
    assert [send(api, in_call, handed_in.photo((9, 9))).status_code for api in (ana_api, ben_api)] == [201, 201]
    before = left(folder)
    answer = send(ana_api, in_call, handed_in.photo((9, 9)))
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_files")
    assert VisitFile.objects.count() == ChatLine.objects.count() == 2 and left(folder) == before


def test_a_storage_that_fails_leaves_nothing(in_call, ana_api, folder, monkeypatch):
    whole = store.put

    def second_fails(file_id, name, part, content):
        if part == "small":
            raise OSError("no space left")
        whole(file_id, name, part, content)

    monkeypatch.setattr(store, "put", second_fails)
    ana_api.raise_request_exception = False
    assert send(ana_api, in_call, handed_in.photo()).status_code >= 500
    assert nothing_happened(folder)


def test_whoever_is_asked_to_leave_while_it_is_read_has_sent_nothing(in_call, by_ben, ana_api, folder, monkeypatch):
    whole = store.put

    def and_meanwhile(*args):
        whole(*args)
        guest = Seat.objects.get(role="citizen")
        actions.remove(room_id=in_call.id, seat_id=guest.id, by=by_ben, now=timezone.now())

    monkeypatch.setattr(store, "put", and_meanwhile)
    assert send(ana_api, in_call, handed_in.photo()).status_code == 409
    assert nothing_happened(folder)


def test_what_a_dead_process_left_is_taken_away(in_call, ana_api, folder, monkeypatch):
    monkeypatch.setattr("realtime.actions.files._keep", lambda *a, **k: (_ for _ in ()).throw(KeyboardInterrupt))
    monkeypatch.setattr("realtime.actions.files.give_up", lambda *a, **k: None)  # it is dead
    with pytest.raises(KeyboardInterrupt):
        send(ana_api, in_call, handed_in.photo())
    monkeypatch.undo()
    assert VisitFile.objects.count() == 1
    actions.forget_the_lost(now=timezone.now())
    assert VisitFile.objects.count() == 1  # it may still be on its way
    actions.forget_the_lost(now=timezone.now() + timedelta(hours=1))
    assert not VisitFile.objects.exists()


# ---- one line


def test_the_same_upload_twice_is_one_line(in_call, ana_api, ben_api, folder):
    first = send(ana_api, in_call, handed_in.photo(), client_id="c1", text="tay")
    again = send(ana_api, in_call, handed_in.photo((9, 9)), client_id="c1", text="chân")
    assert first.json()["id"] == again.json()["id"]
    line = ChatLine.objects.get()
    assert (line.text, line.client_id, line.file_id) == ("tay", "c1", VisitFile.objects.get().id)
    assert len(left(folder)) == 2
    # The doctor's own "c1" is another one.
    assert send(ben_api, in_call, handed_in.photo(), client_id="c1").json()["id"] != first.json()["id"]


def test_the_chat_and_the_news_carry_id_and_kind_only(in_call, ana_api):
    from realtime import queries

    sent = send(ana_api, in_call, handed_in.photo(), name="HIV-result.jpg", text="").json()
    (line,) = queries.chat_of(in_call.id, queries.state_of(in_call).seats[0])
    assert line["file"] == {"id": sent["id"], "kind": "picture"} and line["text"] == ""
    assert "HIV" not in str(line) and "files/" not in str(line)
    assert not StreamEntry.objects.filter(subject__contains=sent["id"]).exists()
    assert not VisitFile.objects.filter(place__contains="HIV").exists()


# ---- who sees it


@pytest.fixture
def sent(in_call, ana_api) -> dict:
    return send(ana_api, in_call, handed_in.photo()).json()


@pytest.mark.parametrize("stranger", ["eve_api", "dan_api", "cara_api", "nobody_api"])
def test_a_stranger_can_neither_send_nor_see(in_call, sent, stranger, request, folder):
    api = request.getfixturevalue(stranger)
    before = left(folder)
    expected = {"eve_api": 404, "nobody_api": 401}.get(stranger, 403)
    for room_id in (in_call.id, uuid4()):
        in_call.id = room_id
        assert send(api, in_call, handed_in.photo()).status_code == expected
    answers = [api.get(f"/api/v1/visit-files/{one}") for one in (sent["id"], uuid4())]
    assert [one.status_code for one in answers] == [expected] * 2
    assert answers[0].json()["detail"] == answers[1].json()["detail"]
    assert VisitFile.objects.count() == 1 and left(folder) == before


def test_a_stranger_of_another_room_sees_nothing(sent, ben, eve_api, eve, by_ben):
    other = make_room(person=eve, practitioner=ben)
    call(other, actor_for(eve), by_ben)
    assert eve_api.get(f"/api/v1/visit-files/{sent['id']}").status_code == 404


def test_who_waits_or_was_asked_to_leave_neither_sends_nor_sees(room, by_ana, by_ben, ana_api, ben_api, folder):
    join(room, by_ben)
    arrive(room, by_ben)
    file = send(ben_api, room, handed_in.photo()).json()["id"]
    waiting = join(room, by_ana).seat
    arrive(room, by_ana)
    before = left(folder)
    assert send(ana_api, room, handed_in.photo()).json()["code"] == "not_admitted"
    assert ana_api.get(f"/api/v1/visit-files/{file}").status_code == 404
    actions.let_in(room_id=room.id, seat_id=waiting.id, by=by_ben, now=timezone.now())
    assert ana_api.get(f"/api/v1/visit-files/{file}").status_code == 200
    actions.remove(room_id=room.id, seat_id=waiting.id, by=by_ben, now=timezone.now())
    assert send(ana_api, room, handed_in.photo()).status_code == 409
    assert ana_api.get(f"/api/v1/visit-files/{file}").status_code == 404
    assert VisitFile.objects.count() == 1 and left(folder) == before


def test_after_the_visit_it_is_in_the_record(
    in_call, sent, by_ben, ana_api, ben_api, eve_api, ana_browser, ben_browser, eve_browser, folder
):
    actions.close_room(encounter_id=in_call.encounter_id, by=by_ben, now=timezone.now())
    for api in (ana_api, ben_api):
        assert api.get(f"/api/v1/visit-files/{sent['id']}").status_code == 200
    assert eve_api.get(f"/api/v1/visit-files/{sent['id']}").status_code == 404
    for browser in (ana_browser, ben_browser):
        there = browser.get(f"/visit-files/{sent['id']}/")
        assert there.status_code == 302 and fetch(there["Location"])["Content-Type"] == "image/jpeg"
    assert eve_browser.get(f"/visit-files/{sent['id']}/").status_code == 404
    assert f"/visit-files/{sent['id']}/" in ana_browser.get("/record/?kind=file").content.decode()
    assert f"/visit-files/{sent['id']}/" in ana_browser.get(f"/visits/{in_call.encounter_id}/").content.decode()
    assert sent["id"] not in eve_browser.get("/record/").content.decode()
    before = left(folder)
    assert send(ana_api, in_call, handed_in.photo()).json()["code"] == "room_over"
    assert left(folder) == before


def test_looking_and_sending_stand_in_the_citizens_log(in_call, sent, ben_api, ana):
    ben_api.get(f"/api/v1/visit-files/{sent['id']}")
    lines = [(line.action, line.subject) for line in audit_queries.lines_about(ana.id)]
    assert ("realtime.file_sent", f"visitfile:{sent['id']}") in lines
    encounter = Encounter.objects.get(pk=in_call.encounter_id)
    assert ("records.read_encounter", f"encounter:{encounter.id}") in lines


# ---- the addresses


def test_an_address_says_how_to_treat_what_lies_there(sent, ana_browser):
    for visitor in (Client(), ana_browser):
        answer = visitor.get(sent["address"])
        assert answer.status_code == 200 and answer["Content-Type"] == "image/jpeg"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer["Content-Disposition"].startswith("attachment;")
        assert answer["Cache-Control"] == "private, no-store"
        assert not answer.cookies


def test_an_address_ends_after_a_minute(sent):
    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=False):
        assert fetch(sent["address"]).status_code == 404


def test_an_address_cannot_be_made_or_changed(sent, in_call):
    from django.core import signing

    token = sent["address"].removeprefix("/files/")
    foreign = signing.dumps([sent["id"], "full"], salt="realtime.board")
    unkept = addresses.address_of(uuid4(), "full")
    for address in (f"/files/{token[:-1]}x", f"/files/{foreign}", "/files/x", "/files/..%2f..%2fetc", unkept):
        assert fetch(address).status_code == 404


def test_with_a_host_of_its_own_no_other_host_hands_files_out(in_call, ana_api, settings):
    settings.FILES_URL, settings.ALLOWED_HOSTS = "https://files.example.vn", ["*"]
    sent = send(ana_api, in_call, handed_in.photo()).json()
    assert sent["address"].startswith("https://files.example.vn/files/")
    path = sent["address"].removeprefix("https://files.example.vn")
    assert Client().get(path).status_code == 404
    assert Client().get(path, headers={"host": "files.example.vn"}).status_code == 200


def test_swapped_objects_open_no_more(in_call, ana_api, folder):
    one, other = (send(ana_api, in_call, handed_in.photo((n, n))).json() for n in (9, 10))
    places = [folder / f"{VisitFile.objects.get(pk=file['id']).place}.full" for file in (one, other)]
    places[0].write_bytes(places[1].read_bytes())
    assert fetch(one["address"]).status_code == 404 and fetch(other["address"]).status_code == 200


# ---- many at once


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_once_are_one_line(in_call, by_ana, folder):
    gate, results = threading.Barrier(3), []

    def press():
        gate.wait()
        try:
            content = handed_in.photo()
            actions.send_file(
                room_id=in_call.id, content=content, client_id="c", text="", by=by_ana, now=timezone.now()
            )
            results.append("sent")
        except Exception as error:
            results.append(type(error).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "sent" in results and set(results) <= {"sent", "FileOnItsWay"}
    assert VisitFile.objects.count() == ChatLine.objects.count() == 1 and len(left(folder)) == 2
