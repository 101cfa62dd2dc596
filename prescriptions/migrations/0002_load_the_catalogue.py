"""The catalogue of generics, so that an empty installation can prescribe at once. Repeatable; a later list comes in a later migration."""

from django.db import migrations

from prescriptions.catalogue import load_drugs


def load(apps, schema_editor):
    load_drugs(apps.get_model("prescriptions", "Drug"))


class Migration(migrations.Migration):
    dependencies = [("prescriptions", "0001_prescriptions")]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
