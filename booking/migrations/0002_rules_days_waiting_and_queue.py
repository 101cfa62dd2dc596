"""Richer rules and policies, the projection of days, waiting list, leaves, queue, links; buffers and company for appointments."""

import booking.models.days
import core.ids
import core.states
import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("booking", "0001_schedules_and_appointments"),
        ("identity", "0003_devices"),
        ("records", "0001_encounters_and_history"),
    ]

    operations = [
        migrations.CreateModel(
            name="Block",
            fields=[
                ("id", models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("until", models.DateTimeField()),
                (
                    "status",
                    models.CharField(
                        choices=[("active", "active"), ("lifted", "lifted")], default="active", max_length=10
                    ),
                ),
                ("appeal", models.TextField(blank=True)),
                ("appealed_at", models.DateTimeField(null=True)),
                ("answer", models.CharField(blank=True, max_length=300)),
                ("answered_at", models.DateTimeField(null=True)),
                ("lifted_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "booking block",
                "verbose_name_plural": "booking blocks",
            },
            bases=(models.Model, core.states.Stateful),
        ),
        migrations.CreateModel(
            name="BusyFeed",
            fields=[
                ("id", models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("url", models.URLField(blank=True, max_length=500)),
                ("name", models.CharField(blank=True, max_length=120)),
                ("read_at", models.DateTimeField(null=True)),
                ("problem", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "verbose_name": "followed calendar",
                "verbose_name_plural": "followed calendars",
            },
        ),
        migrations.CreateModel(
            name="CalendarLink",
            fields=[
                ("id", models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("user_id", models.UUIDField()),
                ("token_hash", models.CharField(max_length=64, unique=True)),
                ("read_at", models.DateTimeField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "calendar link",
                "verbose_name_plural": "calendar links",
            },
        ),
        migrations.CreateModel(
            name="FreeFrom",
            fields=[
                ("id", models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("specialty", models.CharField(blank=True, max_length=40)),
                ("province", models.CharField(max_length=2)),
                ("main", models.BooleanField(default=True)),
                (
                    "modes",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=9), size=None),
                ),
                ("first_free_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="HookDelivery",
            fields=[
                ("id", models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("event", models.CharField(max_length=40)),
                ("subject", models.CharField(max_length=80)),
                ("body", models.JSONField()),
                ("key", models.CharField(max_length=160)),
                (
                    "status",
                    models.CharField(
                        choices=[("waiting", "waiting"), ("done", "heard"), ("failed", "given up")],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("answer", models.CharField(blank=True, max_length=200)),
                ("next_at", models.DateTimeField(null=True)),
                ("done_at", models.DateTimeField(null=True)),
                ("failed_at", models.DateTimeField(null=True)),
            ],
            bases=(models.Model, core.states.Stateful),
        ),
        migrations.CreateModel(
            name="HookEndpoint",
            fields=[
                ("id", models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("url", models.URLField(max_length=500)),
                ("secret", models.CharField(max_length=200)),
                (
                    "events",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), blank=True, default=list, size=None
                    ),
                ),
                ("active", models.BooleanField(default=True)),
            ],
            options={
                "verbose_name": "web hook",
                "verbose_name_plural": "web hooks",
            },
        ),
        migrations.CreateModel(
            name="ImportRun",
            fields=[
                ("id", models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("made_by", models.UUIDField(null=True)),
                ("file_name", models.CharField(max_length=200)),
                ("format", models.CharField(max_length=10)),
                ("content", models.BinaryField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("checking", "being checked"),
                            ("checked", "checked"),
                            ("applying", "being put in place"),
                            ("applied", "in place"),
                            ("failed", "could not be read"),
                        ],
                        default="checking",
                        max_length=10,
                    ),
                ),
                ("rows", models.PositiveIntegerField(default=0)),
                ("rows_done", models.PositiveIntegerField(default=0)),
                ("good", models.PositiveIntegerField(default=0)),
                ("problems", models.JSONField(default=list)),
                ("checked_at", models.DateTimeField(null=True)),
                ("applied_at", models.DateTimeField(null=True)),
                ("failed_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "import",
                "verbose_name_plural": "imports",
            },
            bases=(models.Model, core.states.Stateful),
        ),
        migrations.CreateModel(
            name="Leave",
            fields=[
                ("id", models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("during", django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("message", models.CharField(blank=True, max_length=300)),
                (
                    "status",
                    models.CharField(
                        choices=[("active", "active"), ("undone", "taken back")], default="active", max_length=10
                    ),
                ),
                ("undone_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "leave",
                "verbose_name_plural": "leaves",
            },
            bases=(models.Model, core.states.Stateful),
        ),
        migrations.CreateModel(
            name="LeaveCase",
            fields=[
                ("id", models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("ways", models.JSONField(default=list)),
                ("decide_by", models.DateTimeField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "waits for the citizen's choice"),
                            ("moved", "moved"),
                            ("cancelled", "cancelled"),
                            ("kept", "stays as agreed"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("moved_at", models.DateTimeField(null=True)),
                ("cancelled_at", models.DateTimeField(null=True)),
                ("kept_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "leave case",
                "verbose_name_plural": "leave cases",
            },
            bases=(models.Model, core.states.Stateful),
        ),
        migrations.CreateModel(
            name="Offer",
            fields=[
                ("id", models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("during", django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                ("expires_at", models.DateTimeField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "open"),
                            ("taken", "taken"),
                            ("declined", "declined"),
                            ("passed", "passed on"),
                            ("void", "void"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("taken_at", models.DateTimeField(null=True)),
                ("declined_at", models.DateTimeField(null=True)),
                ("passed_at", models.DateTimeField(null=True)),
                ("void_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "offer",
                "verbose_name_plural": "offers",
            },
            bases=(models.Model, core.states.Stateful),
        ),
        migrations.CreateModel(
            name="OnCall",
            fields=[
                ("id", models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "mode",
                    models.CharField(
                        choices=[("in_person", "in person"), ("video", "by video"), ("phone", "by phone")],
                        default="video",
                        max_length=10,
                    ),
                ),
                ("until", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("last_offered_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "doctor on call",
                "verbose_name_plural": "doctors on call",
            },
        ),
        migrations.CreateModel(
            name="Policy",
            fields=[
                ("id", models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("closes_on_holidays", models.BooleanField(default=True)),
                (
                    "open_holidays",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.DateField(), blank=True, default=list, size=None
                    ),
                ),
                ("free_cancel_hours", models.PositiveSmallIntegerField(default=4)),
                ("late_fee_percent", models.PositiveSmallIntegerField(default=30)),
                ("no_show_fee_percent", models.PositiveSmallIntegerField(default=100)),
                ("max_open_bookings", models.PositiveSmallIntegerField(default=5)),
                ("no_shows_allowed", models.PositiveSmallIntegerField(default=3)),
                ("no_show_days", models.PositiveSmallIntegerField(default=180)),
                ("block_days", models.PositiveSmallIntegerField(default=30)),
                ("revisit_days", models.PositiveSmallIntegerField(default=0)),
                ("revisit_percent", models.PositiveSmallIntegerField(default=50)),
                ("offer_minutes", models.PositiveSmallIntegerField(default=15)),
                (
                    "reminder_hours",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveSmallIntegerField(), blank=True, default=list, size=None
                    ),
                ),
                ("takes_walk_ins", models.BooleanField(default=True)),
            ],
            options={
                "verbose_name": "booking policy",
                "verbose_name_plural": "booking policies",
            },
        ),
        migrations.CreateModel(
            name="PractitionerDay",
            fields=[
                ("id", models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("day", models.DateField()),
                ("midnight_at", models.DateTimeField()),
                ("open", booking.models.days.MarksField(default=0)),
                ("taken", booking.models.days.MarksField(default=0)),
                ("starts", booking.models.days.MarksField(default=0)),
                ("reach_before", models.PositiveSmallIntegerField(default=0)),
                ("reach_after", models.PositiveSmallIntegerField(default=1)),
                ("n_free", models.PositiveSmallIntegerField(default=0)),
                ("first_free_at", models.DateTimeField(null=True)),
                ("version", models.IntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Ticket",
            fields=[
                ("id", models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("room", models.CharField(blank=True, max_length=60)),
                ("day", models.DateField()),
                ("number", models.PositiveSmallIntegerField()),
                (
                    "priority",
                    models.CharField(
                        choices=[
                            ("emergency", "emergency"),
                            ("child", "under 6"),
                            ("elderly", "over 80"),
                            ("pregnant", "pregnant"),
                            ("disabled", "severe disability"),
                            ("none", "no priority"),
                        ],
                        default="none",
                        max_length=10,
                    ),
                ),
                ("promised_at", models.DateTimeField()),
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
            ],
            options={
                "verbose_name": "queue number",
                "verbose_name_plural": "queue numbers",
            },
            bases=(models.Model, core.states.Stateful),
        ),
        migrations.CreateModel(
            name="Undo",
            fields=[
                ("id", models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("user_id", models.UUIDField()),
                ("verb", models.CharField(max_length=40)),
                ("values", models.JSONField()),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "undo",
                "verbose_name_plural": "undos",
            },
        ),
        migrations.CreateModel(
            name="UrgentAsk",
            fields=[
                ("id", models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("asked_by", models.UUIDField(null=True)),
                ("specialty", models.CharField(blank=True, max_length=40)),
                (
                    "mode",
                    models.CharField(
                        choices=[("in_person", "in person"), ("video", "by video"), ("phone", "by phone")],
                        default="video",
                        max_length=10,
                    ),
                ),
                ("reason", models.TextField(blank=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("searching", "looking for a doctor"),
                            ("accepted", "a doctor takes it"),
                            ("nobody", "nobody is free"),
                            ("withdrawn", "withdrawn"),
                        ],
                        default="searching",
                        max_length=10,
                    ),
                ),
                ("offer_expires_at", models.DateTimeField(null=True)),
                ("asked_before", models.JSONField(default=list)),
                ("accepted_at", models.DateTimeField(null=True)),
                ("nobody_at", models.DateTimeField(null=True)),
                ("withdrawn_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "wish to see someone now",
                "verbose_name_plural": "wishes to see someone now",
            },
            bases=(models.Model, core.states.Stateful),
        ),
        migrations.CreateModel(
            name="WaitingEntry",
            fields=[
                ("id", models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("asked_by", models.UUIDField(null=True)),
                (
                    "mode",
                    models.CharField(
                        choices=[("in_person", "in person"), ("video", "by video"), ("phone", "by phone")],
                        max_length=10,
                    ),
                ),
                ("first_day", models.DateField()),
                ("last_day", models.DateField()),
                (
                    "day_time",
                    models.CharField(
                        choices=[
                            ("any", "any time"),
                            ("morning", "mornings"),
                            ("afternoon", "afternoons"),
                            ("evening", "evenings"),
                        ],
                        default="any",
                        max_length=10,
                    ),
                ),
                (
                    "urgency",
                    models.PositiveSmallIntegerField(choices=[(1, "as soon as possible"), (2, "usual")], default=2),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("offered", "has an offer"),
                            ("taken", "found a time"),
                            ("withdrawn", "withdrawn"),
                            ("expired", "the days are over"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("taken_at", models.DateTimeField(null=True)),
                ("withdrawn_at", models.DateTimeField(null=True)),
                ("expired_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "waiting list entry",
                "verbose_name_plural": "waiting list",
            },
            bases=(models.Model, core.states.Stateful),
        ),
        migrations.RemoveConstraint(
            model_name="appointment",
            name="appointment_practitioner_free",
        ),
        migrations.RemoveConstraint(
            model_name="closure",
            name="closure_kind",
        ),
        migrations.AddField(
            model_name="appointment",
            name="blocked",
            field=django.contrib.postgres.fields.ranges.DateTimeRangeField(null=True),
        ),
        migrations.AddField(
            model_name="appointment",
            name="condition_code",
            field=models.CharField(blank=True, max_length=12),
        ),
        migrations.AddField(
            model_name="appointment",
            name="confirmed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="appointment",
            name="fee_amount",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="appointment",
            name="fit_reason",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name="appointment",
            name="if_late",
            field=models.CharField(
                choices=[("refund", "send the money back"), ("swap", "take the next free time")],
                default="refund",
                max_length=6,
            ),
        ),
        migrations.AddField(
            model_name="appointment",
            name="intake",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="appointment",
            name="moved_from",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="booking.appointment"
            ),
        ),
        migrations.AddField(
            model_name="appointment",
            name="no_show_by",
            field=models.CharField(
                blank=True, choices=[("citizen", "citizen"), ("practitioner", "doctor")], max_length=12
            ),
        ),
        migrations.AddField(
            model_name="appointment",
            name="price_parts",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="appointment",
            name="room",
            field=models.CharField(blank=True, max_length=60),
        ),
        migrations.AddField(
            model_name="appointment",
            name="seat",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="appointment",
            name="series",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="appointment",
            name="session",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="appointment",
            name="walk_in",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="closure",
            name="feed_uid",
            field=models.CharField(blank=True, max_length=255),
        ),
        migrations.AddField(
            model_name="closure",
            name="source",
            field=models.CharField(
                choices=[("desk", "hospital desk"), ("leave", "leave"), ("calendar", "a calendar that was followed")],
                default="desk",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="rule",
            name="capacity",
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.AddField(
            model_name="rule",
            name="offset_minutes",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="rule",
            name="room",
            field=models.CharField(blank=True, max_length=60),
        ),
        migrations.AddField(
            model_name="schedule",
            name="buffer_after_minutes",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="schedule",
            name="buffer_before_minutes",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="closure",
            name="kind",
            field=models.CharField(
                choices=[("closed", "closed"), ("extra", "extra hours"), ("instead", "other hours that day")],
                default="closed",
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="appointment",
            index=models.Index(
                condition=models.Q(("series__isnull", False)), fields=["series"], name="appointment_series"
            ),
        ),
        migrations.AddIndex(
            model_name="appointment",
            index=models.Index(
                condition=models.Q(("moved_from__isnull", False)), fields=["moved_from"], name="appointment_chain"
            ),
        ),
        migrations.RunSQL(
            "UPDATE booking_appointment SET blocked = during, session = id WHERE blocked IS NULL",
            migrations.RunSQL.noop,
        ),
        migrations.AlterField(
            model_name="appointment", name="blocked", field=django.contrib.postgres.fields.ranges.DateTimeRangeField()
        ),
        migrations.AlterField(model_name="appointment", name="session", field=models.UUIDField()),
        # Bookings change these rows all the time: room on the page keeps the change beside the row (specs: fillfactor 70).
        migrations.RunSQL(
            "ALTER TABLE booking_practitionerday SET (fillfactor = 70)",
            "ALTER TABLE booking_practitionerday RESET (fillfactor)",
        ),
        migrations.RunSQL(
            "ALTER TABLE booking_freefrom SET (fillfactor = 80)", "ALTER TABLE booking_freefrom RESET (fillfactor)"
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=models.CheckConstraint(
                condition=models.Q(("fee_amount__gte", 0), ("fee_amount__lte", models.F("price_amount"))),
                name="appointment_fee",
            ),
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=models.CheckConstraint(
                condition=models.Q(("blocked__contains", models.F("during"))), name="appointment_blocked"
            ),
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                condition=models.Q(
                    ("status__in", ["held", "booked", "checked_in", "in_consultation", "interrupted"]),
                    ("walk_in", False),
                ),
                expressions=[("practitioner", "="), ("blocked", "&&"), ("session", "<>")],
                name="appointment_practitioner_free",
            ),
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ["held", "booked", "checked_in", "in_consultation", "interrupted"])),
                fields=("session", "seat"),
                name="appointment_seat_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="rule",
            constraint=models.CheckConstraint(condition=models.Q(("capacity__range", (1, 200))), name="rule_capacity"),
        ),
        migrations.AddConstraint(
            model_name="rule",
            constraint=models.CheckConstraint(
                condition=models.Q(("offset_minutes__lt", models.F("grid_minutes"))), name="rule_offset"
            ),
        ),
        migrations.AddConstraint(
            model_name="schedule",
            constraint=models.CheckConstraint(
                condition=models.Q(("buffer_after_minutes__lte", 120), ("buffer_before_minutes__lte", 120)),
                name="schedule_buffers",
            ),
        ),
        migrations.AddField(
            model_name="block",
            name="facility",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.facility"
            ),
        ),
        migrations.AddField(
            model_name="block",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.person"
            ),
        ),
        migrations.AddField(
            model_name="busyfeed",
            name="schedule",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="booking.schedule"
            ),
        ),
        migrations.AddField(
            model_name="closure",
            name="feed",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="closures", to="booking.busyfeed"
            ),
        ),
        migrations.AddField(
            model_name="calendarlink",
            name="person",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="identity.person"
            ),
        ),
        migrations.AddField(
            model_name="calendarlink",
            name="practitioner",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="identity.practitioner"
            ),
        ),
        migrations.AddField(
            model_name="freefrom",
            name="facility",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="identity.facility"
            ),
        ),
        migrations.AddField(
            model_name="freefrom",
            name="schedule",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="booking.schedule"
            ),
        ),
        migrations.AddField(
            model_name="hookendpoint",
            name="facility",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="identity.facility"
            ),
        ),
        migrations.AddField(
            model_name="hookdelivery",
            name="endpoint",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="deliveries", to="booking.hookendpoint"
            ),
        ),
        migrations.AddField(
            model_name="importrun",
            name="facility",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="identity.facility"
            ),
        ),
        migrations.AddField(
            model_name="leave",
            name="facility",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.facility"
            ),
        ),
        migrations.AddField(
            model_name="leave",
            name="practitioner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.practitioner"
            ),
        ),
        migrations.AddField(
            model_name="closure",
            name="leave",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="closures", to="booking.leave"
            ),
        ),
        migrations.AddConstraint(
            model_name="closure",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["closed", "extra", "instead"])), name="closure_kind"
            ),
        ),
        migrations.AddField(
            model_name="leavecase",
            name="appointment",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="booking.appointment"
            ),
        ),
        migrations.AddField(
            model_name="leavecase",
            name="leave",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="cases", to="booking.leave"
            ),
        ),
        migrations.AddField(
            model_name="leavecase",
            name="moved_to",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="booking.appointment"
            ),
        ),
        migrations.AddField(
            model_name="offer",
            name="appointment",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="booking.appointment"
            ),
        ),
        migrations.AddField(
            model_name="offer",
            name="schedule",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="booking.schedule"
            ),
        ),
        migrations.AddField(
            model_name="oncall",
            name="practitioner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="identity.practitioner"
            ),
        ),
        migrations.AddField(
            model_name="oncall",
            name="schedule",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="booking.schedule"
            ),
        ),
        migrations.AddField(
            model_name="oncall",
            name="visit_type",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.visittype"
            ),
        ),
        migrations.AddField(
            model_name="policy",
            name="facility",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="identity.facility"
            ),
        ),
        migrations.AddField(
            model_name="practitionerday",
            name="practitioner",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="identity.practitioner",
            ),
        ),
        migrations.AddField(
            model_name="practitionerday",
            name="schedule",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="booking.schedule"
            ),
        ),
        migrations.AddField(
            model_name="freefrom",
            name="day_row",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="booking.practitionerday"
            ),
        ),
        migrations.AddField(
            model_name="ticket",
            name="appointment",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="booking.appointment"
            ),
        ),
        migrations.AddField(
            model_name="ticket",
            name="facility",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.facility"
            ),
        ),
        migrations.AddField(
            model_name="ticket",
            name="schedule",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="booking.schedule"
            ),
        ),
        migrations.AddField(
            model_name="undo",
            name="facility",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="identity.facility"
            ),
        ),
        migrations.AddField(
            model_name="urgentask",
            name="appointment",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="booking.appointment"
            ),
        ),
        migrations.AddField(
            model_name="urgentask",
            name="offered_to",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="booking.oncall"
            ),
        ),
        migrations.AddField(
            model_name="urgentask",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.person"
            ),
        ),
        migrations.AddField(
            model_name="waitingentry",
            name="facility",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.facility"
            ),
        ),
        migrations.AddField(
            model_name="waitingentry",
            name="instead_of",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="booking.appointment"
            ),
        ),
        migrations.AddField(
            model_name="waitingentry",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.person"
            ),
        ),
        migrations.AddField(
            model_name="waitingentry",
            name="practitioner",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.practitioner"
            ),
        ),
        migrations.AddField(
            model_name="waitingentry",
            name="visit_type",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.visittype"
            ),
        ),
        migrations.AddField(
            model_name="offer",
            name="entry",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="offers", to="booking.waitingentry"
            ),
        ),
        migrations.AddConstraint(
            model_name="block",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["active", "lifted"])), name="block_status"
            ),
        ),
        migrations.AddConstraint(
            model_name="block",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "active")), fields=("person", "facility"), name="block_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="calendarlink",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("person__isnull", True), ("practitioner__isnull", False)),
                    models.Q(("person__isnull", False), ("practitioner__isnull", True)),
                    _connector="OR",
                ),
                name="calendar_link_of_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="hookdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["waiting", "done", "failed"])), name="hook_delivery_status"
            ),
        ),
        migrations.AddConstraint(
            model_name="hookdelivery",
            constraint=models.UniqueConstraint(fields=("endpoint", "key"), name="hook_delivery_once"),
        ),
        migrations.AddConstraint(
            model_name="importrun",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["checking", "checked", "applying", "applied", "failed"])),
                name="import_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="leave",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["active", "undone"])), name="leave_status"
            ),
        ),
        migrations.AddConstraint(
            model_name="leave",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("during__isempty", False), ("during__lower_inf", False), ("during__upper_inf", False)
                ),
                name="leave_during",
            ),
        ),
        migrations.AddIndex(
            model_name="leavecase",
            index=models.Index(condition=models.Q(("status", "open")), fields=["decide_by"], name="leave_case_open"),
        ),
        migrations.AddConstraint(
            model_name="leavecase",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["open", "moved", "cancelled", "kept"])), name="leave_case_status"
            ),
        ),
        migrations.AddConstraint(
            model_name="leavecase",
            constraint=models.UniqueConstraint(fields=("leave", "appointment"), name="leave_case_once"),
        ),
        migrations.AddConstraint(
            model_name="oncall",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at__isnull", True)), fields=("practitioner",), name="on_call_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="policy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("late_fee_percent__lte", 100), ("no_show_fee_percent__lte", 100), ("revisit_percent__lte", 100)
                ),
                name="policy_percents",
            ),
        ),
        migrations.AddConstraint(
            model_name="policy",
            constraint=models.CheckConstraint(
                condition=models.Q(("offer_minutes__range", (1, 1440))), name="policy_offer"
            ),
        ),
        migrations.AddIndex(
            model_name="practitionerday",
            index=models.Index(fields=["practitioner", "midnight_at"], name="practitioner_day_by_time"),
        ),
        migrations.AddConstraint(
            model_name="practitionerday",
            constraint=models.UniqueConstraint(fields=("schedule", "day"), name="practitioner_day_once"),
        ),
        migrations.AddIndex(
            model_name="freefrom",
            index=models.Index(
                condition=models.Q(("first_free_at__isnull", False)),
                fields=["specialty", "province", "first_free_at"],
                name="free_from_area",
            ),
        ),
        migrations.AddIndex(
            model_name="freefrom",
            index=models.Index(
                condition=models.Q(("first_free_at__isnull", False)),
                fields=["specialty", "first_free_at"],
                name="free_from_specialty",
            ),
        ),
        migrations.AddIndex(
            model_name="freefrom",
            index=models.Index(
                condition=models.Q(("first_free_at__isnull", False), ("main", True)),
                fields=["province", "first_free_at"],
                name="free_from_province",
            ),
        ),
        migrations.AddIndex(
            model_name="freefrom",
            index=models.Index(
                condition=models.Q(("first_free_at__isnull", False), ("main", True)),
                fields=["facility", "first_free_at"],
                name="free_from_facility",
            ),
        ),
        migrations.AddIndex(
            model_name="freefrom",
            index=models.Index(
                condition=models.Q(("first_free_at__isnull", False), ("main", True)),
                fields=["first_free_at"],
                name="free_from_any",
            ),
        ),
        migrations.AddConstraint(
            model_name="freefrom",
            constraint=models.UniqueConstraint(fields=("day_row", "specialty"), name="free_from_once"),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(fields=["facility", "day", "status"], name="ticket_line"),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["waiting", "called", "serving", "done", "skipped", "left"])),
                name="ticket_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.UniqueConstraint(
                fields=("facility", "room", "schedule", "day", "number"), name="ticket_number_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ["left", "done"]), _negated=True),
                fields=("appointment",),
                name="ticket_of_appointment_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="urgentask",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["searching", "accepted", "nobody", "withdrawn"])),
                name="urgent_ask_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="urgentask",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "searching")), fields=("person",), name="urgent_ask_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="urgentask",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "searching")),
                fields=("offered_to",),
                name="urgent_ask_one_offer_a_doctor",
            ),
        ),
        migrations.AddIndex(
            model_name="waitingentry",
            index=models.Index(
                condition=models.Q(("status", "waiting")),
                fields=["facility", "visit_type", "urgency", "created_at"],
                name="waiting_line",
            ),
        ),
        migrations.AddConstraint(
            model_name="waitingentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["waiting", "offered", "taken", "withdrawn", "expired"])),
                name="waiting_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="waitingentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("last_day__gte", models.F("first_day"))), name="waiting_days"
            ),
        ),
        migrations.AddConstraint(
            model_name="waitingentry",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ["waiting", "offered"])),
                fields=("person", "facility", "visit_type"),
                name="waiting_once",
            ),
        ),
        migrations.AddIndex(
            model_name="offer",
            index=models.Index(condition=models.Q(("status", "open")), fields=["expires_at"], name="offer_open"),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["open", "taken", "declined", "passed", "void"])), name="offer_status"
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "open")), fields=("entry",), name="offer_one_at_a_time"
            ),
        ),
    ]
