"""Going out to addresses that people typed in: real sockets on this machine stand in for the others."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from core import outbound

SENT: list[bytes] = []


def whole_request(line: socket.socket) -> bytes:
    """Read the head, and as much body as it announces."""
    read = b""
    while b"\r\n\r\n" not in read and (more := line.recv(65536)):
        read += more
    head, _, body = read.partition(b"\r\n\r\n")
    announced = re.search(rb"Content-Length: (\d+)", head)
    while announced and len(body) < int(announced[1]) and (more := line.recv(65536)):
        body += more
        read += more
    return read


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[socket.socket], None]], str]]:
    """Open a door that answers as it is told; gives its address."""
    doors: list[socket.socket] = []

    def open_door(answer: Callable[[socket.socket], None]) -> str:
        door = socket.create_server(("127.0.0.1", 0))
        doors.append(door)

        def run() -> None:
            while True:
                try:
                    line, _peer = door.accept()
                except OSError:
                    return
                with line:
                    SENT.append(whole_request(line))
                    try:
                        answer(line)
                    except OSError:
                        continue

        threading.Thread(target=run, daemon=True).start()
        return f"http://127.0.0.1:{door.getsockname()[1]}/x?y=1"

    yield open_door
    for door in doors:
        door.close()


def says(text: str) -> Callable[[socket.socket], None]:
    return lambda line: line.sendall(text.encode())


def test_gives_what_the_other_side_said(serve):
    url = serve(says("HTTP/1.1 404 Not Found\r\nX-Tra-Loi: co\r\nContent-Length: 2\r\n\r\nhi"))
    answer = outbound.fetch(url, method="POST", body=b"{}", headers={"Content-Type": "application/json"})
    assert (answer.status, answer.body, answer.headers["x-tra-loi"], answer.ok) == (404, b"hi", "co", False)
    head, _, body = SENT[-1].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /x?y=1 HTTP/1.1") and body == b"{}"


def test_a_redirect_is_not_followed(serve):
    inner = serve(says("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
    outer = serve(says(f"HTTP/1.1 302 Found\r\nLocation: {inner}\r\nContent-Length: 0\r\n\r\n"))
    before = len(SENT)
    assert outbound.fetch(outer).status == 302
    assert len(SENT) == before + 1


def drips(line: socket.socket) -> None:
    line.sendall(b"HTTP/1.1 200 OK\r\n")
    for _turn in range(60):
        time.sleep(0.05)
        line.sendall(b"X-Y: z\r\n")


def drips_a_body(line: socket.socket) -> None:
    line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    for _turn in range(60):
        time.sleep(0.05)
        line.sendall(b"z")


@pytest.mark.parametrize(
    "answer",
    [
        lambda line: time.sleep(1),
        drips,
        drips_a_body,
        says("HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n"),
        says("HTTP/1.1 200 OK\r\n\r\n" + "x" * 2000),
        says("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nshort"),
        says("SSH-2.0-OpenSSH\r\n"),
        says(""),
    ],
    ids=[
        "silent",
        "dripping head",
        "dripping body",
        "announces too much",
        "sends too much",
        "breaks off",
        "ssh",
        "hangs up",
    ],
)
def test_bounds_time_and_size(serve, answer):
    url, began = serve(answer), time.monotonic()
    with pytest.raises(outbound.NoAnswer):
        outbound.fetch(url, timeout_s=0.3, max_bytes=1000)
    assert time.monotonic() - began < 0.9


def test_nobody_there():
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    with pytest.raises(outbound.NoAnswer):
        outbound.fetch(f"http://127.0.0.1:{port}/", timeout_s=1)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/", "ftp://example.org/", "file:///etc/passwd", "https://", "//example.org/", "", "javascript:1",
        "https://ana:secret@example.org/", "https://localhost/", "https://localhost:8000/", "https://127.0.0.1/",
        "https://10.0.0.7/", "https://169.254.169.254/latest/", "https://[::1]/", "https://[fe80::1%25eth0]/",
        "https://[::ffff:127.0.0.1]/", "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/", "https://0.0.0.0/",
        "https://192.168.1.1/", "https://[fd00::1]/", "https://224.0.0.1/", "https://100.64.0.1/", "https://example.org:0/",
        "https://example.org:99999/", "https://exa mple.org/",
        "https://2130706433/", "https://0x7f.1/", "https://127.1/", "https://0177.0.0.1/", "https://[::127.0.0.1]/",
        "https://[::ffff:0:127.0.0.1]/", "https://[64:ff9b:1::7f00:1]/", "https://[fec0::1]/", "https://[2001::7f00:1]/",
        "https://example.org\\@10.0.0.1/", "https://example.org/\r\nX: y",
    ],
)  # fmt: skip
def test_refuses_what_leads_inside(settings, url):
    settings.OUTBOUND_PRIVATE_ALLOWED = False
    with pytest.raises(outbound.AddressRefused):
        outbound.fetch(url)


@pytest.mark.parametrize("inside", ["127.0.0.1", "10.1.2.3", "::1", "169.254.169.254", "::ffff:192.168.0.1"])
def test_refuses_a_public_name_with_an_address_inside(settings, monkeypatch, inside):
    settings.OUTBOUND_PRIVATE_ALLOWED = False
    found = [(2, 1, 6, "", ("8.8.8.8", 443)), (2, 1, 6, "", (inside, 443))]
    monkeypatch.setattr(outbound.socket, "getaddrinfo", lambda *args, **kwargs: found)
    monkeypatch.setattr(outbound.socket, "create_connection", lambda *args, **kwargs: pytest.fail("went there"))
    with pytest.raises(outbound.AddressRefused):
        outbound.fetch("https://hook.example.org/")


def test_goes_to_the_address_that_was_looked_at_and_asks_no_second_time(serve, settings, monkeypatch):
    """A name that answers differently the second time (rebinding) gains nothing: there is no second time."""
    url = serve(says("HTTP/1.1 204 No Content\r\n\r\n"))
    port = int(url.split(":")[2].split("/")[0])
    asked = []

    def once(host: str, *args: object, **kwargs: object) -> list[object]:
        if host != "hospital.example":  # others of this process look up names as well
            return REAL(host, *args, **kwargs)  # type: ignore[arg-type]
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    REAL = socket.getaddrinfo
    monkeypatch.setattr(outbound.socket, "getaddrinfo", once)
    assert outbound.fetch(f"http://hospital.example:{port}/").status == 204
    assert asked == ["hospital.example"]
    assert f"Host: hospital.example:{port}".encode() in SENT[-1]


def test_link_local_is_refused_even_where_private_is_allowed(settings):
    settings.OUTBOUND_PRIVATE_ALLOWED = True
    assert outbound.is_allowed("10.0.0.1") and outbound.is_allowed("127.0.0.1")
    assert not outbound.is_allowed("169.254.169.254") and not outbound.is_allowed("0.0.0.0")
