"""Jobs of payments. Each asks or records once more without harm."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from django.conf import settings

from core.actor import Actor
from core.edge import now as this_instant
from core.refs import Ref
from core.tasks import later, periodic, task
from payments import actions, einvoice, papers, queries
from payments.gateways.sandbox import bank

HOUSE = Actor.system("payments")


@task
def settle_delivery(delivery_id: str) -> None:
    """Look into a webhook."""
    actions.settle_delivery(delivery_id=UUID(delivery_id), by=HOUSE, now=this_instant())


@task
def ask_gateway(payment_id: str) -> None:
    """Ask how a payment stands."""
    actions.ask_gateway(payment_id=UUID(payment_id), by=HOUSE, now=this_instant())


@task
def stop_there(payment_id: str) -> None:
    """Close at its gateway what was closed here."""
    actions.stop_there(payment_id=UUID(payment_id), by=HOUSE, now=this_instant())


@task
def carry_out_refund(refund_id: str) -> None:
    """Have promised money sent back."""
    actions.carry_out_refund(refund_id=UUID(refund_id), by=HOUSE, now=this_instant())


@task
def ask_dispute(dispute_id: str) -> None:
    """Ask how a dispute stands."""
    actions.ask_dispute(dispute_id=UUID(dispute_id), by=HOUSE, now=this_instant())


@task
def look_into(payment_id: str) -> None:
    """The payer is back from the gateway: ask how it went."""
    actions.look_into(payment_id=UUID(payment_id), by=HOUSE, now=this_instant())


@task
def carry_out_hold(payment_id: str) -> None:
    """Have reserved money taken or let go."""
    actions.carry_out_hold(payment_id=UUID(payment_id), by=HOUSE, now=this_instant())


@task
def capture_in_time(subject: str) -> None:
    """Take reserved money before the card's company lets it go."""
    actions.request_capture(subject=Ref.parse(subject), by=HOUSE, now=this_instant())


@task
def close_late_payment(payment_id: str) -> None:
    """Ask a last time, then stop asking for the money."""
    if actions.ask_gateway(payment_id=UUID(payment_id), by=HOUSE, now=this_instant()) != "captured":
        actions.expire_payment(payment_id=UUID(payment_id), by=HOUSE, now=this_instant())


@periodic("* * * * *")
@task
def look_after_payments(timestamp: int) -> None:
    """Each minute: close what was not paid in time, and ask about what has waited two minutes for a webhook."""
    at = datetime.fromtimestamp(timestamp, tz=UTC)
    for payment in queries.open_and_late(at)[:500]:
        later("payments.tasks.close_late_payment", lock=payment.subject, payment_id=str(payment.id))
    waiting = queries.to_ask_about(at, waiting=timedelta(minutes=2), closed_within=timedelta(0))
    for payment in waiting.filter(expires_at__gt=at)[:500]:
        later("payments.tasks.ask_gateway", lock=payment.subject, payment_id=str(payment.id))


@periodic("13 * * * *")
@task
def look_again(timestamp: int) -> None:
    """Each hour: ask about payments closed unpaid within a day (money may come late) and about open disputes; close there what
    was closed here; send refunds and holds that got stuck."""
    at = datetime.fromtimestamp(timestamp, tz=UTC)
    for payment in queries.to_ask_about(at, waiting=timedelta(minutes=2), closed_within=timedelta(days=1))[:2000]:
        act = "stop_there" if payment.status == "cancelled" else "ask_gateway"
        later(f"payments.tasks.{act}", lock=payment.subject, payment_id=str(payment.id))
    for refund in queries.refunds_waiting(at, longer_than=timedelta(minutes=30))[:500]:
        later("payments.tasks.carry_out_refund", refund_id=str(refund.id))
    for payment in queries.holds_to_carry_out()[:500]:
        later("payments.tasks.carry_out_hold", lock=payment.subject, payment_id=str(payment.id))
    for dispute in queries.open_disputes()[:500]:
        later("payments.tasks.ask_dispute", lock=dispute.payment.subject, dispute_id=str(dispute.id))
    longest = timedelta(days=settings.PAYMENT_HOLD_DAYS)
    for payment in queries.held_too_long(at, longer_than=longest).filter(hold_amount=None)[:500]:
        later("payments.tasks.capture_in_time", lock=payment.subject, subject=payment.subject)


