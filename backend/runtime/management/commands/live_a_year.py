"""Twelve months of prescriptions for the demo's statistics. `lanh.py up` starts it; by hand: `lanh.py manage live_a_year`."""

import os
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "Makes what is missing of the demo's year of prescriptions, about 25,000 of them, the latest week first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--quiet", action="store_true", help="say only a few times how far it is")

    def handle(self, *args: Any, **options: Any) -> None:
        """Live through it, beside whatever else this machine does."""
        if not settings.DEMO:
            raise CommandError("Only in a demo: these are invented people.")
        from runtime.demo import past_year

        os.nice(10)
        started, told = time.monotonic(), 0

        def tell(words: str) -> None:
            nonlocal told
            told += 1
            if not options["quiet"] or told % 13 == 0:
                self.stdout.write(f"The demo's past year: {words}")

        made = past_year.live(tell)
        if made:
            self.stdout.write(
                f"The demo's past year is there: {made} prescriptions, {time.monotonic() - started:.0f} s."
            )
