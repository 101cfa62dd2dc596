"""manage.py import_drugs FILE [--dry-run] [--whole] [--from DAY]: bring in a list of drugs, ours or a hospital's."""

from argparse import ArgumentParser
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError

from core.actor import Actor
from core.edge import now
from core.errors import Invalid
from prescriptions import actions, importing
from prescriptions.models import DrugImport


class Command(BaseCommand):
    help = "Import drugs from a CSV: first every row is checked, then the good ones land. The operator's page does the same."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="check and report only")
        parser.add_argument("--whole", action="store_true", help="end drugs that are not in the list")
        parser.add_argument(
            "--from", dest="list_on", type=date.fromisoformat, help="first day of the list; default: today"
        )

    def handle(self, *args: Any, file: Path, dry_run: bool, whole: bool, list_on: date | None, **options: Any) -> None:
        """Check, report, and unless it is a dry run put the good rows in place. A second run with the same file changes nothing."""
        by, moment = Actor.system("import"), now()
        try:
            content = file.read_bytes()
        except OSError as error:
            raise CommandError(f"cannot read {file}: {error}") from error
        day = list_on or moment.astimezone(ZoneInfo("Asia/Ho_Chi_Minh")).date()
        try:
            run = actions.begin_drug_import(
                file_name=file.name, content=content, list_on=day, is_whole=whole, by=by, now=moment
            )
        except Invalid as refusal:
            raise CommandError(str(refusal.fields["file"][0])) from refusal
        run = actions.check_drug_import(run_id=run.pk, by=by, now=moment)
        if run.status == "failed":
            raise CommandError(self._line(run.problems[0]))
        if not dry_run:
            actions.confirm_drug_import(run_id=run.pk, by=by, now=moment)
            run = actions.apply_drug_import(run_id=run.pk, by=by, now=moment)
        self._tell(run)

    def _tell(self, run: DrugImport) -> None:
        for found in run.problems:
            self.stderr.write(self._line(found))
        counts = Counter(found["reason"] for found in run.problems)
        if counts:
            self.stdout.write("reasons: " + ", ".join(f"{reason} {number}" for reason, number in counts.most_common()))
        if run.status == "checked":
            told = f"{run.good} would land, {run.unchanged} are so already, {run.bad_rows} cannot land"
            ending = f"; {run.missing} drugs that are not in the list would end" if run.is_whole else ""
        else:
            told = (
                f"{run.landed} in place ({run.added} new), {run.unchanged} were so already, {run.bad_rows} cannot land"
            )
            ending = f"; {run.ended} drugs ended" if run.is_whole else ""
        self.stdout.write(f"{run.rows} rows: {told}; {run.without_atc} without ATC code{ending}")

    def _line(self, found: importing.Problem) -> str:
        return f"line {found['line']}, {found['field'] or 'file'}: {importing.in_words(found)} ({found['value']!r})"
