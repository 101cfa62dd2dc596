"""Going out to an address that somebody typed in: a hospital's web hook, a calendar to follow.

Such an address may point back into our own network. So: https only, the name is looked up once, every address it has must
be a public one, and the connection goes to exactly the address that was looked at. Redirects are not followed, size and
time are bounded. Never call this inside a transaction.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from core.errors import Invalid, Unavailable

# Other addresses in disguise, or a site's own: translated (NAT64, also a network's own prefix), tunnelled (6to4, Teredo),
# the old ways to write an IPv4 address as IPv6, and what was site-local.
DISGUISES = tuple(
    ipaddress.IPv6Network(text)
    for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96", "::ffff:0:0:0/96", "fec0::/10")
)
AGENT = "Lanh/1"


class AddressRefused(Invalid):
    """Not https, or it leads somewhere we do not go."""

    code = "address_refused"
    message = _("This address cannot be used. Give a public address that begins with https://.")


class NoAnswer(Unavailable):
    """The other side could not be reached, took too long, or sent too much."""

    code = "no_answer"
    message = _("The other system does not answer.")


@dataclass(frozen=True)
class Answer:
    """What the other side said. A redirect is an answer like any other: it is not followed."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


def check(url: str) -> SplitResult:
    """Look at the address as written, without asking the network: for forms. Raises AddressRefused."""
    if not url.isascii() or any(character <= " " or character in "\\\x7f" for character in url):
        raise AddressRefused
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise AddressRefused from error
    schemes = {"https", "http"} if settings.OUTBOUND_PRIVATE_ALLOWED else {"https"}
    if parts.scheme not in schemes or not parts.hostname or parts.username is not None or port == 0:
        raise AddressRefused
    try:
        literal = ipaddress.ip_address(parts.hostname)
    except ValueError:
        if not settings.OUTBOUND_PRIVATE_ALLOWED and "." not in parts.hostname:
            raise AddressRefused from None  # "localhost", or a name of our own network
    else:
        if not is_allowed(str(literal)):
            raise AddressRefused
    return parts


def is_allowed(address: str) -> bool:
    """Say whether we connect to this IP address."""
    ip: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_allowed(str(ip.ipv4_mapped))
        if not ip.is_loopback and any(ip in one for one in DISGUISES):
            return False
    if ip.is_link_local or ip.is_multicast or ip.is_unspecified:
        return False  # 169.254.169.254 is where machines keep their keys
    if ip.is_global:
        return True
    return bool(settings.OUTBOUND_PRIVATE_ALLOWED) and (ip.is_private or ip.is_loopback)


def addresses_of(host: str, port: int) -> list[str]:
    """Look a name up. Raises AddressRefused when any of its addresses is one we do not go to, NoAnswer without any."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NoAnswer from error
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    if not addresses:
        raise NoAnswer
    if not all(is_allowed(one) for one in addresses):
        raise AddressRefused
    return addresses


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


class _Pinned(http.client.HTTPConnection):
    """A connection to the very address that was looked at, speaking to the name that was meant."""

    def __init__(self, parts: SplitResult, address: str, timeout_s: float) -> None:
        assert parts.hostname is not None
        super().__init__(parts.hostname, parts.port or (443 if parts.scheme == "https" else 80), timeout=timeout_s)
        self.address, self.secure = address, parts.scheme == "https"
        self.line: socket.socket | None = None  # kept: http.client lets go of `sock` while the answer is still read
        self.is_late = False

    def connect(self) -> None:
        raw = socket.create_connection((self.address, self.port), timeout=self.timeout)
        try:
            self.line = self.sock = raw
            if self.secure:
                line = _tls().wrap_socket(raw, server_hostname=self.host, do_handshake_on_connect=False)
                self.line = self.sock = line
                line.do_handshake()
            if self.is_late:
                raise TimeoutError
        except BaseException:
            self.sock.close()
            raise

    def cut(self) -> None:
        """End it from another thread: a sender of one byte a minute never runs into the socket's own time limit."""
        self.is_late = True
        if self.line is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self.line, socket.SHUT_RDWR)


def fetch(
    url: str,
    *,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    timeout_s: float = 10,
    max_bytes: int = 1_000_000,
) -> Answer:
    """Ask another system, once. Any status is an answer.

    Raises AddressRefused for where we do not go, NoAnswer when nothing (whole) came within `timeout_s` and `max_bytes`.
    """
    parts = check(url)
    assert parts.hostname is not None
    address = addresses_of(parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))[0]
    connection = _Pinned(parts, address, timeout_s)
    late = threading.Timer(timeout_s, connection.cut)
    late.daemon = True
    late.start()
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        sent = {"User-Agent": AGENT, "Accept-Encoding": "identity", "Connection": "close", **(headers or {})}
        connection.request(method, target, body=body, headers=sent)
        response = connection.getresponse()
        if int(response.headers.get("Content-Length") or 0) > max_bytes:
            raise NoAnswer
        read = response.read(max_bytes + 1)
        announced = response.length  # what is still to come of the announced length; None without one
        if len(read) > max_bytes or announced or connection.is_late:
            raise NoAnswer
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, read)
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise NoAnswer from error
    finally:
        late.cancel()
        connection.close()
