"""Read a page of the search in order from the index alone; drop two indexes that other ones begin with."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("booking", "0010_hooks_rest"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="freefrom",
            name="free_from_area",
        ),
        migrations.RemoveIndex(
            model_name="freefrom",
            name="free_from_specialty",
        ),
        migrations.RemoveIndex(
            model_name="freefrom",
            name="free_from_province",
        ),
        migrations.RemoveIndex(
            model_name="freefrom",
            name="free_from_facility",
        ),
        migrations.RemoveIndex(
            model_name="freefrom",
            name="free_from_any",
        ),
        migrations.AlterField(
            model_name="freefrom",
            name="day_row",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="booking.practitionerday",
            ),
        ),
        migrations.AlterField(
            model_name="practitionerday",
            name="schedule",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="booking.schedule"
            ),
        ),
        migrations.AddIndex(
            model_name="freefrom",
            index=models.Index(
                condition=models.Q(("first_free_at__isnull", False)),
                fields=["specialty", "province", "first_free_at", "id"],
                name="free_from_area",
            ),
        ),
        migrations.AddIndex(
            model_name="freefrom",
            index=models.Index(
                condition=models.Q(("first_free_at__isnull", False)),
                fields=["specialty", "first_free_at", "id"],
                name="free_from_specialty",
            ),
        ),
        migrations.AddIndex(
            model_name="freefrom",
            index=models.Index(
                condition=models.Q(("first_free_at__isnull", False), ("main", True)),
                fields=["province", "first_free_at", "id"],
                name="free_from_province",
            ),
        ),
        migrations.AddIndex(
            model_name="freefrom",
            index=models.Index(
                condition=models.Q(("first_free_at__isnull", False), ("main", True)),
                fields=["facility", "first_free_at", "id"],
                name="free_from_facility",
            ),
        ),
        migrations.AddIndex(
            model_name="freefrom",
            index=models.Index(
                condition=models.Q(("first_free_at__isnull", False), ("main", True)),
                fields=["first_free_at", "id"],
                name="free_from_any",
            ),
        ),
    ]
