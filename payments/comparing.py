"""Comparing a statement with our books, in SQL: 100,000 rows never meet Python. Pure text; actions/reconciling.py runs it.

Parameters: `reconciliation`, `facility`, `gateway`, `account` (or NULL), `since` and `until` (the day), `now`, and `keeps_lines`
(its books are our own bank lines: nothing of ours can be missing there). The statement
lies in the temporary table `statement`. A gateway's clock is not ours, so a line is looked for in our books of every day,
and what we have is only missing there when no statement of that gateway has named it.

A fee is one quantity of a payment, or of a dispute: all that any statement has named for it, each line once. Where we have none
yet and it is plainly a fee, POST_FEES posts it (`fees` and `clearing` are its accounts); else it is a difference for people.
"""

MAKE = """
DROP TABLE IF EXISTS statement, named, found;
CREATE TEMPORARY TABLE statement (
  line bigserial, kind text NOT NULL, reference text NOT NULL, transaction text NOT NULL, amount bigint NOT NULL,
  currency text NOT NULL, fee bigint NOT NULL, at timestamptz NOT NULL, payment_id uuid, refund_id uuid, dispute_id uuid
) ON COMMIT DROP;
"""
# An empty cell is an empty name, not NULL: a bank transfer may name nothing.
COPY = """COPY statement (kind, reference, transaction, amount, currency, fee, at)
FROM STDIN WITH (FORMAT csv, FORCE_NOT_NULL (reference, transaction))"""

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
# A line about a dispute names it, or else payment and amount tell which it is. What an earlier run could not know is learnt.
MATCH_DISPUTES = """
UPDATE statement SET dispute_id = dispute.id, payment_id = dispute.payment_id
FROM payments_dispute AS dispute JOIN payments_payment AS payment ON payment.id = dispute.payment_id
WHERE statement.kind IN ('dispute', 'dispute_won', 'fee') AND payment.facility_id = %(facility)s
  AND dispute.gateway = %(gateway)s AND dispute.gateway_reference IN (statement.transaction, statement.reference)
"""
MATCH_DISPUTES_BY_AMOUNT = """
WITH theirs AS (
  SELECT line, kind, payment_id, amount, row_number() OVER (PARTITION BY kind, payment_id, amount ORDER BY at, line) AS nth
  FROM statement WHERE kind IN ('dispute', 'dispute_won') AND dispute_id IS NULL AND payment_id IS NOT NULL
), ours AS (
  SELECT dispute.id, said.kind, dispute.payment_id, dispute.amount,
         row_number() OVER (PARTITION BY said.kind, dispute.payment_id, dispute.amount ORDER BY dispute.opened_at, dispute.id) AS nth
  FROM payments_dispute AS dispute, (VALUES ('dispute'), ('dispute_won')) AS said (kind)
  WHERE dispute.payment_id IN (SELECT payment_id FROM theirs)
    AND NOT EXISTS (SELECT FROM statement WHERE statement.dispute_id = dispute.id AND statement.kind = said.kind)
    AND NOT EXISTS (SELECT FROM payments_statementline AS before WHERE before.dispute_id = dispute.id
                      AND before.kind = said.kind AND before.reconciliation_id <> %(reconciliation)s)
)
UPDATE statement SET dispute_id = ours.id FROM theirs JOIN ours USING (kind, payment_id, amount, nth)
WHERE statement.line = theirs.line
"""
LEARN_DISPUTES = """
UPDATE payments_statementline AS line SET dispute_id = dispute.id FROM payments_dispute AS dispute
WHERE dispute.payment_id IN (SELECT payment_id FROM statement) AND dispute.gateway = %(gateway)s
  AND line.payment_id = dispute.payment_id AND line.kind IN ('dispute', 'dispute_won') AND line.dispute_id IS NULL
  AND dispute.gateway_reference IN (line.transaction, line.reference)
"""
MATCHES = (
    MATCH_PAYMENTS,
    MATCH_PAYMENTS_OTHERWISE,
    MATCH_REFUNDS,
    MATCH_REFUNDS_BY_AMOUNT,
    LEARN_DISPUTES,
    MATCH_DISPUTES,
    MATCH_DISPUTES_BY_AMOUNT,
)
KEEP = """
DELETE FROM payments_statementline WHERE reconciliation_id = %(reconciliation)s;
INSERT INTO payments_statementline
  (reconciliation_id, kind, reference, transaction, amount, currency, fee, at, payment_id, refund_id, dispute_id)
SELECT %(reconciliation)s, kind, reference, transaction, amount, currency, fee, at, payment_id, refund_id, dispute_id
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
_OUR_DISPUTES = f"""
  SELECT dispute.id, said.kind, dispute.payment_id, dispute.amount, dispute.currency, said.at
  FROM payments_dispute AS dispute JOIN payments_payment AS payment ON payment.id = dispute.payment_id,
  LATERAL (VALUES ('dispute', dispute.opened_at), ('dispute_won', CASE dispute.status WHEN 'won' THEN dispute.closed_at END)
          ) AS said (kind, at)
  WHERE {_SAME_BOOKS} AND dispute.is_taken AND said.at >= %(since)s AND said.at < %(until)s
