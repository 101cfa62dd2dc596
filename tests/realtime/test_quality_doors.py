"""Figures through the doors: who may send them, what is kept, who sees them. A refusal keeps nothing and tells nobody."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from channels.db import database_sync_to_async
from django.utils import timezone

from core.actor import Actor
from realtime import actions, quality
from realtime.errors import NotAdmitted
from realtime.models import Presence, QualityMinute, Room, Seat
from tests import make

WELL = {"up": True, "rtt": 40, "jitter": 4, "packets": 900, "lost": 100, "kbps_in": 800, "kbps_out": 700,
        "frames": 150, "freezes": 1, "path": "relay", "step": "low"}  # fmt: skip


async def kept():
    return await database_sync_to_async(lambda: list(QualityMinute.objects.order_by("created_at")))()


@pytest.mark.django_db(transaction=True)
async def test_both_hear_it_and_it_is_kept(open_socket, room, by_ana, by_ben):
    ben, ana = await open_socket(by_ben, room), await open_socket(by_ana, room)
    await ana.until("welcome")
    await ben.send("let_in", seat=ana.seat)
    while (await ana.until("welcome"))["state"] != "admitted":
        pass
    await ana.send("quality", **WELL)
    for client in (ana, ben):
        assert await client.until("quality") == {"seat": ana.seat, "word": "poor", "step": "low"}
    await ana.send("quality", **WELL | {"rtt": 60})
    await ben.until("quality")
    rows = await kept()
    assert sum(row.samples for row in rows) == 2 and {str(row.seat_id) for row in rows} == {ana.seat}
    assert sum(row.rtt_sum for row in rows) == 100 and sum(row.lost for row in rows) == 200


@pytest.mark.django_db(transaction=True)
async def test_who_waits_sends_and_hears_nothing(open_socket, room, by_ana, by_ben):
    ben, ana = await open_socket(by_ben, room), await open_socket(by_ana, room)
    await ana.until("welcome")
    await ana.send("quality", **WELL)
    assert (await ana.until("error"))["code"] == "not_admitted"
    await ben.quiet(0.1)
    await ben.send("quality", **WELL)
    await ben.until("quality")
    assert [one["t"] for one in await ana.quiet(0.2) if one["t"] == "quality"] == []
    assert {str(row.seat_id) for row in await kept()} == {ben.seat}


@pytest.mark.django_db(transaction=True)
async def test_too_many_are_refused(open_socket, room, by_ben):
    ben = await open_socket(by_ben, room)
    await ben.until("welcome")
    for _one in range(12):
        await ben.send("quality", **WELL)
    assert (await ben.until("error"))["code"] == "too_fast"
    await ben.quiet(0.3)
    assert sum(row.samples for row in await kept()) < 12
    assert ben.closed is None


@pytest.fixture
def seated(db, room, by_ana, by_ben):
    """Both in the call; returns ana's socket."""
    sockets = {}
    now = timezone.now()
    for by in (by_ben, by_ana):
        seat = actions.join(room_id=room.id, by=by, now=now).seat
        sockets[by.user_id] = uuid4()
        actions.arrive(room_id=room.id, socket_id=sockets[by.user_id], page="p", by=by, now=now)
    actions.let_in(room_id=room.id, seat_id=seat.id, by=by_ben, now=now)
    return sockets[by_ana.user_id]


def note(socket, by, now, **change):
    figures = quality.parse(WELL | change)
    actions.note_quality(socket_id=socket, figures=figures, word=quality.word_of(figures), by=by, now=now)


NOON = datetime(2031, 3, 25, 5, 0, tzinfo=UTC)


def test_a_minute_is_a_row(seated, by_ana):
    for second, rtt in ((0, 40), (5, 60), (59, None), (60, 500)):
        note(seated, by_ana, NOON + timedelta(seconds=second), rtt=rtt)
    first, second = QualityMinute.objects.order_by("minute")
    assert (first.minute, first.samples, first.rtt_sum, first.rtt_samples, first.rtt_most) == (NOON, 3, 100, 2, 60)
    assert (first.packets, first.lost, first.frames, first.freezes, first.path) == (2700, 300, 450, 3, "relay")
    assert (second.minute, second.samples) == (NOON + timedelta(minutes=1), 1)


def test_a_minute_takes_thirty_windows(seated, by_ana):
    for second in range(40):
        note(seated, by_ana, NOON + timedelta(seconds=second))
    assert QualityMinute.objects.get().samples == 30


def test_nobody_speaks_for_another_seat(seated, by_ana, by_ben, by_eve):
    for socket, by in ((seated, by_ben), (seated, by_eve), (uuid4(), by_ana)):
        with pytest.raises(NotAdmitted):
            note(socket, by, NOON)
    Presence.objects.filter(socket_id=seated).update(left_at=timezone.now())
    with pytest.raises(NotAdmitted):
        note(seated, by_ana, NOON)
    assert not QualityMinute.objects.exists()


def test_after_the_end_and_after_hanging_up_nothing_is_kept(seated, room, by_ana):
    Seat.objects.filter(role="citizen").update(state="left")
    with pytest.raises(NotAdmitted):
        note(seated, by_ana, NOON)
    Seat.objects.update(state="admitted")
    actions.close_room(encounter_id=room.encounter_id, by=Actor.system("x"), now=timezone.now())
    with pytest.raises(NotAdmitted):
        note(seated, by_ana, NOON)
    assert not QualityMinute.objects.exists()


def test_doctor_desk_and_operator_see_the_figures_and_no_name(seated, room, ana, by_ana, ben, ben_api):
    note(seated, by_ana, NOON)
    operator = make.make_membership(user=make.make_staff_user(name="Vận hành"), facility=None, role="operator")
    desk = make.make_desk(facility=room.encounter.facility)
    for api in (ben_api, make.api_client(desk), make.api_client(operator)):
        answer = api.get(f"/api/v1/rooms/{room.id}/quality")
        assert answer.status_code == 200
        (seat,) = answer.json()["seats"]
        (minute,) = seat["minutes"]
        assert (seat["role"], minute["rtt"], minute["loss"], minute["word"]) == ("citizen", 40, 10.0, "poor")
        assert (minute["frames"], minute["path"], minute["step"]) == (30.0, "relay", "low")
        assert ana.full_name not in answer.content.decode()
    page = make.page_client(desk).get(f"/calls/{room.id}/quality/")
    assert page.status_code == 200
    text = page.content.decode()
    assert "Phía người dân" in text and "yếu" in text and "10,0 %" in text and ana.full_name not in text


@pytest.mark.django_db
def test_others_get_the_same_as_for_nothing(room, ana_api, eve_api, cara_api, nobody_api):
    elsewhere = make.api_client(make.make_desk(facility=make.make_facility(name="Bệnh viện Núi Tản")))
    colleague = make.api_client(make.make_practitioner(facility=room.encounter.facility, full_name="Ngô Văn Đông"))
    for room_id in (room.id, uuid4()):
        path = f"/api/v1/rooms/{room_id}/quality"
        found = [api.get(path).status_code for api in (ana_api, eve_api, cara_api, nobody_api, elsewhere, colleague)]
        assert found == [403, 403, 403, 401, 404, 404]
    assert Room.objects.count() == 1


def test_figures_of_two_years_ago_are_forgotten(seated, by_ana):
    note(seated, by_ana, NOON)
    note(seated, by_ana, NOON + timedelta(days=1))
    assert actions.forget_old_quality(now=NOON + timedelta(days=730, hours=1)) == 1
    assert QualityMinute.objects.get().minute == NOON + timedelta(days=1)
