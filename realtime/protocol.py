"""The words of a socket: JSON text frames {"v": 1, "t": type, "id": "c7", "d": {…}}, at most 64 KiB.

Pure. `parse()` turns a frame into one of the messages below or refuses it; it never says who sent it: that comes from the
connection. Frames of the server are made here too, so that both directions are described in one file.

client → server   signal {to, description | candidate} · media {mic, camera, screen} · say {text} · let_in {seat} · remove {seat}
                  · mute {seat} · unmute {seat} · beside {with_citizen} · stuck {} · offer {epoch, sdp, restart}
                  · ready {epoch} · leave {} · quality {up, rtt, …} · record {} · consent {wish, yes} · stop_recording {}
                  · beat {n} · ping {}
server → client   welcome · room · signal {from, …} · answer {epoch, sdp, slots} · slots · said · muted {} · unmuted {} · ice_servers
                  · handed_over {id, name, field} · quality {seat, word, step} · error {re, code, …} · beat {n} · pong · bye {why}
                  and on /ws/v1/me: probe {end, sdp} → answer {end, sdp}; hello · news · resync
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from core.errors import DomainError, Invalid, column_of
from realtime import quality, sdp
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
    screen: bool = False  # the screen, in place of the camera


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
class Mute:
    """Turn somebody else's microphone off."""

    seat: str


@dataclass(frozen=True)
class Unmute:
    """Let somebody be heard again whom one has muted."""

    seat: str


@dataclass(frozen=True)
class Beside:
    """A station's nurse says whether the citizen sits before her camera."""

    with_citizen: bool


@dataclass(frozen=True)
class Stuck:
    """Browser to browser cannot be had from here."""


@dataclass(frozen=True)
class Offer:
    """What this browser offers the media relay. `restart`: new words for the same connection."""

    epoch: int
    sdp: str
    restart: bool = False


@dataclass(frozen=True)
class Ready:
    """The topology that is being prepared plays here."""

    epoch: int


@dataclass(frozen=True)
class Probe:
    """A trial of the network before a visit: one end of a call with oneself through the relay, "up" or "down"."""

    end: str
    sdp: str


@dataclass(frozen=True)
class Record:
    """The doctor wishes to record, agrees by that, and everybody else in the call is asked."""


@dataclass(frozen=True)
class Consent:
    """Yes or no to being recorded, or a yes taken back. `wish` is what was asked, so that a late yes is none."""

    wish: int
    yes: bool


@dataclass(frozen=True)
class StopRecording:
    """The doctor has recorded enough, or asks no longer."""


@dataclass(frozen=True)
class Leave:
    """Hanging up, in contrast to a connection that was lost."""


@dataclass(frozen=True)
class Beat:
    """The client has read everything up to the server's beat `n`."""

    n: int


@dataclass(frozen=True)
class Ping:
    """Is this line still one? Answered at once; a line that was cut says nothing of it by itself for minutes."""


Message = (
    Signal
    | Media
    | Say
    | LetIn
    | Remove
    | Mute
    | Unmute
    | Beside
    | Stuck
    | Offer
    | Ready
    | Leave
    | Beat
    | Ping
    | Probe
    | quality.Figures
    | Record
    | Consent
    | StopRecording
)


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


def _media(data: dict[str, Any], _id: str, _policy: sdp.AddressPolicy) -> Media:
    return Media(_flag(data.get("mic")), _flag(data.get("camera")), _flag(data.get("screen", False)))


def _count(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 2**31:
        raise BadFrame
    return value


def _offer(data: dict[str, Any], _id: str, policy: sdp.AddressPolicy) -> Offer:
    text = sdp.checked_description("offer", data.get("sdp"), policy, sdp.TO_RELAY)
    return Offer(_count(data.get("epoch")), text, _flag(data.get("restart", False)))


def _probe(data: dict[str, Any], _id: str, policy: sdp.AddressPolicy) -> Probe:
    if data.get("end") not in ("up", "down"):
        raise BadFrame
    return Probe(data["end"], sdp.checked_description("offer", data.get("sdp"), policy, sdp.TO_RELAY))


Parser = Callable[[dict[str, Any], str, sdp.AddressPolicy], Message]
PARSERS: dict[str, tuple[frozenset[str], Parser]] = {
    "signal": (frozenset({"to", "description", "candidate"}), _signal),
    "media": (frozenset({"mic", "camera", "screen"}), _media),
    "say": (frozenset({"text"}), _say),
    "let_in": (frozenset({"seat"}), lambda d, _id, _p: LetIn(_seat(d.get("seat")))),
    "remove": (frozenset({"seat"}), lambda d, _id, _p: Remove(_seat(d.get("seat")))),
    "mute": (frozenset({"seat"}), lambda d, _id, _p: Mute(_seat(d.get("seat")))),
    "unmute": (frozenset({"seat"}), lambda d, _id, _p: Unmute(_seat(d.get("seat")))),
    "beside": (frozenset({"with_citizen"}), lambda d, _id, _p: Beside(_flag(d.get("with_citizen")))),
    "leave": (frozenset(), lambda d, _id, _p: Leave()),
    "stuck": (frozenset(), lambda d, _id, _p: Stuck()),
    "offer": (frozenset({"epoch", "sdp", "restart"}), _offer),
    "ready": (frozenset({"epoch"}), lambda d, _id, _p: Ready(_count(d.get("epoch")))),
    "quality": (quality.FIELDS, quality.parse),
    "beat": (frozenset({"n"}), lambda d, _id, _p: Beat(_count(d.get("n")))),
    "probe": (frozenset({"end", "sdp"}), _probe),
    "record": (frozenset(), lambda d, _id, _p: Record()),
    "consent": (frozenset({"wish", "yes"}), lambda d, _id, _p: Consent(_count(d.get("wish")), _flag(d.get("yes")))),
    "stop_recording": (frozenset(), lambda d, _id, _p: StopRecording()),
    "ping": (frozenset(), lambda d, _id, _p: Ping()),
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
