"""`lanh.py check`: everything that can be told without running the tests. A line per step; fails when any step fails."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from runtime import process

PYTHON = sys.executable
MANAGE = [PYTHON, "manage.py"]


@dataclass
class Step:
    """One thing that is looked at, and the command that looks."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)

    def run(self) -> str | None:
        """Run it; the output comes back when it failed."""
        done = subprocess.run(
            self.command,
            env={**os.environ, **self.environment},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        return done.stdout if done.returncode else None


def steps() -> list[Step]:
    """What is looked at, the quick ones first."""
    return [
        Step("style", [PYTHON, "-m", "ruff", "check", "--no-cache", "."]),
        Step("layout", [PYTHON, "-m", "ruff", "format", "--no-cache", "--check", "."]),
        Step(
            "imports",
            [str(Path(PYTHON).with_name("lint-imports")), "--no-cache"],
        ),
        Step("templates", [*MANAGE, "compile_templates"]),
        Step("words", [*MANAGE, "messages", "--check"]),
        Step("migrations", [*MANAGE, "makemigrations", "--check", "--dry-run"]),
        Step("deployment", [*MANAGE, "check", "--deploy", "--fail-level", "WARNING"], production()),
        Step("types", [PYTHON, "-m", "mypy"]),
    ]


def production() -> dict[str, str]:
    """An environment like a real site's, so that `check --deploy` judges what will run there."""
    import env  # the key's form is settings' business

    return {
        "LANH_ENV": "production",
        "DEMO": "0",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "JWT_PRIVATE_KEY": env.rsa_key(),
        "ALLOWED_HOSTS": "lanh.example",
        "PUBLIC_URL": "https://lanh.example",
        "SMS_CARRIER": "notifications.carriers.sms.DemoSms",
        "PUSH_CARRIER": "notifications.carriers.push.DemoPush",
    }


def check(arguments: list[str]) -> int:
    """Run all steps, or those named, and say what failed."""
    process.prepare_environment()
    failed: list[str] = []
    chosen = [step for step in steps() if not arguments or step.name in arguments]
    if not chosen:
        print(f"Steps are: {', '.join(step.name for step in steps())}.", file=sys.stderr)
        return 2
    for step in chosen:
        begun = time.monotonic()
        output = step.run()
        took = f"{time.monotonic() - begun:5.1f} s"
        print(f"{'ok  ' if output is None else 'FAIL'}  {step.name:<11} {took}", flush=True)
        if output is not None:
            failed.append(step.name)
            print("      " + output.rstrip().replace("\n", "\n      "), flush=True)
    print(f"check: {', '.join(failed)} failed" if failed else "check: all is well", flush=True)
    return 1 if failed else 0
