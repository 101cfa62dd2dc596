"""MoMo v2: the wallet. We ask for a page (create), MoMo calls us (IPN), we ask (query) and send back (refund).

`settings.MOMO_URL` is MoMo's address; a facility's account is its partner code with an access key and a secret key.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from core.money import Money
from payments.errors import AmountNotTaken, BadNotice, BadSignature, GatewayUnavailable, RefundRefused
from payments.gateways import (
    Account,
    Asked,
    Basics,
    Call,
    Field,
    Redirect,
    Reply,
    Standing,
    Told,
    Truth,
    Wanted,
    calling,
    reading,
)
from payments.gateways.momo import wire, words

log = logging.getLogger("lanh.payments")
LEAST, MOST = 1_000, 50_000_000  # dong; MoMo's documentation
TRIES = 3
DUPLICATES = {40, 41}
WAITING = {1000, 7000, 7002}
# About the call, not about the payment: nothing is learned from these.
FAULTS = {10, 11, 12, 13, 20, 40, 41, 43, 47, 98, 99}
REFUND_FAULTS = FAULTS - DUPLICATES


class Momo(Basics):
    """Our side of the wire to MoMo."""

    code = "momo"
    name = _("MoMo wallet")
    hint = _("Opens the MoMo app, or shows a code to scan")
    fields = (
        Field("access_key", _("Access key"), is_secret=True),
        Field("secret_key", _("Secret key"), is_secret=True),
    )

    def begin(self, account: Account, wanted: Wanted) -> Redirect:
        """Ask for a page. An order whose answer was lost cannot be had again (41): nobody saw its page, the next is made."""
        if wanted.price.currency != "VND" or not LEAST <= wanted.price.amount <= MOST:
            raise AmountNotTaken()
        for number in range(1, TRIES + 1):
            order = wanted.code if number == 1 else f"{wanted.code}-{number}"
            body = {
                "partnerCode": account.merchant,
                "requestId": order,
                "amount": wanted.price.amount,
                "orderId": order,
                "orderInfo": f"{wanted.description} · {wanted.code}",
                "redirectUrl": wanted.return_url,
                "ipnUrl": wanted.hook_url,
                "requestType": "captureWallet",
                "extraData": "",
                "lang": "vi" if wanted.language.startswith("vi") else "en",
            }
            found = self._call(account, "create", body)
            if found["resultCode"] not in DUPLICATES:
                break
        if found["resultCode"] in {21, 22}:
            raise AmountNotTaken()
        if found["resultCode"] != 0:
            log.error("momo answered the wish %s with %s", order, found["resultCode"])
            raise GatewayUnavailable()
        return Redirect(
            url=calling.page(found.get("payUrl")),
            reference=order,
            deep_link=calling.way(found.get("deeplink")),
            qr=calling.way(found.get("qrCodeUrl"), most=1000),
        )

    def ask(self, account: Account, asked: Asked) -> Truth:
        """Ask how the payment stands (query). Raises GatewayUnavailable."""
        found = self._query(account, asked)
        result = found["resultCode"]
        if result in FAULTS:
            log.error("momo answered a question about %s with %s", asked.reference, result)
            raise GatewayUnavailable()
        status = "declined"
        if result in WAITING or result == 42:  # 42: not found, or not yet
            status = "waiting"
        elif result in {0, 9000}:
            status = "paid" if result == 0 else "authorised"
        amount = calling.whole(found.get("amount", 0))
        reason = str(result) if status == "declined" else ""
        return Truth(status, amount, "VND", transaction=calling.number(found.get("transId")), reason=reason)

    def why(self, reason: str) -> Any:
        return words.RESULT.get(int(reason), words.FAULT) if reason.isdecimal() else words.FAULT

    def refund(self, account: Account, asked: Asked, *, key: UUID, money: Money, reason: str) -> str:
        """Send money back. The refund is an order of its own, named by the key: MoMo takes each name once.

        Raises RefundRefused, GatewayUnavailable.
        """
        order = f"R{key.hex}"
        paid_by = asked.transaction or calling.number(self._query(account, asked).get("transId"))
        if not paid_by:
            raise RefundRefused()
        body = {
            "partnerCode": account.merchant,
            "orderId": order,
            "requestId": order,
            "amount": money.amount,
            "transId": int(paid_by),
            "lang": "vi",
            "description": f"Hoàn tiền {asked.code}",
        }
        found = self._call(account, "refund", body)
        result = found["resultCode"]
        if result in DUPLICATES or result == 1081:  # it was sent already, maybe by us with the answer lost
            found = self._refund_there(account, asked, order)
            result = found["resultCode"]
        if result == 0:
            return calling.number(found.get("transId")) or order
        if result in REFUND_FAULTS or result in WAITING:
            raise GatewayUnavailable()
        log.error("momo refused refund %s with %s", order, result)
        raise RefundRefused()

    def merchant_of(self, call: Call) -> str:
        try:
            return reading.name(reading.document(call.body).get("partnerCode"))
        except BadNotice:
            return ""

    def verify(self, account: Account, call: Call, *, now: datetime) -> Told:
        """Read an IPN: a JSON body signed over its fields. Raises BadSignature, BadNotice."""
        body = reading.document(call.body)
        access, secret = account.credentials["access_key"], account.credentials["secret_key"]
        if body.get("partnerCode") != account.merchant or not wire.is_sealed("ipn", access, secret, body):
            raise BadSignature()
        event = hashlib.sha256(wire.raw("ipn", access, body).encode()).hexdigest()[:40]
        amount = Money.vnd(reading.whole(body.get("amount")))
        return Told(event_id=event, reference=reading.name(body.get("orderId")), claimed=amount)

    def reply(self, standing: Standing) -> Reply:
        """MoMo wants to hear only that it came."""
        return Reply(204)

    def _query(self, account: Account, asked: Asked) -> dict[str, Any]:
        body = {
            "partnerCode": account.merchant,
            "requestId": uuid4().hex,
            "orderId": asked.reference,
            "lang": "vi",
        }
        return self._call(account, "query", body)

    def _refund_there(self, account: Account, asked: Asked, order: str) -> dict[str, Any]:
        """Return the refund of this name as MoMo's books have it, or one that was refused when they have none."""
        found = self._query(account, asked)
        if found["resultCode"] in FAULTS:
            raise GatewayUnavailable()
        refunds = found.get("refundTrans")
        for one in refunds if isinstance(refunds, list) else []:
            if isinstance(one, dict) and one.get("orderId") == order and isinstance(one.get("resultCode"), int):
                return one
        return {"resultCode": 1081}

    def _call(self, account: Account, kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
        access, secret = account.credentials["access_key"], account.credentials["secret_key"]
        url = f"{settings.MOMO_URL}/v2/gateway/api/{kind}"
        found = calling.post(url, body=wire.sealed(kind, access, secret, body))
        if not isinstance(found.get("resultCode"), int):
            raise GatewayUnavailable()
        return found
