"""Whatever a visit can begin or end by is a multiple of five minutes: the projection of days reckons in such marks.

Odd values are rounded so that nobody loses an hour: weekly hours and buffers grow by at most four minutes, grids shrink.
"""

import django.db.models.lookups
from django.db import migrations, models
from django.db.models.expressions import CombinedExpression

ROUND = [
    """UPDATE booking_schedule SET buffer_before_minutes = (buffer_before_minutes + 4) / 5 * 5,
                                   buffer_after_minutes = (buffer_after_minutes + 4) / 5 * 5
       WHERE buffer_before_minutes % 5 <> 0 OR buffer_after_minutes % 5 <> 0""",
    """UPDATE booking_rule SET offset_minutes = offset_minutes / 5 * 5, grid_minutes = grid_minutes / 5 * 5
       WHERE (offset_minutes % 5 <> 0 OR grid_minutes % 5 <> 0) AND offset_minutes / 5 < grid_minutes / 5""",
    """UPDATE booking_rule SET offset_minutes = 0, grid_minutes = grid_minutes / 5 * 5
       WHERE offset_minutes % 5 <> 0 OR grid_minutes % 5 <> 0""",
    # Rounding up 23:58 gives 24:00, which a time of day calls 00:00: the end of the day.
    """UPDATE booking_rule SET
         from_time = time '00:00' + floor(extract(epoch FROM from_time) / 300) * interval '300 seconds',
         to_time = time '00:00' + ceil(extract(epoch FROM to_time) / 300) * interval '300 seconds'
       WHERE extract(epoch FROM from_time)::bigint % 300 <> 0 OR extract(epoch FROM to_time)::bigint % 300 <> 0
          OR from_time <> date_trunc('second', from_time) OR to_time <> date_trunc('second', to_time)""",
    """UPDATE booking_closure SET
         grid_minutes = grid_minutes / 5 * 5,
         during = tstzrange(to_timestamp(floor(extract(epoch FROM lower(during)) / 300) * 300), upper(during))
       WHERE kind <> 'closed'
         AND (grid_minutes % 5 <> 0 OR extract(epoch FROM lower(during))::numeric % 300 <> 0)""",
]


def even(expression, by):
    """Say that this comes out even."""
    return django.db.models.lookups.Exact(CombinedExpression(expression, "%%", models.Value(by)), 0)


def seconds(of, template="%(expressions)s"):
    """Count the seconds of a time, or of a moment."""
    return models.Func(
        models.F(of), output_field=models.IntegerField(), template=f"EXTRACT(EPOCH FROM {template})::bigint"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("booking", "0007_remote_wishes"),
    ]

    operations = [
        migrations.RunSQL(ROUND, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="closure",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind", "closed"),
                    models.Q(even(models.F("grid_minutes"), 5), even(seconds("during", "lower(%(expressions)s)"), 300)),
                    _connector="OR",
                ),
                name="closure_marks",
            ),
        ),
        migrations.AddConstraint(
            model_name="rule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    even(models.F("grid_minutes"), 5),
                    even(models.F("offset_minutes"), 5),
                    even(seconds("from_time"), 300),
                    even(seconds("to_time"), 300),
                ),
                name="rule_marks",
            ),
        ),
        migrations.AddConstraint(
            model_name="schedule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    even(models.F("buffer_before_minutes"), 5), even(models.F("buffer_after_minutes"), 5)
                ),
                name="schedule_marks",
            ),
        ),
    ]
