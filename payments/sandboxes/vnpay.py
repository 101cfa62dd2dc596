"""VNPAY 2.1.0, pretended: `python -m payments.sandboxes.vnpay [--port N] [--file books.sqlite]`.

The page (`/paymentv2/vpcpay.html`), the IPN, and the door for querydr and refund (`/merchant_webapi/api/transaction`), with
signatures looked at as strictly as VNPAY does. A terminal needs no making: its secret is `thu-` and its code. Its IPN goes where
`/_sandbox/merchant` or `--hook` say, else to `/hooks/vnpay/` of the site the payer came from.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
import time
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlsplit

from payments.sandboxes import door, pages
from payments.sandboxes.books import VIETNAM, Books, Charge, Movement
from payments.sandboxes.panel import Asked, Bank, Notice, Said

QUERY = "RequestId Version Command TmnCode TxnRef TransactionDate CreateDate IpAddr OrderInfo"
REFUND = (
    "RequestId Version Command TmnCode TransactionType TxnRef Amount TransactionNo TransactionDate CreateBy CreateDate"
    " IpAddr OrderInfo"
)
REFUNDED = (
    "ResponseId Command ResponseCode Message TmnCode TxnRef Amount BankCode PayDate TransactionNo TransactionType"
    " TransactionStatus OrderInfo"
)
QUERIED = REFUNDED + " PromotionCode PromotionAmount"
SHAPES = {
    "vnp_Version": r"2\.1\.0",
    "vnp_Command": r"pay",
    "vnp_TmnCode": r"[A-Z0-9]{8}",
    "vnp_Amount": r"[1-9][0-9]{0,9}00",
    "vnp_CreateDate": r"[0-9]{14}",
    "vnp_ExpireDate": r"[0-9]{14}",
    "vnp_CurrCode": r"VND",
    "vnp_IpAddr": r"[0-9A-Fa-f.:]{7,45}",
    "vnp_Locale": r"vn|en",
    "vnp_OrderInfo": r"[A-Za-z0-9 .,:-]{1,255}",
    "vnp_OrderType": r"[a-z0-9]{1,100}",
    "vnp_ReturnUrl": r"https?://[^\s*~]{1,240}",
    "vnp_TxnRef": r"[A-Za-z0-9_.-]{1,100}",
}
STATUSES = {"open": "01", "processing": "01", "paid": "00", "declined": "02", "expired": "02"}
MESSAGES = {
    "00": "Success",
    "02": "Merchant invalid",
    "03": "Data format wrong",
    "91": "Transaction not found",
    "94": "Duplicate request",
    "95": "Transaction not successful",
    "97": "Checksum invalid",
}


def mac(secret: str, text: str) -> str:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha512).hexdigest()


def stamp(at: float) -> str:
    return datetime.fromtimestamp(at, VIETNAM).strftime("%Y%m%d%H%M%S")


def instant(text: str) -> float:
    return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=VIETNAM).timestamp()


def call_of(asked: Asked) -> str:
    """Return which call a body is: one address serves both."""
    return "refund" if b'"refund"' in asked.body else "query"


class Vnpay(Bank):
    """VNPAY's sandbox for demos and tests."""

    name, title, colour = "vnpay", "VNPAY (mô phỏng)", "#005baa"
    fee_in_10000 = 110
    most_tries = 10
    cancelled, poor = "24", "51"
    own_ways = {"doubt": "Giao dịch bị nghi ngờ (07)"}

    def __init__(self, books: Books, **more: Any) -> None:
        super().__init__(books, **more)
        self.doors = {
            "GET /paymentv2/vpcpay.html": ("", self.arrive),
            "GET /paymentv2/Transaction/PaymentMethod.html": ("", self.show),
            "POST /paymentv2/Transaction/answer": ("", self.payer_says),
            "POST /merchant_webapi/api/transaction": (call_of, self.transaction),
        }

    def default_keys(self, merchant: str) -> dict[str, str]:
        return {"hash_secret": f"thu-{merchant}"}

    # ---- the payer

    def arrive(self, asked: Asked) -> Said:
        """Take the merchant's wish from the address; only a right signature opens the page."""
        given = dict(parse_qsl(asked.query, keep_blank_values=True))
        parts = [part for part in asked.query.split("&") if not part.startswith("vnp_SecureHash")]
        secret = self.keys(given.get("vnp_TmnCode", ""))["hash_secret"]
        if not hmac.compare_digest(mac(secret, "&".join(sorted(parts))), given.get("vnp_SecureHash", "")):
            return self._refuse("Sai chữ ký (70).")
        for name, shape in SHAPES.items():
            if not re.fullmatch(shape, given.get(name, ""), re.ASCII):
                return self._refuse(f"Dữ liệu không hợp lệ: {name} (03).")
        if instant(given["vnp_ExpireDate"]) <= time.time():
            return self._refuse("Giao dịch đã quá thời gian chờ thanh toán (15).")
        merchant, reference, amount = given["vnp_TmnCode"], given["vnp_TxnRef"], int(given["vnp_Amount"]) // 100
        with self.books.writing():
            known = self.books.charge("merchant = ? AND reference = ?", merchant, reference)
            if known is None:
                self.open(
                    merchant=merchant, reference=reference, amount=amount, about=given["vnp_OrderInfo"],
                    back=given["vnp_ReturnUrl"], hook=self._hook(merchant, given["vnp_ReturnUrl"]),
                    more={"created": given["vnp_CreateDate"]}, ends_at=instant(given["vnp_ExpireDate"]),
                )  # fmt: skip
            elif (known.amount, known.more["created"]) != (amount, given["vnp_CreateDate"]):
                return self._refuse("Giao dịch đã tồn tại (01).")
        found = self.books.charge("merchant = ? AND reference = ?", merchant, reference)
        assert found is not None
        return Said(302, to=f"/paymentv2/Transaction/PaymentMethod.html?token={found.token}")

    def _hook(self, merchant: str, back: str) -> str:
        parts = urlsplit(back)
        return self.hook_of(merchant) or f"{parts.scheme}://{parts.netloc}/hooks/vnpay/"

    def _refuse(self, words: str) -> Said:
        return Said(400, page=pages.trouble(self, words))

    def show(self, asked: Asked) -> Said:
        charge = self.books.charge("token = ?", dict(parse_qsl(asked.query)).get("token", ""))
        return pages.shown(self, charge, "/paymentv2/Transaction/answer")

    def payer_says(self, asked: Asked) -> Said:
        return pages.payer_says(self, asked, "07" if asked.form.get("way") == "doubt" else "")

    # ---- what we tell

    def _result(self, charge: Charge, number: str) -> str:
        """Return the signed query of the IPN and of the way back."""
        took = self.books.captured(charge)
        code = charge.code or {"paid": "00", "expired": "11"}.get(charge.status, "01" if took is None else "00")
        fields = {
            "vnp_Amount": str(charge.amount * 100),
            "vnp_BankCode": "NCB" if took else "VNPAY",
            "vnp_BankTranNo": f"VNP{number}" if took else "",
            "vnp_CardType": "ATM" if took else "QRCODE",
            "vnp_OrderInfo": charge.about,
            "vnp_PayDate": stamp(took.at if took else time.time()),
            "vnp_ResponseCode": code,
            "vnp_TmnCode": charge.merchant,
            "vnp_TransactionNo": number or "0",
            "vnp_TransactionStatus": self._status(charge),
            "vnp_TxnRef": charge.reference,
        }
        text = "&".join(f"{name}={quote_plus(fields[name])}" for name in sorted(fields) if fields[name])
        return f"{text}&vnp_SecureHash={mac(self.keys(charge.merchant)['hash_secret'], text)}"

    def _status(self, charge: Charge) -> str:
        return "07" if charge.code == "07" else STATUSES[charge.status]

    def notice(self, charge: Charge, number: str) -> Notice:
        return Notice("GET", f"{charge.hook}?{self._result(charge, number)}")

    def is_taken(self, status: int, body: bytes) -> bool:
        """VNPAY asks again until it hears 00 or 02."""
        try:
            return status == 200 and json.loads(body)["RspCode"] in ("00", "02")
        except (ValueError, KeyError, TypeError):
            return False

    def way_back(self, charge: Charge) -> str:
        took = self.books.captured(charge)
        join = "&" if "?" in charge.back else "?"
        return f"{charge.back}{join}{self._result(charge, took.number if took else '')}"

    # ---- what merchants ask

    def transaction(self, asked: Asked) -> Said:
        """querydr and refund, told apart by the body."""
        try:
            body = {name: str(value) for name, value in json.loads(asked.body).items()}
        except (ValueError, AttributeError):
            return Said(400, {"vnp_ResponseCode": "03"})
        doors = {"querydr": self._query, "refund": self._refund}
        act = doors.get(body.get("vnp_Command", ""))
        return act(body) if act else Said(200, {"vnp_ResponseCode": "03"})

    def _checked(self, body: dict[str, str], order: str) -> str:
        """Return why a call is not served; empty when it is."""
        if not re.fullmatch(SHAPES["vnp_TmnCode"], body.get("vnp_TmnCode", "")):
            return "02"
        text = "|".join(body.get(f"vnp_{name}", "") for name in order.split())
        secret = self.keys(body["vnp_TmnCode"])["hash_secret"]
        if not hmac.compare_digest(mac(secret, text), body.get("vnp_SecureHash", "")):
            return "97"
        shapes = {
            "RequestId": r"[A-Za-z0-9]{1,32}",
            "Version": r"2\.1\.0",
            "CreateDate": r"[0-9]{14}",
            "IpAddr": r".{7,45}",
        }
        if not all(re.fullmatch(shape, body.get(f"vnp_{name}", "")) for name, shape in shapes.items()):
            return "03"
        today = datetime.now(VIETNAM).date()
        return "" if self.books.is_fresh(f"{today} {body['vnp_TmnCode']} {body['vnp_RequestId']}") else "94"

    def _found(self, body: dict[str, str]) -> Charge | None:
        charge = self.books.charge("merchant = ? AND reference = ?", body["vnp_TmnCode"], body.get("vnp_TxnRef", ""))
        if charge is None or charge.more["created"] != body.get("vnp_TransactionDate"):
            return None
        return self.current(charge)

    def _query(self, body: dict[str, str]) -> Said:
        wrong = self._checked(body, QUERY)
        charge = None if wrong else self._found(body)
        if charge is None:
            return self._say(body, wrong or "91", QUERIED)
        moved = self.books.movements("charge = ?", charge.id)
        last = moved[-1] if moved else None
        if last is not None and last.kind == "refund":
            return self._say(body, "00", QUERIED, **self._refund_fields(charge, last))
        took = self.books.captured(charge)
        fields = {
            "Amount": str(charge.amount * 100),
            "BankCode": "NCB" if took else "VNPAY",
            "PayDate": stamp(took.at) if took else "",
            "TransactionNo": took.number if took else "0",
            "TransactionType": "01",
            "TransactionStatus": self._status(charge),
            "OrderInfo": charge.about,
        }
        return self._say(body, "00", QUERIED, **fields)

    def _refund(self, body: dict[str, str]) -> Said:
        with self.books.writing():
            wrong = self._checked(body, REFUND)
            charge = None if wrong else self._found(body)
            if charge is None:
                return self._say(body, wrong or "91", REFUNDED)
            took = self.books.captured(charge)
            amount = body.get("vnp_Amount", "")
            if took is None:
                return self._say(body, "95", REFUNDED)
            whole = {"02": True, "03": False}.get(body.get("vnp_TransactionType", ""))
            dong = int(amount) // 100 if re.fullmatch(r"[1-9][0-9]{0,9}00", amount) else 0
            right = body.get("vnp_TransactionNo") in ("0", took.number) and bool(body.get("vnp_CreateBy"))
            fits = 0 < dong <= self.books.left(charge) and (dong == charge.amount if whole else True)
            if whole is None or not right or not fits:
                return self._say(body, "03", REFUNDED)
            number = self.number()
            self.books.add_movement(
                charge=charge.id, kind="refund", number=number, amount=dong, fee=0, at=time.time(),
                name=f"refund {charge.merchant} {number}", about=body["vnp_OrderInfo"],
            )  # fmt: skip
            done = self.books.movements("number = ?", number)[0]
            return self._say(body, "00", REFUNDED, **self._refund_fields(charge, done))

    def _refund_fields(self, charge: Charge, done: Movement) -> dict[str, str]:
        return {
            "Amount": str(done.amount * 100),
            "BankCode": "NCB",
            "PayDate": stamp(done.at),
            "TransactionNo": done.number,
            "TransactionType": "02" if done.amount == charge.amount else "03",
            "TransactionStatus": "05",
            "OrderInfo": done.about,
        }

    def _say(self, body: dict[str, str], code: str, order: str, **fields: str) -> Said:
        said = {
            "ResponseId": secrets.token_hex(16),
            "Command": body.get("vnp_Command", ""),
            "ResponseCode": code,
            "Message": MESSAGES[code],
            "TmnCode": body.get("vnp_TmnCode", ""),
            "TxnRef": body.get("vnp_TxnRef", ""),
            **fields,
        }
        text = "|".join(said.get(name, "") for name in order.split())
        answer = {f"vnp_{name}": value for name, value in said.items()}
        secret = self.keys(said["TmnCode"])["hash_secret"]
        return Said(200, {**answer, "vnp_SecureHash": mac(secret, text)})


if __name__ == "__main__":
    raise SystemExit(door.main(Vnpay))
