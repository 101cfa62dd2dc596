#!/usr/bin/env python3
"""Django's own commands, with our database running: `python3 lanh.py manage …` comes here."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
sys.path[:0] = [str(ROOT), str(ROOT / "backend")]


def main() -> None:
    from runtime import process  # needs the path above

    process.prepare_environment()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
