"""The 34 provinces since 1 July 2025 and the specialties; can be run twice."""

import csv
from pathlib import Path

from django.db import migrations

DATA = Path(__file__).resolve().parent.parent / "data"


def load(apps, schema_editor):
    Province = apps.get_model("identity", "Province")
    with (DATA / "provinces.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            is_city = row["type"] == "thành phố trung ương"
            name = row["name"].removeprefix("Thành phố ")
            Province.objects.update_or_create(code=row["code"], defaults={"name": name, "is_city": is_city})
    Specialty = apps.get_model("identity", "Specialty")
    with (DATA / "specialties.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            Specialty.objects.update_or_create(code=row.pop("code"), defaults=row)


class Migration(migrations.Migration):
    dependencies = [("identity", "0001_first")]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
