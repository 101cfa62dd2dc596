"""Comparing a statement with our books, in SQL: 100,000 rows never meet Python. Pure text; actions/reconciling.py runs it.

Parameters: `reconciliation`, `facility`, `gateway`, `account` (or NULL), `since` and `until` (the day), `now`, and `keeps_lines`
(its books are our own bank lines: nothing of ours can be missing there). The statement
lies in the temporary table `statement`. A gateway's clock is not ours, so a line is looked for in our books of every day,
and what we have is only missing there when no statement of that gateway has named it.
"""

MAKE = """
DROP TABLE IF EXISTS statement, found;
CREATE TEMPORARY TABLE statement (
  line bigserial, kind text NOT NULL, reference text NOT NULL, transaction text NOT NULL, amount bigint NOT NULL,
  currency text NOT NULL, fee bigint NOT NULL, at timestamptz NOT NULL, payment_id uuid, refund_id uuid
) ON COMMIT DROP;
"""
COPY = "COPY statement (kind, reference, transaction, amount, currency, fee, at) FROM STDIN WITH (FORMAT csv)"

# The same line twice in one file is one line; two lines about one payment with different transactions are two.
TIDY = """
DELETE FROM statement USING (
  SELECT line, row_number() OVER (PARTITION BY kind, transaction, reference ORDER BY line) AS nth FROM statement
) AS numbered WHERE numbered.line = statement.line AND numbered.nth > 1;
CREATE INDEX ON statement (reference);
ANALYZE statement;
"""
MATCH_PAYMENTS = """
UPDATE statement SET payment_id = payment.id FROM payments_payment AS payment
WHERE payment.gateway = %(gateway)s AND payment.gateway_reference = statement.reference
  AND payment.facility_id = %(facility)s AND payment.gateway_reference <> ''
"""
# A bank's statement names a payment by its code, a gateway perhaps by its number of the movement.
MATCH_PAYMENTS_OTHERWISE = """
UPDATE statement SET payment_id = payment.id FROM payments_payment AS payment
WHERE statement.payment_id IS NULL AND payment.gateway = %(gateway)s AND payment.facility_id = %(facility)s
  AND (payment.code = statement.reference
       OR payment.gateway_transaction = statement.transaction AND payment.gateway_transaction <> '')
"""
MATCH_REFUNDS = """
UPDATE statement SET refund_id = refund.id
FROM payments_refund AS refund JOIN payments_payment AS payment ON payment.id = refund.payment_id
WHERE statement.kind = 'refund' AND refund.gateway_reference = statement.transaction AND refund.gateway_reference <> ''
  AND payment.gateway = %(gateway)s AND payment.facility_id = %(facility)s
"""
# A gateway may name its refunds otherwise in its statement: then payment and amount tell which it is, one by one.
MATCH_REFUNDS_BY_AMOUNT = """
WITH theirs AS (
  SELECT line, payment_id, amount, row_number() OVER (PARTITION BY payment_id, amount ORDER BY at, line) AS nth
  FROM statement WHERE kind = 'refund' AND refund_id IS NULL AND payment_id IS NOT NULL
), ours AS (
  SELECT refund.id, refund.payment_id, refund.amount,
         row_number() OVER (PARTITION BY refund.payment_id, refund.amount ORDER BY refund.created_at, refund.id) AS nth
  FROM payments_refund AS refund
  WHERE refund.payment_id IN (SELECT payment_id FROM theirs) AND refund.status IN ('requested', 'credited', 'done')
    AND NOT EXISTS (SELECT FROM statement WHERE statement.refund_id = refund.id)
    AND NOT EXISTS (SELECT FROM payments_statementline AS before WHERE before.refund_id = refund.id
                      AND before.reconciliation_id <> %(reconciliation)s)
)
UPDATE statement SET refund_id = ours.id FROM theirs JOIN ours USING (payment_id, amount, nth)
WHERE statement.line = theirs.line
"""
MATCHES = (MATCH_PAYMENTS, MATCH_PAYMENTS_OTHERWISE, MATCH_REFUNDS, MATCH_REFUNDS_BY_AMOUNT)
KEEP = """
DELETE FROM payments_statementline WHERE reconciliation_id = %(reconciliation)s;
INSERT INTO payments_statementline
  (reconciliation_id, kind, reference, transaction, amount, currency, fee, at, payment_id, refund_id)
SELECT %(reconciliation)s, kind, reference, transaction, amount, currency, fee, at, payment_id, refund_id
FROM statement ORDER BY line;
"""
_SAME_BOOKS = """payment.gateway = %(gateway)s AND payment.facility_id = %(facility)s
  AND payment.account_id IS NOT DISTINCT FROM %(account)s"""
