"""Five-minute marks in SQL: `booking_run(first, count)` is what `booking.marks.run` is in Python."""

from django.db import migrations

# bit(312) is written leftmost first; a negative first shifts the run out at the front, as it must.
CREATE = """
CREATE FUNCTION booking_run(first integer, count integer) RETURNS bit(312)
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
    (~((~(repeat('0', 312)::bit(312))) >> count)) >> first
"""


class Migration(migrations.Migration):
    dependencies = [
        ("booking", "0002_rules_days_waiting_and_queue"),
    ]

    operations = [
        migrations.RunSQL(CREATE, "DROP FUNCTION booking_run(integer, integer)"),
    ]
