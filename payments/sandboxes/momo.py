"""MoMo v2, pretended: `python -m payments.sandboxes.momo [--port N] [--file books.sqlite]`.

create, query, refund, the page, the IPN. A partner needs no making: its keys are `thu-access-` and `thu-secret-` and its code.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
import time
from typing import Any
from urllib.parse import parse_qsl, urlencode

from payments.sandboxes import door, pages
from payments.sandboxes.books import Books, Charge
from payments.sandboxes.panel import Asked, Bank, Notice, Said

SIGNED = {
    "create": "accessKey amount extraData ipnUrl orderId orderInfo partnerCode redirectUrl requestId requestType",
    "result": "accessKey amount extraData message orderId orderInfo orderType partnerCode payType requestId responseTime"
    " resultCode transId",
    "query": "accessKey orderId partnerCode requestId",
    "refund": "accessKey amount description orderId partnerCode requestId transId",
}
ORDER = re.compile(r"[0-9a-zA-Z]([-_.]*[0-9a-zA-Z]+)*", re.ASCII)
LINK_S = 15 * 60
MESSAGES = {
    0: "Thành công.",
    13: "Xác thực doanh nghiệp không thành công.",
    20: "Yêu cầu sai định dạng.",
    22: "Số tiền giao dịch không hợp lệ.",
    40: "RequestId bị trùng.",
    41: "OrderId bị trùng.",
    42: "OrderId không hợp lệ hoặc không được tìm thấy.",
    1000: "Giao dịch đã được khởi tạo, chờ người dùng xác nhận thanh toán.",
    1001: "Giao dịch thất bại do tài khoản người dùng không đủ tiền.",
    1005: "Url hoặc QR code đã hết hạn.",
    1006: "Giao dịch bị từ chối bởi người dùng.",
    1081: "Giao dịch hoàn tiền bị từ chối.",
    7000: "Giao dịch đang được xử lý.",
}


class Momo(Bank):
    """MoMo's sandbox for demos and tests."""

    name, title, colour = "momo", "MoMo (mô phỏng)", "#a50064"
    fee_in_10000 = 150
    most_tries = 10
    cancelled, poor = "1006", "1001"

    def __init__(self, books: Books, **more: Any) -> None:
        super().__init__(books, **more)
        self.doors = {
            "POST /v2/gateway/api/create": ("create", self.create),
            "POST /v2/gateway/api/query": ("query", self.query),
            "POST /v2/gateway/api/refund": ("refund", self.refund),
            "GET /v2/gateway/pay": ("", self.show),
            "POST /v2/gateway/pay": ("", self.payer_says),
        }

    def default_keys(self, merchant: str) -> dict[str, str]:
        return {"access_key": f"thu-access-{merchant}", "secret_key": f"thu-secret-{merchant}"}

    def number(self) -> str:
        return str(4_000_000_000 + secrets.randbelow(10**9))

    def _mac(self, kind: str, merchant: str, body: dict[str, Any]) -> str:
        keys = self.keys(merchant)
        values = {**body, "accessKey": keys["access_key"]}
        text = "&".join(f"{name}={values.get(name, '')}" for name in SIGNED[kind].split())
        return hmac.new(keys["secret_key"].encode(), text.encode(), hashlib.sha256).hexdigest()

    def _read(self, kind: str, asked: Asked) -> tuple[dict[str, Any], int]:
        """Return the body of a call and why it is not served; 0 when it is."""
        try:
            body = json.loads(asked.body)
        except ValueError:
            return {}, 20
        if not isinstance(body, dict) or not re.fullmatch(r"\w{1,20}", str(body.get("partnerCode", ""))):
            return {}, 20
        if not hmac.compare_digest(self._mac(kind, body["partnerCode"], body), str(body.get("signature", ""))):
            return body, 13
        if "accessKey" in body or not re.fullmatch(r".{1,50}", str(body.get("requestId", ""))):
            return body, 20
        order = str(body.get("orderId", ""))
        if len(order) > 50 or not ORDER.fullmatch(order):
            return body, 42
        return body, 0

    def _say(self, body: dict[str, Any], code: int, **more: Any) -> Said:
        said = {
            "partnerCode": body.get("partnerCode", ""),
            "orderId": body.get("orderId", ""),
            "requestId": body.get("requestId", ""),
            "resultCode": code,
            "message": MESSAGES[code],
            "responseTime": int(time.time() * 1000),
            **more,
        }
        return Said(400 if code in (13, 20) else 200, said)

    def _is_new(self, body: dict[str, Any]) -> int:
        """Return why these names cannot be taken; 0 when they can."""
        partner, order = body["partnerCode"], body["orderId"]
        known = self.books.charge("merchant = ? AND reference = ?", partner, order)
        if known or self.books.movements("name = ?", f"{partner} {order}"):
            return 41
        return 0 if self.books.is_fresh(f"{partner} {body['requestId']}") else 40

    def create(self, asked: Asked) -> Said:
        body, wrong = self._read("create", asked)
        if wrong:
            return self._say(body, wrong)
        amount = body.get("amount")
        if isinstance(amount, bool) or not isinstance(amount, int) or not 1_000 <= amount <= 50_000_000:
            return self._say(body, 22)
        texts = [str(body.get(name, "")) for name in ("redirectUrl", "ipnUrl")]
        if body.get("requestType") != "captureWallet" or not all(text.startswith("http") for text in texts):
            return self._say(body, 20)
        with self.books.writing():
            wrong = self._is_new(body)
            if wrong:
                return self._say(body, wrong)
            more = {"request": body["requestId"], "extra": body.get("extraData", "")}
            token = self.open(
                merchant=body["partnerCode"], reference=body["orderId"], amount=amount, about=body["orderInfo"],
                back=body["redirectUrl"], hook=body["ipnUrl"], more=more, ends_at=time.time() + LINK_S,
            )  # fmt: skip
        page = f"{asked.base}/v2/gateway/pay?t={token}"
        return self._say(body, 0, amount=amount, payUrl=page, deeplink=f"{page}&app=1", qrCodeUrl=page)

    def _code(self, charge: Charge) -> int:
        codes = {"open": 1000, "processing": 7000, "paid": 0, "expired": 1005}
        return codes[charge.status] if charge.status in codes else int(charge.code)

    def query(self, asked: Asked) -> Said:
        body, wrong = self._read("query", asked)
        found = None if wrong else self.books.charge(
            "merchant = ? AND reference = ?", body["partnerCode"], body["orderId"]
        )  # fmt: skip
        if found is None:
            return self._say(body, wrong or 42)
        charge, took = self.current(found), self.books.captured(found)
        refunds = self.books.movements("charge = ? AND kind = 'refund'", charge.id)
        return self._say(
            body, self._code(charge), amount=charge.amount, transId=int(took.number) if took else 0,
            payType="qr" if took else "", extraData=charge.more["extra"],
            refundTrans=[
                {
                    "orderId": one.name.partition(" ")[2],
                    "amount": one.amount,
                    "resultCode": 0,
                    "transId": int(one.number),
                    "createdTime": int(one.at * 1000),
                }
                for one in refunds
            ],
        )  # fmt: skip

    def refund(self, asked: Asked) -> Said:
        body, wrong = self._read("refund", asked)
        if wrong:
            return self._say(body, wrong)
        with self.books.writing():
            wrong = self._is_new(body)
            if wrong:
                return self._say(body, wrong)
            took = self.books.movements("number = ? AND kind = 'capture'", str(body.get("transId")))
            charge = self.books.charge("id = ? AND merchant = ?", took[0].charge, body["partnerCode"]) if took else None
            amount = body.get("amount")
            if charge is None:
                return self._say(body, 42)
            if not isinstance(amount, int) or not 1_000 <= amount <= self.books.left(charge):
                return self._say(body, 1081)
            number = self.number()
            self.books.add_movement(
                charge=charge.id, kind="refund", number=number, amount=amount, fee=0, at=time.time(),
                name=f"{body['partnerCode']} {body['orderId']}", about=str(body.get("description", "")),
            )  # fmt: skip
        return self._say(body, 0, amount=amount, transId=int(number))

    # ---- the payer, and what we tell

    def show(self, asked: Asked) -> Said:
        charge = self.books.charge("token = ?", dict(parse_qsl(asked.query)).get("t", ""))
        return pages.shown(self, charge, "/v2/gateway/pay")

    def payer_says(self, asked: Asked) -> Said:
        return pages.payer_says(self, asked)

    def _result(self, charge: Charge, number: str) -> dict[str, Any]:
        code = self._code(charge)
        body = {
            "partnerCode": charge.merchant,
            "orderId": charge.reference,
            "requestId": charge.more["request"],
            "amount": charge.amount,
            "orderInfo": charge.about,
            "orderType": "momo_wallet",
            "transId": int(number or 0),
            "resultCode": code,
            "message": MESSAGES[code],
            "payType": "qr",
            "responseTime": int(time.time() * 1000),
            "extraData": charge.more["extra"],
        }
        return {**body, "signature": self._mac("result", charge.merchant, body)}

    def notice(self, charge: Charge, number: str) -> Notice:
        return Notice("POST", charge.hook, self._result(charge, number))

    def is_taken(self, status: int, body: bytes) -> bool:
        """MoMo wants 204."""
        return status == 204

    def way_back(self, charge: Charge) -> str:
        took = self.books.captured(charge)
        join = "&" if "?" in charge.back else "?"
        return f"{charge.back}{join}{urlencode(self._result(charge, took.number if took else ''))}"


if __name__ == "__main__":
    raise SystemExit(door.main(Momo))