"""
# All that was ever named of the fee of each payment and each dispute this statement speaks of. Silence is not a fee of zero.
NAME_FEES = f"""
CREATE TEMPORARY TABLE named ON COMMIT DROP AS
WITH told AS (
  SELECT 0 AS age, kind, reference, transaction, currency, amount, fee, at, payment_id, dispute_id FROM statement
  UNION ALL
  SELECT 1, kind, reference, transaction, currency, amount, fee, at, payment_id, dispute_id FROM payments_statementline AS line
  WHERE payment_id IN (SELECT payment_id FROM statement) AND reconciliation_id <> %(reconciliation)s AND {_OF_THIS_GATEWAY}
), once AS (
  SELECT DISTINCT ON (kind, transaction, reference) * FROM told ORDER BY kind, transaction, reference, age
)
SELECT payment_id, dispute_id, currency, min(reference) AS reference, max(at) AS at,
       sum(CASE kind WHEN 'fee' THEN amount ELSE fee END)::bigint AS amount
FROM once
WHERE payment_id IS NOT NULL AND (kind = 'fee' OR fee <> 0)
  AND (dispute_id IS NOT NULL OR kind NOT IN ('dispute', 'dispute_won'))
GROUP BY payment_id, dispute_id, currency
HAVING dispute_id IS NOT NULL OR bool_or(kind IN ('capture', 'fee'));
"""
# In key order, as everybody locks them.
LOCK_FEES = """
SELECT FROM payments_payment WHERE id IN (SELECT payment_id FROM named) AND captured_at IS NOT NULL
ORDER BY id FOR NO KEY UPDATE
"""
# Plain: the first fee we hear of, and less than what came; what a dispute costs may be more.
_POST = """
INSERT INTO payments_entry (id, created_at, transaction, kind, account, amount, currency, payment_id, dispute_id, cause, facility_id)
SELECT gen_random_uuid(), %(now)s, together, kind, side.account, side.sign * fee_amount, currency, payment_id, dispute_id, '',
       %(facility)s
FROM posted, (VALUES (%(fees)s, 1), (%(clearing)s, -1)) AS side (account, sign)
"""
POST_FEES = (
    f"""
WITH posted AS (
  UPDATE payments_payment AS payment SET fee_amount = named.amount FROM named
  WHERE named.payment_id = payment.id AND named.dispute_id IS NULL AND named.currency = payment.currency
    AND payment.captured_at IS NOT NULL AND payment.fee_amount = 0
    AND named.amount > 0 AND named.amount < payment.captured_amount
  RETURNING 'fee' AS kind, payment.id AS payment_id, NULL::uuid AS dispute_id, payment.currency, payment.fee_amount,
            gen_random_uuid() AS together
) {_POST}""",
    f"""
WITH posted AS (
  UPDATE payments_dispute AS dispute SET fee_amount = named.amount FROM named
  WHERE named.dispute_id = dispute.id AND named.currency = dispute.currency
    AND dispute.is_taken AND dispute.fee_amount = 0 AND named.amount > 0
  RETURNING 'dispute_fee' AS kind, dispute.payment_id, dispute.id AS dispute_id, dispute.currency, dispute.fee_amount,
            gen_random_uuid() AS together
) {_POST}""",
)
FIND = f"""
CREATE TEMPORARY TABLE found ON COMMIT DROP AS
WITH ours AS ({_OURS}), our_refunds AS ({_OUR_REFUNDS}), our_disputes AS ({_OUR_DISPUTES}),
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
       NULL::bigint AS our_amount, amount AS their_amount, currency, at, NULL::uuid AS dispute_id
