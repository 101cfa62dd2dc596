"""manage.py import_rules FILE --version V --valid-from DAY: bring in a list of contraindicated pairs and put it in force."""

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from core import edge
from core.actor import Actor
from core.errors import DomainError
from prescriptions import actions
from prescriptions.rule_files import LARGEST_FILE, ReadFile


class Command(BaseCommand):
    help = (
        "Import a UTF-8 CSV with the columns stt, hoat_chat_1, hoat_chat_2, co_che, hau_qua, xu_tri: pairs of ingredients that"
        " must not be given together. Every row that cannot be taken is named with its reason."
    )

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        # Django's own --version would take the name away from the list's.
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--version", required=True, help="as findings will name it: 5948/2021")
        parser.add_argument("--source", default=actions.NATIONAL, help="as people read it")
        parser.add_argument(
            "--valid-from", type=date.fromisoformat, required=True, help="first day of visits: 2022-01-01"
        )
        parser.add_argument("--valid-to", type=date.fromisoformat, help="last day; open when left out")
        parser.add_argument("--dry-run", action="store_true", help="say what is in the file and write nothing")
        parser.add_argument("--yes", action="store_true", help="put it in force although rows were left out")

    def handle(self, *args: Any, file: Path, dry_run: bool, yes: bool, **options: Any) -> None:
        """Read, report, and write all of it or nothing."""
        by = Actor.system("import_rules")
        try:
            if file.stat().st_size > LARGEST_FILE:
                raise CommandError(f"{file} is larger than {LARGEST_FILE // 1_000_000} MB")
            content = file.read_bytes()
        except OSError as error:
            raise CommandError(f"cannot read {file}: {error.strerror}") from error
        try:
            self._report(actions.look_at_rules(content=content, by=by))
            if dry_run:
                self.stdout.write("dry run: nothing was written")
                return
            self._put_in_force(content, file.name, by, yes, options)
        except DomainError as error:
            raise CommandError(str(error.detail)) from error

    @transaction.atomic
    def _put_in_force(self, content: bytes, name: str, by: Actor, yes: bool, options: dict[str, Any]) -> None:
        imported = actions.import_rules(
            content=content,
            file_name=name,
            version=options["version"],
            source=options["source"],
            valid_from=options["valid_from"],
            valid_to=options["valid_to"],
            by=by,
            now=edge.now(),
        )
        if imported.read.left_out and not yes:
            raise CommandError(
                f"{len(imported.read.left_out)} rows or parts of rows were left out; add --yes to go on without them."
            )
        rule_set = actions.confirm_rules(rule_set_id=imported.rule_set.id, by=by, now=edge.now())
        until = f" to {rule_set.valid_to}" if rule_set.valid_to else ""
        self.stdout.write(f"{rule_set} is in force for visits from {rule_set.valid_from}{until}")

    def _report(self, read: ReadFile) -> None:
        for one in read.remarks:
            where = f"line {one.line}" + (f", {one.field}" if one.field else "")
            self.stdout.write(f"{where}: {one.reason}{'' if one.taken else ' LEFT OUT'}")
        self.stdout.write(f"{read.rows} rows, {len(read.pairs)} pairs, {len(read.left_out)} left out")
