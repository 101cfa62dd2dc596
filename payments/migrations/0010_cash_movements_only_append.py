"""What went through a cash drawer is written once: PostgreSQL refuses a change or a removal."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION payments_cash_movement_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'cash movements only append' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER payments_cash_movement_is_final BEFORE UPDATE OR DELETE ON payments_cashmovement
  FOR EACH ROW EXECUTE FUNCTION payments_cash_movement_is_final();
"""
BACKWARD = """
DROP TRIGGER payments_cash_movement_is_final ON payments_cashmovement; DROP FUNCTION payments_cash_movement_is_final();
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0009_cash_desk_credits_and_reconciliation")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
