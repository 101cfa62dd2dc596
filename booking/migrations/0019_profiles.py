"""Profiles of schedules: what search says of one and no booking changes, made by a function, forgotten by triggers.

Whoever changes what a profile is made of takes its row's lock in the same statement, through the trigger: whoever writes it
anew meanwhile waits or passes by, and looks afterwards (`booking.profiles`).
"""

import django.db.models.deletion
from django.db import migrations, models

MAKE = """
CREATE FUNCTION booking_profile_of(which uuid, since timestamptz) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE found text;
BEGIN
  SELECT json_build_array(
    json_build_array(s.practitioner_id, p.title || ' ' || p.full_name, s.facility_id, f.name,
      concat_ws(', ', nullif(f.address, ''), nullif(f.commune, ''), pr.name),
      s.zone, s.min_notice_minutes, s.horizon_days, s.buffer_before_minutes, s.buffer_after_minutes,
      p.licence_valid_from, p.licence_valid_to),
    coalesce((SELECT json_agg(json_build_array(r.weekday, r.from_time, r.to_time, r.grid_minutes, r.valid_from, r.valid_to,
        r.offset_minutes, r.capacity, r.room,
        (SELECT json_agg(x.visittype_id ORDER BY x.visittype_id) FROM booking_rule_visit_types x WHERE x.rule_id = r.id)
      ) ORDER BY r.weekday, r.from_time, r.id) FROM booking_rule r WHERE r.schedule_id = s.id), '[]'),
    coalesce((SELECT json_agg(json_build_array(v.id, v.minutes, v.modes, v.specialty_id, v.name_vi, v.name_en,
        v.price_amount, v.price_currency, v.mode_prices) ORDER BY v.id)
      FROM identity_visittype v WHERE v.facility_id = s.facility_id AND v.active
        AND (v.specialty_id IS NULL OR EXISTS (SELECT FROM identity_practitioner_specialties x
             WHERE x.practitioner_id = p.id AND x.specialty_id = v.specialty_id))), '[]'),
    coalesce((SELECT json_agg(json_build_array(extract(epoch FROM lower(c.during)), extract(epoch FROM upper(c.during)),
        c.kind, c.grid_minutes) ORDER BY c.during, c.id)
      FROM booking_closure c WHERE c.schedule_id = s.id AND c.kind <> 'closed'
        AND upper(c.during) > since - interval '2 days'), '[]'))::text INTO found
  FROM booking_schedule s
  JOIN identity_practitioner p ON p.id = s.practitioner_id
  JOIN identity_facility f ON f.id = s.facility_id
  JOIN identity_province pr ON pr.code = f.province_id
  WHERE s.id = which AND s.active AND f.active;
  RETURN coalesce(found, 'null');
END $$;

CREATE FUNCTION booking_profile_forget(which uuid[]) RETURNS void LANGUAGE sql AS $$
  INSERT INTO booking_profile (schedule_id, words) SELECT s.id, '' FROM booking_schedule s WHERE s.id = ANY(which) ORDER BY s.id
  ON CONFLICT (schedule_id) DO UPDATE SET words = '', made_at = NULL
$$;

CREATE FUNCTION booking_profile_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM booking_profile WHERE schedule_id IN (SELECT id FROM was);
  RETURN NULL;
END $$;
CREATE TRIGGER profile_gone AFTER DELETE ON booking_schedule REFERENCING OLD TABLE AS was
  FOR EACH STATEMENT EXECUTE FUNCTION booking_profile_gone();
INSERT INTO booking_profile (schedule_id, words) SELECT id, '' FROM booking_schedule;
"""
# What a profile is made of, and of whose schedules a changed row `c` is a part.
MADE_OF = {
    "booking_schedule": "booking_schedule s ON s.id = c.id",
    "booking_rule": "booking_schedule s ON s.id = c.schedule_id",
    "booking_rule_visit_types": "booking_rule r ON r.id = c.rule_id JOIN booking_schedule s ON s.id = r.schedule_id",
    "booking_closure": "booking_schedule s ON s.id = c.schedule_id",
    "identity_visittype": "booking_schedule s ON s.facility_id = c.facility_id",
    "identity_practitioner": "booking_schedule s ON s.practitioner_id = c.id",
    "identity_practitioner_specialties": "booking_schedule s ON s.practitioner_id = c.practitioner_id",
    "identity_facility": "booking_schedule s ON s.facility_id = c.id",
    "identity_province": "identity_facility f ON f.province_id = c.code JOIN booking_schedule s ON s.facility_id = f.id",
}
ROWS = {
    "insert": ("NEW TABLE AS new", "new"),
    "update": (
        "OLD TABLE AS was NEW TABLE AS new",
        "((TABLE new EXCEPT TABLE was) UNION ALL (TABLE was EXCEPT TABLE new))",
    ),
    "delete": ("OLD TABLE AS was", "was"),
}


def triggers() -> str:
    made = []
    for table, whose in MADE_OF.items():
        for event, (tables, rows) in ROWS.items():
            name = f"booking_profile_{event}_{table}"
            made.append(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                f" PERFORM booking_profile_forget(ARRAY(SELECT DISTINCT s.id FROM {rows} c JOIN {whose}));"
                f" RETURN NULL; END $$;\n"
                f"CREATE TRIGGER profile_{event} AFTER {event.upper()} ON {table} REFERENCING {tables}"
                f" FOR EACH STATEMENT EXECUTE FUNCTION {name}();"
            )
    return "\n".join(made)


def drops() -> str:
    names = [(table, f"profile_{event}", f"booking_profile_{event}_{table}") for table in MADE_OF for event in ROWS]
    names.append(("booking_schedule", "profile_gone", "booking_profile_gone"))
    each = [f"DROP TRIGGER {trigger} ON {table}; DROP FUNCTION {function}();" for table, trigger, function in names]
    more = ["DROP FUNCTION booking_profile_forget(uuid[]);", "DROP FUNCTION booking_profile_of(uuid, timestamptz);"]
    return "\n".join([*each, *more])


class Migration(migrations.Migration):
    dependencies = [
        ("booking", "0018_forms_held"),
        ("identity", "0008_care_at_a_distance"),
    ]

    operations = [
        migrations.CreateModel(
            name="Profile",
            fields=[
                (
                    "schedule",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="booking.schedule",
                    ),
                ),
                ("words", models.TextField(blank=True)),
                ("made_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("words", "")), fields=["schedule"], name="profile_forgotten"
                    )
                ],
            },
        ),
        migrations.RunSQL(MAKE + triggers(), drops()),
    ]
