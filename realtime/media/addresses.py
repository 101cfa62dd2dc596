"""Which addresses the relay speaks to. It calls nobody: it answers checks that come with the right password.

Even so a check may come from where nothing of ours should go: the machine itself, the link, a cloud's metadata service.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache

METADATA = {
    ipaddress.ip_address("169.254.169.254"),
    ipaddress.ip_address("fd00:ec2::254"),
    ipaddress.ip_address("100.100.100.200"),
}
LOWEST_PORT = 1024  # below are services; no browser listens there


@lru_cache(maxsize=4096)
def may_speak_to(host: str, port: int, *, loopback: bool) -> bool:
    """True for an address of the world outside, or of this machine where `loopback` opens it (demo, tests)."""
    try:
        parsed = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    address = getattr(parsed, "ipv4_mapped", None) or parsed
    if port < LOWEST_PORT or address in METADATA:
        return False
    if address.is_loopback:
        return loopback
    return not (
        address.is_unspecified
        or address.is_multicast
        or address.is_link_local
        or (address.version == 4 and address.is_reserved)
    )
