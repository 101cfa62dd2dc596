"""A client of our sockets for tests: sends frames, waits for the kind it wants, notes the rest."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any

from channels.testing import WebsocketCommunicator

PATIENCE_S = 15  # a machine with other work takes its time; nothing here waits for something not to come


class Client:
    """One open socket. `frames` keeps everything that was heard."""

    def __init__(self, socket: WebsocketCommunicator) -> None:
        self.socket = socket
        self.seat = ""
        self.resume_token = ""
        self.frames: list[dict[str, Any]] = []
        self.closed: int | None = None
        self.answers_beats = False  # while it waits for something else

    async def send(self, kind: str, client_id: str = "c1", **data: Any) -> None:
        await self.raw(json.dumps({"v": 1, "t": kind, "id": client_id, "d": data}))

    async def raw(self, text: str) -> None:
        await self.socket.send_to(text_data=text)

    async def next(self, timeout: float = PATIENCE_S) -> dict[str, Any]:
        """The next frame, or {"t": "closed", "code": …}."""
        event = await self.socket.receive_output(timeout)
        if event["type"] == "websocket.close":
            self.closed = event.get("code", 1000)
            return {"t": "closed", "code": self.closed}
        frame: dict[str, Any] = json.loads(event["text"])
        self.frames.append(frame)
        return frame

    async def until(self, kind: str, timeout: float = PATIENCE_S) -> dict[str, Any]:
        """Wait for a frame of this kind and return its data; "closed" waits for the end and returns its code."""
        while True:
            frame = await self.next(timeout)
            if frame["t"] == kind:
                return frame if kind == "closed" else frame["d"]
            if frame["t"] == "beat" and self.answers_beats:
                await self.send("beat", n=frame["d"]["n"])
            if frame["t"] == "closed":
                raise AssertionError(f"closed with {frame['code']} while waiting for {kind}: {self.frames[-3:]}")

    async def quiet(self, seconds: float = 0.3) -> list[dict[str, Any]]:
        """Everything that comes within some time."""
        heard: list[dict[str, Any]] = []
        with contextlib.suppress(asyncio.TimeoutError):
            while True:
                if await self.socket.receive_nothing(seconds, 0.02):
                    return heard
                heard.append(await self.next(seconds))
        return heard

    async def close(self) -> None:
        # A socket that was closed by the server has nothing left to close.
        with contextlib.suppress(
            Exception, asyncio.CancelledError
        ):  # its task may have been cancelled by a wait that ended
            if self.closed is None:
                await self.socket.disconnect(timeout=3)
            await self.socket.wait(timeout=1)
