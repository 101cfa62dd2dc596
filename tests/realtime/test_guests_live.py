"""Guests over sockets, and two browsers that open one link at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from channels.db import database_sync_to_async
from django.db import connections
from django.utils import timezone

from audit.models import Line
from core.actor import Actor
from identity import actions as identity_actions
from realtime import actions
from realtime.errors import InviteUsed
from realtime.models import ChatLine, Invite, Seat
from tests.realtime.test_invites import opened, token_of

pytestmark = pytest.mark.django_db(transaction=True)


async def in_db(function, *arguments, **values):
    return await database_sync_to_async(function)(*arguments, **values)


def test_of_two_browsers_that_open_a_link_at_once_one_wins(room, by_ben):
    for _ in range(5):
        made = actions.invite(room_id=room.id, name="Lan", kind="interpreter", by=by_ben, now=timezone.now())
        barrier = Barrier(4)

        def one(holder: str, token: str = token_of(made), barrier: Barrier = barrier) -> str:
            try:
                barrier.wait()
                actions.open_invite(token=token, holder=holder, now=timezone.now())
                return holder
            except InviteUsed:
                return ""
            finally:
                connections.close_all()

        with ThreadPoolExecutor(4) as pool:
            winners = [winner for winner in pool.map(one, ["a", "b", "c", "d"]) if winner]
        assert len(winners) == 1
        # It is the winner's, and stays so.
        assert actions.open_invite(token=token_of(made), holder=winners[0], now=timezone.now()).opened_at
        with pytest.raises(InviteUsed):
            actions.open_invite(token=token_of(made), holder="e", now=timezone.now())
    assert Invite.objects.filter(opened_at__isnull=False).count() == 5


async def test_a_guest_hears_nothing_before_they_are_let_in_and_then_speaks(open_socket, room, by_ana, by_ben):
    ben = await open_socket(by_ben, room)
    ana = await open_socket(by_ana, room)
    await ben.send("let_in", seat=ana.seat)
    guest_by = await in_db(opened, room, by_ben)
    guest = await open_socket(guest_by, room)
    welcome = await guest.until("welcome")
    assert (welcome["role"], welcome["state"], welcome["chat"], welcome["ice_servers"]) == ("guest", "waiting", [], [])
    assert {seat["role"] for seat in welcome["room"]["seats"]} == {"guest", "practitioner"}

    await ana.send("say", "a1", text="Chỉ cho bác sĩ")
    await ben.until("said")
    await guest.send("say", text="x")
    assert (await guest.until("error"))["code"] == "not_admitted"
    assert not any(frame["t"] in {"said", "signal"} for frame in guest.frames)
    assert await in_db(ChatLine.objects.count) == 1

    await ben.send("let_in", seat=guest.seat)
    welcome = await guest.until("welcome")
    assert welcome["state"] == "admitted" and welcome["chat"] == []
    await ana.send("say", "a1", text="Chỉ cho bác sĩ")  # her page sends it once more: its answer was lost
    await ana.until("said")
    assert not any(frame["t"] == "said" for frame in await guest.quiet(0.2))
    assert {seat["kind"] for seat in welcome["room"]["seats"]} == {"", "interpreter"}
    await guest.send("say", "g1", text="Tôi dịch đây")
    assert (await ana.until("said"))["name"] == by_ana.name  # her own line comes back first
    assert (await ana.until("said"))["name"] == "Trần Thị Lan"

    # The doctor turns her microphone off: she is told, the others see it.
    await ben.send("mute", seat=guest.seat)
    await guest.until("muted")
    assert not (await in_db(Seat.objects.get, pk=guest.seat)).mic
    assert not any(frame["t"] == "muted" for frame in [*ana.frames, *await ana.quiet(0.2)])
    # A reload: she finds what was said since she came, and that she is muted.
    again = await open_socket(guest_by, room, resume_token=guest.resume_token, page="p2")
    welcome = await again.until("welcome")
    assert [line["text"] for line in welcome["chat"]] == ["Tôi dịch đây"]
    assert [seat["muted"] for seat in welcome["room"]["seats"] if seat["id"] == guest.seat] == [True]
    await ben.send("unmute", seat=guest.seat)
    await again.until("unmuted")
    await ben.send("remove", seat=guest.seat)
    assert (await again.until("closed"))["code"] == 4403
    mine = Line.objects.filter(name=by_ben.name, detail__name="Trần Thị Lan").order_by("created_at", "id")
    acts = [act async for act in mine.values_list("action", flat=True)]
    assert acts[-3:] == ["realtime.mute", "realtime.unmute", "realtime.show_out"]


async def test_a_guest_whose_invitation_is_taken_back_is_shown_out_at_once(open_socket, room, by_ben):
    await open_socket(by_ben, room)
    guest_by = await in_db(opened, room, by_ben)
    guest = await open_socket(guest_by, room)
    await guest.until("welcome")
    await in_db(actions.withdraw_invite, room_id=room.id, invite_id=guest_by.user_id, by=by_ben, now=timezone.now())
    assert (await guest.until("closed"))["code"] == 4403


async def test_a_guests_ticket_opens_no_other_socket(room, by_ben):
    from core.errors import DomainError

    guest: Actor = await in_db(opened, room, by_ben)
    ticket = await in_db(identity_actions.issue_socket_ticket, guest, f"room:{room.id}", timezone.now())
    for scope in ("me", "room:00000000-0000-0000-0000-000000000000"):
        with pytest.raises(DomainError):
            await in_db(identity_actions.redeem_socket_ticket, ticket, scope, timezone.now())
