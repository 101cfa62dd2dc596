"""Visits at a distance made before the four forms were told apart are of the plain one. Can be run twice."""

from django.db import migrations

FILL = """
UPDATE booking_appointment SET form = 'direct_to_patient' WHERE mode IN ('video', 'phone') AND form = '';
UPDATE records_encounter e SET listed_code = a.condition_code, opened_because = a.fit_reason
FROM booking_appointment a
WHERE a.encounter_id = e.id AND e.form = 'direct_to_patient' AND e.listed_code = '' AND e.opened_because = ''
  AND (a.condition_code <> '' OR a.fit_reason <> '');
"""


class Migration(migrations.Migration):
    dependencies = [
        ('booking', '0016_forms_of_care'),
        ('records', '0004_forms_held'),
    ]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
