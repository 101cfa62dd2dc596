"""What an item says was handed out of it is the sum of what was: looked at when a transaction ends."""

from django.db import migrations

MAKE = """
CREATE FUNCTION prescriptions_dispensed_is_counted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wanted uuid;
    counted bigint;
    said bigint;
    in_parts bigint;
BEGIN
    IF TG_TABLE_NAME = 'prescriptions_item' THEN wanted := NEW.id;
    ELSIF TG_OP = 'DELETE' THEN wanted := OLD.item_id;
    ELSE wanted := NEW.item_id;
    END IF;
    SELECT dispensed_quantity INTO said FROM prescriptions_item WHERE id = wanted;
    IF NOT FOUND THEN RETURN NULL; END IF;
    SELECT coalesce(sum(quantity), 0) INTO counted FROM prescriptions_dispense WHERE item_id = wanted;
    IF counted <> said THEN
        RAISE EXCEPTION 'item %: % handed out, % counted', wanted, counted, said
            USING ERRCODE = 'check_violation', CONSTRAINT = 'dispensed_is_counted';
    END IF;
    SELECT sum(dispensed_quantity) INTO in_parts FROM prescriptions_share WHERE item_id = wanted;
    IF in_parts <> said THEN  -- null: it has no parts
        RAISE EXCEPTION 'item %: % handed out, % in its parts', wanted, said, in_parts
            USING ERRCODE = 'check_violation', CONSTRAINT = 'dispensed_is_counted';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER dispensed_is_counted AFTER INSERT OR UPDATE OR DELETE ON prescriptions_dispense
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION prescriptions_dispensed_is_counted();
CREATE CONSTRAINT TRIGGER dispensed_is_counted AFTER UPDATE OF dispensed_quantity ON prescriptions_item
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION prescriptions_dispensed_is_counted();
CREATE CONSTRAINT TRIGGER dispensed_is_counted AFTER UPDATE OF dispensed_quantity ON prescriptions_share
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION prescriptions_dispensed_is_counted();
"""
DROP = """
DROP TRIGGER dispensed_is_counted ON prescriptions_share;
DROP TRIGGER dispensed_is_counted ON prescriptions_item;
DROP TRIGGER dispensed_is_counted ON prescriptions_dispense;
DROP FUNCTION prescriptions_dispensed_is_counted();
"""


class Migration(migrations.Migration):
    dependencies = [("prescriptions", "0010_workflow")]

    operations = [migrations.RunSQL(MAKE, DROP)]
