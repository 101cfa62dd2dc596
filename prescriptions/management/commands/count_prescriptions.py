"""Bring the statistics of prescriptions up to date, or make them anew from nothing."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from prescriptions import actions


class Command(BaseCommand):
    help = "Counts what has changed since the last time; with --from-nothing, every signed prescription again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--from-nothing", action="store_true", help="throw all figures away first (while it runs, pages say so)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["from_nothing"]:
            self.stdout.write(f"{actions.forget_figures()} prescriptions to count …")
        done = actions.count_all_changes(lambda so_far: self.stdout.write(f"{so_far} …"))
        self.stdout.write(self.style.SUCCESS(f"{done} changes counted."))
