"""Lines, screens, and tickets that stand in a line. No ticket was ever given before: the table is laid anew."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import core.ids
import core.states


class Migration(migrations.Migration):
    dependencies = [
        ("booking", "0005_import_counts_and_feed_files"),
        ("identity", "0004_visit_type_mode_prices"),
    ]

    operations = [
        migrations.AddField(
            model_name="appointment",
            name="leave_now_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.CreateModel(
            name="Line",
            fields=[
                ("id", models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("room", models.CharField(blank=True, max_length=60)),
                ("day", models.DateField()),
                ("last_number", models.PositiveSmallIntegerField(default=0)),
                (
                    "facility",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.facility"
                    ),
                ),
                (
                    "schedule",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="booking.schedule"
                    ),
                ),
            ],
            options={
                "verbose_name": "line",
                "verbose_name_plural": "lines",
            },
        ),
        migrations.CreateModel(
            name="Screen",
            fields=[
                ("id", models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[("kiosk", "check-in kiosk"), ("corridor", "corridor screen")], max_length=10
                    ),
                ),
                ("name", models.CharField(max_length=60)),
                (
                    "rooms",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60), blank=True, default=list, size=None
                    ),
                ),
                ("made_by", models.UUIDField(null=True)),
                ("refused", models.PositiveSmallIntegerField(default=0)),
                ("refused_since", models.DateTimeField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                (
                    "facility",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="identity.facility"
                    ),
                ),
            ],
            options={
                "verbose_name": "screen",
                "verbose_name_plural": "screens",
            },
        ),
        migrations.DeleteModel(
            name="Ticket",
        ),
        migrations.AddConstraint(
            model_name="line",
            constraint=models.UniqueConstraint(
                fields=("facility", "day", "room", "schedule"), name="line_once_a_day", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            model_name="line",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("room", ""), ("schedule__isnull", False)),
                    models.Q(models.Q(("room", ""), _negated=True), ("schedule__isnull", True)),
                    _connector="OR",
                ),
                name="line_of_room_or_schedule",
            ),
        ),
        migrations.AddConstraint(
            model_name="screen",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["kiosk", "corridor"])), name="screen_kind"
            ),
        ),
        migrations.CreateModel(
            name="Ticket",
            fields=[
                ("id", models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("number", models.PositiveSmallIntegerField()),
                (
                    "priority",
                    models.CharField(
                        choices=[
                            ("emergency", "emergency"),
                            ("child", "small child"),
                            ("elderly", "of high age"),
                            ("pregnant", "pregnant"),
                            ("disabled", "severe disability"),
                            ("none", "no priority"),
                        ],
                        default="none",
                        max_length=10,
                    ),
                ),
                ("walk_in", models.BooleanField(default=False)),
                ("promised_at", models.DateTimeField()),
                (
                    "source",
                    models.CharField(
                        choices=[("desk", "hospital desk"), ("kiosk", "kiosk"), ("citizen", "citizen")],
                        default="desk",
                        max_length=10,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("called", "called"),
                            ("serving", "inside"),
                            ("done", "done"),
                            ("skipped", "did not answer"),
                            ("left", "left"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("calls", models.PositiveSmallIntegerField(default=0)),
                ("called_at", models.DateTimeField(null=True)),
                ("serving_at", models.DateTimeField(null=True)),
                ("done_at", models.DateTimeField(null=True)),
                ("skipped_at", models.DateTimeField(null=True)),
                ("left_at", models.DateTimeField(null=True)),
                ("leave_now_at", models.DateTimeField(null=True)),
                ("before", models.JSONField(null=True)),
                (
                    "appointment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="booking.appointment"
                    ),
                ),
                (
                    "line",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="tickets", to="booking.line"
                    ),
                ),
                (
                    "schedule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="booking.schedule"
                    ),
                ),
            ],
            options={
                "verbose_name": "queue number",
                "verbose_name_plural": "queue numbers",
                "indexes": [models.Index(fields=["schedule", "status"], name="ticket_by_schedule")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["waiting", "called", "serving", "done", "skipped", "left"])),
                        name="ticket_status",
                    ),
                    models.UniqueConstraint(fields=("line", "number"), name="ticket_number_once"),
                    models.UniqueConstraint(fields=("appointment",), name="ticket_of_appointment_once"),
                ],
            },
            bases=(models.Model, core.states.Stateful),
        ),
    ]
