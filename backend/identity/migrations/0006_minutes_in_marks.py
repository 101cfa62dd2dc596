"""A visit takes a multiple of five minutes, because booking reckons a day in such marks. Odd lengths are rounded up."""

import django.db.models.expressions
import django.db.models.lookups
from django.db import migrations, models

ROUND = "UPDATE identity_visittype SET minutes = (minutes + 4) / 5 * 5 WHERE minutes % 5 <> 0"


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0005_hospital_systems"),
    ]

    operations = [
        migrations.RunSQL(ROUND, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="visittype",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    django.db.models.lookups.Exact(
                        django.db.models.expressions.CombinedExpression(models.F("minutes"), "%%", models.Value(5)), 0
                    )
                ),
                name="visit_type_minutes_in_marks",
            ),
        ),
    ]
