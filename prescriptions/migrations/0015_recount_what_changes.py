"""The database itself asks for a recount of each signed prescription of which something counted has changed, in the same transaction."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION prescriptions_recount_prescription() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF OLD.code IS NOT NULL THEN
      INSERT INTO prescriptions_recount (prescription_id) VALUES (OLD.id);
    END IF;
  ELSIF NEW.code IS NOT NULL
      AND (TG_OP = 'INSERT' OR OLD.code IS DISTINCT FROM NEW.code OR OLD.status IS DISTINCT FROM NEW.status) THEN
    INSERT INTO prescriptions_recount (prescription_id) VALUES (NEW.id);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER prescriptions_recount_prescription AFTER INSERT OR UPDATE OR DELETE ON prescriptions_prescription
  FOR EACH ROW EXECUTE FUNCTION prescriptions_recount_prescription();

CREATE FUNCTION prescriptions_recount_item() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO prescriptions_recount (prescription_id) VALUES (NEW.prescription_id);
  RETURN NULL;
END $$;
CREATE TRIGGER prescriptions_recount_item AFTER UPDATE OF dispensed_quantity ON prescriptions_item
  FOR EACH ROW WHEN (OLD.dispensed_quantity IS DISTINCT FROM NEW.dispensed_quantity)
  EXECUTE FUNCTION prescriptions_recount_item();

CREATE FUNCTION prescriptions_recount_dispense() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO prescriptions_recount (prescription_id)
    SELECT prescription_id FROM prescriptions_item
    WHERE id = CASE WHEN TG_OP = 'DELETE' THEN OLD.item_id ELSE NEW.item_id END;
  RETURN NULL;
END $$;
CREATE TRIGGER prescriptions_recount_dispense AFTER INSERT OR UPDATE OR DELETE ON prescriptions_dispense
  FOR EACH ROW EXECUTE FUNCTION prescriptions_recount_dispense();

INSERT INTO prescriptions_recount (prescription_id)
  SELECT id FROM prescriptions_prescription WHERE code IS NOT NULL ORDER BY id;
"""
BACKWARD = """
DROP TRIGGER prescriptions_recount_dispense ON prescriptions_dispense;
DROP FUNCTION prescriptions_recount_dispense();
DROP TRIGGER prescriptions_recount_item ON prescriptions_item;
DROP FUNCTION prescriptions_recount_item();
DROP TRIGGER prescriptions_recount_prescription ON prescriptions_prescription;
DROP FUNCTION prescriptions_recount_prescription();
"""


class Migration(migrations.Migration):
    dependencies = [("prescriptions", "0014_figures")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
