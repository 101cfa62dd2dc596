"""VietQR: a transfer from bank to bank. The QR code says to which account, how much and the payment's code as the memo.

Nobody can be asked whether it was paid: the facility's own book of bank lines is asked, which the bank's notices and the
statements fill. The notice is the one of specs/vietnam.md 4.2 (BIDV): JSON with an MD5 checksum; an account that has a hook
key is told instead with an HMAC over the whole body, and then nothing weaker is believed. Money goes back by hand.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import F, Max, Sum
from django.utils.translation import gettext_lazy as _

from core.money import Money
from payments import banks, codes, vietqr
from payments.errors import AccountIncomplete, BadNotice, BadSignature, RefundRefused
from payments.gateways import (
    Account,
    Asked,
    Basics,
    Call,
    Came,
    Field,
    Movement,
    NoStatement,
    Redirect,
    Reply,
    Standing,
    Told,
    Truth,
    Wanted,
    signature,
)
from payments.models import BankLine

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
SIGNATURE_HEADER = "Bank-Signature"
# Over these, in this order, then the secret (specs/vietnam.md 4.2).
CHECKED = (
    "code", "msgType", "txnId", "qrTrace", "bankCode", "mobile", "accountNo", "amount", "payDate", "merchantCode",
)  # fmt: skip
OLDEST, AHEAD = (
    timedelta(days=1),
    timedelta(minutes=5),
)  # an older notice is a replay; the statement has the money anyway
_NUMBER = re.compile(r"[A-Za-z0-9_.:-]{1,50}", re.ASCII)
_AMOUNT = re.compile(r"[1-9][0-9]{0,12}", re.ASCII)
_BROKEN = re.compile("[\x00\ud800-\udfff]")  # signs no database keeps
_REPLIES = {
    "00": "Success",
    "03": "Already paid",
    "06": "Wrong checksum",
    "07": "Wrong amount",
    "09": "QR expired",
    "11": "Wrong input",
}


def merchant_of(bank: str, account: str) -> str:
    """Return an account's public name: BIN and account number."""
    return f"{bank}/{account}"


def checksum(fields: Mapping[str, Any], secret: str) -> str:
    """Return the bank's checksum over a notice."""
    said = "|".join([*(str(fields.get(name, "")) for name in CHECKED), secret])
    return hashlib.md5(said.encode(), usedforsecurity=False).hexdigest().upper()


