"""Find a doctor by any word of the name without reading all of them."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0006_minutes_in_marks"),
    ]

    operations = [
        TrigramExtension(),
        migrations.AddIndex(
            model_name="practitioner",
            index=GinIndex(fields=["sort_name"], opclasses=["gin_trgm_ops"], name="practitioner_name_words"),
        ),
    ]
