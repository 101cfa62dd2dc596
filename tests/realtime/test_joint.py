"""How long two sides were together: exact, against a reference that counts second by second."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import uuid4

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from core.actor import Actor
from realtime import actions, queries
from realtime.joint import together, united
from realtime.models import Presence

ZERO = datetime(2031, 3, 25, 7, 0, tzinfo=UTC)


def at(second: int) -> datetime:
    return ZERO + timedelta(seconds=second)


def stretches(*pairs):
    return [(at(begins), at(ends)) for begins, ends in pairs]


sides = st.lists(st.tuples(st.integers(0, 120), st.integers(0, 120)), max_size=12)


def slowly(one, other) -> int:
    """Count the seconds in which both have somebody, one by one."""
    return sum(
        any(begins <= second < ends for begins, ends in one) and any(begins <= second < ends for begins, ends in other)
        for second in range(121)
    )


@given(sides, sides)
def test_it_is_what_counting_gives(one, other):
    expected = timedelta(seconds=slowly(one, other))
    assert together(stretches(*one), stretches(*other)) == expected
    assert together(stretches(*other), stretches(*one)) == expected


@given(sides)
def test_a_union_is_ordered_and_has_gaps(one):
    whole = united(stretches(*one))
    assert all(before[1] < after[0] for before, after in pairwise(whole))
    assert sum((ends - begins for begins, ends in whole), timedelta()) == timedelta(seconds=slowly(one, one))


@pytest.fixture
def call(db, room, by_ana, by_ben):
    """Ana's seat and a way to come and go at a second of the call."""

    class Call:
        start = timezone.now()

        def come(self, by, second):
            now, socket = self.start + timedelta(seconds=second), uuid4()
            seat = actions.join(room_id=room.id, by=by, now=now, resume_token=self.tokens.get(by.user_id))
            self.tokens[by.user_id] = seat.resume_token
            actions.arrive(room_id=room.id, socket_id=socket, page="p", by=by, now=now)
            self.seat = seat.seat.id
            return socket

        def go(self, socket, second, why="lost"):
            actions.depart(socket_id=socket, why=why, now=self.start + timedelta(seconds=second))

        def let_in(self, second):
            seat = room.seats.get(role="citizen").id
            actions.let_in(room_id=room.id, seat_id=seat, by=by_ben, now=self.start + timedelta(seconds=second))

        def joint(self, second):
            return queries.joint_time(room.encounter_id, self.start + timedelta(seconds=second)).total_seconds()

    call = Call()
    call.tokens = {}
    return call


def test_waiting_is_not_being_together(call, by_ana, by_ben):
    call.come(by_ben, 0)
    call.come(by_ana, 10)
    assert call.joint(200) == 0
    call.let_in(200)
    assert call.joint(260) == 60


def test_it_counts_over_several_lines_that_drop(call, by_ana, by_ben):
    ben = call.come(by_ben, 0)
    ana = call.come(by_ana, 10)
    call.let_in(20)
    call.go(ana, 50)  # 30 s
    ana = call.come(by_ana, 60)
    call.go(ben, 75)  # 15 s
    call.come(by_ben, 90)
    call.go(ana, 100, why="lost")  # 10 s
    assert call.joint(1000) == 55


def test_two_windows_of_one_person_do_not_count_twice(call, by_ana, by_ben):
    call.come(by_ben, 0)
    call.come(by_ana, 0)
    call.let_in(0)
    call.come(by_ana, 30)  # displaces the first
    assert call.joint(100) == 100


def test_of_a_process_that_died_only_what_was_seen_counts(call, by_ana, by_ben, room):
    call.come(by_ben, 0)
    ana = call.come(by_ana, 0)
    call.let_in(0)
    Presence.objects.update(seen_at=call.start + timedelta(seconds=150))
    Presence.objects.filter(socket_id=ana).update(seen_at=call.start + timedelta(seconds=40))
    actions.notice_the_silent(now=call.start + timedelta(seconds=160))
    assert call.joint(1000) == 40


def test_the_end_of_the_visit_ends_it(call, by_ana, by_ben, room):
    call.come(by_ben, 0)
    call.come(by_ana, 0)
    call.let_in(0)
    actions.close_room(encounter_id=room.encounter_id, by=Actor.system("x"), now=call.start + timedelta(seconds=70))
    assert call.joint(1000) == 70


def test_nobody_came(call, by_ben):
    call.come(by_ben, 0)
    assert call.joint(1000) == 0


def test_a_line_that_does_not_come_back_frees_the_seat_and_ends_what_needs_both(call, room, by_ana, by_ben, settings):
    """Who hung up without a line, or whose phone died: the doctor is not recorded alone."""
    settings.MEDIA_RELAY = settings.RECORDING = True
    call.come(by_ben, 0)
    ana = call.come(by_ana, 0)
    call.let_in(0)
    actions.ask_to_record(room_id=room.id, by=by_ben, now=call.start)
    actions.answer_recording(room_id=room.id, wish=1, yes=True, by=by_ana, now=call.start)
    call.go(ana, 60)
    room.refresh_from_db()
    assert room.recording == "on"

    assert (
        actions.let_go_the_lost(now=call.start + timedelta(seconds=180)) == 0
    )  # two minutes: they may still come back
    assert actions.let_go_the_lost(now=call.start + timedelta(seconds=181)) == 1
    assert actions.let_go_the_lost(now=call.start + timedelta(seconds=182)) == 0

    room.refresh_from_db()
    assert (room.recording, room.cut) == ("", "left")
    assert room.seats.get(role="citizen").state == "left" and room.seats.get(role="practitioner").state == "admitted"
    call.come(by_ana, 200)
    assert room.seats.get(role="citizen").state == "waiting"
