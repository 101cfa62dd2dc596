"""Visits under an approved pilot, and the trigger that counts the cases of each: whatever way a visit takes, none is missed."""

import django.db.models.deletion
from django.db import migrations, models


# The pilot of which a visit takes a case, or NULL. A time that is only kept while a move is paid goes on with the old visit's.
# It asks nothing that changes while a visit stands, so what is taken off is always what was put on.
COUNT = """
CREATE FUNCTION booking_case_of(pilot uuid, status text, origin uuid) RETURNS uuid LANGUAGE sql STABLE AS $$
  SELECT pilot WHERE pilot IS NOT NULL
    AND status IN ('held', 'booked', 'checked_in', 'in_consultation', 'interrupted', 'fulfilled')
    AND NOT (status = 'held' AND origin IS NOT NULL
      AND EXISTS (SELECT FROM booking_appointment o WHERE o.id = origin AND o.pilot_id = pilot))
$$;

CREATE FUNCTION booking_count_case() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE given uuid; taken uuid;
BEGIN
  IF TG_OP <> 'INSERT' THEN given := booking_case_of(OLD.pilot_id, OLD.status, OLD.moved_from_id); END IF;
  IF TG_OP <> 'DELETE' THEN taken := booking_case_of(NEW.pilot_id, NEW.status, NEW.moved_from_id); END IF;
  IF given IS DISTINCT FROM taken THEN
    UPDATE identity_pilot SET used = used - 1 WHERE id = given;
    UPDATE identity_pilot SET used = used + 1 WHERE id = taken;
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER count_case_taken AFTER INSERT ON booking_appointment FOR EACH ROW
  WHEN (NEW.pilot_id IS NOT NULL) EXECUTE FUNCTION booking_count_case();
CREATE TRIGGER count_case_changed AFTER UPDATE OF status, pilot_id, moved_from_id ON booking_appointment FOR EACH ROW
  WHEN (OLD.pilot_id IS NOT NULL OR NEW.pilot_id IS NOT NULL) EXECUTE FUNCTION booking_count_case();
CREATE TRIGGER count_case_gone AFTER DELETE ON booking_appointment FOR EACH ROW
  WHEN (OLD.pilot_id IS NOT NULL) EXECUTE FUNCTION booking_count_case();
"""
COUNT_NO_MORE = """
DROP TRIGGER count_case_taken ON booking_appointment;
DROP TRIGGER count_case_changed ON booking_appointment;
DROP TRIGGER count_case_gone ON booking_appointment;
DROP FUNCTION booking_count_case();
DROP FUNCTION booking_case_of(uuid, text, uuid);
"""


class Migration(migrations.Migration):

    dependencies = [
        ('booking', '0019_profiles'),
        ('identity', '0009_approved_pilots'),
        ('records', '0006_visits_under_a_pilot'),
    ]

    operations = [
        migrations.AddField(
            model_name='appointment',
            name='pilot',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.pilot'),
        ),
        migrations.AddConstraint(
            model_name='appointment',
            constraint=models.CheckConstraint(condition=models.Q(('pilot__isnull', True), models.Q(('form', 'direct_to_patient'), models.Q(('condition_code', ''), _negated=True)), _connector='OR'), name='appointment_pilot'),
        ),
        migrations.RunSQL(COUNT, COUNT_NO_MORE),
    ]
