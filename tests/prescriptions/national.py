"""The pretended national system as a process of its own, and what tests ask of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from typing import Any

from runtime import folders

APPLICATION = "nha-thuoc"


class National:
    """The other side: its address, what arrived there, and how it is to answer next."""

    def __init__(self) -> None:
        # A clean environment: it knows neither our database nor our settings.
        self.process = subprocess.Popen(
            [sys.executable, "-m", "prescriptions.gateway.sandbox"],
            cwd=folders.CHECKOUT,
            env={"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()
        assert self.url.startswith("http://127.0.0.1:")

    def ask(self, verb: str, body: Any = None) -> Any:
        """Speak to its control door."""
        raw = json.dumps(body or {}).encode()
        request = urllib.request.Request(f"{self.url}/_sandbox/{verb}", data=raw, method="POST")
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())

    def will(self, call: str, **order: Any) -> None:
        """Let it answer the next such call otherwise."""
        self.ask("next", {"call": call, **order})

    def seen(self, call: str = "") -> list[Any]:
        """Bodies of the calls that arrived, in order; of all: their names."""
        calls = self.ask("seen")
        return [one["body"] for one in calls if one["call"] == call] if call else [one["call"] for one in calls]

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(timeout=10)
        if self.process.stdout is not None:
            self.process.stdout.close()
