"""The access log only appends: PostgreSQL itself refuses to change or remove a line."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION audit_line_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the access log only appends' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER audit_line_is_final BEFORE UPDATE OR DELETE ON audit_line
  FOR EACH ROW EXECUTE FUNCTION audit_line_is_final();
"""
BACKWARD = "DROP TRIGGER audit_line_is_final ON audit_line; DROP FUNCTION audit_line_is_final();"


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_first")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
