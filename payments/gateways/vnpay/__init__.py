"""VNPAY 2.1.0: bank cards, banking apps and VNPAY-QR. The payer goes to VNPAY's page; VNPAY calls us (IPN), we ask (querydr).

`settings.VNPAY_PAY_URL` is the page, `settings.VNPAY_API_URL` the door for questions and refunds; a facility's account is
its terminal code and the secret for signatures. The IPN's address is entered in VNPAY's portal: `/hooks/vnpay/`.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from datetime import datetime, timedelta
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
    keys,
)
from payments.gateways.vnpay import wire, words

log = logging.getLogger("lanh.payments")
HERE = "127.0.0.1"  # vnp_IpAddr of questions our own server asks
NAME = re.compile(r"[A-Za-z0-9_.-]{1,80}", re.ASCII)
AMOUNT = re.compile(r"[0-9]{1,17}", re.ASCII)
MOST = 10**10  # dong; vnp_Amount, a hundredfold, has twelve digits
ANSWERS = {
    "00": "Confirm Success",
    "01": "Order not found",
    "02": "Order already confirmed",
    "04": "Invalid amount",
    "97": "Invalid Checksum",
    "99": "Unknown error",
}
# vnp_TransactionStatus of a payment. 04: the payer's bank took it and VNPAY did not get it; the bank gives it back.
STATUSES = {"00": "paid", "01": "waiting", "02": "declined", "04": "declined", "07": "review"}
PAYMENT, WHOLE, PART = "01", "02", "03"  # vnp_TransactionType
REJECTED = "09"  # vnp_TransactionStatus of a refund
SKEW = timedelta(minutes=10)  # how far VNPAY's clock may be from ours


class Vnpay(Basics):
    """Our side of the wire to VNPAY."""

    code = "vnpay"
    name = "VNPAY"
    hint = _("Bank card, banking app or VNPAY-QR")
    methods = ("GET",)
    fields = (Field("hash_secret", _("Secret for signatures (vnp_HashSecret)"), is_secret=True),)

    def begin(self, account: Account, wanted: Wanted) -> Redirect:
        """Make the address of VNPAY's page. VNPAY hears of the payment only when the payer opens it."""
        if wanted.price.currency != "VND" or not 0 < wanted.price.amount < MOST:
            raise AmountNotTaken()
        params = {
            "vnp_Amount": wanted.price.amount * 100,
            "vnp_CreateDate": wire.stamp(wanted.now),
            "vnp_ExpireDate": wire.stamp(wanted.expires_at),
            "vnp_IpAddr": wanted.payer_address,
            "vnp_Locale": "vn" if wanted.language.startswith("vi") else "en",
            "vnp_OrderInfo": wire.plain(f"{wanted.code} {wanted.description}"),
            "vnp_OrderType": wire.HEALTH,
            "vnp_ReturnUrl": wire.address(wanted.return_url),
            "vnp_TmnCode": account.merchant,
            "vnp_TxnRef": wanted.code,
        }
        url = wire.pay_url(settings.VNPAY_PAY_URL, account.credentials["hash_secret"], params)
        return Redirect(url=url, reference=wanted.code)

    def ask(self, account: Account, asked: Asked) -> Truth:
        """Ask how the payment stands (querydr). Raises GatewayUnavailable."""
        found = self._query(account, asked)
        if found["vnp_ResponseCode"] == "91":  # the payer has not opened the page yet
            return Truth("waiting", 0, "VND")
        kind, status = found.get("vnp_TransactionType"), found.get("vnp_TransactionStatus", "")
        if kind in {WHOLE, PART}:  # the last thing that happened is a refund: what it was of, was paid
            return Truth("review", asked.price.amount, "VND", transaction=asked.transaction)
        transaction = found.get("vnp_TransactionNo", "")
        return Truth(
            STATUSES.get(status, "waiting"),
            _dong(found.get("vnp_Amount", "0")),
            "VND",
            transaction="" if transaction == "0" else transaction,
            reason=f"status {status}" if status in {"04", "07"} else "",  # why it is 02, only the IPN says
        )

    def why(self, reason: str) -> Any:
        if reason.startswith("status "):
            return words.STATUS.get(reason.removeprefix("status "), words.FAULT)
        return words.RESPONSE.get(reason, words.FAULT)

    def refund(self, account: Account, asked: Asked, *, key: UUID, money: Money, reason: str) -> str:
        """Send money back. The request's id and words come from the key, so that VNPAY knows a repeated one.

        VNPAY remembers request ids for a day: a refund promised on an earlier day is looked for before it is sent.
        Raises RefundRefused, GatewayUnavailable.
        """
        about = wire.plain(f"Hoan tien {asked.code} {key.hex[20:]}")
        if not keys.is_of_today(key, asked.now):
            done = self._refund_there(account, asked, about, key)
            if done:
                return done
        body = {
            "vnp_RequestId": key.hex,
            "vnp_Version": wire.VERSION,
            "vnp_Command": "refund",
            "vnp_TmnCode": account.merchant,
            "vnp_TransactionType": WHOLE if money == asked.price else PART,
            "vnp_TxnRef": asked.reference,
            "vnp_Amount": money.amount * 100,
            "vnp_TransactionNo": int(asked.transaction) if asked.transaction.isdecimal() else 0,
            "vnp_TransactionDate": int(wire.stamp(asked.begun_at)),
            "vnp_CreateBy": "lanh",
            "vnp_CreateDate": int(wire.stamp(asked.now)),
            "vnp_IpAddr": HERE,
            "vnp_OrderInfo": about,
        }
        found = self._call(account, body, wire.REFUND, wire.REFUNDED)
        answer = found["vnp_ResponseCode"]
        if answer == "00":
            return _reference(found)
        if answer == "94":  # asked for already: by us, with the answer lost, or another refund is still on its way
            return self._refund_there(account, asked, about, key) or _later()
        if answer in {"03", "91", "95"}:
            raise RefundRefused()
        log.error("vnpay answered a refund of %s with %s", asked.reference, answer)
        raise GatewayUnavailable()

    def merchant_of(self, call: Call) -> str:
        try:
            return wire.fields_of(call.query).get("vnp_TmnCode", "")[:80]
        except BadNotice:
            return ""

    def verify(self, account: Account, call: Call, *, now: datetime) -> Told:
        """Read an IPN: a GET whose query is signed as it came. Raises BadSignature, BadNotice."""
        fields = wire.read(account.credentials["hash_secret"], call.query)
        if fields.get("vnp_TmnCode") != account.merchant:
            raise BadSignature()
        reference, amount = fields.get("vnp_TxnRef", ""), fields.get("vnp_Amount", "")
        if not NAME.fullmatch(reference) or not AMOUNT.fullmatch(amount):
            raise BadNotice()
        event = hashlib.sha256(wire.signed_text(call.query).encode()).hexdigest()[:40]
        # Not whole dong is not what we asked for: named as an amount nothing costs.
        whole, rest = divmod(int(amount), 100)
        claimed, answer = Money.vnd(-1 if rest else whole), fields.get("vnp_ResponseCode", "")
        return Told(event_id=event, reference=reference, claimed=claimed, reason="" if answer == "00" else answer[:2])

    def reply(self, standing: Standing) -> Reply:
        """Answer in the order VNPAY's guide checks: known, amount, state."""
        if not standing.is_known:
            return _say("01")
        if not standing.fits:
            return _say("04")
        return _say("02" if standing.is_final or not standing.is_new else "00")

    def refuse(self, code: str) -> Reply | None:
        return _say("97" if code == "bad_signature" else "99")

    def _query(self, account: Account, asked: Asked) -> dict[str, str]:
        body = {
            "vnp_RequestId": uuid4().hex,
            "vnp_Version": wire.VERSION,
            "vnp_Command": "querydr",
            "vnp_TmnCode": account.merchant,
            "vnp_TxnRef": asked.reference,
            "vnp_TransactionDate": int(wire.stamp(asked.begun_at)),
            "vnp_CreateDate": int(wire.stamp(asked.now)),
            "vnp_IpAddr": HERE,
            "vnp_OrderInfo": wire.plain(f"Truy van {asked.code}"),
        }
        found = self._call(account, body, wire.QUERY, wire.QUERIED)
        if found["vnp_ResponseCode"] not in {"00", "91"}:
            log.error("vnpay answered a question about %s with %s", asked.reference, found["vnp_ResponseCode"])
            raise GatewayUnavailable()
        return found

    def _refund_there(self, account: Account, asked: Asked, about: str, key: UUID) -> str:
        """Return the reference of the refund with these words, empty when there is none.

        VNPAY shows the last one only. Raises RefundRefused when it was rejected, and GatewayUnavailable when a later one
        hides whether ours is there.
        """
        found = self._query(account, asked)
        if found.get("vnp_TransactionType") not in {WHOLE, PART}:
            return ""
        if found.get("vnp_OrderInfo") == about:
            return _reference(found)
        if found.get("vnp_PayDate", "") < wire.stamp(keys.made_at(key) - SKEW):
            return ""  # an older one: ours did not arrive
        log.error("vnpay shows another refund of %s: whether %s was sent must be looked up there", asked.reference, key)
        raise GatewayUnavailable()

    def _call(
        self, account: Account, body: dict[str, object], order: tuple[str, ...], answered: tuple[str, ...]
    ) -> dict[str, str]:
        secret = account.credentials["hash_secret"]
        found = calling.post(settings.VNPAY_API_URL, body=wire.sealed(secret, body, order))
        texts = {name: str(value) for name, value in found.items() if isinstance(value, str | int)}
        if "vnp_ResponseCode" not in texts:
            raise GatewayUnavailable()
        # VNPAY cannot sign for somebody it does not know, or whose signature was wrong.
        if texts["vnp_ResponseCode"] in {"02", "97"} or wire.is_sealed(secret, texts, answered):
            return texts
        log.error("vnpay's answer about %s had a wrong signature", body["vnp_TxnRef"])
        raise GatewayUnavailable()


def _later() -> str:
    raise GatewayUnavailable()


def _dong(amount: str) -> int:
    """Read vnp_Amount, a hundredfold of dong. Raises GatewayUnavailable."""
    if not AMOUNT.fullmatch(amount) or int(amount) % 100:
        raise GatewayUnavailable()
    return int(amount) // 100


def _reference(found: dict[str, str]) -> str:
    if found.get("vnp_TransactionStatus") == REJECTED:
        raise RefundRefused()
    return found.get("vnp_TransactionNo", "")[:80]


def _say(code: str) -> Reply:
    return Reply(200, json.dumps({"RspCode": code, "Message": ANSWERS[code]}, separators=(",", ":")).encode())
