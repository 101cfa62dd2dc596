"""The socket of one seat in one room."""

from __future__ import annotations

import asyncio
import logging
import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from core.errors import DomainError
from realtime import access, actions, protocol, quality, queries, relays, rooms, turn
from realtime.consumers.base import in_thread
from realtime.consumers.taping import Taping
from realtime.errors import BadFrame, NoRelay, RelayRefused, RoomOver
from realtime.hub import hub
from realtime.media.control import NotThere
from realtime.media.errors import Refused

log = logging.getLogger("lanh.sockets")


class RoomConsumer(Taping):
    """Keeps a copy of the room to judge signals without the database; everything that changes the room is an action."""

    awaited: rooms.Deadline | rooms.Calm | None = None
    alarm: asyncio.Task[None] | None = None
    servers_until: datetime | None = None  # when this seat is told new passwords for TURN

    @property
    def room_id(self) -> UUID:
        """From the address."""
        return UUID(str(self.scope["url_route"]["kwargs"]["room_id"]))

    def scope_of_ticket(self) -> str:
        """A ticket opens one room only."""
        return f"room:{self.room_id}"

    async def enter(self) -> None:
        """Listen first, sit down, then read: so nothing that happens in between is missed."""
        await self.follow(f"room:{self.room_id}")
        page = self.query("page")
        seat = await in_thread(
            actions.arrive,
            room_id=self.room_id,
            socket_id=self.socket_id,
            page=page if re.fullmatch(r"[A-Za-z0-9-]{0,36}", page) else "",
            by=self.by,
            now=timezone.now(),
        )
        self.seat_id = str(seat.id)
        await self._welcome()

    async def refuse_entry(self, error: DomainError) -> None:
        """A visit that is over is no offence."""
        over = isinstance(error, RoomOver)
        await self.bye(protocol.CLOSE_OVER if over else protocol.CLOSE_NOT_ALLOWED, error.code, error)

    async def language_spoken(self) -> str | None:
        """A guest has no account; their invitation knows."""
        if self.by.role == "guest":
            language: str | None = await in_thread(queries.language_of_guest, self.user_id)
            return language
        return await super().language_spoken()

    async def still_welcome(self) -> bool:
        """Rights may end while a call goes on; asked at each beat, which also notes that the seat is alive."""
        if self.by.role != "guest" and not await super().still_welcome():
            return False
        if await in_thread(
            actions.keep_alive, room_id=self.room_id, socket_id=self.socket_id, by=self.by, now=timezone.now()
        ):
            await self._renew_servers()
            self.follow_tape(again=True)
            return True
        if await in_thread(queries.was_taken_for_dead, self.socket_id):
            # This machine has slept and a job cleared the seat: the page comes back by itself and sits down again.
            await self.bye(protocol.CLOSE_RESTART, "resync")
            return True
        return False

    async def gone(self) -> None:
        """The line has dropped, or the person has hung up before; the seat stays."""
        if self.deaf is not None:
            self.deaf()
        if self.alarm is not None:
            self.alarm.cancel()
        if self.seat_id:
            await in_thread(actions.depart, socket_id=self.socket_id, why="lost", now=timezone.now())
            await self.let_go_of_tape()

    async def said(self, message: protocol.Message) -> None:
        """Relay a signal at once; everything else is an action on the room."""
        if isinstance(message, protocol.Probe):
            raise BadFrame  # that is tried on one's own line
        if isinstance(message, protocol.Signal | protocol.Offer):
            for effect in rooms.step(self.room, message, self.seat_id)[1]:
                if isinstance(effect, rooms.Relay):
                    self._relay(effect)
                elif isinstance(effect, rooms.Offered):
                    await self._answer(effect)
            return
        if isinstance(message, quality.Figures):
            await self.measured(message)
            return
        verb, values = _action_for(message)
        await in_thread(verb, room_id=self.room_id, by=self.by, now=timezone.now(), **values)

    async def heard(self, message: dict[str, Any]) -> None:
        """Pass on what concerns this seat."""
        kind = message["k"]
        if kind == "signal" and message["to"] == self.seat_id:
            await self.tell("signal", {"from": message["from"], **message["payload"]})
        elif kind == "room":
            await self._update(rooms.from_json(message["room"]))
        elif kind == "said" and self._hears(message.get("heard_by", [])):
            await self.tell("said", message["line"])
        elif kind == "quality":
            await self.heard_quality(message)
        elif kind == "hush" and message["seat"] == self.seat_id:
            await self.tell("muted" if message.get("off", True) else "unmuted", {})
        elif kind == "slots":
            await self.tell("slots", {"slots": message["slots"]})
        elif kind == "tape_ended":
            await self.heard_tape_ended(message)
        elif kind == "handed_over":
            await self.tell("handed_over", message["doctor"])
        elif kind == "node_lost":
            await in_thread(
                actions.tell_room, room_id=self.room_id, message=rooms.NodeLost(message["epoch"]), now=timezone.now()
            )
        elif kind == "recheck":
            if not await self.still_welcome():
                await self._go("revoked", protocol.CLOSE_NOT_ALLOWED)
        elif kind == "close" and self._is_me(message):
            await self._go(message["why"], message["code"])

    async def _go(self, why: str, code: int) -> None:
        if why != "displaced":
            await relays.leave(self.media, self.room_id, self.seat_id)
        await self.let_go_of_tape()
        await self.bye(code, why)

    def _servers(self) -> list[dict[str, Any]]:
        now = timezone.now()
        self.servers_until = now + timedelta(seconds=turn.RENEW_S)
        return turn.ice_servers(self.seat_id, now=now)

    async def _renew_servers(self) -> None:
        if self.servers_until is not None and timezone.now() >= self.servers_until and (servers := self._servers()):
            await self.tell("ice_servers", {"ice_servers": servers})

    def _relay(self, relay: rooms.Relay) -> None:
        message = {"k": "signal", "to": relay.to, "from": relay.sender, "payload": relay.payload}
        hub().publish(f"room:{self.room_id}", message)

    async def _answer(self, offered: rooms.Offered) -> None:
        """Let the relay answer; from then on hear who is in the slots. What it refuses, the client is told."""
        room = str(self.room_id)
        try:
            media = await relays.relay_of(self.room_id)
            self.listen_to(media)
            verb = media.restart_ice if offered.restart else media.join
            answer = await verb(room, self.seat_id, offered.sdp)
            slots = await media.slots(room, self.seat_id)
        except (Refused, NotThere, NoRelay, OSError) as error:
            log.warning("The relay did not answer: %s", type(error).__name__)
            raise RelayRefused from error
        await self.tell("answer", {"epoch": offered.epoch, "sdp": answer, "slots": slots})

    def heard_of_media(self, event: dict[str, Any]) -> None:
        """Who is in the slots, that the relay is gone, that it no longer records."""
        self.hear_of_tape(event)
        if event["event"] == "not_there":
            self.media = None
            self.inbox.put({"k": "node_lost", "epoch": self.room.epoch})
        elif event["event"] == "slots" and (event["room"], event["seat"]) == (str(self.room_id), self.seat_id):
            self.inbox.put({"k": "slots", "slots": event["slots"]})

    def _watch_the_clock(self) -> None:
        """Two things of a room happen by the clock: a preparation takes too long, or nothing speaks for the relay any more."""
        room, wait = self.room, 0
        message: rooms.Deadline | rooms.Calm | None = None
        if room.preparing:
            wait, message = settings.ROOM_PREPARE_SECONDS, rooms.Deadline(room.epoch)
        elif room.topology == rooms.RELAYED and not rooms.reasons(room):
            wait, message = settings.ROOM_CALM_SECONDS, rooms.Calm(room.epoch)
        if message == self.awaited:
            return
        if self.alarm is not None:
            self.alarm.cancel()
        self.awaited, self.alarm = message, asyncio.create_task(self._ring(wait, message)) if message else None

    async def _ring(self, wait: float, message: rooms.Deadline | rooms.Calm) -> None:
        await asyncio.sleep(wait)
        await in_thread(actions.tell_room, room_id=self.room_id, message=message, now=timezone.now())

    def _hears(self, audience: list[str]) -> bool:
        """A line that is sent again may be from before a guest came in."""
        me = self.room.seat(self.seat_id)
        return me.is_admitted and (me.role != rooms.GUEST or me.id in audience)

    def _is_me(self, message: dict[str, Any]) -> bool:
        if "socket" in message:
            return bool(message["socket"] == str(self.socket_id))
        return "seat" not in message or message["seat"] == self.seat_id

    async def _update(self, room: rooms.RoomState) -> None:
        if room.version <= self.room.version:
            return
        was_in = self.room.seat(self.seat_id).is_admitted
        gone = [each.id for each in self.room.seats if each.is_admitted and not room.seat(each.id).is_admitted]
        self.room = room
        # Their own socket may be away or unwilling: whoever hears of it has the relay let go of them.
        for seat_id in gone:
            await relays.leave(self.media, self.room_id, seat_id)
        self._watch_the_clock()
        self.follow_tape()
        if room.seat(self.seat_id).is_admitted and not was_in:
            await self._welcome()  # now the chat and the way to the other browser are theirs to know
        else:
            await self.tell("room", rooms.view(room, self.seat_id))

    async def _welcome(self) -> None:
        state, chat, doctor = await in_thread(self._read)
        self.room = state
        self._watch_the_clock()
        self.follow_tape()
        me = state.seat(self.seat_id)
        await self.tell(
            "welcome",
            {
                "you": me.id,
                "role": me.role,
                "state": me.state,
                "polite": rooms.is_polite(me),
                "room": rooms.view(state, me.id),
                "chat": chat,
                "doctor": doctor,
                "ice_servers": self._servers() if me.is_admitted else [],
            },
        )
        if me.is_admitted and rooms.RELAYED in (state.topology, state.preparing):
            await self._hear_the_relay()

    async def _hear_the_relay(self) -> None:
        """The pictures may have gone on while this line was away: hear who is in the slots, now and from now on."""
        try:
            media = await relays.relay_of(self.room_id)
            self.listen_to(media)
            slots = await media.slots(str(self.room_id), self.seat_id)
        except (Refused, NotThere, NoRelay, OSError):
            return  # this seat is not there (yet): its offer comes
        await self.tell("slots", {"slots": slots})

    def _read(self) -> tuple[rooms.RoomState, list[dict[str, Any]], dict[str, Any]]:
        room = access.get_room(self.by, self.room_id)
        state = queries.state_of(room)
        me = state.seat(self.seat_id)
        chat = queries.chat_of(self.room_id, me) if me.is_admitted else []
        return state, chat, queries.doctor_of(room)