FROM captures WHERE payment_id IS NULL OR captured_at IS NULL AND nth = 1
UNION ALL
SELECT 'twice', 'capture', payment_id, NULL, reference, transaction, NULL, amount, currency, at, NULL
FROM captures WHERE payment_id IS NOT NULL AND nth > 1
UNION ALL
SELECT 'amount', 'capture', payment_id, NULL, reference, transaction, our_amount, amount, currency, at, NULL
FROM captures WHERE captured_at IS NOT NULL AND nth = 1 AND (amount <> our_amount OR currency <> our_currency)
UNION ALL
SELECT 'missing_there', 'capture', ours.id, NULL, '', '', amount, NULL, currency, at, NULL FROM ours
WHERE NOT %(keeps_lines)s AND NOT EXISTS (SELECT FROM statement WHERE statement.payment_id = ours.id AND statement.kind = 'capture')
  AND NOT EXISTS (SELECT FROM payments_statementline AS line WHERE line.payment_id = ours.id AND line.kind = 'capture'
                    AND line.reconciliation_id <> %(reconciliation)s AND {_OF_THIS_GATEWAY})
UNION ALL
SELECT 'missing_here', 'refund', payment_id, NULL, reference, transaction, NULL, amount, currency, at, NULL
FROM statement WHERE kind = 'refund' AND refund_id IS NULL
UNION ALL
SELECT 'status', 'refund', refund.payment_id, refund.id, statement.reference, statement.transaction, NULL,
       statement.amount, statement.currency, statement.at, NULL
FROM statement JOIN payments_refund AS refund ON refund.id = statement.refund_id
WHERE statement.kind = 'refund' AND refund.status <> 'done'
UNION ALL
SELECT 'amount', 'refund', refund.payment_id, refund.id, statement.reference, statement.transaction, refund.amount,
       statement.amount, statement.currency, statement.at, NULL
FROM statement JOIN payments_refund AS refund ON refund.id = statement.refund_id
WHERE statement.kind = 'refund' AND refund.status = 'done'
  AND (refund.amount <> statement.amount OR refund.currency <> statement.currency)
UNION ALL
SELECT 'missing_there', 'refund', payment_id, our_refunds.id, '', '', amount, NULL, currency, at, NULL FROM our_refunds
WHERE NOT EXISTS (SELECT FROM statement WHERE statement.refund_id = our_refunds.id)
  AND NOT EXISTS (SELECT FROM payments_statementline AS line WHERE line.refund_id = our_refunds.id
                    AND line.reconciliation_id <> %(reconciliation)s AND {_OF_THIS_GATEWAY})
UNION ALL
SELECT CASE WHEN known.is_there THEN 'amount' ELSE 'missing_here' END, statement.kind, statement.payment_id, NULL,
       statement.reference, statement.transaction, CASE WHEN known.is_there THEN dispute.amount END, statement.amount,
       statement.currency, statement.at, dispute.id
FROM statement LEFT JOIN payments_dispute AS dispute ON dispute.id = statement.dispute_id,
LATERAL (SELECT coalesce(dispute.is_taken AND (statement.kind = 'dispute' OR dispute.status = 'won'), false)) AS known (is_there)
WHERE statement.kind IN ('dispute', 'dispute_won')
  AND (NOT known.is_there OR statement.amount <> dispute.amount OR statement.currency <> dispute.currency)
UNION ALL
SELECT 'missing_there', ours.kind, payment_id, NULL, '', '', amount, NULL, currency, at, ours.id FROM our_disputes AS ours
WHERE NOT EXISTS (SELECT FROM statement WHERE statement.dispute_id = ours.id AND statement.kind = ours.kind)
  AND NOT EXISTS (SELECT FROM payments_statementline AS line WHERE line.payment_id = ours.payment_id AND line.kind = ours.kind
                    AND (line.dispute_id = ours.id OR line.dispute_id IS NULL AND line.amount = ours.amount)
                    AND line.reconciliation_id <> %(reconciliation)s AND {_OF_THIS_GATEWAY})
UNION ALL
SELECT 'fee', 'fee', named.payment_id, NULL, named.reference, '', coalesce(dispute.fee_amount, payment.fee_amount),
       named.amount, named.currency, named.at, dispute.id
