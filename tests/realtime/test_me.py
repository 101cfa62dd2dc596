"""One's own news: offsets without holes, what was missed after coming back, nobody else's."""

from __future__ import annotations

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from channels.db import database_sync_to_async
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.db import connection, transaction
from django.utils import timezone

from core.actor import Actor
from core.refs import Ref
from identity import actions as identity_actions
from realtime import actions, queries
from realtime.consumers import base
from realtime.models import Stream, StreamEntry
from realtime.routing import websocket_patterns
from tests.realtime.live import Client

pytestmark = pytest.mark.django_db(transaction=True)
SYSTEM = Actor.system("test")


def publish(*people: Actor, kind: str = "booked") -> str:
    subject = Ref("appointment", uuid4())
    actions.publish(user_ids=[one.user_id for one in people], kind=kind, subject=subject, by=SYSTEM, now=timezone.now())
    return str(subject)


async def in_db(function, *arguments, **values):
    return await database_sync_to_async(function)(*arguments, **values)


async def listen(by: Actor, query: str = "", scope: str = "me") -> Client:
    ticket = await in_db(identity_actions.issue_socket_ticket, by, scope, timezone.now())
    client = Client(WebsocketCommunicator(URLRouter(websocket_patterns), f"/ws/v1/me?ticket={ticket}{query}"))
    await client.socket.connect(timeout=5)
    return client


async def test_news_come_as_they_happen(by_ana):
    ana = await listen(by_ana)
    assert (await ana.until("hello"))["offset"] == 0
    subject = await in_db(publish, by_ana)
    news = await ana.until("news")
    assert (news["offset"], news["kind"], news["subject"]) == (1, "booked", subject)
    await ana.close()


async def test_what_was_missed_comes_first(by_ana):
    subjects = [await in_db(publish, by_ana) for _ in range(4)]
    ana = await listen(by_ana, "&after=1")
    assert (await ana.until("hello"))["offset"] == 4
    assert [(await ana.until("news"))["subject"] for _ in range(3)] == subjects[1:]
    await in_db(publish, by_ana)
    assert (await ana.until("news"))["offset"] == 5
    await ana.close()


async def test_without_an_offset_only_from_now_on(by_ana):
    await in_db(publish, by_ana)
    ana = await listen(by_ana)
    assert (await ana.until("hello"))["offset"] == 1
    assert await ana.quiet(0.2) == []
    await ana.close()


@pytest.mark.parametrize("query", ["&after=99", "&after=1&epoch=other"])
async def test_an_offset_of_another_life_means_resync(by_ana, query):
    for _ in range(2):
        await in_db(publish, by_ana)
    ana = await listen(by_ana, query)
    await ana.until("hello")
    assert (await ana.until("resync"))["offset"] == 2
    await ana.close()


@pytest.mark.parametrize("query", ["&after=-1", "&after=x", "&after=" + "9" * 60, "&after=%00", "&after=1&after=2"])
async def test_an_offset_that_is_none_does_no_harm(by_ana, query):
    await in_db(publish, by_ana)
    ana = await listen(by_ana, query)
    assert (await ana.until("hello"))["offset"] == 1
    assert ana.closed is None
    await ana.close()


async def test_eve_hears_nothing_of_ana(by_ana, by_eve):
    eve = await listen(by_eve)
    await eve.until("hello")
    await in_db(publish, by_ana)
    assert await eve.quiet(0.3) == []
    await eve.close()


async def test_a_ticket_for_a_room_does_not_open_the_news(by_ana):
    ana = await listen(by_ana, scope=f"room:{uuid4()}")
    assert (await ana.until("closed"))["code"] == 4401


async def test_the_socket_of_news_takes_no_orders(by_ana):
    ana = await listen(by_ana)
    await ana.until("hello")
    await ana.send("say", text="x")
    assert (await ana.until("error"))["code"] == "bad_frame"
    await ana.close()


async def test_too_many_sockets_of_one_person(by_ana, monkeypatch):
    monkeypatch.setattr(base, "SOCKETS_PER_PERSON", 3)
    sockets = [await listen(by_ana) for _ in range(3)]
    for one in sockets:
        await one.until("hello")
    fourth = await listen(by_ana)
    assert (await fourth.until("closed"))["code"] == 1013
    for one in sockets:
        await one.close()


async def test_the_bell_rings_from_a_job_thread(by_ana):
    ana = await listen(by_ana)
    await ana.until("hello")

    def job() -> None:
        publish(by_ana, kind="from_a_thread")
        connection.close()

    thread = threading.Thread(target=job)
    thread.start()
    assert (await ana.until("news"))["kind"] == "from_a_thread"
    thread.join()
    await ana.close()


def test_a_rollback_tells_nobody(by_ana):
    with pytest.raises(RuntimeError), transaction.atomic():
        publish(by_ana)
        raise RuntimeError
    assert not StreamEntry.objects.exists()


def test_twenty_at_once_leave_no_hole_and_no_double(by_ana, by_ben):
    def tell(order: tuple[Actor, ...]) -> None:
        publish(*order)
        connection.close()

    threads = [
        threading.Thread(target=tell, args=((by_ana, by_ben) if n % 2 else (by_ben, by_ana),)) for n in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for person in (by_ana, by_ben):
        offsets = StreamEntry.objects.filter(user_id=person.user_id).order_by("offset").values_list("offset", flat=True)
        assert list(offsets) == list(range(1, 21))


def test_old_news_are_forgotten_and_then_resynced(by_ana):
    publish(by_ana)
    assert actions.forget_old_news(now=timezone.now() + timedelta(days=31)) == 1
    publish(by_ana)
    assert queries.news_after(by_ana.user_id, 0).gap
    assert not queries.news_after(by_ana.user_id, 1).gap
    assert Stream.objects.get(user_id=by_ana.user_id).last_offset == 2


def test_who_never_had_news_has_none(by_ana):
    assert queries.news_after(by_ana.user_id, None).entries == []
    assert queries.news_after(by_ana.user_id, 5).gap
