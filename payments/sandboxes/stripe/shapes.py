"""Each object with all its fields, as published (API 2026-10-28). What this sandbox does not play is null."""

from __future__ import annotations

from typing import Any

from payments.sandboxes.stripe.cards import Card
from payments.sandboxes.stripe.forms import names

Body = dict[str, Any]
API_VERSION = "2026-10-28.endive"
_NO_ADDRESS = {"city": None, "country": None, "line1": None, "line2": None, "postal_code": None, "state": None}
_EVIDENCE = names(
    "access_activity_log billing_address cancellation_policy cancellation_policy_disclosure cancellation_rebuttal"
    " customer_communication customer_email_address customer_name customer_purchase_ip customer_signature"
    " duplicate_charge_documentation duplicate_charge_explanation duplicate_charge_id product_description receipt"
    " refund_policy refund_policy_disclosure refund_refusal_explanation service_date service_documentation"
    " shipping_address shipping_carrier shipping_date shipping_documentation shipping_tracking_number"
    " uncategorized_file uncategorized_text"
)


def _null(text: str) -> Body:
    return dict.fromkeys(text.split())


def payment_intent(id_: str, now: int, secret: str) -> Body:
    nothing = _null(
        "application application_fee_amount canceled_at cancellation_reason customer customer_account description"
        " excluded_payment_method_types last_payment_error latest_charge next_action on_behalf_of payment_method"
        " payment_method_configuration_details processing receipt_email review setup_future_usage shipping source"
        " statement_descriptor statement_descriptor_suffix transfer_data transfer_group"
    )
    return {
        **nothing,
        "id": id_,
        "object": "payment_intent",
        "amount": 0,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "automatic_payment_methods": None,
        "capture_method": "automatic_async",
        "client_secret": f"{id_}_secret_{secret}",
        "confirmation_method": "automatic",
        "created": now,
        "currency": "vnd",
        "livemode": False,
        "metadata": {},
        "payment_method_options": {"card": _null("installments mandate_options network") | {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"],
        "status": "requires_payment_method",
    }  # fmt: skip


def billing_details(name: str | None = None, email: str | None = None) -> Body:
    return {"address": dict(_NO_ADDRESS), "email": email, "name": name, "phone": None, "tax_id": None}


def payment_method(id_: str, now: int, card: Card, *, month: int, year: int, billing: Body) -> Body:
    return {
        "id": id_,
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": billing,
        "card": {
            "brand": card.brand,
            "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
            "country": card.country,
            "display_brand": card.brand,
            "exp_month": month,
            "exp_year": year,
            "fingerprint": card.fingerprint,
            "funding": "credit",
            "generated_from": None,
            "last4": card.last4,
            "networks": {"available": [card.brand], "preferred": None},
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        },
        "created": now,
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        "type": "card",
    }


def charge(id_: str, now: int, *, intent: Body, method: Body, receipt_url: str) -> Body:
    nothing = _null(
        "application application_fee application_fee_amount balance_transaction customer failure_balance_transaction"
        " failure_code failure_message on_behalf_of outcome receipt_number review shipping source source_transfer"
        " statement_descriptor statement_descriptor_suffix transfer_data transfer_group"
    )
    card = method["card"]
    shown = {
        name: card[name]
        for name in ("brand", "checks", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4")
    }
    return {
        **nothing,
        "id": id_,
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": 0,
        "amount_refunded": 0,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": "LANH SANDBOX",
        "captured": False,
        "created": now,
        "currency": intent["currency"],
        "description": intent["description"],
        "disputed": False,
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "paid": True,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": {
            "card": {
                **shown,
                "amount_authorized": intent["amount"],
                "authorization_code": "123456",
                "installments": None,
                "mandate": None,
                "network": card["brand"],
                "three_d_secure": None,
                "wallet": None,
            },
            "type": "card",
        },
        "radar_options": {},
        "receipt_email": intent["receipt_email"],
        "receipt_url": receipt_url,
        "refunded": False,
        "status": "succeeded",
    }  # fmt: skip


def refund(id_: str, now: int, *, charge: Body, amount: int) -> Body:
    return {
        **_null("balance_transaction reason receipt_number source_transfer_reversal transfer_reversal"),
        "id": id_,
        "object": "refund",
        "amount": amount,
        "charge": charge["id"],
        "created": now,
        "currency": charge["currency"],
        "destination_details": {
            "card": {"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"},
            "type": "card",
        },
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "status": "succeeded",
    }  # fmt: skip


def dispute(id_: str, now: int, *, charge: Body, reason: str, moved: list[Body]) -> Body:
    return {
        "id": id_,
        "object": "dispute",
        "amount": charge["amount_captured"] - charge["amount_refunded"],
        "balance_transactions": moved,
        "charge": charge["id"],
        "created": now,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(_EVIDENCE), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": now + 7 * 86_400,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "network_reason_code": "83",
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {
            "card": {"brand": "visa", "case_type": "chargeback", "network_reason_code": "83"},
            "type": "card",
        },
        "reason": reason,
        "status": "needs_response",
    }


def balance_transaction(
    id_: str, now: int, *, kind: str, category: str, source: str, amount: int, fee: int, currency: str, words: str
) -> Body:
    detail = {
        "amount": fee,
        "application": None,
        "currency": currency,
        "description": "Stripe processing fees",
        "type": "stripe_fee",
    }
    return {
        "id": id_,
        "object": "balance_transaction",
        "amount": amount,
        "available_on": now + 2 * 86_400,
        "balance_type": "payments",
        "created": now,
        "currency": currency,
        "description": words,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [detail] if fee else [],
        "net": amount - fee,
        "reporting_category": category,
        "source": source,
        "status": "pending",
        "type": kind,
    }  # fmt: skip


def checkout_session(id_: str, now: int) -> Body:
    nothing = _null(
        "after_expiration allow_promotion_codes amount_subtotal amount_total billing_address_collection branding_settings"
        " cancel_url client_reference_id client_secret collected_information consent consent_collection"
        " currency_conversion customer customer_account customer_details customer_email integration_identifier invoice"
        " locale origin_context payment_intent payment_link payment_method_configuration_details"
        " recovered_from saved_payment_method_options setup_intent shipping_address_collection shipping_cost submit_type"
        " subscription url wallet_options"
    )
    return {
        **nothing,
        "id": id_,
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": False},
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "created": now,
        "currency": "vnd",
        "custom_fields": [],
        "custom_text": _null("after_submit shipping_address submit terms_of_service_acceptance"),
        "customer_creation": "if_required",
        "discounts": [],
        "expires_at": now + 86_400,
        "invoice_creation": {
            "enabled": False,
            "invoice_data": {**_null("account_tax_ids custom_fields description footer issuer rendering_options"), "metadata": {}},
        },
        "livemode": False,
        "metadata": {},
        "mode": "payment",
        "payment_method_collection": "if_required",
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"],
        "payment_status": "unpaid",
        "permissions": None,
        "phone_number_collection": {"enabled": False},
        "shipping_options": [],
        "status": "open",
        "success_url": None,
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
    }  # fmt: skip


def event(
    id_: str, now: int, *, kind: str, about: Body, request: str | None, key: str | None, before: Body | None
) -> Body:
    data: Body = {"object": about}
    if before is not None:
        data["previous_attributes"] = before
    return {
        "id": id_,
        "object": "event",
        "api_version": API_VERSION,
        "created": now,
        "data": data,
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": request, "idempotency_key": key},
        "type": kind,
    }
