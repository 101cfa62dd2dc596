"""The demo's other sides of the wire: they start with us, and are gone when we are, however that comes."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from runtime import folders, sandboxes

PROGRAM = """
import os, sys, time
from pathlib import Path
from runtime import sandboxes
running = sandboxes.start(Path(sys.argv[1]), "http://localhost:1", fresh=True)
print(*(os.environ[name] for name in sys.argv[2:]), flush=True)
time.sleep(60)
"""


ADDRESSES = (
    "ERX_API_URL",
    "VIETQR_OPEN_URL",
    "VNPAY_PAY_URL",
    "VNPAY_API_URL",
    "MOMO_URL",
    "ZALOPAY_URL",
    "STRIPE_URL",
)


def is_there(address: str) -> bool:
    """Somebody listens there, whatever they say."""
    parts = urlsplit(address)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=5):
            return True
    except OSError:
        return False


def test_they_do_not_outlive_whoever_started_them(tmp_path: Path) -> None:
    environment = {**os.environ, "DEMO": "1", "PYTHONPATH": str(folders.CHECKOUT / "backend")}
    environment |= dict.fromkeys(ADDRESSES, "")
    command = [sys.executable, "-c", PROGRAM, str(tmp_path), *ADDRESSES]
    with subprocess.Popen(
        command, cwd=folders.CHECKOUT, env=environment, stdout=subprocess.PIPE, text=True
    ) as somebody:
        assert somebody.stdout is not None
        addresses = somebody.stdout.readline().split()
        assert len(addresses) == len(ADDRESSES)
        assert all(is_there(address) for address in addresses)
        somebody.kill()
        somebody.wait()
        for _ in range(200):
            if not any(is_there(address) for address in addresses):
                break
            time.sleep(0.05)
        assert not any(is_there(address) for address in addresses)


def test_a_real_site_starts_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMO", "0")
    assert sandboxes.start(tmp_path, "http://localhost:1", fresh=False) == []
    assert list(tmp_path.iterdir()) == []


def test_one_whose_address_is_given_is_not_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMO", "1")
    for name in ADDRESSES:
        monkeypatch.setenv(name, "https://api.example.vn")
    assert sandboxes.start(tmp_path, "http://localhost:1", fresh=False) == []
    assert os.environ["ERX_API_URL"] == "https://api.example.vn"
    assert list(tmp_path.iterdir()) == []
