"""The facts the books were written for, summed in SQL in one statement: one look at one moment, whatever else is going on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from core.money import Money
from payments.proving import Balances, Fact

_FACTS = """
WITH fact (name, way, facility, currency, amount) AS (
  SELECT 'captured', gateway, facility_id, currency, captured_amount FROM payments_payment WHERE captured_at IS NOT NULL
  UNION ALL
  SELECT 'refund_promised', '', payment.facility_id, refund.currency, refund.amount
  FROM payments_refund AS refund JOIN payments_payment AS payment ON payment.id = refund.payment_id
  WHERE refund.status NOT IN ('awaiting_approval', 'rejected')
  UNION ALL
  SELECT 'refund_done', payment.gateway, payment.facility_id, refund.currency, refund.amount
  FROM payments_refund AS refund JOIN payments_payment AS payment ON payment.id = refund.payment_id
  WHERE refund.status = 'done' AND NOT EXISTS (SELECT FROM payments_credit AS credit WHERE credit.refund_id = refund.id)
  UNION ALL
  SELECT 'refund_failed', '', payment.facility_id, refund.currency, refund.amount
  FROM payments_refund AS refund JOIN payments_payment AS payment ON payment.id = refund.payment_id
  WHERE refund.status = 'failed'
  UNION ALL
  SELECT 'fee', gateway, facility_id, currency, fee_amount FROM payments_payment WHERE captured_at IS NOT NULL
  UNION ALL
  SELECT 'fee', day.gateway, day.facility_id, own.currency, own.their_amount
  FROM payments_difference AS own JOIN payments_reconciliation AS day ON day.id = own.reconciliation_id
  WHERE own.kind = 'missing_here' AND own.side = 'fee' AND own.resolution = 'recorded'
  UNION ALL
  SELECT said.name, payment.gateway, payment.facility_id, dispute.currency, said.amount
  FROM payments_dispute AS dispute JOIN payments_payment AS payment ON payment.id = dispute.payment_id,
  LATERAL (VALUES ('dispute_taken', dispute.amount), ('dispute_fee', dispute.fee_amount),
           ('dispute_' || dispute.status, CASE WHEN dispute.status IN ('won', 'lost') THEN dispute.amount END)
          ) AS said (name, amount)
  WHERE dispute.is_taken AND said.amount IS NOT NULL
  UNION ALL
  SELECT said.name, account.gateway, line.facility_id, line.currency, said.amount
  FROM payments_bankline AS line JOIN payments_gatewayaccount AS account ON account.id = line.account_id,
  LATERAL (VALUES ('bank_came', line.amount), ('bank_' || line.status, line.amount - line.over_amount),
                  ('bank_returned', CASE WHEN line.over_note <> '' THEN line.over_amount END)) AS said (name, amount)
  WHERE said.name <> 'bank_unmatched' AND said.amount IS NOT NULL
  UNION ALL
  SELECT CASE WHEN credit.refund_id IS NOT NULL THEN 'credited' WHEN credit.cause = 'more' THEN 'overpaid'
              ELSE 'collected_twice' END, payment.gateway,
         credit.facility_id, credit.currency, credit.amount
  FROM payments_credit AS credit JOIN payments_payment AS payment ON payment.id = credit.payment_id
  UNION ALL
  SELECT 'credit_paid', way, facility_id, currency, amount FROM payments_credit WHERE status = 'paid'
  UNION ALL
  SELECT 'drawer_differed', '', facility_id, 'VND', difference FROM payments_cashshift WHERE difference <> 0
  UNION ALL
  SELECT 'wrote_off', day.gateway, day.facility_id, gone.currency,
         (coalesce(gone.their_amount, 0) - coalesce(gone.our_amount, 0)) * 
           CASE WHEN gone.side IN ('refund', 'dispute', 'fee') THEN -1 ELSE 1 END
  FROM payments_difference AS gone JOIN payments_reconciliation AS day ON day.id = gone.reconciliation_id
  WHERE gone.resolution = 'written_off' AND gone.kind <> 'status'
)
SELECT 'fact', name, way, facility::text, currency, sum(amount)::bigint, count(*) FROM fact GROUP BY 2, 3, 4, 5
UNION ALL
SELECT 'entry', kind, account, '', currency, sum(amount)::bigint, count(*) FROM payments_entry GROUP BY 2, 3, 5
"""


def facts_and_balances() -> tuple[list[Fact], Balances, int]:
    """Return what happened, what the ledger says (by kind of entry, account, currency), and how many entries there are."""
    happened: list[Fact] = []
    written: Balances = {}
    entries = 0
    with connection.cursor() as cursor:
        cursor.execute(_FACTS)
        for what, name, where, facility, currency, total, count in cursor.fetchall():
            if what == "fact":
                happened.append(Fact(name, where, UUID(facility), Money(total, currency)))
            else:
                written[name, where, currency] = total
                entries += count
    return happened, written, entries


def unbalanced_transactions(most: int = 50) -> list[tuple[UUID, str, int]]:
    """Return transactions of the ledger that do not sum to zero. There are none, unless somebody wrote past the triggers."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT transaction, currency, sum(amount)::bigint FROM payments_entry "
            "GROUP BY transaction, currency HAVING sum(amount) <> 0 LIMIT %s",
            [most],
        )
        return [(UUID(str(transaction)), currency, total) for transaction, currency, total in cursor.fetchall()]


@dataclass(frozen=True)
class Place:
    """A facility at a gateway, by one account or by none; and whether money moved there in a time."""

    facility_id: UUID
    gateway: str
    account_id: UUID | None
    moved: bool


def places_with_money(since: datetime, until: datetime) -> list[Place]:
    """Return where money came or went in this time, and where an account takes money."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT facility_id, gateway, account_id, bool_or(moved) FROM (
              SELECT facility_id, gateway, account_id, true FROM payments_payment
              WHERE captured_at >= %(since)s AND captured_at < %(until)s
              UNION
              SELECT payment.facility_id, payment.gateway, payment.account_id, true FROM payments_refund AS refund
              JOIN payments_payment AS payment ON payment.id = refund.payment_id
              WHERE refund.done_at >= %(since)s AND refund.done_at < %(until)s
              UNION
              SELECT payment.facility_id, payment.gateway, payment.account_id, true FROM payments_dispute AS dispute
              JOIN payments_payment AS payment ON payment.id = dispute.payment_id
              WHERE dispute.is_taken AND (dispute.opened_at >= %(since)s AND dispute.opened_at < %(until)s
                                          OR dispute.closed_at >= %(since)s AND dispute.closed_at < %(until)s)
              UNION SELECT facility_id, gateway, id, false FROM payments_gatewayaccount WHERE is_active
            ) AS place (facility_id, gateway, account_id, moved)
            GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
            """,
            {"since": since, "until": until},
        )
        return [Place(*row) for row in cursor.fetchall()]
