"""`manage.py messages [app…] [--check]`: bring the .po files up to the code, or say what is wrong with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from runtime import catalogue, folders, words


class Command(BaseCommand):
    help = "Add new texts to the Vietnamese .po files, drop those no longer in the code, and list what is left to do."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("apps", nargs="*", help="names of apps; all of them when left out")
        parser.add_argument("--check", action="store_true", help="change nothing; fail when something is left to do")

    def handle(self, *args: Any, **options: Any) -> None:
        packages = {package.name: package for package in folders.packages()}
        if unknown := set(options["apps"]) - set(packages):
            raise CommandError(f"No such app: {', '.join(sorted(unknown))}. There are: {', '.join(sorted(packages))}.")
        chosen: list[Path] = [packages[name] for name in options["apps"] or sorted(packages)]
        look = catalogue.inspect if options["check"] else catalogue.update
        left = 0
        for package in chosen:
            lines = look(package).lines()
            left += len(lines)
            for line in lines:
                self.stdout.write(f"{package.name}: {line}")
        words.compile_all()
        if left and options["check"]:
            raise CommandError(f"{left} things to mend: run `manage.py messages`, then fill the .po files.")
        self.stdout.write(
            f"{left} left to do in {', '.join(package.name for package in chosen)}." if left else "All words are there."
        )
