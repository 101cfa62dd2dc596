"""A client of our sockets for tests: sends frames, waits for the kind it wants, notes the rest."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any

from channels.testing import WebsocketCommunicator


class Client:
    """One open socket. `frames` keeps everything that was heard."""

    def __init__(self, socket: WebsocketCommunicator) -> None:
        self.socket = socket
        self.seat = ""
        self.resume_token = ""
        self.frames: list[dict[str, Any]] = []
        self.closed: int | None = None

    async def send(self, kind: str, client_id: str = "c1", **data: Any) -> None:
        await self.raw(json.dumps({"v": 1, "t": kind, "id": client_id, "d": data}))

    async def raw(self, text: str) -> None:
        await self.socket.send_to(text_data=text)

    async def next(self, timeout: float = 3) -> dict[str, Any]:
        """The next frame, or {"t": "closed", "code": …}."""
        event = await self.socket.receive_output(timeout)
        if event["type"] == "websocket.close":
            self.closed = event.get("code", 1000)
            return {"t": "closed", "code": self.closed}
        frame: dict[str, Any] = json.loads(event["text"])
        self.frames.append(frame)
        return frame

    async def until(self, kind: str, timeout: float = 3) -> dict[str, Any]:
        """Wait for a frame of this kind and return its data; "closed" waits for the end and returns its code."""
        while True:
            frame = await self.next(timeout)
            if frame["t"] == kind:
                return frame if kind == "closed" else frame["d"]
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
        with contextlib.suppress(Exception):
            if self.closed is None:
                await self.socket.disconnect(timeout=3)
            await self.socket.wait(timeout=1)
