"""ZaloPay v2: the wallet, and bank apps by its QR code. We ask for a page (create), ZaloPay calls us about what was paid
(callback; never about what was not), we ask (query) and send back (refund, query_refund).

`settings.ZALOPAY_URL` is ZaloPay's address; a facility's account is its app_id with key1 (ours) and key2 (ZaloPay's).
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

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
    keys,
    reading,
)
from payments.gateways.zalopay import wire, words

log = logging.getLogger("lanh.payments")
MOST = 10**12  # dong
TRIES = 3
OK, FAILED, PROCESSING = 1, 2, 3  # return_code
DUPLICATE = -68
# sub_return_code about the call, not about the payment: nothing is learned from these.
FAULTS = {-401, -402, -429, -500, -503, -999}
UNKNOWN = {-49, -101}  # ZaloPay has no such order
LEAST_S, MOST_S = 300, 2_592_000  # of expire_duration_seconds


class Zalopay(Basics):
    """Our side of the wire to ZaloPay."""

    code = "zalopay"
    name = _("ZaloPay wallet")
    hint = _("Opens the ZaloPay app, or shows a code to scan")
    fields = (
        Field("key1", _("Key for what is sent (key1)"), is_secret=True),
        Field("key2", _("Key for what is received (key2)"), is_secret=True),
    )

    def begin(self, account: Account, wanted: Wanted) -> Redirect:
        """Ask for a page. An order whose answer was lost cannot be had again (-68): nobody saw its page, the next is made."""
        if wanted.price.currency != "VND" or not 0 < wanted.price.amount < MOST:
            raise AmountNotTaken()
        seconds = int((wanted.expires_at - wanted.now).total_seconds())
        goods = [
            {"itemid": wanted.code, "itemname": wanted.description, "itemprice": wanted.price.amount, "itemquantity": 1}
        ]
        for number in range(1, TRIES + 1):
            name = wire.dated(wanted.now, wanted.code if number == 1 else f"{wanted.code}_{number}")
            body = {
                "app_id": _app(account),
                "app_user": wanted.code,  # who pays is nobody's business
                "app_trans_id": name,
                "app_time": wire.milliseconds(wanted.now),
                "expire_duration_seconds": min(max(seconds, LEAST_S), MOST_S),
                "amount": wanted.price.amount,
                "item": _compact(goods),
                "embed_data": _compact({"redirecturl": wanted.return_url}),
                "description": f"{wanted.description} · {wanted.code}",
                "bank_code": "",
                "callback_url": wanted.hook_url,
            }
            found = self._call(account, "create", body)
            if found.get("sub_return_code") != DUPLICATE:
                break
        if found["return_code"] != OK:
            log.error("zalopay answered the wish %s with %s", name, found.get("sub_return_code"))
            raise GatewayUnavailable()
        url = calling.page(found.get("order_url"))
        code = found.get("qr_code")
        # The order's address opens the app on a phone that has it, and is what a QR code may say.
        qr = code if isinstance(code, str) and 0 < len(code) <= 1000 and code.isprintable() else url
        return Redirect(url=url, reference=name, deep_link=url, qr=qr)

    def ask(self, account: Account, asked: Asked) -> Truth:
        """Ask how the payment stands (query). Raises GatewayUnavailable."""
        found = self._query(account, asked)
        sub = found.get("sub_return_code")
        if found["return_code"] == OK:
            return Truth(
                "paid", calling.whole(found.get("amount")), "VND", transaction=calling.number(found.get("zp_trans_id"))
            )
        if found["return_code"] == PROCESSING or sub in UNKNOWN:
            return Truth("waiting", 0, "VND")
        if sub in FAULTS:
            log.error("zalopay answered a question about %s with %s", asked.reference, sub)
            raise GatewayUnavailable()
        return Truth("declined", 0, "VND", reason=str(sub if sub is not None else ""))

    def why(self, reason: str) -> Any:
        return words.SUB.get(reason, words.FAULT)

    def refund(self, account: Account, asked: Asked, *, key: UUID, money: Money, reason: str) -> str:
        """Send money back under a name made of the key, which ZaloPay takes once; asks when it is under way.

        Returns that name. Raises RefundRefused, GatewayUnavailable.
        """
        name = wire.dated(keys.made_at(key), f"{account.merchant}_{keys.short(key)}")
        paid_by = asked.transaction or calling.number(self._query(account, asked).get("zp_trans_id"))
        if not paid_by:
            raise RefundRefused()
        body = {
            "app_id": _app(account),
            "m_refund_id": name,
            "zp_trans_id": paid_by,
            "amount": money.amount,
            "description": f"Hoan tien {asked.code}",
            "timestamp": wire.milliseconds(asked.now),
        }
        found = self._call(account, "refund", body, as_form=True)
        if found.get("sub_return_code") in FAULTS:
            raise GatewayUnavailable()
        stands = found["return_code"]
        if stands != OK:
            # "Processing" is the usual answer; and a refusal may be of a name that was sent before, the answer lost.
            stands = self._refund_there(account, asked, name)
        if stands == OK:
            return name
        if stands == PROCESSING:
            raise GatewayUnavailable()
        log.error("zalopay refused refund %s", name)
        raise RefundRefused()

    def merchant_of(self, call: Call) -> str:
        try:
            return str(reading.whole(reading.document(_data(reading.document(call.body))).get("app_id")))
        except BadNotice:
            return ""

    def verify(self, account: Account, call: Call, *, now: datetime) -> Told:
        """Read a callback: the text `data` signed with key2. Raises BadSignature, BadNotice."""
        body = reading.document(call.body)
        data = _data(body)
        if not wire.is_sealed(account.credentials["key2"], data, body.get("mac", "")):
            raise BadSignature()
        told = reading.document(data)
        if str(told.get("app_id")) != account.merchant:
            raise BadSignature()
        event = hashlib.sha256(data.encode()).hexdigest()[:40]
        amount = Money.vnd(reading.whole(told.get("amount")))
        return Told(event_id=event, reference=reading.name(told.get("app_trans_id")), claimed=amount)

    def reply(self, standing: Standing) -> Reply:
        """1: recorded, 2: was recorded already, others: failed."""
        if not standing.is_known:
            return _say(-1, "order not found")
        return _say(1, "success") if standing.is_new else _say(2, "already recorded")

    def refuse(self, code: str) -> Reply | None:
        if code == "error":
            return _say(0, "try again")
        return _say(-1, "data not valid" if code == "bad_notice" else "mac not equal")

    def _query(self, account: Account, asked: Asked) -> dict[str, Any]:
        body = {"app_id": _app(account), "app_trans_id": asked.reference}
        return self._call(account, "query", body, as_form=True)

    def _refund_there(self, account: Account, asked: Asked, name: str) -> int:
        """Return how ZaloPay says a refund stands (query_refund)."""
        body = {"app_id": _app(account), "m_refund_id": name, "timestamp": wire.milliseconds(asked.now)}
        found = self._call(account, "query_refund", body, as_form=True)
        if found.get("sub_return_code") in FAULTS:
            raise GatewayUnavailable()
        return int(found["return_code"])

    def _call(self, account: Account, kind: str, body: Mapping[str, Any], *, as_form: bool = False) -> dict[str, Any]:
        sealed = wire.sealed(kind, account.credentials["key1"], body)
        url = f"{settings.ZALOPAY_URL}/v2/{kind}"
        found = calling.post(url, form=sealed) if as_form else calling.post(url, body=sealed)
        if not isinstance(found.get("return_code"), int):
            raise GatewayUnavailable()
        return found


def _app(account: Account) -> int:
    """Return the app_id, a number. Raises GatewayUnavailable when the account was entered wrong."""
    if not keys.is_number(account.merchant):
        log.error("zalopay: the app_id of account %s is no number", account.id)
        raise GatewayUnavailable()
    return int(account.merchant)


def _data(body: Mapping[str, Any]) -> str:
    data = body.get("data")
    if not isinstance(data, str):
        raise BadNotice()
    return data


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _say(code: int, message: str) -> Reply:
    return Reply(200, _compact({"return_code": code, "return_message": message}).encode())
