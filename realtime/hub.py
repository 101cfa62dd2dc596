"""Who is connected to this process right now, and how a message reaches them from any thread or process.

A topic ("room:<id>", "user:<id>") has sockets; publish() hands a message to all of them. In one process that is memory;
with settings.REDIS_URL the message goes through Redis, to which each process holds one subscription. Nothing is kept: who
was away asks the database on return. So a socket that cannot keep up, or that was cut off from Redis, is closed and resyncs.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

from django.conf import settings

from realtime.protocol import CLOSE_RESTART, CLOSE_SLOW

log = logging.getLogger("lanh.hub")
PREFIX = "lanh:hub:"
QUEUE = 256  # messages a socket may be behind before it is closed


class Closing(Exception):
    """Taken from an inbox in place of a message: the socket must be closed with this code."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(code)


class Inbox:
    """The queue of one socket: filled from any thread, emptied by the socket's own loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, size: int = QUEUE) -> None:
        self.loop = loop
        self.size = size
        self._messages: asyncio.Queue[Any] = asyncio.Queue()
        self._closing: int | None = None

    def put(self, message: Any) -> None:
        """Add a message from any thread."""
        with contextlib.suppress(RuntimeError):  # the loop is gone, and the socket with it
            self.loop.call_soon_threadsafe(self._put, message)

    def close(self, code: int) -> None:
        """Have the socket closed, whatever is still in the queue."""
        with contextlib.suppress(RuntimeError):
            self.loop.call_soon_threadsafe(self._close, code)

    async def take(self) -> Any:
        """Wait for the next message. Raises Closing."""
        if self._closing is None:
            message = await self._messages.get()
        if self._closing is not None:
            raise Closing(self._closing)
        return message

    def _put(self, message: Any) -> None:
        if self._closing is None and self._messages.qsize() >= self.size:
            self._close(CLOSE_SLOW)
        elif self._closing is None:
            self._messages.put_nowait(message)

    def _close(self, code: int) -> None:
        self._closing = self._closing or code
        self._messages.put_nowait(None)


class Bus(Protocol):
    """How a message travels between processes."""

    def publish(self, topic: str, message: str) -> None: ...
    def follow(self, topic: str) -> None: ...
    def hears(self, topic: str) -> bool: ...
    def forget(self, topic: str) -> None: ...
    def stop(self) -> None: ...


class MemoryBus:
    """One process: there is nowhere to travel to."""

    def __init__(self, deliver: Callable[[str, str], None]) -> None:
        self._deliver = deliver

    def publish(self, topic: str, message: str) -> None:
        self._deliver(topic, message)

    def follow(self, topic: str) -> None:
        """Nothing to do: whoever publishes finds the sockets."""

    def hears(self, topic: str) -> bool:
        """Always."""
        return True

    def forget(self, topic: str) -> None:
        """Nothing to do."""

    def stop(self) -> None:
        """Nothing to do."""


class RedisBus:
    """Several processes: one connection to listen, one to speak, on a thread with its own loop."""

    def __init__(self, url: str, deliver: Callable[[str, str], None], cut_off: Callable[[], None]) -> None:
        self._url = url
        self._deliver = deliver
        self._cut_off = cut_off
        self._topics: set[str] = set()
        self._heard: frozenset[str] = frozenset()  # topics Redis has been asked for on the present line
        self._loop = asyncio.new_event_loop()
        self._outbox: asyncio.Queue[tuple[str, str, str]] = asyncio.Queue()
        self._saying: tuple[str, str, str] | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, name="hub-redis", daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._keep_running(), self._loop)

    def publish(self, topic: str, message: str) -> None:
        self._ask("publish", topic, message)

    def follow(self, topic: str) -> None:
        self._ask("follow", topic)

    def hears(self, topic: str) -> bool:
        return topic in self._heard

    def forget(self, topic: str) -> None:
        self._ask("forget", topic)

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop)
        self._thread.join(timeout=3)

    async def _end(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=2)
        self._loop.stop()

    def _ask(self, verb: str, topic: str, message: str = "") -> None:
        self._loop.call_soon_threadsafe(self._outbox.put_nowait, (verb, topic, message))

    async def _keep_running(self) -> None:
        from redis.exceptions import RedisError

        wait = 0.2
        while True:
            try:
                await self._run()
            except (RedisError, OSError) as error:
                # What was published meanwhile is lost, so everybody here must come back and read the database.
                log.warning("hub: Redis is away (%s), trying again in %.1f s", type(error).__name__, wait)
                self._cut_off()
                await asyncio.sleep(wait)
                wait = min(wait * 2, 5)
            else:
                return

    async def _run(self) -> None:
        from redis import asyncio as redis

        # A timeout on the blocking read would cut an idle subscription (redis-py #4091).
        client = redis.Redis.from_url(self._url, socket_timeout=None, health_check_interval=15)
        try:
            pubsub = client.pubsub(ignore_subscribe_messages=True)
            await pubsub.subscribe(PREFIX + "all", *[PREFIX + topic for topic in self._topics])
            self._heard = frozenset(self._topics)
            tasks = [asyncio.create_task(self._speak(client, pubsub)), asyncio.create_task(self._listen(pubsub))]
            try:
                await asyncio.gather(*tasks)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)
        finally:
            self._heard = frozenset()
            with contextlib.suppress(Exception):
                await client.aclose()

    async def _speak(self, client: Any, pubsub: Any) -> None:
        while True:
            # What could not be said before the line broke is said first when it is back.
            self._saying = self._saying or await self._outbox.get()
            verb, topic, message = self._saying
            if verb == "publish":
                await client.publish(PREFIX + topic, message)
            elif verb == "follow" and topic not in self._topics:
                self._topics.add(topic)
                await pubsub.subscribe(PREFIX + topic)
                self._heard |= {topic}
            elif verb == "forget" and topic in self._topics:
                self._topics.discard(topic)
                self._heard -= {topic}
                await pubsub.unsubscribe(PREFIX + topic)
            self._saying = None

    async def _listen(self, pubsub: Any) -> None:
        async for message in pubsub.listen():
            if message["type"] == "message":
                self._deliver(message["channel"].decode().removeprefix(PREFIX), message["data"].decode())


class Hub:
    """The sockets of this process by topic."""

    def __init__(self, redis_url: str = "") -> None:
        self._lock = threading.Lock()
        self._topics: dict[str, set[Inbox]] = {}
        self._bus: Bus = RedisBus(redis_url, self._deliver, self.close_all) if redis_url else MemoryBus(self._deliver)

    def attach(self, topic: str, inbox: Inbox) -> None:
        """Have this inbox hear the topic."""
        with self._lock:
            inboxes = self._topics.setdefault(topic, set())
            inboxes.add(inbox)
            if len(inboxes) == 1:
                self._bus.follow(topic)

    async def listening(self, topic: str, seconds: float = 5) -> None:
        """Wait until what others publish from now on reaches us, so that reading the database next misses nothing.

        Goes on after some seconds without: when Redis comes back, everybody is closed and reads again.
        """
        until = time.monotonic() + seconds
        while not self._bus.hears(topic) and time.monotonic() < until:
            await asyncio.sleep(0.01)

    def detach(self, topic: str, inbox: Inbox) -> None:
        """Have it no longer hear the topic; asking twice is fine."""
        with self._lock:
            inboxes = self._topics.get(topic, set())
            inboxes.discard(inbox)
            if not inboxes and self._topics.pop(topic, None) is not None:
                self._bus.forget(topic)

    def publish(self, topic: str, message: dict[str, Any]) -> None:
        """Hand a message to everybody who hears the topic, in every process; from any thread, without waiting."""
        self._bus.publish(topic, json.dumps(message, ensure_ascii=False))

    def close_all(self, code: int = CLOSE_RESTART) -> None:
        """Close every socket of this process, so that all come back and resync."""
        with self._lock:
            inboxes = {inbox for group in self._topics.values() for inbox in group}
        for inbox in inboxes:
            inbox.close(code)

    def sockets(self) -> int:
        """Count the open sockets."""
        with self._lock:
            return len({inbox for group in self._topics.values() for inbox in group})

    def count(self, topic: str) -> int:
        """Count the sockets of one topic in this process."""
        with self._lock:
            return len(self._topics.get(topic, ()))

    def stop(self) -> None:
        """Let go of Redis."""
        self._bus.stop()

    def _deliver(self, topic: str, message: str) -> None:
        with self._lock:
            inboxes = list(self._topics.get(topic, ()))
        if inboxes:
            values = json.loads(message)
            for inbox in inboxes:
                inbox.put(values)


_hub: tuple[int, str, Hub] | None = None
_making = threading.Lock()


def hub() -> Hub:
    """Return this process's hub, made on first use; a forked child makes its own."""
    global _hub
    url = getattr(settings, "REDIS_URL", "") or ""
    with _making:
        if _hub is None or _hub[:2] != (os.getpid(), url):
            _hub = (os.getpid(), url, Hub(url))
        return _hub[2]
