"""What was issued is final: invoices with their items, receipts, what counts for an invoice, and published price lists."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION payments_invoice_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  said text[] := ARRAY['status', 'settled_at', 'adjusted_at', 'replaced_at'];
  sums record;
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF OLD.status <> 'draft' THEN
      RAISE EXCEPTION 'an issued invoice is never removed' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN OLD;
  END IF;
  IF OLD.status <> 'draft' THEN
    IF NEW.status = 'draft' OR to_jsonb(NEW) - said IS DISTINCT FROM to_jsonb(OLD) - said THEN
      RAISE EXCEPTION 'an issued invoice is final' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
  ELSIF NEW.status <> 'draft' THEN
    SELECT coalesce(sum(base_amount - discount_amount), 0) AS total, coalesce(sum(discount_amount), 0) AS discount,
           coalesce(sum(insurance_amount), 0) AS insurance, coalesce(sum(copay_amount), 0) AS copay,
           coalesce(sum(own_amount), 0) AS own, coalesce(sum(other_amount), 0) AS other, count(*) AS items
      INTO sums FROM payments_chargeditem WHERE invoice_id = NEW.id;
    IF sums.items = 0 OR (sums.total, sums.discount, sums.insurance, sums.copay, sums.own, sums.other)
       IS DISTINCT FROM (NEW.total_amount::numeric, NEW.discount_amount::numeric, NEW.insurance_amount::numeric,
                         NEW.copay_amount::numeric, NEW.own_amount::numeric, NEW.other_amount::numeric) THEN
      RAISE EXCEPTION 'invoice % is not the sum of its items', NEW.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payments_invoice_is_final BEFORE UPDATE OR DELETE ON payments_invoice
  FOR EACH ROW EXECUTE FUNCTION payments_invoice_is_final();

CREATE FUNCTION payments_charged_item_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- FOR SHARE: who issues the invoice waits for us, or we for them and then see that it is issued.
  PERFORM 1 FROM payments_invoice
    WHERE id = ANY(ARRAY[CASE WHEN TG_OP <> 'INSERT' THEN OLD.invoice_id END,
                         CASE WHEN TG_OP <> 'DELETE' THEN NEW.invoice_id END])
    ORDER BY id FOR SHARE;
  IF EXISTS (SELECT FROM payments_invoice
             WHERE id = ANY(ARRAY[CASE WHEN TG_OP <> 'INSERT' THEN OLD.invoice_id END,
                                  CASE WHEN TG_OP <> 'DELETE' THEN NEW.invoice_id END])
               AND status <> 'draft') THEN
    RAISE EXCEPTION 'the items of an issued invoice are final' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER payments_charged_item_is_final BEFORE INSERT OR UPDATE OR DELETE ON payments_chargeditem
  FOR EACH ROW EXECUTE FUNCTION payments_charged_item_is_final();

CREATE FUNCTION payments_paper_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% only appends', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER payments_receipt_is_final BEFORE UPDATE OR DELETE ON payments_receipt
  FOR EACH ROW EXECUTE FUNCTION payments_paper_is_final();
CREATE TRIGGER payments_credit_is_final BEFORE UPDATE OR DELETE ON payments_countedpayment
  FOR EACH ROW EXECUTE FUNCTION payments_paper_is_final();

CREATE FUNCTION payments_price_list_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.published_at IS NULL THEN
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
  END IF;
  -- The next list ends it; nothing else changes.
  IF TG_OP = 'DELETE' OR to_jsonb(NEW) - 'during' IS DISTINCT FROM to_jsonb(OLD) - 'during'
     OR NOT NEW.during <@ OLD.during OR lower(NEW.during) <> lower(OLD.during) THEN
    RAISE EXCEPTION 'a published price list is final' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payments_price_list_is_final BEFORE UPDATE OR DELETE ON payments_pricelist
  FOR EACH ROW EXECUTE FUNCTION payments_price_list_is_final();

CREATE FUNCTION payments_price_item_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  belongs uuid := CASE WHEN TG_OP = 'DELETE' THEN OLD.price_list_id ELSE NEW.price_list_id END;
BEGIN
  -- A visit type that is gone lets go of its line; that changes no price.
  IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'visit_type_id' IS NOT DISTINCT FROM to_jsonb(OLD) - 'visit_type_id'
     AND NEW.visit_type_id IS NULL THEN
    RETURN NEW;
  END IF;
  PERFORM 1 FROM payments_pricelist WHERE id = belongs FOR SHARE;
  IF EXISTS (SELECT FROM payments_pricelist WHERE id = belongs AND published_at IS NOT NULL) THEN
    RAISE EXCEPTION 'the prices of a published list are final' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER payments_price_item_is_final BEFORE INSERT OR UPDATE OR DELETE ON payments_priceitem
  FOR EACH ROW EXECUTE FUNCTION payments_price_item_is_final();
"""
BACKWARD = """
DROP TRIGGER payments_price_item_is_final ON payments_priceitem; DROP FUNCTION payments_price_item_is_final();
DROP TRIGGER payments_price_list_is_final ON payments_pricelist; DROP FUNCTION payments_price_list_is_final();
DROP TRIGGER payments_credit_is_final ON payments_countedpayment; DROP TRIGGER payments_receipt_is_final ON payments_receipt;
DROP FUNCTION payments_paper_is_final();
DROP TRIGGER payments_charged_item_is_final ON payments_chargeditem; DROP FUNCTION payments_charged_item_is_final();
DROP TRIGGER payments_invoice_is_final ON payments_invoice; DROP FUNCTION payments_invoice_is_final();
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0007_prices_invoices_and_papers")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