class VietQR(Basics):
    """Our side of a bank account."""

    code = "vietqr"
    keeps_lines = True
    name = _("Bank transfer (VietQR)")
    hint = _("Scan the code with your bank's app.")
    icon = "qr"
    can_refund = False
    asks_merchant = False
    fields = (
        Field("bank", _("Bank (BIN or name)")),
        Field("account", _("Account number")),
        Field("holder", _("Name of the account's holder")),
        Field("secret", _("Secret of the bank's notices"), is_secret=True),
        Field("hook_key", _("Key of signed notices"), is_secret=True, is_optional=True),
    )

    def named(self, merchant: str, credentials: Mapping[str, str]) -> str:
        bank, number = banks.named(credentials.get("bank", "")), "".join(credentials.get("account", "").split())
        if bank is None or not bank.takes_transfers:
            raise AccountIncomplete()
        try:
            vietqr.encode(vietqr.VietQR(bank=bank.bin, account=number))
        except vietqr.NotVietQR as error:
            raise AccountIncomplete() from error
        return merchant_of(bank.bin, number)

    def begin(self, account: Account, wanted: Wanted) -> Redirect:
        bank, number = account.merchant.split("/")
        said = vietqr.VietQR(bank=bank, account=number, amount=wanted.price.amount, memo=wanted.code)
        qr = vietqr.encode(said)
        return Redirect(url="", reference=wanted.code, qr=qr, deep_link=_link(qr, wanted))

    def ask(self, account: Account, asked: Asked) -> Truth:
        came = BankLine.objects.filter(payment_id=asked.payment_id, status=BankLine.Status.MATCHED)
        total = came.aggregate(amount=Sum(F("amount") - F("over_amount")), number=Max("number"))
        if not total["amount"]:
            return Truth("waiting", 0, asked.price.currency)
        return Truth("paid", total["amount"], asked.price.currency, transaction=total["number"])

    def refund(self, account: Account, asked: Asked, *, key: UUID, money: Money, reason: str) -> str:
        raise RefundRefused()  # only a person can send a transfer

    # ---- the bank's notices

    def merchant_of(self, call: Call) -> str:
        fields = _fields(call.body)
        bank = banks.named(str(fields.get("bankCode", "")))
        return merchant_of(bank.bin, str(fields.get("accountNo", ""))[:30]) if bank else ""

    def verify(self, account: Account, call: Call, *, now: datetime) -> Told:
        key, secret = account.credentials.get("hook_key", ""), account.credentials.get("secret", "")
        if key:
            signature.verify([key], call.headers.get(SIGNATURE_HEADER, ""), call.body, now=int(now.timestamp()))
        fields = _fields(call.body)
        if not key:
            given = str(fields.get("checksum", ""))
            if not secret or not hmac.compare_digest(checksum(fields, secret).encode(), given.encode()):
                raise BadSignature()
        came = _read(fields, is_signed_whole=bool(key))
        if self.merchant_of(call) != account.merchant or not -AHEAD <= now - came.at <= OLDEST:
            raise BadNotice()
        found = codes.find_in(came.memo)
        return Told(
            # The same number at another account is another movement.
            event_id=hashlib.sha256(f"{account.id}|{came.number}".encode()).hexdigest(),
            reference=found[0] if len(found) == 1 else "",
            claimed=Money.vnd(came.amount),
        )

    def came(self, raw: bytes) -> Sequence[Came]:
        fields = _fields(raw)
        return [_read(fields, is_signed_whole="checksum" not in fields)]

    def reply(self, standing: Standing) -> Reply:
        if standing.is_known and not standing.fits:
            return _reply("07")
        if standing.is_final or not standing.is_new:
            return _reply("03")
        return _reply("09" if standing.is_late else "00")

    def refuse(self, code: str) -> Reply | None:
        return _reply("06" if code == "bad_signature" else "11")

    def movements(self, account: Account, day: date) -> Iterable[Movement]:
        """Read from the bank's statements what paid payments that day: one movement each, however many transfers it took.

        A notice alone is no bank's book: a payment it confirmed and no statement holds is a difference. Money that belongs
        to nobody yet has the desk's queue. Raises NoStatement when no statement holds that day.
        """
        begin = datetime.combine(day, time(0), ZONE)
        lines = BankLine.objects.filter(account_id=account.id, at__gte=begin, at__lt=begin + timedelta(days=1))
        if not lines.filter(in_statement=True).exists():
            raise NoStatement
        together: dict[str, list[BankLine]] = {}
        matched = lines.filter(in_statement=True, status=BankLine.Status.MATCHED).select_related("payment")
        for line in matched.order_by("at", "id"):
            assert line.payment is not None  # the database keeps it so
            together.setdefault(line.payment.gateway_reference, []).append(line)
        return [
            Movement(
                kind="capture",
                reference=reference,
                transaction=parts[-1].number,
                money=Money.vnd(sum(line.counted.amount for line in parts)),
                at=parts[-1].at,
            )
            for reference, parts in together.items()
        ]


def _link(qr: str, wanted: Wanted) -> str:
    if not settings.VIETQR_OPEN_URL:
        return ""
    asked = {"qr": qr, "hook": wanted.hook_url, "back": wanted.return_url}
    return f"{settings.VIETQR_OPEN_URL}/?{urlencode(asked)}"


def _reply(code: str) -> Reply:
    # The bank reads the code in the body; another HTTP status than 200 makes it send the same notice for hours.
    return Reply(200, json.dumps({"code": code, "message": _REPLIES[code]}).encode())


def _fields(raw: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BadNotice() from error
    if not isinstance(fields, dict) or any(isinstance(value, dict | list) for value in fields.values()):
        raise BadNotice()
    if any(_BROKEN.search(value) for value in fields.values() if isinstance(value, str)):
        raise BadNotice()
    return fields


def _read(fields: Mapping[str, Any], *, is_signed_whole: bool) -> Came:
    """Read the money a notice tells of. What the checksum does not cover is not read at all. Raises BadNotice."""
    number, amount = str(fields.get("txnId", "")), str(fields.get("amount", ""))
    if str(fields.get("code")) != "00" or not _NUMBER.fullmatch(number) or not _AMOUNT.fullmatch(amount):
        raise BadNotice()
    try:
        at = datetime.strptime(str(fields.get("payDate")), "%Y%m%d%H%M%S").replace(tzinfo=ZONE)
    except ValueError as error:
        raise BadNotice() from error
    texts = {name: str(fields.get(name) or "") for name in ("qrTrace", "memo", "counterAccount", "counterName")}
    if not is_signed_whole:
        return Came(amount=int(amount), at=at, memo=texts["qrTrace"][:500], number=number)
    return Came(
        amount=int(amount),
        at=at,
        memo=(texts["memo"] or texts["qrTrace"])[:500],
        number=number,
        counter_account=texts["counterAccount"][:40],
        counter_name=texts["counterName"][:120],
    )
