"""ZaloPay v2, pretended: `python -m payments.sandboxes.zalopay [--port N] [--file books.sqlite]`.

create, query, refund, query_refund, the page, the callback (about what was paid only, up to three times). An application needs no
making: its keys are `thu-key1-` and `thu-key2-` and its number. A refund is "processing" when asked for, done when asked about.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
import time
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from payments.sandboxes import door, pages
from payments.sandboxes.books import VIETNAM, Books, Charge
from payments.sandboxes.panel import Asked, Bank, Notice, Said

SIGNED = {
    "create": "app_id app_trans_id app_user amount app_time embed_data item",
    "refund": "app_id zp_trans_id amount description timestamp",
    "query_refund": "app_id m_refund_id timestamp",
}
MESSAGES = {
    1: "Giao dịch thành công",
    2: "Giao dịch thất bại",
    3: "Giao dịch đang xử lý hoặc chưa được thanh toán",
}


def today() -> str:
    return datetime.now(VIETNAM).strftime("%y%m%d")


class Zalopay(Bank):
    """ZaloPay's sandbox for demos and tests."""

    name, title, colour = "zalopay", "ZaloPay (mô phỏng)", "#0033c9"
    fee_in_10000 = 150
    most_tries = 3
    tells_of_failures = False
    cancelled, poor = "-2", "-63"

    def __init__(self, books: Books, **more: Any) -> None:
        super().__init__(books, **more)
        self.doors = {
            "POST /v2/create": ("create", self.create),
            "POST /v2/query": ("query", self.query),
            "POST /v2/refund": ("refund", self.refund),
            "POST /v2/query_refund": ("query_refund", self.query_refund),
            "GET /openinapp": ("", self.show),
            "POST /openinapp": ("", self.payer_says),
        }

    def default_keys(self, merchant: str) -> dict[str, str]:
        return {"key1": f"thu-key1-{merchant}", "key2": f"thu-key2-{merchant}"}

    def number(self) -> str:
        return f"{today()}{secrets.randbelow(10**9):09d}"

    def _mac(self, key: str, text: str) -> str:
        return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()

    def _read(self, kind: str, asked: Asked) -> tuple[dict[str, str], int]:
        """Return a call's fields and why it is not served; 0 when it is."""
        try:
            given = asked.form or json.loads(asked.body)
            body = {name: str(value) for name, value in given.items()}
        except (ValueError, AttributeError):
            return {}, -401
        if not re.fullmatch(r"[1-9][0-9]{0,8}", body.get("app_id", "")):
            return body, -402
        key1 = self.keys(body["app_id"])["key1"]
        names = SIGNED.get(kind, "app_id app_trans_id").split()
        if any(name not in body for name in names):
            return body, -401
        text = "|".join([*(body[name] for name in names), *([key1] if kind == "query" else [])])
        return body, 0 if hmac.compare_digest(self._mac(key1, text), body.get("mac", "")) else -402

    def _say(self, code: int, sub: int = 0, **more: Any) -> Said:
        sub = sub or (1 if code == 1 else 0)
        said = {"return_code": code, "return_message": MESSAGES[code], "sub_return_code": sub, "sub_return_message": ""}
        return Said(200, {**said, **more})

    def create(self, asked: Asked) -> Said:
        body, wrong = self._read("create", asked)
        if wrong:
            return self._say(2, wrong)
        name, seconds = body["app_trans_id"], body.get("expire_duration_seconds", "900")
        try:
            embedded, goods = json.loads(body["embed_data"]), json.loads(body["item"])
        except ValueError:
            return self._say(2, -401)
        right = (
            re.fullmatch(r"[0-9]{6}_[A-Za-z0-9_.-]{1,33}", name)
            and name.startswith(today())
            and re.fullmatch(r"[1-9][0-9]{0,11}", body["amount"])
            and re.fullmatch(r"[0-9]{13}", body["app_time"])
            and abs(int(body["app_time"]) / 1000 - time.time()) <= 900
            and seconds.isdecimal()
            and 300 <= int(seconds) <= 2_592_000
            and 0 < len(body["app_user"]) <= 50
            and 0 < len(body.get("description", "")) <= 256
            and isinstance(embedded, dict)
            and isinstance(goods, list)
        )
        if not right:
            return self._say(2, -401)
        with self.books.writing():
            if self.books.charge("merchant = ? AND reference = ?", body["app_id"], name):
                return self._say(2, -68)
            more = {key: body[key] for key in ("app_user", "app_time", "embed_data", "item")}
            token = self.open(
                merchant=body["app_id"], reference=name, amount=int(body["amount"]), about=body["description"],
                back=str(embedded.get("redirecturl", "")), hook=body.get("callback_url", ""), more=more,
                ends_at=time.time() + int(seconds),
            )  # fmt: skip
        order = base64.urlsafe_b64encode(json.dumps({"zptranstoken": token, "appid": int(body["app_id"])}).encode())
        url = f"{asked.base}/openinapp?order={order.decode()}"
        return self._say(1, zp_trans_token=token, order_url=url, order_token=token, qr_code=url)

    def query(self, asked: Asked) -> Said:
        body, wrong = self._read("query", asked)
        found = None if wrong else self.books.charge(
            "merchant = ? AND reference = ?", body["app_id"], body["app_trans_id"]
        )  # fmt: skip
        if found is None:
            return self._say(2, wrong or -101)
        charge, took = self.current(found), self.books.captured(found)
        if took is not None:
            return self._say(
                1, amount=charge.amount, zp_trans_id=int(took.number), discount_amount=0, is_processing=False,
                server_time=int(took.at * 1000),
            )  # fmt: skip
        if charge.status in ("open", "processing"):
            return self._say(3, is_processing=charge.status == "processing", amount=0, zp_trans_id=0)
        return self._say(2, -54 if charge.status == "expired" else int(charge.code), amount=0, zp_trans_id=0)

    def refund(self, asked: Asked) -> Said:
        body, wrong = self._read("refund", asked)
        name = body.get("m_refund_id", "")
        if not wrong and (len(name) > 45 or not re.fullmatch(rf"[0-9]{{6}}_{body['app_id']}_\w+", name, re.ASCII)):
            wrong = -401
        if wrong:
            return self._say(2, wrong)
        with self.books.writing():
            if self.books.movements("number = ?", name):
                return self._say(2, -68)
            took = self.books.movements("number = ? AND kind = 'capture'", body["zp_trans_id"])
            charge = self.books.charge("id = ? AND merchant = ?", took[0].charge, body["app_id"]) if took else None
            if charge is None:
                return self._say(2, -101)
            if not body["amount"].isdecimal() or not 0 < int(body["amount"]) <= self.books.left(charge):
                return self._say(2, -24)
            self.books.add_movement(
                charge=charge.id, kind="refund", number=name, amount=int(body["amount"]), fee=0, at=time.time(),
                name=f"{body['app_id']} {name}", about=body["description"],
            )  # fmt: skip
        return self._say(3, refund_id=int(self.number()))

    def query_refund(self, asked: Asked) -> Said:
        body, wrong = self._read("query_refund", asked)
        if wrong:
            return self._say(2, wrong)
        known = self.books.movements("name = ?", f"{body['app_id']} {body['m_refund_id']}")
        return self._say(1) if known else self._say(2, -101)

    # ---- the payer, and what we tell

    def _of_order(self, query: str) -> Charge | None:
        try:
            token = json.loads(base64.urlsafe_b64decode(dict(parse_qsl(query))["order"]))["zptranstoken"]
        except (ValueError, KeyError, TypeError):
            return None
        return self.books.charge("token = ?", token)

    def show(self, asked: Asked) -> Said:
        return pages.shown(self, self._of_order(asked.query), "/openinapp")

    def payer_says(self, asked: Asked) -> Said:
        return pages.payer_says(self, asked)

    def notice(self, charge: Charge, number: str) -> Notice:
        took = next(one for one in self.books.movements("charge = ?", charge.id) if one.number == number)
        data = {
            "app_id": int(charge.merchant),
            "app_trans_id": charge.reference,
            "app_time": int(charge.more["app_time"]),
            "app_user": charge.more["app_user"],
            "amount": charge.amount,
            "embed_data": charge.more["embed_data"],
            "item": charge.more["item"],
            "zp_trans_id": int(number),
            "server_time": int(took.at * 1000),
            "channel": 38,
            "merchant_user_id": "",
            "user_fee_amount": 0,
            "discount_amount": 0,
        }
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        mac = self._mac(self.keys(charge.merchant)["key2"], text)
        return Notice("POST", charge.hook, {"data": text, "mac": mac, "type": 1})

    def is_taken(self, status: int, body: bytes) -> bool:
        """ZaloPay calls again when it hears 0, or nothing it understands."""
        try:
            return status == 200 and json.loads(body)["return_code"] != 0
        except (ValueError, KeyError, TypeError):
            return False

    def way_back(self, charge: Charge) -> str:
        status = {"paid": "1", "processing": "3"}.get(charge.status, charge.code or "-54")
        fields = {
            "appid": charge.merchant,
            "apptransid": charge.reference,
            "pmcid": "38",
            "bankcode": "",
            "amount": str(charge.amount),
            "discountamount": "0",
            "status": status,
        }
        checksum = self._mac(self.keys(charge.merchant)["key2"], "|".join(fields.values()))
        join = "&" if "?" in charge.back else "?"
        return f"{charge.back}{join}{urlencode({**fields, 'checksum': checksum})}"


if __name__ == "__main__":
    raise SystemExit(door.main(Zalopay))
