"""Debian's Janus with its videoroom, as a server of visits for the bench of the relay.

A person is two peer connections, as the videoroom has it: one sends, one receives. Janus takes no address of the loopback
for its own, so it lives in a network of its own (a namespace that is gone with it; needs root), and the browsers' socket is
made in there. Nothing of it can be reached from elsewhere; it is spoken to through a socket in a folder of its own.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import random
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from websockets import Subprotocol
from websockets.sync.client import unix_connect

from runtime import folders, forwarders
from tests.bench import udp, visits
from tests.realtime.media_peer import PASSWORD, UFRAG, Peer

ADDRESS = "198.51.100.1"  # of those for documentation (RFC 5737): nobody else has it
BROWSERS = 10  # /8. Janus sends by the device of its address, so they are to be found there, not in 127/8
NEW_NETWORK = 0x40000000
NETWORK = (
    f"ip link set lo up && ip link add out type veth peer name in && ip addr add {ADDRESS}/32 dev out"
    f" && ip link set out up && ip link set in up && ip route add local {BROWSERS}.0.0.0/8 dev out"
)
PROGRAMMES = ("unshare", "ip", "taskset")
PROTOCOL = Subprotocol("janus-protocol")
ANSWER_S = 20
ROOM = {"request": "create", "publishers": 2, "bitrate": 0, "audiocodec": "opus", "videocodec": "vp8"}


def missing() -> str | None:
    """Why it cannot be driven here; None when it can."""
    if forwarders.find("janus") is None:
        return forwarders.hint("janus")
    if not folders.is_root():
        return "Janus wants a network of its own, and only root can make one"
    lacking = [name for name in PROGRAMMES if not shutil.which(name)]
    if lacking:
        return f"Janus wants a network of its own; no {', '.join(lacking)} to make it with"
    tried = subprocess.run(["unshare", "--net", "sh", "-c", NETWORK], check=False, capture_output=True, text=True)
    return f"Janus wants a network of its own: {tried.stderr.strip()}" if tried.returncode else None


@contextlib.asynccontextmanager
async def stage(count: int, *, loops: int = 0) -> AsyncIterator[visits.Stage]:
    """Janus on the first core with `count` visits connected; a thread for each connection, or so many `loops` for all."""
    with (
        tempfile.TemporaryDirectory() as folder,
        visits.apart() as core,
        _running(Path(folder), core, loops) as (process, api),
        contextlib.closing(_crowd(process)) as crowd,
    ):
        senders, receivers, feeds, streams = [], [], [], []
        for person in range(2 * count):
            senders.append(visits.seat(crowd, 2 * person, person, slots=0))
            feeds.append(publish(api, 1 + person // 2, senders[-1], opens=not person % 2))
        await visits.connect(senders)
        for person, sender in enumerate(senders):
            receiver = visits.seat(crowd, 2 * person + 1, person ^ 1)
            offered = listen(api, 1 + person // 2, receiver, feeds[person])
            receivers.append(receiver)
            assert sender.answer and receiver.answer
            for kind, mid in mids(offered):
                ssrc = receiver.answer.ssrcs[mid][0]
                streams.append(visits.Stream(person, kind, sender, sender.answer.address, receiver, ssrc, first=1))
        await visits.connect(receivers)
        yield visits.Stage(process, crowd, streams)


def _crowd(process: int) -> udp.Crowd:
    with _inside(process):
        return udp.Crowd(BROWSERS)


def publish(api: Api, room: int, peer: Peer, *, opens: bool) -> int:
    """Describe what a person sends; the number of the feed comes back."""
    handle = api.attach()
    if opens:
        api.tell(handle, {**ROOM, "room": room})
    # We shake hands first everywhere: else Janus would.
    offer = {"type": "offer", "sdp": peer.offer().replace("setup:actpass", "setup:active")}
    told = api.tell(handle, {"request": "joinandconfigure", "room": room, "ptype": "publisher"}, offer)
    peer.take(told["jsep"]["sdp"])
    return int(told["plugindata"]["data"]["id"])


def listen(api: Api, room: int, peer: Peer, feed: int) -> str:
    """Ask for a feed and agree; what Janus offered comes back."""
    handle = api.attach()
    told = api.tell(handle, {"request": "join", "room": room, "ptype": "subscriber", "streams": [{"feed": feed}]})
    offered = str(told["jsep"]["sdp"])
    peer.take(offered)
    api.tell(handle, {"request": "start"}, {"type": "answer", "sdp": answer(offered, peer)})
    return offered


def mids(description: str) -> list[tuple[str, str]]:
    """Kind and name of each section."""
    return re.findall(r"^m=(\w+) [\s\S]*?^a=mid:(\S+)", description.replace("\r", ""), re.MULTILINE)


def answer(offered: str, peer: Peer) -> str:
    """Yes to all that is offered, with the peer's own name and certificate."""
    own = {
        "ice-ufrag": UFRAG,
        "ice-pwd": PASSWORD,
        "fingerprint": f"sha-256 {peer.identity.fingerprint}",
        "setup": "active",
    }
    lines = []
    for line in offered.split("\r\n"):
        name, _, _ = line.removeprefix("a=").partition(":")
        if name in own:
            lines.append(f"a={name}:{own[name]}")
        elif line == "a=sendonly":
            lines.append("a=recvonly")
        elif name not in ("candidate", "end-of-candidates", "ssrc", "ssrc-group", "ice-options"):
            lines.append(line)
    return "\r\n".join(lines)


