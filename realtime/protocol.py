"""The words of a socket: JSON text frames {"v": 1, "t": type, "id": "c7", "d": {…}}, at most 64 KiB.

Pure. `parse()` turns a frame into one of the messages below or refuses it; it never says who sent it: that comes from the
connection. Frames of the server are made here too, so that both directions are described in one file.

client → server   signal {to, description | candidate} · media {mic, camera} · say {text} · let_in {seat} · remove {seat}
                  · leave {} · beat {n}
server → client   welcome · room · signal {from, …} · said · error {re, code, …} · beat {n} · bye {why}
                  and on /ws/v1/me: hello · news · resync
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from core.errors import DomainError, Invalid, column_of
from realtime import sdp
from realtime.errors import (
    BadCandidate,
    BadDescription,
    BadFrame,
    FrameTooLarge,
    UnknownField,
    UnknownType,
    UnsupportedVersion,
)

VERSION = 1
MAX_FRAME_BYTES = 64 * 1024
MAX_TEXT = 2000
RATE_PER_S = 20
BURST = 40

# Why the server closes a socket (application range of RFC 6455, 7.4.2; documented in the API description).
CLOSE_BAD_TICKET = 4401
CLOSE_NOT_ALLOWED = 4403
CLOSE_DISPLACED = 4409
CLOSE_OVER = 4410
CLOSE_TOO_FAST = 4429
CLOSE_TOO_LARGE = 1009
CLOSE_RESTART = 1012
CLOSE_SLOW = 1013

CLIENT_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True)
class Signal:
    """One half of a negotiation, for the other browser only."""

    to: str
    payload: dict[str, Any]


@dataclass(frozen=True)
class Media:
    """What the sender shows of themself."""

    mic: bool
    camera: bool


@dataclass(frozen=True)
class Say:
    """A line of chat. `client_id` makes a repeated frame the same line."""

    text: str
    client_id: str = ""


@dataclass(frozen=True)
class LetIn:
    seat: str


@dataclass(frozen=True)
class Remove:
    seat: str


@dataclass(frozen=True)
class Leave:
    """Hanging up, in contrast to a connection that was lost."""


@dataclass(frozen=True)
class Beat:
    """The client has read everything up to the server's beat `n`."""

    n: int


Message = Signal | Media | Say | LetIn | Remove | Leave | Beat


@dataclass(frozen=True)
class Frame:
    """A parsed frame: the client's own id for it (may be empty) and what it says."""

    id: str
    message: Message


def parse(raw: str | bytes, policy: sdp.AddressPolicy = sdp.AddressPolicy()) -> Frame:  # noqa: B008 (frozen value)
    """Read one frame. Raises a kind of Invalid with its code; the answer to it carries `frame_id(raw)`."""
    size = len(raw) if isinstance(raw, bytes) else len(raw.encode("utf-8", "surrogatepass"))
    if size > MAX_FRAME_BYTES:
        raise FrameTooLarge
    values = _loads(raw)
    if set(values) - {"v", "t", "id", "d"}:
        raise UnknownField
    if type(values.get("v")) is not int or values["v"] != VERSION:
        raise UnsupportedVersion
    client_id = values.get("id", "")
    if not isinstance(client_id, str) or (client_id and not CLIENT_ID.fullmatch(client_id)):
        raise BadFrame
    kind, data = values.get("t"), values.get("d", {})
    if not isinstance(kind, str) or kind not in PARSERS:
        raise UnknownType
    if not isinstance(data, dict):
        raise BadFrame
    fields, build = PARSERS[kind]
    if set(data) - fields:
        raise UnknownField
    return Frame(client_id, build(data, client_id, policy))


def frame_id(raw: str | bytes) -> str:
    """Return the client's id of a frame that was refused, or "" when not even that can be read."""
    try:
        found = _loads(raw[:MAX_FRAME_BYTES]).get("id", "")
    except Invalid:
        return ""
    return found if isinstance(found, str) and CLIENT_ID.fullmatch(found) else ""


