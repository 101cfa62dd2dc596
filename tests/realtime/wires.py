"""A network of its own for each browser of a test, whose wire can be pulled: namespaces of the kernel on one bridge.

The bridge too is in a namespace of its own, and the site has to run in there: a network that comes or goes on this machine
fails whatever any other browser on it is just loading (net::ERR_NETWORK_CHANGED).
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from runtime import folders

MISSING = "" if folders.is_root() and shutil.which("ip") else "needs root and iproute2 for networks of its own"

BRIDGE = "bridge"
NET = "10.200.0"  # nobody but the ends of these wires sees it: several runs may use it at once

_uses = itertools.count()


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


def usable() -> str:
    """ "", or why networks cannot be made here."""
    if MISSING:
        return MISSING
    probe = f"lanhp{os.getpid()}"
    try:
        _ip("netns", "add", probe)
        try:
            _ip("-n", probe, "link", "add", "bridge", "type", "bridge")
        finally:
            _ip("netns", "del", probe)
    except subprocess.CalledProcessError as error:
        return f"networks cannot be made here: {error.stderr.strip()}"
    return ""


@dataclass(frozen=True)
class Hub:
    """Where the wires meet: the namespace's name, and the address the site is to listen on."""

    name: str
    address: str

    @property
    def within(self) -> tuple[str, ...]:
        """What to put before a command for it to run in there."""
        return ("ip", "netns", "exec", self.name)


class Wire:
    """The line of one browser. `pull` is felt by nobody at once: packets are lost, no interface goes down."""

    def __init__(self, hub: str, name: str, address: str) -> None:
        self.hub, self.name, self.address = hub, name, address

    def pull(self) -> None:
        """Nothing gets through from now on."""
        _ip("-n", self.hub, "link", "set", self.name, "nomaster")

    def put_back(self) -> None:
        """As before."""
        _ip("-n", self.hub, "link", "set", self.name, "master", BRIDGE)

    def unplug(self) -> None:
        """The machine notices at once that its network is gone."""
        _ip("-n", self.name, "link", "set", "eth0", "down")

    def plug_in(self) -> None:
        """And that it is back."""
        _ip("-n", self.name, "link", "set", "eth0", "up")

    def wrapped(self, programme: str, folder: Path) -> str:
        """A script that starts the programme in this network."""
        script = folder / f"{self.name}.sh"
        script.write_text(f'#!/bin/sh\nexec ip netns exec {self.name} "{programme}" "$@"\n')
        script.chmod(0o755)
        return str(script)


@contextlib.contextmanager
def wires(count: int) -> Iterator[tuple[Hub, list[Wire]]]:
    """Where the site is to run, and so many networks that reach it and one another."""
    number = os.getpid() % 100000
    before = next(_uses) * 10  # the kernel takes its time to forget a name
    hub = Hub(f"lanh{number}n{before}", f"{NET}.1")
    lines = [Wire(hub.name, f"lanh{number}n{before + n + 1}", f"{NET}.{n + 2}") for n in range(count)]
    try:
        for name in (hub.name, *(line.name for line in lines)):
            _ip("netns", "add", name)
            _ip("-n", name, "link", "set", "lo", "up")
        _ip("-n", hub.name, "link", "add", BRIDGE, "type", "bridge")
        _ip("-n", hub.name, "addr", "add", f"{hub.address}/24", "dev", BRIDGE)
        _ip("-n", hub.name, "link", "set", BRIDGE, "up")
        for line in lines:
            _ip("-n", hub.name, "link", "add", line.name, "type", "veth", "peer", "name", "eth0", "netns", line.name)
            _ip("-n", hub.name, "link", "set", line.name, "master", BRIDGE, "up")
            _ip("-n", line.name, "addr", "add", f"{line.address}/24", "dev", "eth0")
            _ip("-n", line.name, "link", "set", "eth0", "up")
        yield hub, lines
    finally:
        for name in (*(line.name for line in lines), hub.name):  # what is in there goes with it
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)
