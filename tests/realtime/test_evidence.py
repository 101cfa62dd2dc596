"""The chain of evidence: what it tells, that any touched row is found, that the database refuses, who may read it."""

import hashlib
import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pikepdf
import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from core.actor import Actor
from realtime import actions, evidence, proofs, rooms
from realtime.consents import VERSION
from realtime.errors import EnoughSaid
from realtime.models import EvidenceRow, Room

HOUSE = Actor.system("test")
ZERO = datetime(2031, 3, 25, 7, 0, 0, 5, tzinfo=UTC)


def chain(length: int = 4) -> list[evidence.Link]:
    links, previous = [], evidence.FIRST
    for number in range(1, length + 1):
        at, facts = ZERO + timedelta(seconds=number), {"seat": "s1", "name": "Nguyễn Ánh", "n": number}
        hashed = evidence.hash_of("e1", number, at, "join", facts, previous)
        links.append(evidence.Link("e1", number, at, "join", facts, previous, hashed))
        previous = hashed
    return links


def test_the_hash_is_what_anybody_can_reckon():
    content = '{"at":"2031-03-25T07:00:01.000005Z","encounter":"e1","facts":{"n":1,"name":"Nguyễn Ánh","seat":"s1"},'
    content += '"kind":"join","number":1}'
    assert chain()[0].hash == hashlib.sha256(("0" * 64 + content).encode()).hexdigest()
    assert evidence.faults("e1", chain()) == [] and evidence.faults("e1", []) == []


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize(
    "change",
    [
        {"encounter": "e2"}, {"number": 9}, {"at": ZERO}, {"kind": "leave"}, {"facts": {}},
        {"facts": {"seat": "s1", "name": "Nguyễn Anh", "n": 1}}, {"previous": "1" * 64}, {"hash": "1" * 64},
    ],
)  # fmt: skip
def test_any_field_of_any_row_is_found(place, change):
    links = chain()
    links[place] = replace(links[place], **change)
    assert evidence.faults("e1", links)


@pytest.mark.parametrize("place", range(3))
def test_a_row_left_out_put_in_or_moved_is_found(place):
    links = chain()
    assert evidence.faults("e1", links[:place] + links[place + 1 :])
    assert evidence.faults("e1", [*links[:place], links[place], *links[place:]])
    links[place], links[place + 1] = links[place + 1], links[place]
    assert evidence.faults("e1", links)
    assert evidence.faults("e2", chain())  # of another visit


def test_one_row_made_anew_breaks_the_next():
    links = chain()
    forged = {"seat": "s2"}
    links[1] = replace(
        links[1], facts=forged, hash=evidence.hash_of("e1", 2, links[1].at, "join", forged, links[1].previous)
    )
    assert evidence.faults("e1", links) == [3]


@pytest.fixture
def visit(db, room, by_ana, by_ben):
    """A whole visit: consent, devices, joins, let in, the relay, a line lost, the end, the note."""
    now = timezone.now()
    for _twice in range(2):
        actions.consent(room_id=room.id, what="remote_visit", given=True, version=VERSION, by=by_ana, now=now)
    actions.note_device_check(room_id=room.id, result={"camera": "ok", "microphone": "silent"}, by=by_ana, now=now)
    sockets = []
    for by in (by_ben, by_ana):
        seat = actions.join(room_id=room.id, by=by, now=now).seat
        sockets.append(uuid4())
        actions.arrive(room_id=room.id, socket_id=sockets[-1], page="p", by=by, now=now)
    actions.let_in(room_id=room.id, seat_id=seat.id, by=by_ben, now=now)
    actions.depart(socket_id=sockets[1], why="lost", now=now)
    actions.arrive(room_id=room.id, socket_id=uuid4(), page="p", by=by_ana, now=now)
    actions.close_room(encounter_id=room.encounter_id, by=HOUSE, now=now)
    for _twice in range(2):
        actions.note_final(encounter_id=room.encounter_id, version=3, digest="a" * 64, by=HOUSE, now=now)
    return room


def kinds(room: Room) -> list[str]:
    return [link.kind for link in proofs.chain_of(room.encounter_id)]


def test_a_visit_tells_itself(visit):
    assert kinds(visit) == [
        "consent", "device_check", "join", "join", "gate", "let_in",
        "leave", "join", "leave", "leave", "closed", "note_final",
    ]  # fmt: skip
    links = proofs.chain_of(visit.encounter_id)
    assert evidence.faults(str(visit.encounter_id), links) == []
    assert [link.facts.get("why") for link in links if link.kind == "leave"] == ["lost", "over", "over"]


def test_the_way_of_the_pictures_is_told(room, by_ben, settings):
    settings.MEDIA_RELAY = True
    now = timezone.now()
    actions.join(room_id=room.id, by=by_ben, now=now)
    actions.arrive(room_id=room.id, socket_id=uuid4(), page="p", by=by_ben, now=now)
    actions.ask_for_relay(room_id=room.id, by=by_ben, now=now)
    room.refresh_from_db()
    actions.be_ready(room_id=room.id, epoch=room.epoch, by=by_ben, now=now)
    (link,) = [one for one in proofs.chain_of(room.encounter_id) if one.kind == "topology"]
    assert link.facts == {"from": rooms.PEER, "to": rooms.RELAYED, "reasons": ["network"]}