class Api:
    """Its JSON, a question at a time."""

    def __init__(self, place: str) -> None:
        # No pings: a server that is under load may be late with them, and would be left.
        self._socket = unix_connect(place, "ws://janus", subprotocols=[PROTOCOL], ping_interval=None)
        self._number = 0
        self._session = self._ask({"janus": "create"})["data"]["id"]

    def attach(self) -> int:
        """A handle for one peer connection."""
        asked = {"janus": "attach", "plugin": "janus.plugin.videoroom", "session_id": self._session}
        return int(self._ask(asked)["data"]["id"])

    def tell(self, handle: int, body: dict[str, Any], jsep: dict[str, str] | None = None) -> Any:
        """What the videoroom says to `body`. Raises Void when it refuses."""
        asked: dict[str, Any] = {"janus": "message", "session_id": self._session, "handle_id": handle, "body": body}
        told = self._ask({**asked, "jsep": jsep} if jsep else asked)
        if "error" in told["plugindata"]["data"]:
            raise visits.Void(f"Janus says {told}")
        return told

    def _ask(self, asked: dict[str, Any]) -> Any:
        self._number += 1
        self._socket.send(json.dumps({**asked, "transaction": str(self._number)}))
        while True:
            told = json.loads(self._socket.recv(ANSWER_S))
            if told.get("transaction") == str(self._number) and told["janus"] != "ack":
                if told["janus"] not in ("success", "event"):
                    raise visits.Void(f"Janus says {told}")
                return told

    def close(self) -> None:
        self._socket.close()


@contextlib.contextmanager
def _running(folder: Path, core: int, loops: int) -> Iterator[tuple[int, Api]]:
    place = folder / "api"
    _configure(folder, place, loops)
    programme = f"exec taskset -c {core} {forwarders.find('janus')} -F {folder} -C {folder}/janus.jcfg"
    with (folder / "log").open("w") as log:
        child = subprocess.Popen(
            ["unshare", "--net", "sh", "-c", f"{NETWORK} && {programme}"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        until = time.monotonic() + 20
        while not place.exists():
            if child.poll() is not None or time.monotonic() > until:
                raise visits.Void(f"Janus does not start: {(folder / 'log').read_text()[-3000:]}")
            time.sleep(0.02)
        with contextlib.closing(Api(str(place))) as api:
            yield child.pid, api
    finally:
        child.kill()
        child.wait()


def _configure(folder: Path, place: Path, loops: int) -> None:
    """The videoroom, a socket in a folder, and no more."""
    libraries = next(Path("/usr/lib").glob("*/janus"))
    for kind, name in (("plugins", "videoroom"), ("transports", "websockets"), ("events", ""), ("loggers", "")):
        (folder / kind).mkdir()
        if name:
            library = f"libjanus_{name}.so"
            (folder / kind / library).symlink_to(libraries / kind / library)
    (folder / "janus.jcfg").write_text(
        "general: {"
        + "".join(f' {kind}_folder = "{folder}/{kind}"' for kind in ("plugins", "transports", "events", "loggers"))
        + f' configs_folder = "{folder}" debug_level = 2 event_loops = {loops} session_timeout = 0 admin_secret = "{random.random()}" }}\n'
        "nat: { ice_lite = true }\n"
    )
    (folder / "janus.transport.websockets.jcfg").write_text(
        f'general: {{ ws = true json = "compact" ws_unix = "{place}" }}\n'
    )
    (folder / "janus.plugin.videoroom.jcfg").write_text("")


@contextlib.contextmanager
def _inside(process: int) -> Iterator[None]:
    """In the network of a process: a socket made here belongs there."""
    libc = ctypes.CDLL(None, use_errno=True)
    home, there = (os.open(f"/proc/{number}/ns/net", os.O_RDONLY) for number in ("thread-self", process))
    try:
        assert libc.setns(there, NEW_NETWORK) == 0, os.strerror(ctypes.get_errno())
        yield
    finally:
        libc.setns(home, NEW_NETWORK)
        os.close(home)
        os.close(there)