FROM named JOIN payments_payment AS payment ON payment.id = named.payment_id
LEFT JOIN payments_dispute AS dispute ON dispute.id = named.dispute_id
WHERE payment.captured_at IS NOT NULL AND named.currency = payment.currency
  AND (named.dispute_id IS NULL OR dispute.is_taken) AND named.amount <> coalesce(dispute.fee_amount, payment.fee_amount)
UNION ALL
-- A fee of no payment is asked about on the first day that names it.
SELECT 'missing_here', 'fee', NULL, NULL, reference, transaction, NULL, amount, currency, at, NULL FROM statement
WHERE kind = 'fee' AND payment_id IS NULL
  AND NOT EXISTS (SELECT FROM payments_difference AS before
                  JOIN payments_reconciliation AS other ON other.id = before.reconciliation_id
                  WHERE before.side = 'fee' AND before.payment_id IS NULL AND before.transaction = statement.transaction
                    AND before.resolution <> 'agreed' AND other.id <> %(reconciliation)s
                    AND other.gateway = %(gateway)s AND other.facility_id = %(facility)s);
"""
# What a later run, or a later day's statement, no longer finds has settled itself.
SETTLE_OLD = """
UPDATE payments_difference AS old
SET status = 'resolved', resolution = 'agreed', resolved_at = %(now)s
WHERE old.status <> 'resolved' AND (
  old.reconciliation_id = %(reconciliation)s AND NOT EXISTS (
    SELECT FROM found WHERE found.kind = old.kind AND found.side = old.side AND found.transaction = old.transaction
      AND found.payment_id IS NOT DISTINCT FROM old.payment_id AND found.refund_id IS NOT DISTINCT FROM old.refund_id
      AND found.dispute_id IS NOT DISTINCT FROM old.dispute_id
      AND (found.kind <> 'fee' OR found.their_amount = old.their_amount))
  OR old.kind = 'missing_there' AND old.reconciliation_id <> %(reconciliation)s
    AND EXISTS (SELECT FROM payments_reconciliation AS other WHERE other.id = old.reconciliation_id
                  AND other.gateway = %(gateway)s AND other.facility_id = %(facility)s)
    AND EXISTS (SELECT FROM statement WHERE statement.kind = old.side
                  AND CASE old.side WHEN 'capture' THEN statement.payment_id = old.payment_id
                                    WHEN 'refund' THEN statement.refund_id = old.refund_id
                                    ELSE statement.dispute_id = old.dispute_id END)
)
RETURNING old.reconciliation_id
"""
WRITE = """
INSERT INTO payments_difference (id, created_at, reconciliation_id, kind, side, payment_id, refund_id, dispute_id,
  reference, transaction, our_amount, their_amount, currency, at, status, resolution, note)
SELECT gen_random_uuid(), %(now)s, %(reconciliation)s, kind, side, payment_id, refund_id, dispute_id, reference, transaction,
       our_amount, their_amount, currency, at, 'open', '', ''
FROM found ON CONFLICT DO NOTHING
"""
COUNT = f"""
WITH ours AS ({_OURS}), our_refunds AS ({_OUR_REFUNDS}), our_disputes AS ({_OUR_DISPUTES}),
moved (kind, amount, currency) AS (
  SELECT 'capture', amount, currency FROM ours UNION ALL SELECT 'refund', amount, currency FROM our_refunds
  UNION ALL SELECT kind, amount, currency FROM our_disputes
), sign (kind, way) AS (VALUES ('capture', 1), ('refund', -1), ('dispute', -1), ('dispute_won', 1))
SELECT
  (SELECT count(*) FROM statement),
  (SELECT count(*) FROM moved),
  (SELECT count(*) FROM statement WHERE kind IN ('capture', 'fee') AND payment_id IS NOT NULL
      OR kind = 'refund' AND refund_id IS NOT NULL OR kind IN ('dispute', 'dispute_won') AND dispute_id IS NOT NULL),
  (SELECT coalesce(sum(way * amount), 0)::bigint FROM statement JOIN sign USING (kind) WHERE currency = 'VND'),
  (SELECT coalesce(sum(way * amount), 0)::bigint FROM moved JOIN sign USING (kind) WHERE currency = 'VND'),
  (SELECT coalesce(sum(CASE kind WHEN 'fee' THEN amount ELSE fee END), 0)::bigint FROM statement WHERE currency = 'VND')
"""
