"""A load of its own process and of few instructions: raw sockets, one a client, each sending its script in order.

Reads pickled (port, scripts of raw requests) and writes pickled (seconds, CPU seconds, answers a client), an answer being
(status, seconds, body of what was no success). Imports nothing of ours, so that the clients cost the server little.
"""

from __future__ import annotations

import pickle
import selectors
import socket
import subprocess
import sys
import time

Answer = tuple[int, float, bytes]


def drive(port: int, scripts: list[list[bytes]]) -> tuple[float, float, list[list[Answer]]]:
    """Send all scripts at once from a process apart."""
    done = subprocess.run(
        [sys.executable, __file__], input=pickle.dumps((port, scripts)), stdout=subprocess.PIPE, check=True, timeout=300
    )
    return pickle.loads(done.stdout)


def request(path: str, *, token: str = "", body: bytes | None = None) -> bytes:
    """Write a request as an app does."""
    head = f"{'GET' if body is None else 'POST'} {path} HTTP/1.1\r\nHost: localhost\r\nAccept-Language: en\r\n"
    if token:
        head += f"Authorization: {token}\r\n"
    if body is not None:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + (body or b"")


class _Client:
    def __init__(self, port: int, script: list[bytes]) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.script, self.answers, self.read, self.since = iter(script), [], b"", 0.0

    def send(self) -> bool:
        wanted = next(self.script, None)
        if wanted is None:
            return False
        self.since, self.read = time.perf_counter(), b""
        self.socket.sendall(wanted)
        return True

    def hear(self) -> bool:
        part = self.socket.recv(65536)
        if not part:
            raise ConnectionError(self.read[:300])
        self.read += part
        head, mark, body = self.read.partition(b"\r\n\r\n")
        if not mark:
            return False
        length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        if len(body) < length:
            return False
        status = int(head[9:12])
        self.answers.append((status, time.perf_counter() - self.since, b"" if status < 300 else body))
        return True


def _main() -> None:
    port, scripts = pickle.load(sys.stdin.buffer)
    clients = [_Client(port, script) for script in scripts]
    waiting = selectors.DefaultSelector()
    begun = time.perf_counter()
    for client in clients:
        if client.send():
            waiting.register(client.socket, selectors.EVENT_READ, client)
    while waiting.get_map():
        for key, _ in waiting.select(60):
            if key.data.hear() and not key.data.send():
                waiting.unregister(key.data.socket)
    took = time.perf_counter() - begun
    pickle.dump((took, time.process_time(), [client.answers for client in clients]), sys.stdout.buffer)


if __name__ == "__main__":
    _main()
