"""Which web pages may open our sockets: our own. Programs that are no browser send no Origin and bring a ticket."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import split_domain_port, validate_host

Application = Callable[[dict[str, Any], Any, Any], Awaitable[Any]]


class OwnPagesOnly:
    """Refuses (HTTP 403) a handshake whose Origin is not the very host and port it was sent to (specs T18)."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        if may_open(scope.get("headers", [])):
            return await self.application(scope, receive, send)
        denier: Any = WebsocketDenier()
        return await denier(scope, receive, send)


def may_open(headers: list[tuple[bytes, bytes]]) -> bool:
    """Say whether these handshake headers come from one of our pages or from no page at all."""
    origins = [value.decode("latin-1") for name, value in headers if name.lower() == b"origin"]
    hosts = [value.decode("latin-1").lower() for name, value in headers if name.lower() == b"host"]
    if len(hosts) != 1 or len(origins) > 1:
        return False
    # The host is checked as Django checks it: otherwise a name that points here would be its own proof.
    domain, _port = split_domain_port(hosts[0])
    if not domain or not validate_host(domain, settings.ALLOWED_HOSTS):
        return False
    if not origins:
        return True
    return _own(origins[0], hosts[0])


def _own(origin: str, host: str) -> bool:
    try:
        parts = urlsplit(origin)
        port = parts.port
    except ValueError:
        return False
    if (
        parts.scheme not in ("http", "https")
        or parts.path
        or parts.query
        or parts.fragment
        or parts.username is not None
    ):
        return False
    usual = {"http": 80, "https": 443}[parts.scheme]
    domain, given = split_domain_port(host)
    name = parts.hostname or ""
    return (f"[{name}]" if ":" in name else name) == domain and (port or usual) == int(given or usual)
