"""manage.py import_icd10 FILE: bring in the official Vietnamese list (columns code, name_vi, optionally name_en)."""

import csv
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from records import icd
from records.models import Icd10Title


class Command(BaseCommand):
    help = "Import Vietnamese ICD-10 titles from a UTF-8 CSV with the columns code, name_vi and optionally name_en."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        """Read the whole file first, write it in one transaction; a second run with the same file changes nothing."""
        try:
            with file.open(encoding="utf-8-sig", newline="") as lines:
                reader = csv.DictReader(lines)
                if not {"code", "name_vi"} <= set(reader.fieldnames or ()):
                    raise CommandError("the file needs the columns code and name_vi")
                rows = list(reader)
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"cannot read {file}: {error}") from error

        titles: dict[str, Icd10Title] = {}
        for number, row in enumerate(rows, start=2):
            code = (row["code"] or "").strip().upper().rstrip("†*")
            name_vi = (row["name_vi"] or "").strip()
            if not icd.CODE.match(code) or not name_vi:
                self.stderr.write(f"line {number}: left out ({row['code']!r})")
                continue
            name_en = (row.get("name_en") or "").strip()
            titles[code] = Icd10Title(code=code, name_vi=name_vi[:400], name_en=name_en[:400])
        with transaction.atomic():
            Icd10Title.objects.bulk_create(
                titles.values(),
                batch_size=1000,
                update_conflicts=True,
                unique_fields=["code"],
                update_fields=["name_vi", "name_en", "imported_at"],
            )
        icd.forget()
        self.stdout.write(f"{len(titles)} titles imported, {len(rows) - len(titles)} lines left out")
