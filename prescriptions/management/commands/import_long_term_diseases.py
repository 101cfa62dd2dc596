"""manage.py import_long_term_diseases FILE --version V --valid-from DAY --to TABLE.json: annex VII as a table of ours."""

import csv
import json
import re
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from prescriptions.circular import DISEASES

COLUMNS = ("ma_tt", "ten_benh", "icd10_include", "icd10_exclude")
CODES = re.compile(r"[A-Z][0-9]{2}(\.[0-9A-Z]{1,2})?(\.\.[A-Z][0-9]{2}(\.[0-9A-Z]{1,2})?)?", re.ASCII)
LARGEST_FILE = 2_000_000  # bytes


class Command(BaseCommand):
    help = (
        "Read a UTF-8 CSV of the diseases that may be prescribed for up to 90 days (annex VII of Circular 26/2025; columns ma_tt, ten_benh,"
        f" icd10_include, icd10_exclude) and write {DISEASES} for PRESCRIPTION_TABLES_DIR. Rows that cannot be taken are named."
    )

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        # Django's own --version would take the name away from the list's.
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--version", required=True)
        parser.add_argument("--valid-from", type=date.fromisoformat, required=True, help="first day of visits")
        parser.add_argument("--valid-to", type=date.fromisoformat, help="last day; open when left out")
        parser.add_argument("--to", type=Path, required=True, help=f"where to write, for example tables/{DISEASES}")

    def handle(self, *args: Any, file: Path, to: Path, **options: Any) -> None:
        """Read, report every row, write the table as a whole or not at all."""
        try:
            if file.stat().st_size > LARGEST_FILE:
                raise CommandError(f"{file} is larger than {LARGEST_FILE // 1_000_000} MB")
            lines = file.read_text("utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"cannot read {file}: {error}") from error
        reader = csv.DictReader(lines)
        if missing := [name for name in COLUMNS if name not in (reader.fieldnames or [])]:
            raise CommandError(f"columns are missing: {', '.join(missing)}")
        rows, left_out = [], 0
        for row in reader:
            cells = {name: " ".join((row[name] or "").split()) for name in COLUMNS}
            reason = _wrong(cells)
            if reason:
                left_out += 1
                self.stdout.write(f"line {reader.line_num}: {reason}: {cells['ma_tt']} {cells['ten_benh']}")
                continue
            rows.append(
                {"number": cells["ma_tt"], "name": cells["ten_benh"], "include": cells["icd10_include"]}
                | ({"exclude": cells["icd10_exclude"]} if cells["icd10_exclude"] else {})
            )
        if not rows:
            raise CommandError("no row could be taken")
        days = {name: options[name].isoformat() for name in ("valid_from", "valid_to") if options[name]}
        table = {"version": options["version"], **days, "source": "TT 26/2025/TT-BYT, annex VII", "rows": rows}
        part = to.with_suffix(".part")
        try:
            part.write_text(json.dumps(table, ensure_ascii=False, indent=1) + "\n", "utf-8")
            part.replace(to)
        except OSError as error:
            raise CommandError(f"cannot write {to}: {error}") from error
        self.stdout.write(f"{len(rows)} diseases written, {left_out} rows left out")


def _wrong(cells: dict[str, str]) -> str:
    if not cells["icd10_include"]:
        return "no code"
    spans = f"{cells['icd10_include']} {cells['icd10_exclude']}".split()
    return next((f"no ICD-10 code: {span}" for span in spans if not CODES.fullmatch(span)), "")
