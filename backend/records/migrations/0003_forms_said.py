"""Visits at a distance made before the four forms were told apart are of the plain one. Can be run twice."""

from django.db import migrations

FILL = """
UPDATE records_encounter SET form = 'direct_to_patient' WHERE mode IN ('video', 'phone') AND form = '';
"""


class Migration(migrations.Migration):
    dependencies = [
        ('records', '0002_forms_of_care_and_vitals'),
    ]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
