"""What both sockets share: the ticket at the door, the pump from the hub, beats, speed limit, refusals."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from autobahn.exception import Disconnected
from channels.db import database_sync_to_async
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.utils import timezone, translation

from core.actor import Actor
from core.errors import DomainError, column_of
from core.ids import new_id
from identity import actions as identity_actions
from identity import queries as identity_queries
from realtime import protocol
from realtime.errors import BadFrame, TooFast
from realtime.hub import Closing, Inbox, hub
from realtime.sdp import AddressPolicy

log = logging.getLogger("lanh.sockets")
BEAT_S = 20.0
UNREAD_BYTES = 1024 * 1024  # sent and not yet confirmed by a beat; a slow reader is closed and resyncs
BEAT_EVERY_BYTES = 64 * 1024
SOCKETS_PER_PERSON = 20  # in one process
PATIENCE = 200  # messages over the limit before the socket is closed


async def in_thread(function: Callable[..., Any], *arguments: Any, **values: Any) -> Any:
    """Call something that asks the database; each call may have its own thread, so one slow query delays nobody."""
    return await database_sync_to_async(function, thread_sensitive=False)(*arguments, **values)


class Socket(AsyncWebsocketConsumer):
    """A socket that was opened with a ticket. Says who it is only by that, never by what a frame claims."""

    channel_layer_alias = ""  # Channels' layer is not in the way of our messages

    by: Actor
    user_id: UUID
    inbox: Inbox

    def __init__(self, *arguments: Any, **values: Any) -> None:
        super().__init__(*arguments, **values)
        self.socket_id: UUID = new_id()
        self.topics: list[str] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.language = settings.LANGUAGE_CODE
        self.bucket = protocol.Bucket()
        self.over_limit = 0
        self.beats_sent = 0
        self.beats_read = 0
        self.unread: list[int] = [0]  # bytes sent since each unconfirmed beat
        self.closed = False

    # what a kind of socket says about itself

    def scope_of_ticket(self) -> str:
        """The scope its ticket must have been made for."""
        raise NotImplementedError

    async def enter(self) -> None:
        """Called once the ticket is spent and the topics can be followed. May raise DomainError."""

    async def heard(self, message: dict[str, Any]) -> None:
        """Something came through the hub."""

    async def said(self, message: protocol.Message) -> None:
        """The client said something. May raise DomainError."""
        raise BadFrame

    async def language_spoken(self) -> str | None:
        """The reader's language; None when there is no such reader any more."""
        user = await in_thread(identity_queries.active_user, self.user_id)
        return user.language if user is not None else None

    async def still_welcome(self) -> bool:
        """Asked at each beat: may it stay?"""
        return bool(await in_thread(identity_queries.still_holds, self.by))

    async def gone(self) -> None:
        """Called when the socket has closed."""

    # the life of a socket

    async def connect(self) -> None:
        """Accept first, so that the client can read why it is sent away again."""
        await self.accept()
        ticket = self.query("ticket")
        try:
            self.by = await in_thread(
                identity_actions.redeem_socket_ticket, ticket, self.scope_of_ticket(), timezone.now()
            )
        except DomainError as error:
            await self.bye(protocol.CLOSE_BAD_TICKET, "ticket", error)
            return
        assert self.by.user_id is not None  # tickets are made for users only
        self.user_id = self.by.user_id
        language = await self.language_spoken()
        if language is None:
            await self.bye(protocol.CLOSE_NOT_ALLOWED, "account")
            return
        self.language = language
        mine = f"user:{self.user_id}"
        if hub().count(mine) >= SOCKETS_PER_PERSON:
            await self.bye(protocol.CLOSE_SLOW, "too_many_sockets")
            return
        self.inbox = Inbox(asyncio.get_running_loop())
        await self.follow(mine)
        try:
            await self.enter()
        except DomainError as error:
            await self.refuse_entry(error)
            return
        if not self.closed:
            self.tasks = [asyncio.create_task(self._pump()), asyncio.create_task(self._beat())]

    async def refuse_entry(self, error: DomainError) -> None:
        """Send the reason and close."""
        await self.bye(protocol.CLOSE_NOT_ALLOWED, error.code, error)

    async def disconnect(self, code: int) -> None:
        """Let go of everything, whatever the reason."""
        self.closed = True
        for topic in self.topics:
            hub().detach(topic, self.inbox)
        for task in self.tasks:
            if task is not asyncio.current_task():
                task.cancel()
        await self.gone()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Read one frame; on bad input answer with an error frame and change nothing."""
        if self.closed:
            return
        raw: str | bytes = text_data if text_data is not None else b""
        try:
            self._check_speed()
            if text_data is None:
                raise BadFrame
            frame = protocol.parse(raw, self.policy)
            if isinstance(frame.message, protocol.Beat):
                self._read_up_to(frame.message.n)
            elif isinstance(frame.message, protocol.Ping):
                await self.tell("pong", {})
            else:
                await self.said(frame.message)
        except DomainError as error:
            await self._refuse(error, raw)

    @property
    def policy(self) -> AddressPolicy:
        """Which addresses browsers may offer here."""
        return AddressPolicy(
            loopback=getattr(settings, "ROOM_LOOPBACK_ALLOWED", True),
            private=getattr(settings, "ROOM_PRIVATE_ALLOWED", True),
        )

    # helpers

    async def send(self, text_data: str | None = None, bytes_data: bytes | None = None, close: bool = False) -> None:
        """Write, unless the line fell a moment ago: the server knows that before its disconnect reaches us."""
        with contextlib.suppress(Disconnected):
            await super().send(text_data=text_data, bytes_data=bytes_data, close=close)

    def query(self, name: str, longest: int = 200) -> str:
        """One value of the address's query string, or ""."""
        try:
            values = parse_qs(self.scope.get("query_string", b"").decode("utf-8"), max_num_fields=10)
        except ValueError:
            return ""
        return values.get(name, [""])[0][:longest]

    async def follow(self, topic: str) -> None:
        """Hear a topic of the hub from here on."""
        self.topics.append(topic)
        hub().attach(topic, self.inbox)
        await hub().listening(topic)

    async def tell(self, kind: str, data: dict[str, Any]) -> None:
        """Send one frame; close when the client is too far behind in reading."""
        await self._write(protocol.frame(kind, data))

    async def bye(self, code: int, why: str, error: DomainError | None = None) -> None:
        """Say why, then close."""
        if self.closed:
            return
        self.closed = True
        if error is not None:
            with translation.override(self.language):
                await self.send(text_data=protocol.error_frame(error))
        await self.send(text_data=protocol.frame("bye", {"why": why, "code": code}))
        await self.close(code=code)

    async def _write(self, text: str) -> None:
        if self.closed:
            return
        self.unread[-1] += len(text)
        if sum(self.unread) > UNREAD_BYTES:
            await self.bye(protocol.CLOSE_SLOW, "slow")
            return
        await self.send(text_data=text)
        if self.unread[-1] > BEAT_EVERY_BYTES:
            await self._send_beat()

    async def _send_beat(self) -> None:
        self.beats_sent += 1
        self.unread.append(0)
        await self.send(text_data=protocol.frame("beat", {"n": self.beats_sent}))

    def _read_up_to(self, n: int) -> None:
        # Beats from the future or the past confirm nothing.
        if self.beats_read < n <= self.beats_sent:
            del self.unread[: n - self.beats_read]
            self.beats_read = n

    async def _pump(self) -> None:
        try:
            while not self.closed:
                await self.heard(await self.inbox.take())
        except Closing as closing:
            await self.bye(closing.code, "resync")
        except Exception:
            # A line that is open and hears nothing would be worse than one that is closed: it comes back and reads anew.
            log.exception("A socket could not pass something on")
            await self.bye(protocol.CLOSE_RESTART, "resync")

    async def _beat(self) -> None:
        while not self.closed:
            await asyncio.sleep(BEAT_S)
            # Three beats without an answer: the line is half open, or nobody reads.
            if self.beats_sent - self.beats_read >= 3:
                await self.bye(protocol.CLOSE_SLOW, "silent")
                return
            try:
                if not await self.still_welcome():
                    await self.bye(protocol.CLOSE_NOT_ALLOWED, "revoked")
            except Exception:
                # The database may be away for a moment: the call goes on, and the next beat asks again.
                log.exception("A beat could not ask whether the socket may stay")
            if not self.closed:
                await self._send_beat()

    def _check_speed(self) -> None:
        if not self.bucket.take(time.monotonic()):
            self.over_limit += 1
            raise TooFast

    async def _refuse(self, error: DomainError, raw: str | bytes) -> None:
        if self.over_limit > PATIENCE:
            await self.bye(protocol.CLOSE_TOO_FAST, "too_fast")
        elif column_of(error).socket == "close":
            await self.bye(protocol.CLOSE_NOT_ALLOWED, error.code, error)
        elif error.code == "frame_too_large":
            await self.bye(protocol.CLOSE_TOO_LARGE, error.code, error)
        else:
            with translation.override(self.language):
                text = protocol.error_frame(error, "" if error.code == "too_fast" else protocol.frame_id(raw))
            await self._write(text)


class NowhereConsumer(AsyncWebsocketConsumer):
    """An address where there is no socket: refused before the handshake is done."""

    channel_layer_alias = ""

    async def connect(self) -> None:
        """Deny."""
        await self.close()
        raise StopConsumer
