"""A few herbs and products of traditional medicine, so that a decoction can be prescribed at once. Repeatable."""

from django.db import migrations

from prescriptions.catalogue import TRADITIONAL, load_drugs


def load(apps, schema_editor):
    load_drugs(apps.get_model("prescriptions", "Drug"), TRADITIONAL)


class Migration(migrations.Migration):
    dependencies = [("prescriptions", "0008_circular")]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
