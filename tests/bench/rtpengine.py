"""Debian's rtpengine, as a server of visits for the bench of the relay: voice and picture on ports of their own (this version
knows no bundle), each with its own DTLS, on loopback.

It is spoken to in its "ng" protocol: one UDP packet a question, a cookie and a dictionary in bencoding. Without its kernel
module, as in a container: what is measured is its own forwarding.
"""

from __future__ import annotations

import contextlib
import re
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from runtime import forwarders
from tests.bench import udp, visits

PORTS = (30_000, 49_999)  # it tries one after the other
LEG = {
    "transport-protocol": "UDP/TLS/RTP/SAVPF",
    "ICE": "force",
    "ICE-lite": "both",
    "rtcp-mux": ["require"],
    "DTLS": "passive",  # we shake hands first everywhere
    "DTLS-fingerprint": "sha-256",
    "flags": ["trust-address", "SDES-off"],
}


def missing() -> str | None:
    """Why it cannot be driven here; None when it can."""
    return None if forwarders.find("rtpengine") else forwarders.hint("rtpengine")


@contextlib.asynccontextmanager
async def stage(count: int) -> AsyncIterator[visits.Stage]:
    """rtpengine on the first core with `count` visits connected."""
    with visits.apart() as core, _running(core) as (process, ask), contextlib.closing(udp.Crowd()) as crowd:
        people = [
            [visits.seat(crowd, 2 * person + n, person, slots=0) for n in range(2)] for person in range(2 * count)
        ]
        for visit in range(count):
            one, two = people[2 * visit], people[2 * visit + 1]
            call = {**LEG, "call-id": f"visit {visit}", "from-tag": "one"}
            _take(two, ask({**call, "command": "offer", "sdp": description(one, "actpass")}))
            _take(one, ask({**call, "command": "answer", "to-tag": "two", "sdp": description(two, "active")}))
        await visits.connect([browser for person in people for browser in person])
        streams = []
        for person, senders in enumerate(people):
            for n, kind in enumerate(("audio", "video")):
                sender, receiver = senders[n], people[person ^ 1][n]
                assert sender.answer
                # It changes neither the source nor the numbers.
                streams.append(
                    visits.Stream(person, kind, sender, sender.answer.address, receiver, sender.base + n, first=0)
                )
        yield visits.Stage(process, crowd, streams)


def description(browsers: list[visits.Browser], setup: str) -> str:
    """A voice and a picture, each in both directions on an address of its own, as a telephone describes them."""
    head, *sections = _sections(browsers[0].offer())
    for browser, section in zip(browsers, sections, strict=True):
        host, port = browser.socket.getsockname()
        section = section.replace(" 9 ", f" {port} ", 1).replace("0.0.0.0", host).replace("actpass", setup)
        section = section.replace("a=sendonly", "a=sendrecv").replace(
            browsers[0].identity.fingerprint, browser.identity.fingerprint
        )
        head += f"{section}a=candidate:1 1 udp 2113937151 {host} {port} typ host\r\n"
    return head


def _take(browsers: list[visits.Browser], answer: str) -> None:
    head, *sections = _sections(answer)
    for browser, section in zip(browsers, sections, strict=True):
        browser.take(head + section)


def _sections(text: str) -> list[str]:
    return re.split(r"(?m)(?=^m=)", text)


def bencode(value: Any) -> bytes:
    """Strings, lists and dictionaries."""
    if isinstance(value, str):
        return b"%d:%s" % (len(value.encode()), value.encode())
    if isinstance(value, list):
        return b"l" + b"".join(map(bencode, value)) + b"e"
    return b"d" + b"".join(bencode(key) + bencode(value[key]) for key in sorted(value)) + b"e"


def bdecode(data: bytes) -> Any:
    """The other way, and whole numbers."""
    return _read(data, 0)[0]


def _read(data: bytes, at: int) -> tuple[Any, int]:
    if data[at : at + 1] == b"i":
        end = data.index(b"e", at)
        return int(data[at + 1 : end]), end + 1
    if data[at : at + 1] in (b"l", b"d"):
        found, kind, at = [], data[at : at + 1], at + 1
        while data[at : at + 1] != b"e":
            value, at = _read(data, at)
            found.append(value)
        return (found if kind == b"l" else dict(zip(found[::2], found[1::2], strict=True))), at + 1
    colon = data.index(b":", at)
    end = colon + 1 + int(data[at:colon])
    return data[colon + 1 : end].decode(), end


class Ask:
    """Its questions and answers; the SDP comes back."""

    def __init__(self, port: int) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.settimeout(0.5)
        self._socket.connect(("127.0.0.1", port))
        self._number = 0

    def __call__(self, question: dict[str, Any]) -> str:
        """Raises Void when it refuses, or nobody answers."""
        self._number += 1
        cookie = b"%d " % self._number
        packet = cookie + bencode(question)
        for _ in range(20):
            self._socket.send(packet)  # again with the same cookie is the same question
            with contextlib.suppress(TimeoutError):
                while not (told := self._socket.recv(1 << 16)).startswith(cookie):
                    pass
                answer = bdecode(told[len(cookie) :])
                if answer["result"] not in ("ok", "pong"):
                    raise visits.Void(f"rtpengine says {answer}")
                return str(answer.get("sdp", ""))
        raise visits.Void("rtpengine does not answer")


@contextlib.contextmanager
def _running(core: int) -> Iterator[tuple[int, Ask]]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "log").open("w") as log:
        command = ["taskset", "-c", str(core), forwarders.find("rtpengine") or "", "--config-file=none", "--foreground",
                   "--log-stderr", "--log-level=4", "--table=-1", "--interface=127.0.0.1", f"--listen-ng=127.0.0.1:{port}",
                   "--num-threads=1", "--delete-delay=0",
                   f"--port-min={PORTS[0]}", f"--port-max={PORTS[1]}"]  # fmt: skip
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            until = time.monotonic() + 20
            ask = Ask(port)
            while True:
                words = (Path(folder) / "log").read_text()
                if child.poll() is not None or time.monotonic() > until:
                    raise visits.Void(f"rtpengine does not start: {words[-3000:]}")
                with contextlib.suppress(ConnectionRefusedError):
                    ask({"command": "ping"})
                    break
                time.sleep(0.02)
            yield child.pid, ask
        finally:
            child.kill()
            child.wait()
