"""A network of its own for each browser of a test, whose wire can be pulled: namespaces of the kernel on one bridge."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from runtime import folders

MISSING = "" if folders.is_root() and shutil.which("ip") else "needs root and iproute2 for networks of its own"


_uses = itertools.count()


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


def usable() -> str:
    """ "", or why networks cannot be made here."""
    if MISSING:
        return MISSING
    probe = f"lanhp{os.getpid()}"
    try:
        _ip("link", "add", probe, "type", "bridge")
        _ip("link", "del", probe)
        _ip("netns", "add", probe)
        _ip("netns", "del", probe)
    except subprocess.CalledProcessError as error:
        return f"networks cannot be made here: {error.stderr.strip()}"
    return ""


class Wire:
    """The line of one browser. `pull` is felt by nobody at once: packets are lost, no interface goes down."""

    def __init__(self, bridge: str, name: str, address: str) -> None:
        self.bridge, self.name, self.address = bridge, name, address

    def pull(self) -> None:
        """Nothing gets through from now on."""
        _ip("link", "set", self.name, "nomaster")

    def put_back(self) -> None:
        """As before."""
        _ip("link", "set", self.name, "master", self.bridge)

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
def wires(count: int) -> Iterator[tuple[str, list[Wire]]]:
    """The address of this machine on the bridge, and so many networks that reach it and one another."""
    number = os.getpid()
    # A /24 of our own, so that several runs do not meet.
    net = f"10.{200 + number % 50}.{number // 50 % 250}"
    bridge = f"lanhb{number % 100000}"
    made: list[Wire] = []
    before = next(_uses) * 10  # the kernel takes its time to forget a name
    try:
        _ip("link", "add", bridge, "type", "bridge")
        _ip("addr", "add", f"{net}.1/24", "dev", bridge)
        _ip("link", "set", bridge, "up")
        for n in range(count):
            wire = Wire(bridge, f"lanh{number % 100000}n{before + n}", f"{net}.{n + 2}")
            _ip("netns", "add", wire.name)
            made.append(wire)
            _ip("link", "add", wire.name, "type", "veth", "peer", "name", "eth0", "netns", wire.name)
            _ip("link", "set", wire.name, "master", bridge, "up")
            _ip("-n", wire.name, "addr", "add", f"{wire.address}/24", "dev", "eth0")
            _ip("-n", wire.name, "link", "set", "lo", "up")
            _ip("-n", wire.name, "link", "set", "eth0", "up")
        yield f"{net}.1", made
    finally:
        for wire in made:
            subprocess.run(["ip", "link", "del", wire.name], check=False, capture_output=True)
            subprocess.run(["ip", "netns", "del", wire.name], check=False, capture_output=True)
        subprocess.run(["ip", "link", "del", bridge], check=False, capture_output=True)
