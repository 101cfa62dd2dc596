"""What `lanh.py` becomes once the requirements are there: `python -m runtime <command> …`."""

from __future__ import annotations

import importlib
import sys

COMMANDS = {
    "up": "runtime.process:up",
    "media": "runtime.media:media",
    "manage": "runtime.commands:manage",
    "test": "runtime.commands:test",
    "check": "runtime.check:check",
    "bench": "runtime.commands:bench",
    "storm": "runtime.commands:storm",
    "shots": "runtime.commands:shots",
}


def main(arguments: list[str]) -> int:
    """Hand the rest of the line to the command's function."""
    module, _, name = COMMANDS[arguments[0]].partition(":")
    try:
        return int(getattr(importlib.import_module(module), name)(arguments[1:]))
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
