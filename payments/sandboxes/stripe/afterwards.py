"""After the money came: it goes back, or the card's owner disputes it."""

from __future__ import annotations

from typing import Any

from payments.sandboxes.stripe import forms, shapes
from payments.sandboxes.stripe.desk import DISPUTE_FEE, Desk
from payments.sandboxes.stripe.errors import invalid, missing, wrong_state

Body = dict[str, Any]


def refund(desk: Desk, params: Body) -> Body:
    """Send money back. Raises Refused for more than is left, for a disputed charge, and for one that was not captured."""
    forms.only(params, frozenset({"payment_intent", "charge", "amount", "reason", "metadata"}))
    charge = _meant(desk, params)
    amount = forms.whole(params, "amount", low=1)
    words = forms.metadata(params)
    reasons = ("duplicate", "fraudulent", "requested_by_customer")
    reason = forms.one_of(params, "reason", reasons, "requested_by_customer") if params.get("reason") else None
    left = charge["amount_captured"] - _gone(desk, charge)
    if charge["disputed"]:
        told = f"Charge {charge['id']} has been charged back; cannot issue a refund."
        raise wrong_state(told, code="charge_disputed", charge=charge["id"])
    if not charge["captured"]:
        told = f"Charge {charge['id']} has not been captured; cancel the PaymentIntent instead."
        raise wrong_state(told, code="charge_not_refundable", charge=charge["id"])
    if left == 0:
        raise wrong_state(
            f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded", charge=charge["id"]
        )
    if amount is not None and amount > left:
        told = f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
        raise wrong_state(told, code="amount_too_large", param="amount", charge=charge["id"])
    made = shapes.refund(desk.new_id("re"), desk.now, charge=charge, amount=amount or left)
    moved = desk.move(
        "refund", "refund", source=made["id"], amount=-made["amount"], fee=0, currency=charge["currency"],
        words="REFUND FOR CHARGE",
    )  # fmt: skip
    made |= {"balance_transaction": moved["id"], "metadata": words, "reason": reason}
    charge["amount_refunded"] += made["amount"]
    charge["refunded"] = left == made["amount"]
    desk.put(made)
    desk.put(charge)
    desk.tell("refund.created", made)
    desk.tell("charge.refunded", charge)
    return made


def _gone(desk: Desk, charge: Body) -> int:
    known = desk.books.listed(
        desk.account.key,
        "refund",
        where=[("json_extract(body, '$.charge') = ?", charge["id"])],
        limit=1000,
        upwards=False,
    )
    return sum(one["amount"] for one in known)


def _meant(desk: Desk, params: Body) -> Body:
    if intent_id := forms.text_of(params, "payment_intent"):
        intent = desk.get(intent_id, "payment_intent", param="payment_intent")
        if intent["latest_charge"] is None:
            told = f"This PaymentIntent ({intent_id}) does not have a successful charge to refund."
            raise invalid(told, param="payment_intent")
        return desk.get(intent["latest_charge"], "charge")
    if charge_id := forms.text_of(params, "charge"):
        return desk.get(charge_id, "charge", param="charge")
    raise missing("charge")


def open_dispute(desk: Desk, charge_id: str, *, reason: str) -> Body:
    """The card's owner disputes: the money is taken from the account until it is decided, with a fee. Raises Refused."""
    charge = desk.get(charge_id, "charge")
    left = charge["amount_captured"] - _gone(desk, charge)
    if not charge["captured"] or charge["disputed"] or left <= 0:
        raise wrong_state("This charge cannot be disputed.", code="charge_not_disputable")
    id_ = desk.new_id("du")
    moved = desk.move(
        "adjustment", "dispute", source=id_, amount=-left, fee=DISPUTE_FEE[charge["currency"]],
        currency=charge["currency"], words=f"Chargeback withdrawal for {charge_id}",
    )  # fmt: skip
    made = shapes.dispute(id_, desk.now, charge=charge, reason=reason, moved=[moved])
    made["amount"] = left
    charge["disputed"] = True
    desk.put(made)
    desk.put(charge)
    desk.tell("charge.dispute.created", made)
    desk.tell("charge.dispute.funds_withdrawn", made)
    return made


def decide_dispute(desk: Desk, id_: str, *, won: bool) -> Body:
    """The card's bank has decided: the money comes back, or it is gone. Raises Refused."""
    made = desk.get(id_, "dispute")
    if made["status"] in ("won", "lost"):
        raise wrong_state("This dispute is closed.", code="dispute_closed")
    made["status"] = "won" if won else "lost"
    if won:
        made["balance_transactions"].append(desk.move(
            "adjustment", "dispute_reversal", source=id_, amount=made["amount"], fee=0, currency=made["currency"],
            words=f"Chargeback reversal for {made['charge']}",
        ))  # fmt: skip
    desk.put(made)
    desk.tell("charge.dispute.closed", made)
    if won:
        desk.tell("charge.dispute.funds_reinstated", made)
    return made


def answer_dispute(desk: Desk, id_: str, params: Body) -> Body:
    """The merchant answers with evidence. Raises Refused."""
    forms.only(params, frozenset({"evidence", "submit", "metadata"}))
    made = desk.get(id_, "dispute")
    if made["status"] in ("won", "lost"):
        raise wrong_state("This dispute is closed.", code="dispute_closed")
    for name, value in forms.inner(params, "evidence").items():
        if name not in made["evidence"]:
            raise invalid(f"Received unknown parameter: evidence[{name}]", code="parameter_unknown", param="evidence")
        made["evidence"][name] = value
    made["evidence_details"]["has_evidence"] = True
    if params.get("submit", "true") == "true":
        made["evidence_details"]["submission_count"] += 1
        made["status"] = "under_review"
    desk.put(made)
    desk.tell("charge.dispute.updated", made)
    return made