def _loads(raw: str | bytes) -> dict[str, Any]:
    try:
        values = json.loads(raw, object_pairs_hook=_object, parse_constant=_refuse)
    except (ValueError, RecursionError, UnicodeError) as error:
        raise BadFrame from error
    if not isinstance(values, dict):
        raise BadFrame
    return values


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Two values for one name: readers differ on which they take, so we take neither.
    values = dict(pairs)
    if len(values) != len(pairs):
        raise BadFrame
    return values


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _seat(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 40:
        raise BadFrame
    try:
        return str(UUID(value))
    except ValueError as error:
        raise BadFrame from error


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise BadFrame
    return value


def _signal(data: dict[str, Any], _id: str, policy: sdp.AddressPolicy) -> Signal:
    to = _seat(data.get("to"))
    if ("description" in data) == ("candidate" in data):
        raise BadFrame
    if "description" in data:
        description = data["description"]
        if not isinstance(description, dict) or set(description) != {"type", "sdp"}:
            raise BadDescription
        kind = description["type"]
        if not isinstance(kind, str):
            raise BadDescription
        text = sdp.checked_description(kind, description["sdp"], policy)
        return Signal(to, {"description": {"type": kind, "sdp": text}})
    return Signal(to, {"candidate": _candidate(data["candidate"], policy)})


def _candidate(value: Any, policy: sdp.AddressPolicy) -> dict[str, Any]:
    if not isinstance(value, dict) or set(value) - {"candidate", "sdpMid", "sdpMLineIndex", "usernameFragment"}:
        raise BadCandidate
    mid, line, fragment = value.get("sdpMid"), value.get("sdpMLineIndex"), value.get("usernameFragment")
    if mid is not None and not (isinstance(mid, str) and sdp.TOKEN.fullmatch(mid)):
        raise BadCandidate
    if line is not None and not (type(line) is int and 0 <= line < sdp.MAX_SECTIONS):
        raise BadCandidate
    if fragment is not None and not (isinstance(fragment, str) and re.fullmatch(r"[A-Za-z0-9+/=_-]{4,256}", fragment)):
        raise BadCandidate
    text = sdp.checked_candidate(value.get("candidate"), policy)
    return {"candidate": text, "sdpMid": mid, "sdpMLineIndex": line, "usernameFragment": fragment}


def _say(data: dict[str, Any], client_id: str, _policy: sdp.AddressPolicy) -> Say:
    text = data.get("text")
    if not isinstance(text, str):
        raise BadFrame
    text = text.replace("\r\n", "\n").strip()
    # A control character or half a surrogate pair would not survive the way to the other side.
    if not 0 < len(text) <= MAX_TEXT or re.search(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]", text):
        raise BadFrame
    return Say(text, client_id)


def _beat(data: dict[str, Any], _id: str, _policy: sdp.AddressPolicy) -> Beat:
    if type(data.get("n")) is not int or not 0 <= data["n"] < 2**31:
        raise BadFrame
    return Beat(data["n"])


Parser = Callable[[dict[str, Any], str, sdp.AddressPolicy], Message]
PARSERS: dict[str, tuple[frozenset[str], Parser]] = {
    "signal": (frozenset({"to", "description", "candidate"}), _signal),
    "media": (frozenset({"mic", "camera"}), lambda d, _id, _p: Media(_flag(d.get("mic")), _flag(d.get("camera")))),
    "say": (frozenset({"text"}), _say),
    "let_in": (frozenset({"seat"}), lambda d, _id, _p: LetIn(_seat(d.get("seat")))),
    "remove": (frozenset({"seat"}), lambda d, _id, _p: Remove(_seat(d.get("seat")))),
    "leave": (frozenset(), lambda d, _id, _p: Leave()),
    "beat": (frozenset({"n"}), _beat),
}


@dataclass
class Bucket:
    """Twenty messages a second, forty at once (specs T17). Time is handed in, in seconds of any steady clock."""

    rate: float = RATE_PER_S
    burst: float = BURST
    level: float = field(default=BURST)
    at: float | None = None

    def take(self, now: float) -> bool:
        """Say whether one more message may pass now."""
        if self.at is not None:
            self.level = min(self.burst, self.level + max(0.0, now - self.at) * self.rate)
        self.at = now
        if self.level < 1:
            return False
        self.level -= 1
        return True


def frame(kind: str, data: dict[str, Any]) -> str:
    """Write a frame of the server."""
    return json.dumps({"v": VERSION, "t": kind, "d": data}, ensure_ascii=False, separators=(",", ":"))


def error_frame(error: DomainError, re_id: str = "") -> str:
    """Write the refusal of the frame `re_id`: a code for the program, a sentence for the person, whether to try again."""
    column = column_of(error)
    data = {"re": re_id, "code": error.code, "title": str(column.title), "detail": str(error.detail)}
    return frame("error", {**data, "retry": column.job == "retry"})