def _action_for(message: protocol.Message) -> tuple[Any, dict[str, Any]]:
    match message:
        case protocol.Media(mic, camera, screen):
            return actions.show, {"mic": mic, "camera": camera, "screen": screen}
        case protocol.Say(text, client_id):
            return actions.say, {"text": text, "client_id": client_id}
        case protocol.LetIn(seat):
            return actions.let_in, {"seat_id": UUID(seat)}
        case protocol.Remove(seat):
            return actions.remove, {"seat_id": UUID(seat)}
        case protocol.Mute(seat):
            return actions.mute, {"seat_id": UUID(seat)}
        case protocol.Unmute(seat):
            return actions.unmute, {"seat_id": UUID(seat)}
        case protocol.Beside(with_citizen):
            return actions.sit_beside, {"with_citizen": with_citizen}
        case protocol.Leave():
            return actions.leave, {}
        case protocol.Stuck():
            return actions.ask_for_relay, {}
        case protocol.Ready(epoch):
            return actions.be_ready, {"epoch": epoch}
        case protocol.Record():
            return actions.ask_to_record, {}
        case protocol.Consent(wish, yes):
            return actions.answer_recording, {"wish": wish, "yes": yes}
        case protocol.StopRecording():
            return actions.stop_recording, {}
    raise TypeError(type(message).__name__)  # a type that protocol.py knows and this table does not: a bug
