"""How the app speaks to a relay: the same verbs whether it runs in this process (Local) or in its own (Remote to Server).

Between processes: one JSON object a line, on a Unix socket or on loopback TCP. Both ends prove that they know the shared
secret before anything else is read, and each proof answers the other's random word, so that an old one is worth nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import logging
import secrets
from collections.abc import Callable
from typing import Any, Protocol

from realtime.media.errors import BY_CODE, Refused
from realtime.media.relay import Event, Relay

log = logging.getLogger("lanh.media")

MAX_LINE = 256 * 1024  # an answer for six people is 20 kB
HELLO_WITHIN_S, ANSWER_WITHIN_S = 5.0, 5.0
BACKLOG = 4 << 20  # an app that does not read its events is cut off; it resyncs when it comes back


class NotThere(Exception):
    """The relay cannot be reached; its rooms must go to another."""


class Media(Protocol):
    """What the app may ask of a relay. Each raises errors.Refused, or NotThere when the relay is gone."""

    async def open_room(self, room: str) -> None: ...
    async def join(self, room: str, seat: str, offer: str) -> str: ...
    async def restart_ice(self, room: str, seat: str, offer: str) -> str: ...
    async def leave(self, room: str, seat: str) -> None: ...
    async def close_room(self, room: str) -> None: ...
    async def record(self, room: str, order: str) -> None: ...
    async def slots(self, room: str, seat: str) -> list[dict[str, Any]]: ...
    async def stats(self, room: str) -> dict[str, Any]: ...
    async def load(self) -> dict[str, int]: ...
    def listen(self, listener: Callable[[Event], None]) -> Callable[[], None]: ...


class Local:
    """A relay on this very loop."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self.listen = relay.listen

    async def open_room(self, room: str) -> None:
        """See Relay.open_room."""
        self._relay.open_room(room)

    async def join(self, room: str, seat: str, offer: str) -> str:
        """See Relay.join."""
        return self._relay.join(room, seat, offer)

    async def restart_ice(self, room: str, seat: str, offer: str) -> str:
        """See Relay.restart_ice."""
        return self._relay.restart_ice(room, seat, offer)

    async def leave(self, room: str, seat: str) -> None:
        """See Relay.leave."""
        self._relay.leave(room, seat)

    async def close_room(self, room: str) -> None:
        """See Relay.close_room."""
        self._relay.close_room(room)

    async def record(self, room: str, order: str) -> None:
        """See Relay.record."""
        self._relay.record(room, order)

    async def slots(self, room: str, seat: str) -> list[dict[str, Any]]:
        """See Relay.slots."""
        return self._relay.slots(room, seat)

    async def stats(self, room: str) -> dict[str, Any]:
        """See Relay.stats."""
        return self._relay.stats(room)

    async def load(self) -> dict[str, int]:
        """See Relay.load."""
        return self._relay.load()


# verb → its arguments, all words
VERBS: dict[str, tuple[str, ...]] = {
    "open_room": ("room",),
    "join": ("room", "seat", "offer"),
    "restart_ice": ("room", "seat", "offer"),
    "leave": ("room", "seat"),
    "close_room": ("room",),
    "record": ("room", "order"),
    "slots": ("room", "seat"),
    "stats": ("room",),
    "load": (),
}


def _proof(secret: str, side: str, word: str) -> str:
    return hmac.digest(secret.encode(), f"{side} {word}".encode(), "sha256").hex()


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


async def _read(reader: asyncio.StreamReader) -> dict[str, Any]:
    """One line. Raises ConnectionError when there is none, or it is none of ours."""
    try:
        line = await reader.readline()
        value = json.loads(line) if line.endswith(b"\n") else None
    except (ValueError, RecursionError) as error:  # also: longer than MAX_LINE
        raise ConnectionError("not a line of ours") from error
    if not isinstance(value, dict):
        raise ConnectionError("closed")
    return value