@task
def read_statement(statement_id: str) -> None:
    """Read a bank statement."""
    actions.read_statement(statement_id=UUID(statement_id), by=HOUSE, now=this_instant())


@task
def sandbox_deliver(notice_id: str) -> None:
    """The pretended bank sends its webhook."""
    bank.deliver(notice_id)


@task
def sandbox_pay(reference: str) -> None:
    """The pretended bank takes the money it promised to take late."""
    bank.pay(reference, now=this_instant())


@periodic("30 19 * * *")
@task
def reconcile_yesterday(timestamp: int) -> None:
    """At 02:30 in Vietnam: the day before, at every gateway where money moved."""
    actions.reconcile_yesterday(by=HOUSE, now=datetime.fromtimestamp(timestamp, tz=UTC))


@periodic("0 20 * * *")
@task
def prove_books(timestamp: int) -> None:
    """At 03:00 in Vietnam: the whole ledger is proven."""
    actions.prove_books(by=HOUSE, now=this_instant())


@periodic("5 * * * *")
@task
def remind_the_unpaid(timestamp: int) -> None:
    """Each hour: tell of what is still to be paid."""
    actions.remind_the_unpaid(by=HOUSE, now=datetime.fromtimestamp(timestamp, tz=UTC))


@periodic("9 * * * *")
@task
def remind_of_invoices(timestamp: int) -> None:
    """Each hour: tell of invoices nobody has begun to pay."""
    actions.remind_of_invoices(by=HOUSE, now=datetime.fromtimestamp(timestamp, tz=UTC))


@task
def send_einvoice(einvoice_id: str) -> None:
    """Have an electronic invoice issued."""
    actions.send_einvoice(einvoice_id=UUID(einvoice_id), by=HOUSE, now=this_instant())


@task
def sum_up_day(facility_id: str, day: str) -> None:
    """Make a day's summary invoice of one facility."""
    actions.sum_up_day(facility_id=UUID(facility_id), day=date.fromisoformat(day), by=HOUSE, now=this_instant())


@task
def adjust_summary(slip_id: str) -> None:
    """Adjust a day's summary invoice by money that went back."""
    actions.adjust_summary(slip_id=UUID(slip_id), by=HOUSE, now=this_instant())


@task
def write_papers(payment_id: str) -> None:
    """Write the receipt of a payment, and the slips of its refunds."""
    actions.issue_receipt(payment_id=UUID(payment_id), by=HOUSE, now=this_instant())
    actions.paper_refunds(payment_id=UUID(payment_id), by=HOUSE, now=this_instant())


@periodic("23 * * * *")
@task
def look_after_papers(timestamp: int) -> None:
    """Each hour: papers that are missing, electronic invoices that got stuck, the summaries of days just over and what adjusts
    them."""
    at = datetime.fromtimestamp(timestamp, tz=UTC)
    for payment_id in papers.without_papers(at, longer_than=timedelta(minutes=10))[:2000]:
        later("payments.tasks.write_papers", payment_id=str(payment_id))
    for row in papers.einvoices_to_send(at, longer_than=timedelta(minutes=10))[:500]:
        later("payments.tasks.send_einvoice", lock=f"einvoice:{row.facility_id}", einvoice_id=str(row.id))
    for facility_id, day in papers.days_to_sum_up(at):
        later("payments.tasks.sum_up_day", facility_id=str(facility_id), day=day.isoformat())
    for slip_id in papers.slips_of_summed_money()[:500] if einvoice.provider() else ():
        later("payments.tasks.adjust_summary", slip_id=str(slip_id))
