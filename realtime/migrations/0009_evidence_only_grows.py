"""The chain of evidence only grows: PostgreSQL refuses to change or remove a row, and one that does not follow the last."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION realtime_evidence_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'evidence only grows' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER realtime_evidence_is_final BEFORE UPDATE OR DELETE ON realtime_evidencerow
  FOR EACH ROW EXECUTE FUNCTION realtime_evidence_is_final();

CREATE FUNCTION realtime_evidence_follows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  last record;
BEGIN
  SELECT number, hash INTO last FROM realtime_evidencerow
    WHERE encounter_id = NEW.encounter_id ORDER BY number DESC LIMIT 1;
  IF (NOT FOUND AND (NEW.number <> 1 OR NEW.previous <> repeat('0', 64)))
     OR (FOUND AND (NEW.number <> last.number + 1 OR NEW.previous <> last.hash)) THEN
    RAISE EXCEPTION 'evidence follows the row before' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER realtime_evidence_follows BEFORE INSERT ON realtime_evidencerow
  FOR EACH ROW EXECUTE FUNCTION realtime_evidence_follows();
"""
BACKWARD = """
DROP TRIGGER realtime_evidence_follows ON realtime_evidencerow;
DROP FUNCTION realtime_evidence_follows();
DROP TRIGGER realtime_evidence_is_final ON realtime_evidencerow;
DROP FUNCTION realtime_evidence_is_final();
"""


class Migration(migrations.Migration):
    dependencies = [("realtime", "0008_evidence")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
