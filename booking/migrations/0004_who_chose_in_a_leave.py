"""A leave's case remembers who chose and when the ways were found; one open case for an appointment."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("booking", "0003_runs_of_marks"),
        ("identity", "0004_visit_type_mode_prices"),
    ]

    operations = [
        migrations.AddField(
            model_name="leavecase",
            name="chosen_by",
            field=models.CharField(
                blank=True,
                choices=[
                    ("citizen", "citizen"),
                    ("desk", "hospital desk"),
                    ("silence", "nobody: the time to choose was over"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="leavecase",
            name="ways_found_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="waitingentry",
            index=models.Index(fields=["person", "-created_at"], name="waiting_by_person"),
        ),
        migrations.AddConstraint(
            model_name="leavecase",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "open")), fields=("appointment",), name="leave_case_open_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="leavecase",
            constraint=models.CheckConstraint(
                condition=models.Q(("chosen_by__in", ["", "citizen", "desk", "silence"])), name="leave_case_chosen_by"
            ),
        ),
    ]
