"""The socket of one seat in one room."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.utils import timezone

from core.errors import DomainError
from realtime import access, actions, protocol, queries, rooms, turn
from realtime.consumers.base import Socket, in_thread
from realtime.errors import RoomOver
from realtime.hub import hub


class RoomConsumer(Socket):
    """Keeps a copy of the room to judge signals without the database; everything that changes the room is an action."""

    room: rooms.RoomState
    seat_id = ""

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

    async def still_welcome(self) -> bool:
        """Rights may end while a call goes on; asked at each beat, which also notes that the seat is alive."""
        if not await super().still_welcome():
            return False
        if await in_thread(
            actions.keep_alive, room_id=self.room_id, socket_id=self.socket_id, by=self.by, now=timezone.now()
        ):
            return True
        if await in_thread(queries.was_taken_for_dead, self.socket_id):
            # This machine has slept and a job cleared the seat: the page comes back by itself and sits down again.
            await self.bye(protocol.CLOSE_RESTART, "resync")
            return True
        return False

    async def gone(self) -> None:
        """The line has dropped, or the person has hung up before; the seat stays."""
        if self.seat_id:
            await in_thread(actions.depart, socket_id=self.socket_id, why="lost", now=timezone.now())

    async def said(self, message: protocol.Message) -> None:
        """Relay a signal at once; everything else is an action on the room."""
        if isinstance(message, protocol.Signal):
            for effect in rooms.step(self.room, message, self.seat_id)[1]:
                if isinstance(effect, rooms.Relay):
                    self._relay(effect)
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
        elif kind == "said" and self.room.seat(self.seat_id).is_admitted:
            await self.tell("said", message["line"])
        elif kind == "close" and self._is_me(message):
            await self.bye(message["code"], message["why"])

    def _relay(self, relay: rooms.Relay) -> None:
        message = {"k": "signal", "to": relay.to, "from": relay.sender, "payload": relay.payload}
        hub().publish(f"room:{self.room_id}", message)

    def _is_me(self, message: dict[str, Any]) -> bool:
        if "socket" in message:
            return bool(message["socket"] == str(self.socket_id))
        return "seat" not in message or message["seat"] == self.seat_id

    async def _update(self, room: rooms.RoomState) -> None:
        if room.version <= self.room.version:
            return
        was_in = self.room.seat(self.seat_id).is_admitted
        self.room = room
        if room.seat(self.seat_id).is_admitted and not was_in:
            await self._welcome()  # now the chat and the way to the other browser are theirs to know
        else:
            await self.tell("room", rooms.view(room, self.seat_id))

    async def _welcome(self) -> None:
        state, chat = await in_thread(self._read)
        self.room = state
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
                "ice_servers": turn.ice_servers(me.id, now=timezone.now()) if me.is_admitted else [],
            },
        )

    def _read(self) -> tuple[rooms.RoomState, list[dict[str, Any]]]:
        state = queries.state_of(access.get_room(self.by, self.room_id))
        return state, queries.chat_of(self.room_id) if state.seat(self.seat_id).is_admitted else []


def _action_for(message: protocol.Message) -> tuple[Any, dict[str, Any]]:
    match message:
        case protocol.Media(mic, camera):
            return actions.show, {"mic": mic, "camera": camera}
        case protocol.Say(text, client_id):
            return actions.say, {"text": text, "client_id": client_id}
        case protocol.LetIn(seat):
            return actions.let_in, {"seat_id": UUID(seat)}
        case protocol.Remove(seat):
            return actions.remove, {"seat_id": UUID(seat)}
        case protocol.Leave():
            return actions.leave, {}
    raise TypeError(type(message).__name__)  # a type that protocol.py knows and this table does not: a bug