@pytest.mark.parametrize(
    "change",
    ["number = 99", "created_at = now()", "kind = 'leave'", "facts = '{}'", f"previous = '{'1' * 64}'",
     f"hash = '{'1' * 64}'", "encounter_id = encounter_id"],
)  # fmt: skip
def test_the_database_refuses_to_change_a_row(visit, change):
    before = proofs.chain_of(visit.encounter_id)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE realtime_evidencerow SET {change} WHERE number = 3")
    assert proofs.chain_of(visit.encounter_id) == before


def test_the_database_refuses_to_remove_and_to_misplace(visit):
    before = proofs.chain_of(visit.encounter_id)
    with pytest.raises(IntegrityError), transaction.atomic():
        EvidenceRow.objects.filter(number=3).delete()
    last = before[-1]
    for number, previous in ((last.number + 2, last.hash), (last.number + 1, "1" * 64), (1, evidence.FIRST)):
        with pytest.raises(IntegrityError), transaction.atomic():
            EvidenceRow.objects.create(
                encounter_id=visit.encounter_id, number=number, kind="join", previous=previous, hash="2" * 64
            )
    assert proofs.chain_of(visit.encounter_id) == before


COLUMNS = {
    "number": "99", "created_at": "now()", "kind": "'topology'", "facts": """'{"seat": "x"}'""",
    "previous": f"'{'1' * 64}'", "hash": f"'{'1' * 64}'",
}  # fmt: skip


@pytest.mark.parametrize("column", COLUMNS)
def test_who_gets_past_the_database_is_found(visit, column, ana_api, ana_browser):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE realtime_evidencerow DISABLE TRIGGER realtime_evidence_is_final")
        cursor.execute(f"UPDATE realtime_evidencerow SET {column} = {COLUMNS[column]} WHERE number = 3")
    answer = ana_api.get(f"/api/v1/encounters/{visit.encounter_id}/evidence").json()
    assert answer["is_whole"] is False and answer["faults"]
    assert "không khớp" in ana_browser.get(f"/visits/{visit.encounter_id}/evidence/").content.decode()


def test_its_people_read_it_and_anybody_can_check_it(visit, ana_api, ben_api, ana_browser):
    for api in (ana_api, ben_api):
        answer = api.get(f"/api/v1/encounters/{visit.encounter_id}/evidence").json()
        assert (answer["is_whole"], len(answer["rows"])) == (True, 12)
    previous = "0" * 64
    for row in answer["rows"]:
        content = {name: row[name] for name in ("at", "facts", "kind", "number")}
        content["encounter"] = str(visit.encounter_id)
        text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        assert row["previous"] == previous
        previous = hashlib.sha256((previous + text).encode()).hexdigest()
        assert row["hash"] == previous
    page = ana_browser.get(f"/visits/{visit.encounter_id}/evidence/").content.decode()
    assert previous in page and "được cho vào" in page


def test_it_is_kept_as_a_pdf(visit, ana_browser, ben_browser, eve_browser):
    path = f"/visits/{visit.encounter_id}/evidence.pdf"
    answer = ana_browser.get(path)
    assert answer["Content-Type"] == "application/pdf" and answer["Content-Disposition"].startswith("attachment")
    with pikepdf.open(io.BytesIO(answer.content)) as read:
        assert len(read.pages) == 1 and str(read.Root.Lang) == "vi" and read.Root.MarkInfo.Marked
    assert ben_browser.get(path).content == answer.content
    assert eve_browser.get(path).status_code == 404


def test_strangers_find_and_say_nothing(visit, eve_api, dan_api, nobody_api, eve_browser):
    before = proofs.chain_of(visit.encounter_id)
    for encounter_id, room_id in ((visit.encounter_id, visit.id), (uuid4(), uuid4())):
        for api, expect in ((eve_api, 404), (dan_api, 403), (nobody_api, 401)):
            assert api.get(f"/api/v1/encounters/{encounter_id}/evidence").status_code == expect
            wish = {"what": "recording", "given": True, "wish": 1}
            assert api.post(f"/api/v1/rooms/{room_id}/consent", wish).status_code == expect
            wish = {"camera": "ok", "microphone": "ok"}
            assert api.post(f"/api/v1/rooms/{room_id}/device-check", wish).status_code == expect
        assert eve_browser.get(f"/visits/{encounter_id}/evidence/").status_code == 404
    assert proofs.chain_of(visit.encounter_id) == before


@pytest.mark.parametrize(
    "wish", [{}, {"what": "x", "given": True}, {"what": "recording", "given": True}, {"camera": 1}]
)
def test_what_means_nothing_is_refused(room, ana_api, wish):
    for door in ("consent", "device-check"):
        assert ana_api.post(f"/api/v1/rooms/{room.id}/{door}", wish).status_code == 422
    assert kinds(room) == []


@pytest.mark.django_db
def test_nobody_fills_the_chain_with_talk(room, by_ana):
    wish = {"what": "remote_visit", "version": VERSION}
    for turn in range(20):
        actions.consent(room_id=room.id, **wish, given=turn % 2 == 0, by=by_ana, now=timezone.now())
    with pytest.raises(EnoughSaid):
        actions.consent(room_id=room.id, **wish, given=True, by=by_ana, now=timezone.now())
    assert len(kinds(room)) == 20
