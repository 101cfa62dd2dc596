"""Asking a gateway over the network: one call, bounded in time and size, JSON back. Never inside a transaction."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
from django.conf import settings

from payments.errors import BadNotice, GatewayUnavailable
from payments.gateways import keys, reading

log = logging.getLogger("lanh.payments")
CONNECT_S = 5
MOST_BYTES = 256 * 1024
# Links that run in the page they stand on instead of leading away from it.
_NO_WAY_OUT = {"", "javascript", "data", "vbscript", "blob", "file"}


def post(url: str, *, body: Mapping[str, Any] | None = None, form: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Send a JSON body or a form, return the JSON object that comes back, whatever the status below 500 says.

    Raises GatewayUnavailable when nothing whole came in time: what was asked for may have happened all the same.
    """
    limits = httpx.Timeout(settings.PAYMENT_TIMEOUT_S, connect=CONNECT_S)
    until = time.monotonic() + CONNECT_S + settings.PAYMENT_TIMEOUT_S
    raw = bytearray()
    try:
        with (
            httpx.Client(timeout=limits, headers={"Accept": "application/json"}) as client,
            client.stream("POST", url, json=body, data=form) as answer,
        ):
            status = answer.status_code
            for part in answer.iter_bytes():
                raw += part
                if len(raw) > MOST_BYTES or time.monotonic() > until:
                    raise GatewayUnavailable()
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        log.warning("%s did not answer: %s", urlsplit(url).hostname, type(error).__name__)
        raise GatewayUnavailable() from error
    if status >= 500 or status == 429:
        raise GatewayUnavailable()
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise GatewayUnavailable() from error
    if not isinstance(found, dict):
        raise GatewayUnavailable()
    return found


def way(address: Any, *, most: int = 2000) -> str:
    """Return an address a gateway gave us if a page of ours may link to it, otherwise nothing."""
    if not isinstance(address, str) or len(address) > most or any(letter <= " " for letter in address):
        return ""
    try:
        scheme = urlsplit(address).scheme
    except ValueError:
        return ""
    return "" if scheme in _NO_WAY_OUT else address


def page(address: Any) -> str:
    """Return the address of a gateway's page. Raises GatewayUnavailable when it is none."""
    found = way(address)
    if not found.startswith(("https://", "http://")):
        raise GatewayUnavailable()
    return found


def whole(value: Any) -> int:
    """Return a whole number of a gateway's answer. Raises GatewayUnavailable when it is none."""
    try:
        return reading.whole(value)
    except BadNotice as error:
        raise GatewayUnavailable() from error


def number(value: Any) -> str:
    """Return a gateway's number of a movement of money; empty when there was none."""
    text = str(value or "")
    return text if keys.is_number(text) else ""
