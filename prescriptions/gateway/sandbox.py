"""The other side of the wire, pretended: `python -m prescriptions.gateway.sandbox [--port N] [--file books.sqlite]`.

A process of its own that speaks the national system's format as the connection guide has it (Decision 808/QĐ-BYT): sign-in of
facilities and doctors, sending, looking up, reporting a sale. It knows nothing of the house; only addresses and keys differ
from the real one. Accounts need no making: the password of an account, and the key of an application, is `thu-` and its name.

`/_sandbox/next` makes it answer otherwise, `/_sandbox/seen` tells what arrived, `/_sandbox/forget-tokens` ends every token,
`/_sandbox/clock` sets its clock, `/_sandbox/reset` empties its books. It listens on this machine alone.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import json
import re
import secrets
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from datetime import date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

WEEK_S = 604_800
CODE = re.compile(r"[0-9A-Za-z]{5}[0-9A-Za-z]{7}-[nhcy]", re.ASCII | re.IGNORECASE)
DAY = re.compile(r"[0-9]{2}/[0-9]{2}/[0-9]{4}", re.ASCII)
REQUIRED = {
    "loai_don_thuoc": "Loại đơn thuốc không được để trống",
    "ma_don_thuoc": "Mã đơn thuốc không được để trống",
    "ho_ten_benh_nhan": "Họ tên bệnh nhân không được để trống",
    "ngay_sinh_benh_nhan": "Ngày sinh bệnh nhân không được để trống",
    "gioi_tinh": "Giới tính không được để trống",
    "dia_chi": "Địa chỉ không được để trống",
    "chan_doan": "Chẩn đoán không được để trống",
    "thong_tin_don_thuoc": "Thông tin đơn thuốc không được để trống",
    "ngay_gio_ke_don": "Ngày giờ kê đơn không được để trống",
}
TABLES = """
CREATE TABLE IF NOT EXISTS secret (value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS works (facility TEXT, doctor TEXT, PRIMARY KEY (facility, doctor));
CREATE TABLE IF NOT EXISTS prescription (code TEXT PRIMARY KEY, facility TEXT, doctor TEXT, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS line (id INTEGER PRIMARY KEY, code TEXT, rank INTEGER, quantity INTEGER, sold INTEGER DEFAULT 0);
CREATE TABLE IF NOT EXISTS sale (id INTEGER PRIMARY KEY, code TEXT, invoice TEXT, body TEXT NOT NULL);
"""
Reply = tuple[int, Any]


class Books:
    """What the system has stored, in a file that outlives it or in memory. One writer at a time."""

    def __init__(self, file: str = ":memory:") -> None:
        self.lock = threading.RLock()
        self.rows = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self.rows.executescript(TABLES)
        if self.rows.execute("SELECT value FROM secret").fetchone() is None:
            self.rows.execute("INSERT INTO secret VALUES (?)", [secrets.token_hex(32)])

    def ask(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.lock:
            return self.rows.execute(statement, values).fetchall()

    def secret(self) -> bytes:
        return str(self.ask("SELECT value FROM secret")[0][0]).encode()

    def forget_tokens(self) -> None:
        self.ask("UPDATE secret SET value = ?", secrets.token_hex(32))

    def reset(self) -> None:
        for table in ("works", "prescription", "line", "sale"):
            self.ask(f"DELETE FROM {table}")


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class System:
    """The pretended national system: one method for each call."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.seen: list[dict[str, Any]] = []
        self.ahead = 0.0  # seconds its clock is ahead of this machine's
        self.orders: list[dict[str, Any]] = []  # how the next calls are to be answered
        self.doors: dict[str, tuple[str, Callable[[Any, Any], Reply]]] = {
            "POST /api/auth/dang-nhap-co-so-kham-chua-benh": ("facility_login", self.sign_in_facility),
            "POST /api/auth/dang-nhap-bac-si": ("doctor_login", self.sign_in_doctor),
            "POST /api/v1/them-bac-si": ("add_doctor", self.add_doctor),
            "POST /api/v1/xoa-bac-si": ("remove_doctor", self.remove_doctor),
            "POST /api/v1/gui-don-thuoc": ("send", self.send),
            "POST /api/v1/cap-nhat-don-thuoc": ("report", self.report),
        }

    def now(self) -> float:
        return time.time() + self.ahead

    # ---- who asks

    def token(self, kind: str, facility: str, doctor: str = "") -> str:
        now = int(self.now())
        payload = {"kind": kind, "facility": facility, "doctor": doctor, "iat": now, "exp": now + WEEK_S}
        kind_of_token = _encoded(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
        head = f"{kind_of_token}.{_encoded(json.dumps(payload).encode())}"
        return f"{head}.{_encoded(hmac.digest(self.books.secret(), head.encode(), 'sha256'))}"

    def holder(self, headers: Any, kind: str) -> dict[str, str] | None:
        """Whose token a request carries; None when it is none of ours, of another kind, or ended."""
        head, _, seal = str(headers.get("Authorization", "")).removeprefix("Bearer ").rpartition(".")
        wanted = _encoded(hmac.digest(self.books.secret(), head.encode(), "sha256"))
        if not head or not hmac.compare_digest(seal.encode(), wanted.encode()):
            return None
        middle = head.partition(".")[2]
        payload = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
        return payload if payload["kind"] == kind and payload["exp"] > self.now() else None

    def sign_in_facility(self, body: Any, headers: Any) -> Reply:
        name = str(body.get("ma_lien_thong_co_so_kham_chua_benh", ""))
        if not name or body.get("password") != f"thu-{name}":
            return 422, {"error": {"ma_lien_thong_co_so_kham_chua_benh": ["Tài khoản hoặc mật khẩu không đúng"]}}
        return 200, {"token": self.token("facility", name), "token_type": "bearer"}

    def sign_in_doctor(self, body: Any, headers: Any) -> Reply:
        name, facility = body.get("ma_lien_thong_bac_si", ""), body.get("ma_lien_thong_co_so_kham_chua_benh", "")
        if not name or body.get("password") != f"thu-{name}":
            return 422, {"error": {"ma_lien_thong_bac_si": ["Tài khoản hoặc mật khẩu không đúng"]}}
        if not self.books.ask("SELECT 1 FROM works WHERE facility = ? AND doctor = ?", facility, name):
            return 422, {"error": {"ma_lien_thong_bac_si": ["Bác sĩ chưa được thêm vào cơ sở"]}}
        return 200, {"token": self.token("doctor", facility, name), "token_type": "bearer"}

    def add_doctor(self, body: Any, headers: Any) -> Reply:
        holder = self.holder(headers, "facility")
        if holder is None:
            return 401, {"error": "Unauthenticated"}
        name = str(body.get("ma_lien_thong_bac_si", ""))
        self.books.ask("INSERT OR IGNORE INTO works VALUES (?, ?)", holder["facility"], name)
        return 200, {"success": "Thêm bác sĩ thành công"}

    def remove_doctor(self, body: Any, headers: Any) -> Reply:
        holder = self.holder(headers, "facility")
        if holder is None:
            return 401, {"error": "Unauthenticated"}
        name = str(body.get("ma_lien_thong_bac_si", ""))
        self.books.ask("DELETE FROM works WHERE facility = ? AND doctor = ?", holder["facility"], name)
        return 200, {"success": "Xóa bác sĩ thành công"}

    # ---- prescriptions

    def send(self, body: Any, headers: Any) -> Reply:
        holder = self.holder(headers, "doctor")
        if holder is None:
            return 401, {"error": "Unauthenticated"}
        checksum = hashlib.md5(json.dumps(body, sort_keys=True).encode(), usedforsecurity=False).hexdigest()
        if errors := mistakes(body):
            return 422, {"success": "Gửi đơn thuốc không thành công", "danh_sach_cac_loi": errors, "checksum": checksum}
        code = body["ma_don_thuoc"].lower()
        with self.books.lock:
            if self.books.ask("SELECT 1 FROM prescription WHERE code = ?", code):
                return 422, duplicate(checksum)
            self.books.ask("BEGIN")
            self.books.ask("INSERT INTO prescription VALUES (?, ?, ?, ?)",
                           code, holder["facility"], holder["doctor"], json.dumps(body))  # fmt: skip
            for rank, line in enumerate(body["thong_tin_don_thuoc"]):
                self.books.ask("INSERT INTO line (code, rank, quantity) VALUES (?, ?, ?)",
                               code, rank, int(line["so_luong"]))  # fmt: skip
            self.books.ask("COMMIT")
        return 200, {"success": "Gửi đơn thuốc thành công", "checksum": checksum}

    def look_up(self, code: str, headers: Any) -> Reply:
        if not self.is_application(headers):
            return 401, {"danh_sach_cac_loi": ["app-name hoặc app-key không đúng"]}
        found = self.books.ask("SELECT facility, doctor, body FROM prescription WHERE code = ?", code.lower())
        if not found:
            return 404, {"danh_sach_cac_loi": ["Không tìm thấy đơn thuốc"]}
        facility, doctor, body = found[0][0], found[0][1], json.loads(found[0][2])
        shown = {name: body[name] for name in (
            "ma_don_thuoc", "loai_don_thuoc", "ho_ten_benh_nhan", "ngay_sinh_benh_nhan", "chan_doan",
            "ngay_gio_ke_don", "loi_dan", "luu_y",
        )}  # fmt: skip
        lines = self.books.ask("SELECT id, rank, quantity, sold FROM line WHERE code = ? ORDER BY rank", code.lower())
        medicines = [
            {"id": str(id_), **body["thong_tin_don_thuoc"][rank], "so_luong": quantity, "so_luong_ban": sold}
            for id_, rank, quantity, sold in lines
        ]
        place = {"ten_bac_si": doctor, "ten_co_so_kham_chua_benh": facility}
        return 200, {**shown, **place, "thong_tin_don_thuoc": medicines}

    def report(self, body: Any, headers: Any) -> Reply:
        if not self.is_application(headers):
            return 403, {"danh_sach_cac_loi": ["app-name hoặc app-key không đúng"]}
        code, invoice, lines = (
            str(body.get("ma_don_thuoc", "")).lower(),
            body.get("ma_hoa_don"),
            body.get("thong_tin_thuoc"),
        )
        with self.books.lock:
            if not self.books.ask("SELECT 1 FROM prescription WHERE code = ?", code):
                return 404, {"danh_sach_cac_loi": ["Không tìm thấy đơn thuốc"]}
            if not lines or not isinstance(invoice, str) or not 0 < len(invoice) <= 20:
                return 422, {"danh_sach_cac_loi": ["Thông tin thuốc hoặc mã hóa đơn không hợp lệ"]}
            self.books.ask("BEGIN")
            for line in lines:
                fits = self.books.ask(
                    "UPDATE line SET sold = sold + ?1 WHERE id = ?2 AND code = ?3 AND sold + ?1 <= quantity RETURNING id",
                    int(line["so_luong_ban"]), line["ma_thuoc_da_ke_don"], code,
                )  # fmt: skip
                if not fits:
                    self.books.ask("ROLLBACK")
                    return 422, {"danh_sach_cac_loi": [f"Số lượng bán của {line['ten_thuoc']} vượt quá số lượng đã kê"]}
            self.books.ask("INSERT INTO sale (code, invoice, body) VALUES (?, ?, ?)", code, invoice, json.dumps(body))
            self.books.ask("COMMIT")
        return 200, "Cập nhật đơn thuốc đã bán thành công"

    def is_application(self, headers: Any) -> bool:
        return bool(headers.get("app-name")) and headers.get("app-key") == f"thu-{headers['app-name']}"

    # ---- answering otherwise

    def order_for(self, call: str) -> dict[str, Any] | None:
        """Take the first order that concerns this call; one without an end stays."""
        with self.books.lock:
            for order in self.orders:
                if order.get("call", call) == call:
                    order["times"] = order.get("times", 1) - 1
                    if order["times"] == 0:
                        self.orders.remove(order)
                    return order
        return None


def duplicate(checksum: str = "") -> dict[str, Any]:
    """The answer to a code that is known already."""
    return {
        "success": "Đơn thuốc đã được sử dụng trước đó",
        "danh_sach_cac_loi": ["Mã đơn thuốc đã tồn tại"],
        "checksum": checksum,
    }


def mistakes(body: Any) -> list[str]:
    """Look at a prescription as the field table asks; return what is wrong, in the system's language."""
    if not isinstance(body, dict):
        return ["Dữ liệu không hợp lệ"]
    found = [words for name, words in REQUIRED.items() if not body.get(name)]
    if found:
        return found
    letter = body["loai_don_thuoc"]
    if letter not in ("c", "h", "n", "y"):
        found.append("Loại đơn thuốc không hợp lệ")
    if not CODE.fullmatch(str(body["ma_don_thuoc"])) or not str(body["ma_don_thuoc"]).lower().endswith(f"-{letter}"):
        found.append("Mã đơn thuốc không hợp lệ")
    if body["gioi_tinh"] not in (1, 2, 3):
        found.append("Giới tính không hợp lệ")
    born = _day(body["ngay_sinh_benh_nhan"])
    try:
        written = datetime.strptime(str(body["ngay_gio_ke_don"]), "%Y-%m-%d %H:%M:%S").date()  # noqa: DTZ007
    except ValueError:
        return [*found, "Ngày giờ kê đơn không đúng định dạng"]
    if born is None:
        found.append("Ngày sinh bệnh nhân không đúng định dạng")
    elif _months(born, written) < 72 and not body.get("thong_tin_nguoi_giam_ho"):
        found.append("Trẻ dưới 72 tháng tuổi phải có thông tin người giám hộ")
    if str(body.get("ngay_tai_kham") or "0").isdigit() is False:
        found.append("Ngày tái khám phải là số ngày")
    course = body.get("dot_dung_thuoc")
    if letter != "c" and not (
        isinstance(course, dict) and _day(course.get("tu_ngay")) and _day(course.get("den_ngay"))
    ):
        found.append("Đợt dùng thuốc không được để trống")
    for line in body["thong_tin_don_thuoc"]:
        if any(
            not str(line.get(name) or "") for name in ("ma_thuoc", "ten_thuoc", "don_vi_tinh", "so_luong", "cach_dung")
        ):
            found.append("Thông tin thuốc không được để trống")
        elif not str(line["so_luong"]).isdigit():
            found.append("Số lượng thuốc không hợp lệ")
    return found


def _day(text: Any) -> date | None:
    if not isinstance(text, str) or not DAY.fullmatch(text):
        return None
    try:
        return datetime.strptime(text, "%d/%m/%Y").date()  # noqa: DTZ007
    except ValueError:
        return None


def _months(born: date, day: date) -> int:
    return (day.year - born.year) * 12 + day.month - born.month - (day.day < born.day)


class Door(BaseHTTPRequestHandler):
    """HTTP in, JSON out."""

    system: System
    timeout = 30

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def _serve(self, method: str) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            body = json.loads(raw) if raw else {}
        except ValueError:
            return self._say(400, {"error": "JSON"})
        if self.path.startswith("/_sandbox/"):
            return self._say(*self._control(self.path.removeprefix("/_sandbox/"), body))
        before, _, code = self.path.rpartition("/")
        if method == "GET" and before in ("/api/v1/thong-tin-don-thuoc", "/api/v1/thong-tin-donthuoc"):
            return self._answer("look_up", body, lambda: self.system.look_up(unquote(code), self.headers))
        door = self.system.doors.get(f"{method} {self.path}")
        if door is None:
            return self._say(404, {"error": "Not Found"})
        call, act = door
        return self._answer(call, body, lambda: act(body, self.headers))

    def _answer(self, call: str, body: Any, act: Callable[[], Reply]) -> None:
        self.system.seen.append({"call": call, "path": self.path, "body": body})
        order = self.system.order_for(call)
        if order is None:
            return self._say(*act())
        if order.get("stores"):
            act()
        time.sleep(float(order.get("waits", 0)))
        what = order.get("what", "")
        if what == "silence":
            self.close_connection = True
            return None
        if what == "duplicate":
            return self._say(422, duplicate())
        if what == "page":
            return self._say(int(order.get("status", 200)), None, page=b"<html>502 Bad Gateway</html>")
        return self._say(int(order["status"]), order.get("body", {"error": "sandbox"}), order.get("headers"))

    def _control(self, verb: str, body: Any) -> Reply:
        if verb == "next":
            self.system.orders.append(body)
        elif verb == "end-orders":
            self.system.orders.clear()
        elif verb == "clock":
            self.system.ahead = float(body["at"]) - time.time()
        elif verb == "forget-tokens":
            self.system.books.forget_tokens()
        elif verb == "reset":
            self.system.books.reset()
            self.system.orders.clear()
            self.system.seen.clear()
        elif verb == "seen":
            return 200, self.system.seen
        else:
            return 404, {}
        return 200, {}

    def _say(self, status: int, body: Any, headers: Any = None, *, page: bytes | None = None) -> None:
        raw = page if page is not None else json.dumps(body, ensure_ascii=False).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", "text/html" if page else "application/json; charset=utf-8")
            for name, value in (headers or {}).items():
                self.send_header(name, str(value))
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)
        except OSError:
            self.close_connection = True  # whoever asked has gone

    def log_message(self, *args: Any) -> None:
        """Say nothing: names and illnesses do not belong into a log."""


def serve(port: int = 0, file: str = ":memory:") -> ThreadingHTTPServer:
    """Open the door on this machine; the caller lets it run."""
    door = type("Door", (Door,), {"system": System(Books(file))})
    return ThreadingHTTPServer(("127.0.0.1", port), door)


def _end_with_parent(server: ThreadingHTTPServer) -> None:
    sys.stdin.read()
    server.shutdown()


def main() -> int:
    """Serve until TERM or Ctrl-C; the first line says the address."""
    parser = argparse.ArgumentParser(prog="prescriptions.gateway.sandbox")
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    parser.add_argument("--file", default=":memory:", help="where its books are kept; default: in memory")
    parser.add_argument("--with-parent", action="store_true", help="end when the standard input does")
    options = parser.parse_args()
    server = serve(options.port, options.file)
    if options.with_parent:
        threading.Thread(target=_end_with_parent, args=[server], daemon=True).start()
    sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
    sys.stdout.flush()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
