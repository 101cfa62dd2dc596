"""Schedules, weekly hours, exceptions, and appointments with their two exclusion constraints."""

import core.ids
import core.states
import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.utils.timezone
from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("identity", "0002_provinces_and_specialties"),
        ("records", "0001_encounters_and_history"),
    ]

    operations = [
        BtreeGistExtension(),  # equality of ids beside overlap of times, in one exclusion constraint
        migrations.CreateModel(
            name="Schedule",
            fields=[
                ("id", models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("zone", models.CharField(default="Asia/Ho_Chi_Minh", max_length=64)),
                ("room", models.CharField(blank=True, max_length=60)),
                ("active", models.BooleanField(default=True)),
                ("min_notice_minutes", models.PositiveIntegerField(default=30)),
                ("horizon_days", models.PositiveIntegerField(default=60)),
                (
                    "facility",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.facility"
                    ),
                ),
                (
                    "practitioner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.practitioner"
                    ),
                ),
            ],
            options={
                "verbose_name": "schedule",
                "verbose_name_plural": "schedules",
            },
        ),
        migrations.CreateModel(
            name="Rule",
            fields=[
                ("id", models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("weekday", models.PositiveSmallIntegerField()),
                ("from_time", models.TimeField()),
                ("to_time", models.TimeField()),
                ("grid_minutes", models.PositiveSmallIntegerField(default=15)),
                ("valid_from", models.DateField(blank=True, null=True)),
                ("valid_to", models.DateField(blank=True, null=True)),
                ("visit_types", models.ManyToManyField(blank=True, related_name="+", to="identity.visittype")),
                (
                    "schedule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rules", to="booking.schedule"
                    ),
                ),
            ],
            options={
                "verbose_name": "weekly hours",
                "verbose_name_plural": "weekly hours",
                "ordering": ["weekday", "from_time"],
            },
        ),
        migrations.CreateModel(
            name="Closure",
            fields=[
                ("id", models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("during", django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                (
                    "kind",
                    models.CharField(
                        choices=[("closed", "closed"), ("extra", "extra hours")], default="closed", max_length=10
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("grid_minutes", models.PositiveSmallIntegerField(default=15)),
                (
                    "schedule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="closures", to="booking.schedule"
                    ),
                ),
            ],
            options={
                "verbose_name": "exception",
                "verbose_name_plural": "exceptions",
            },
        ),
        migrations.CreateModel(
            name="Appointment",
            fields=[
                ("id", models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("booked_by", models.UUIDField(null=True)),
                (
                    "mode",
                    models.CharField(
                        choices=[("in_person", "in person"), ("video", "by video"), ("phone", "by phone")],
                        max_length=10,
                    ),
                ),
                ("during", django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("held", "kept"),
                            ("booked", "booked"),
                            ("checked_in", "checked in"),
                            ("in_consultation", "with the doctor"),
                            ("fulfilled", "done"),
                            ("expired", "expired"),
                            ("cancelled", "cancelled"),
                            ("rescheduled", "moved"),
                            ("no_show", "did not come"),
                            ("interrupted", "interrupted"),
                        ],
                        default="held",
                        max_length=20,
                    ),
                ),
                ("hold_expires_at", models.DateTimeField(null=True)),
                ("price_amount", models.BigIntegerField()),
                ("price_currency", models.CharField(max_length=3)),
                ("reason", models.TextField(blank=True)),
                (
                    "cancelled_by",
                    models.CharField(
                        blank=True,
                        choices=[("citizen", "citizen"), ("facility", "facility"), ("system", "system")],
                        max_length=10,
                    ),
                ),
                ("cancel_reason", models.CharField(blank=True, max_length=500)),
                ("booked_at", models.DateTimeField(null=True)),
                ("checked_in_at", models.DateTimeField(null=True)),
                ("in_consultation_at", models.DateTimeField(null=True)),
                ("fulfilled_at", models.DateTimeField(null=True)),
                ("expired_at", models.DateTimeField(null=True)),
                ("cancelled_at", models.DateTimeField(null=True)),
                ("rescheduled_at", models.DateTimeField(null=True)),
                ("no_show_at", models.DateTimeField(null=True)),
                ("interrupted_at", models.DateTimeField(null=True)),
                (
                    "encounter",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="records.encounter"
                    ),
                ),
                (
                    "facility",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.facility"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.person"
                    ),
                ),
                (
                    "practitioner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.practitioner"
                    ),
                ),
                (
                    "visit_type",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.visittype"
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
                "verbose_name": "appointment",
                "verbose_name_plural": "appointments",
            },
            bases=(models.Model, core.states.Stateful),
        ),
        migrations.AddConstraint(
            model_name="schedule",
            constraint=models.UniqueConstraint(
                fields=("practitioner", "facility", "room"), name="schedule_once_per_room"
            ),
        ),
        migrations.AddConstraint(
            model_name="rule",
            constraint=models.CheckConstraint(condition=models.Q(("weekday__range", (0, 6))), name="rule_weekday"),
        ),
        migrations.AddConstraint(
            model_name="rule",
            constraint=models.CheckConstraint(
                condition=models.Q(("to_time__gt", models.F("from_time")), ("to_time", "00:00"), _connector="OR"),
                name="rule_hours",
            ),
        ),
        migrations.AddConstraint(
            model_name="rule",
            constraint=models.CheckConstraint(condition=models.Q(("grid_minutes__range", (5, 240))), name="rule_grid"),
        ),
        migrations.AddConstraint(
            model_name="rule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_from", None), ("valid_to", None), ("valid_to__gte", models.F("valid_from")), _connector="OR"
                ),
                name="rule_validity",
            ),
        ),
        migrations.AddIndex(
            model_name="closure",
            index=django.contrib.postgres.indexes.GistIndex(fields=["schedule", "during"], name="closure_by_time"),
        ),
        migrations.AddConstraint(
            model_name="closure",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["closed", "extra"])), name="closure_kind"
            ),
        ),
        migrations.AddConstraint(
            model_name="closure",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("during__isempty", False), ("during__lower_inf", False), ("during__upper_inf", False)
                ),
                name="closure_during",
            ),
        ),
        migrations.AddConstraint(
            model_name="closure",
            constraint=models.CheckConstraint(
                condition=models.Q(("grid_minutes__range", (5, 240))), name="closure_grid"
            ),
        ),
        migrations.AddIndex(
            model_name="appointment",
            index=models.Index(
                condition=models.Q(("status", "held")), fields=["hold_expires_at"], name="appointment_holds"
            ),
        ),
        migrations.AddIndex(
            model_name="appointment",
            index=models.Index(fields=["person", "-created_at"], name="appointment_by_person"),
        ),
        migrations.AddIndex(
            model_name="appointment",
            index=django.contrib.postgres.indexes.GistIndex(
                fields=["facility", "during"], name="appointment_by_facility"
            ),
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "status__in",
                        [
                            "held",
                            "booked",
                            "checked_in",
                            "in_consultation",
                            "fulfilled",
                            "expired",
                            "cancelled",
                            "rescheduled",
                            "no_show",
                            "interrupted",
                        ],
                    )
                ),
                name="appointment_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=models.CheckConstraint(
                condition=models.Q(("mode__in", ["in_person", "video", "phone"])), name="appointment_mode"
            ),
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("during__isempty", False), ("during__lower_inf", False), ("during__upper_inf", False)
                ),
                name="appointment_during",
            ),
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=models.CheckConstraint(condition=models.Q(("price_amount__gte", 0)), name="appointment_price"),
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "held"), _negated=True), ("hold_expires_at__isnull", False), _connector="OR"
                ),
                name="appointment_hold_ends",
            ),
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                condition=models.Q(("status__in", ["held", "booked", "checked_in", "in_consultation", "interrupted"])),
                expressions=[("practitioner", "="), ("during", "&&")],
                name="appointment_practitioner_free",
            ),
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                condition=models.Q(("status__in", ["held", "booked", "checked_in", "in_consultation", "interrupted"])),
                expressions=[("person", "="), ("during", "&&")],
                name="appointment_person_free",
            ),
        ),
    ]
