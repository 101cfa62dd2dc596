"""The ledger only appends, and each of its transactions sums to zero when it commits: PostgreSQL itself sees to both."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION payments_entry_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the ledger only appends' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER payments_entry_is_final BEFORE UPDATE OR DELETE ON payments_entry
  FOR EACH ROW EXECUTE FUNCTION payments_entry_is_final();

CREATE FUNCTION payments_entry_is_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT 1 FROM payments_entry WHERE transaction = NEW.transaction GROUP BY currency HAVING sum(amount) <> 0
  ) THEN
    RAISE EXCEPTION 'ledger transaction % does not sum to zero', NEW.transaction
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
-- Deferred to the commit: the lines of one fact are written one after another.
CREATE CONSTRAINT TRIGGER payments_entry_is_balanced AFTER INSERT ON payments_entry
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_entry_is_balanced();
"""
BACKWARD = """
DROP TRIGGER payments_entry_is_balanced ON payments_entry; DROP FUNCTION payments_entry_is_balanced();
DROP TRIGGER payments_entry_is_final ON payments_entry; DROP FUNCTION payments_entry_is_final();
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_payments_and_books")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
