"""The demo's national system: it starts with us, and is gone when we are, however that comes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from runtime import folders, national

PROGRAM = """
import os, sys, time
from pathlib import Path
from runtime import national
running = national.start(Path(sys.argv[1]))
print(os.environ["ERX_API_URL"], flush=True)
time.sleep(60)
"""


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/_sandbox/seen", timeout=5) as answer:
            return answer.status == 200
    except (OSError, urllib.error.URLError):
        return False


def test_it_does_not_outlive_whoever_started_it(tmp_path: Path) -> None:
    environment = {**os.environ, "DEMO": "1", "ERX_API_URL": "", "PYTHONPATH": str(folders.CHECKOUT / "backend")}
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "books.sqlite")]
    with subprocess.Popen(
        command, cwd=folders.CHECKOUT, env=environment, stdout=subprocess.PIPE, text=True
    ) as somebody:
        assert somebody.stdout is not None
        address = somebody.stdout.readline().strip()
        assert answers(address)
        somebody.kill()
        somebody.wait()
        for _ in range(200):
            if not answers(address):
                break
            time.sleep(0.05)
        assert not answers(address)


@pytest.mark.parametrize("given", [{"DEMO": "0"}, {"DEMO": "1", "ERX_API_URL": "https://api.example.vn"}])
def test_a_real_site_and_one_with_an_address_start_none(tmp_path: Path, monkeypatch, given: dict[str, str]) -> None:
    monkeypatch.delenv("ERX_API_URL", raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert national.start(tmp_path / "books.sqlite") is None
    assert not (tmp_path / "books.sqlite").exists()