_OURS = f"""
  SELECT payment.id, payment.captured_amount AS amount, payment.currency, payment.captured_at AS at FROM payments_payment AS payment
  WHERE {_SAME_BOOKS} AND payment.captured_at >= %(since)s AND payment.captured_at < %(until)s
"""
_OUR_REFUNDS = f"""
  SELECT refund.id, refund.payment_id, refund.amount, refund.currency, refund.done_at AS at
  FROM payments_refund AS refund JOIN payments_payment AS payment ON payment.id = refund.payment_id
  WHERE {_SAME_BOOKS} AND refund.done_at >= %(since)s AND refund.done_at < %(until)s
    AND NOT EXISTS (SELECT FROM payments_credit AS credit WHERE credit.refund_id = refund.id)
"""
_OF_THIS_GATEWAY = """
  EXISTS (SELECT FROM payments_reconciliation AS other WHERE other.id = line.reconciliation_id
            AND other.gateway = %(gateway)s AND other.facility_id = %(facility)s)
"""
FIND = f"""
CREATE TEMPORARY TABLE found ON COMMIT DROP AS
WITH ours AS ({_OURS}), our_refunds AS ({_OUR_REFUNDS}),
-- Only the first line about a payment is its capture. Which is first is a matter of all statements.
captures AS (
  SELECT statement.*, payment.captured_at, payment.captured_amount AS our_amount, payment.currency AS our_currency,
         row_number() OVER (PARTITION BY statement.payment_id ORDER BY statement.at, statement.line)
         + (SELECT count(*) FROM payments_statementline AS line
            WHERE line.payment_id = statement.payment_id AND line.kind = 'capture'
              AND line.reconciliation_id <> %(reconciliation)s AND line.at < statement.at
              AND line.transaction <> statement.transaction AND {_OF_THIS_GATEWAY}) AS nth
  FROM statement LEFT JOIN payments_payment AS payment ON payment.id = statement.payment_id
  WHERE statement.kind = 'capture'
)
SELECT 'missing_here' AS kind, 'capture' AS side, payment_id, NULL::uuid AS refund_id, reference, transaction,
       NULL::bigint AS our_amount, amount AS their_amount, currency, at
FROM captures WHERE payment_id IS NULL OR captured_at IS NULL AND nth = 1
UNION ALL
SELECT 'twice', 'capture', payment_id, NULL, reference, transaction, NULL, amount, currency, at
FROM captures WHERE payment_id IS NOT NULL AND nth > 1
UNION ALL
SELECT 'amount', 'capture', payment_id, NULL, reference, transaction, our_amount, amount, currency, at
FROM captures WHERE captured_at IS NOT NULL AND nth = 1 AND (amount <> our_amount OR currency <> our_currency)
UNION ALL
SELECT 'missing_there', 'capture', ours.id, NULL, '', '', amount, NULL, currency, at FROM ours
WHERE NOT %(keeps_lines)s AND NOT EXISTS (SELECT FROM statement WHERE statement.payment_id = ours.id AND statement.kind = 'capture')
  AND NOT EXISTS (SELECT FROM payments_statementline AS line WHERE line.payment_id = ours.id AND line.kind = 'capture'
                    AND line.reconciliation_id <> %(reconciliation)s AND {_OF_THIS_GATEWAY})
UNION ALL
SELECT 'missing_here', 'refund', payment_id, NULL, reference, transaction, NULL, amount, currency, at
FROM statement WHERE kind = 'refund' AND refund_id IS NULL
UNION ALL
SELECT 'status', 'refund', refund.payment_id, refund.id, statement.reference, statement.transaction, NULL,
       statement.amount, statement.currency, statement.at
FROM statement JOIN payments_refund AS refund ON refund.id = statement.refund_id
WHERE statement.kind = 'refund' AND refund.status <> 'done'
UNION ALL
SELECT 'amount', 'refund', refund.payment_id, refund.id, statement.reference, statement.transaction, refund.amount,
       statement.amount, statement.currency, statement.at
FROM statement JOIN payments_refund AS refund ON refund.id = statement.refund_id
WHERE statement.kind = 'refund' AND refund.status = 'done'
  AND (refund.amount <> statement.amount OR refund.currency <> statement.currency)
UNION ALL
SELECT 'missing_there', 'refund', payment_id, our_refunds.id, '', '', amount, NULL, currency, at FROM our_refunds
WHERE NOT EXISTS (SELECT FROM statement WHERE statement.refund_id = our_refunds.id)
  AND NOT EXISTS (SELECT FROM payments_statementline AS line WHERE line.refund_id = our_refunds.id
                    AND line.reconciliation_id <> %(reconciliation)s AND {_OF_THIS_GATEWAY});
"""
# What a later run, or a later day's statement, no longer finds has settled itself.
SETTLE_OLD = """
UPDATE payments_difference AS old
SET status = 'resolved', resolution = 'agreed', resolved_at = %(now)s
WHERE old.status <> 'resolved' AND (
  old.reconciliation_id = %(reconciliation)s AND NOT EXISTS (
    SELECT FROM found WHERE found.kind = old.kind AND found.transaction = old.transaction
      AND found.payment_id IS NOT DISTINCT FROM old.payment_id AND found.refund_id IS NOT DISTINCT FROM old.refund_id)
  OR old.kind = 'missing_there' AND old.reconciliation_id <> %(reconciliation)s
    AND EXISTS (SELECT FROM payments_reconciliation AS other WHERE other.id = old.reconciliation_id
                  AND other.gateway = %(gateway)s AND other.facility_id = %(facility)s)
    AND EXISTS (SELECT FROM statement WHERE statement.kind = old.side
                  AND CASE old.side WHEN 'capture' THEN statement.payment_id = old.payment_id
                                    ELSE statement.refund_id = old.refund_id END)
)
RETURNING old.reconciliation_id
"""
WRITE = """
INSERT INTO payments_difference (id, created_at, reconciliation_id, kind, side, payment_id, refund_id, reference,
  transaction, our_amount, their_amount, currency, at, status, resolution, note)
SELECT gen_random_uuid(), %(now)s, %(reconciliation)s, kind, side, payment_id, refund_id, reference, transaction,
       our_amount, their_amount, currency, at, 'open', '', ''
FROM found ON CONFLICT DO NOTHING
"""
COUNT = f"""
WITH ours AS ({_OURS}), our_refunds AS ({_OUR_REFUNDS})
SELECT
  (SELECT count(*) FROM statement),
  (SELECT count(*) FROM ours) + (SELECT count(*) FROM our_refunds),
  (SELECT count(*) FROM statement WHERE kind = 'capture' AND payment_id IS NOT NULL
      OR kind = 'refund' AND refund_id IS NOT NULL),
  (SELECT coalesce(sum(CASE kind WHEN 'capture' THEN amount WHEN 'refund' THEN -amount ELSE 0 END), 0) FROM statement
    WHERE currency = 'VND'),
  (SELECT coalesce(sum(amount), 0) FROM ours WHERE currency = 'VND')
    - (SELECT coalesce(sum(amount), 0) FROM our_refunds WHERE currency = 'VND'),
  (SELECT coalesce(sum(fee), 0) FROM statement WHERE currency = 'VND')
"""
