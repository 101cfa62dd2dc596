"""Search reads only the exceptions that open hours: an index of those alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("booking", "0012_holds_by_account"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="closure",
            index=models.Index(
                condition=models.Q(("kind", "closed"), _negated=True), fields=["schedule"], name="closure_hours"
            ),
        ),
    ]