class Server:
    """Serves one relay on `place`: the path of a Unix socket, or "host:port" on loopback."""

    def __init__(self, relay: Relay, place: str, secret: str) -> None:
        if len(secret) < 16:
            raise ValueError("the secret of the media control is too short")
        self._local, self._place, self._secret = Local(relay), place, secret
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self) -> str:
        """Listen; return the place, with the port that was found."""
        if self._place.startswith("/"):
            self._server = await asyncio.start_unix_server(self._serve, self._place, limit=MAX_LINE)
            return self._place
        host, _, port = self._place.rpartition(":")
        self._server = await asyncio.start_server(self._serve, host, int(port), limit=MAX_LINE)
        return f"{host}:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        """Close all."""
        if self._server:
            self._server.close()
        for writer in list(self._writers):
            writer.close()
        if self._server:
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        forget: Callable[[], None] = lambda: None  # noqa: E731
        try:
            async with asyncio.timeout(HELLO_WITHIN_S):
                await self._greet(reader, writer)
            forget = self._local.listen(lambda event: self._push(writer, event))
            while True:
                request = await _read(reader)
                writer.write(_line(await self._do(request)))
                await writer.drain()
        except (ConnectionError, TimeoutError) as reason:
            log.info("a control connection ended: %s", reason)
        finally:
            forget()
            self._writers.discard(writer)
            writer.close()

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        word = secrets.token_hex(16)
        writer.write(_line({"hello": word}))
        reply = await _read(reader)
        proof, theirs = str(reply.get("proof", "")), str(reply.get("hello", ""))
        if not hmac.compare_digest(proof.encode(), _proof(self._secret, "app", word).encode()):
            raise ConnectionError("a wrong secret")
        writer.write(_line({"proof": _proof(self._secret, "relay", theirs)}))

    def _push(self, writer: asyncio.StreamWriter, event: Event) -> None:
        if writer.transport.get_write_buffer_size() > BACKLOG:
            writer.transport.abort()
        else:
            writer.write(_line(event))

    async def _do(self, request: dict[str, Any]) -> dict[str, Any]:
        number, verb = request.get("id"), request.get("do")
        names = VERBS.get(verb) if isinstance(verb, str) else None
        values = [request.get(name) for name in names or ()]
        if names is None or not all(isinstance(value, str) for value in values):
            return {"id": number, "refused": "bad_request"}
        try:
            return {"id": number, "done": await getattr(self._local, str(verb))(*values)}
        except Refused as refusal:
            return {"id": number, "refused": refusal.code}
        except Exception:
            log.exception("%s went wrong", verb)
            return {"id": number, "refused": "broken"}


class Remote:
    """A relay in another process. `connect` first; after NotThere this object is of no more use."""

    def __init__(self, place: str, secret: str) -> None:
        self._place, self._secret = place, secret
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._listeners: list[Callable[[Event], None]] = []
        self._number = 0

    async def connect(self) -> None:
        """Reach the relay and prove both ends. Raises NotThere."""
        try:
            async with asyncio.timeout(HELLO_WITHIN_S):
                if self._place.startswith("/"):
                    reader, writer = await asyncio.open_unix_connection(self._place, limit=MAX_LINE)
                else:
                    host, _, port = self._place.rpartition(":")
                    reader, writer = await asyncio.open_connection(host, int(port), limit=MAX_LINE)
                self._writer = writer
                hello, word = await _read(reader), secrets.token_hex(16)
                writer.write(_line({"hello": word, "proof": _proof(self._secret, "app", str(hello.get("hello")))}))
                reply = await _read(reader)
                if not hmac.compare_digest(
                    str(reply.get("proof")).encode(), _proof(self._secret, "relay", word).encode()
                ):
                    raise ConnectionError("this is not our relay")
        except (OSError, TimeoutError) as error:
            await self.close()
            raise NotThere(str(error)) from error
        self._reading = asyncio.create_task(self._read(reader))

    async def close(self) -> None:
        """Let go of the connection; the relay and its rooms stay."""
        if self._reading:
            self._reading.cancel()
        if self._writer:
            self._writer.close()
            with contextlib.suppress(OSError):
                await self._writer.wait_closed()
        self._give_up()

    def listen(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        """Hear each event; the last is {"event": "not_there"}. Return what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while True:
                value = await _read(reader)
                if "event" in value:
                    self._tell(value)
                elif (future := self._waiting.pop(value.get("id", 0), None)) and not future.done():
                    future.set_result(value)
        except OSError:
            self._give_up()
            self._tell({"event": "not_there"})

    def _tell(self, event: Event) -> None:
        for listener in list(self._listeners):
            listener(event)

    def _give_up(self) -> None:
        self._writer = None
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(NotThere("the relay is gone"))
        self._waiting.clear()

    async def _ask(self, verb: str, **values: str) -> Any:
        if self._writer is None:
            raise NotThere("the relay is gone")
        self._number += 1
        number = self._number
        future = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            self._writer.write(_line({"id": number, "do": verb, **values}))
            async with asyncio.timeout(ANSWER_WITHIN_S):
                reply = await future
        except (OSError, TimeoutError) as error:
            raise NotThere(verb) from error
        finally:
            self._waiting.pop(number, None)
        if "refused" in reply:
            raise BY_CODE.get(reply["refused"], Refused)(reply["refused"])
        return reply.get("done")

    async def open_room(self, room: str) -> None:
        """See Relay.open_room."""
        await self._ask("open_room", room=room)

    async def join(self, room: str, seat: str, offer: str) -> str:
        """See Relay.join."""
        return str(await self._ask("join", room=room, seat=seat, offer=offer))

    async def restart_ice(self, room: str, seat: str, offer: str) -> str:
        """See Relay.restart_ice."""
        return str(await self._ask("restart_ice", room=room, seat=seat, offer=offer))

    async def leave(self, room: str, seat: str) -> None:
        """See Relay.leave."""
        await self._ask("leave", room=room, seat=seat)

    async def close_room(self, room: str) -> None:
        """See Relay.close_room."""
        await self._ask("close_room", room=room)

    async def record(self, room: str, order: str) -> None:
        """See Relay.record."""
        await self._ask("record", room=room, order=order)

    async def slots(self, room: str, seat: str) -> list[dict[str, Any]]:
        """See Relay.slots."""
        return list(await self._ask("slots", room=room, seat=seat))

    async def stats(self, room: str) -> dict[str, Any]:
        """See Relay.stats."""
        return dict(await self._ask("stats", room=room))

    async def load(self) -> dict[str, int]:
        """See Relay.load."""
        return dict(await self._ask("load"))
