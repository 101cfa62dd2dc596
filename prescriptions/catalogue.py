"""Loading the catalogue from data/drugs.csv: our own list of generics common in Vietnam, with WHO ATC codes."""

import csv
from decimal import Decimal
from pathlib import Path
from typing import Any

from prescriptions.ingredients import searched

DATA = Path(__file__).parent / "data"
CSV, TRADITIONAL = DATA / "drugs.csv", DATA / "traditional.csv"


def rows(path: Path = CSV) -> list[dict[str, Any]]:
    """Return the fields of each drug in the file."""
    with path.open(encoding="utf-8", newline="") as file:
        return [_fields(row) for row in csv.DictReader(file)]


def _fields(row: dict[str, str]) -> dict[str, Any]:
    ingredients = row["inn"].split(" + ")
    return {
        **{name: row[name] for name in ("code", "name_vi", "atc", "strength", "form", "route", "unit", "dose_unit")},
        "ingredients": ingredients,
        "pack_size": Decimal(row["pack_size"]) if row["pack_size"] else None,
        "control": row["control"],
        "supply": row["supply"],
        **({"tradition": row["tradition"]} if "tradition" in row else {}),
        "search_text": " " + searched(f"{row['name_vi']} {' '.join(ingredients)} {row['strength']}"),
    }


def load_drugs(drug_model: Any, path: Path = CSV) -> int:
    """Add or refresh every drug of the file by its code; safe to repeat. Return how many there are.

    Takes the model as an argument, because a migration hands in the one of its own time.
    """
    wanted = rows(path)
    drug_model.objects.bulk_create(
        [drug_model(**fields) for fields in wanted],
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=[name for name in wanted[0] if name != "code"],
    )
    return len(wanted)
