"""What the pretended bank shows and hands out: its pages, in plain HTML without script, and the statement of a day. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from html import escape
from typing import Any
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from payments import banks, vietqr

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
WAYS = {
    "pay": "Chuyển tiền",
    "twice": "Chuyển hai lần",
    "half": "Chuyển một nửa",
    "wrong": "Chuyển với nội dung khác",
    "late": "Chuyển trễ",
    "silent": "Chuyển, không báo cho ai",
}
STYLE = """
:root { color-scheme: light dark; font: 17px/1.5 system-ui, sans-serif; }
body { margin: 0; background: light-dark(#eef2f7, #10151c); color: light-dark(#16202c, #e8eef5); }
header { background: #0b4f8a; color: #fff; padding: .9rem 1.25rem; font-weight: 650; }
main { max-width: 30rem; margin: 0 auto; padding: 1.25rem; }
.card { background: light-dark(#fff, #1a222c); border-radius: 14px; padding: 1.25rem; margin-bottom: 1rem; }
h1 { font-size: 1.3rem; margin: 0 0 .75rem; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .4rem 1rem; margin: 0; }
dt { color: light-dark(#5a6a7c, #9fb0c2); } dd { margin: 0; text-align: right; overflow-wrap: anywhere; font-weight: 600; }
.sum { font-size: 1.7rem; font-variant-numeric: tabular-nums; }
textarea, input { width: 100%; box-sizing: border-box; font: inherit; padding: .6rem; color: inherit; }
textarea, input { border-radius: 10px; border: 1px solid #8aa; background: transparent; }
textarea { min-height: 8rem; font-family: ui-monospace, monospace; font-size: .85rem; }
label { display: block; margin: .75rem 0 .25rem; color: light-dark(#5a6a7c, #9fb0c2); }
.seconds { display: flex; gap: .75rem; align-items: center; justify-content: space-between; margin: 0; } .seconds input { width: 6rem; }
button, .button { display: block; width: 100%; box-sizing: border-box; min-height: 3rem; margin-top: .6rem; padding: .6rem 1rem; }
button, .button { border-radius: 10px; border: 1.5px solid #0b4f8a; background: transparent; color: light-dark(#0b4f8a, #9ecbf5); }
button, .button { font: inherit; font-weight: 600; text-align: center; text-decoration: none; cursor: pointer; }
button.first { background: #0b4f8a; color: #fff; }
.bad { color: light-dark(#a3261a, #ff9d92); } .meta { color: light-dark(#5a6a7c, #9fb0c2); font-size: .9rem; }
"""


def money(amount: int) -> str:
    """Return an amount as people write it."""
    return f"{amount:,}".replace(",", ".") + "\N{NO-BREAK SPACE}₫"


def _page(title: str, inside: str) -> str:
    return (
        f'<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head>'
        f"<body><header>Ngân hàng thử · không phải tiền thật</header><main>{inside}</main></body></html>"
    )


def ask(qr: str, hook: str, back: str) -> str:
    """Show what a code says and the ways to transfer; without one, a field to paste it."""
    if not qr:
        return _page("Chuyển tiền", _paste("", ""))
    try:
        said = vietqr.decode(qr.strip())
    except vietqr.NotVietQR as error:
        return _page("Chuyển tiền", _paste(qr, str(error)))
    bank = banks.by_bin(said.bank)
    amount = (
        f'<dt>Số tiền</dt><dd class="sum">{money(said.amount)}</dd>'
        if said.amount
        else '<dt>Số tiền</dt><dd><input name="amount" inputmode="numeric" required aria-label="Số tiền" pattern="[0-9]+"></dd>'
    )
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(value)}">'
        for name, value in (("qr", qr.strip()), ("hook", hook), ("back", back))
    )
    buttons = "".join(
        f'<button name="way" value="{way}"{" class=first" if way == "pay" else ""}>{words}</button>'
        for way, words in WAYS.items()
    )
    return _page(
        "Chuyển tiền",
        f'<form method="post" action="/transfer">{hidden}<section class="card"><h1>Chuyển tiền</h1><dl>'
        f"<dt>Ngân hàng</dt><dd>{escape(bank.short_name if bank else said.bank)}</dd>"
        f"<dt>Số tài khoản</dt><dd>{escape(said.account)}</dd>{amount}"
        f"<dt>Nội dung</dt><dd>{escape(said.memo or said.bill or '–')}</dd></dl></section>"
        f'<section class="card"><label class="seconds"><span>Trễ bao nhiêu giây</span>'
        f'<input name="seconds" type="number" min="0" max="3600" value="20"></label>{buttons}</section></form>',
    )


def _paste(qr: str, error: str) -> str:
    said = f'<p class="bad" role="alert">{escape(error)}</p>' if error else ""
    return (
        '<form class="card" method="get" action="/"><h1>Chuyển tiền bằng mã VietQR</h1>'
        f'<label for="qr">Dán nội dung mã QR</label><textarea id="qr" name="qr" required>{escape(qr)}</textarea>{said}'
        '<button class="first">Xem</button></form>'
    )


def done_address(numbers: Sequence[str], back: str) -> str:
    """Return where a browser goes after a transfer."""
    return f"/done?numbers={','.join(numbers)}&back={quote(back, safe='')}"


def done(rows: Sequence[Mapping[str, Any]], back: str) -> str:
    """Say what was transferred and whether the hospital has been told."""
    cards = []
    for row in rows:
        told = "không báo" if row["due"] is None else "sẽ báo" if row["answer"] is None else "đã báo"
        at = datetime.fromtimestamp(row["at"], ZONE)
        cards.append(
            f'<section class="card"><dl><dt>Số giao dịch</dt><dd>{escape(row["number"])}</dd>'
            f'<dt>Số tiền</dt><dd class="sum">{money(row["amount"])}</dd><dt>Lúc</dt><dd>{at:%H:%M:%S %d/%m/%Y}</dd>'
            f"<dt>Nội dung</dt><dd>{escape(row['asked'])}</dd><dt>Bệnh viện</dt><dd>{told}</dd></dl></section>"
        )
    # Only a web address leads back, whatever the link said.
    is_web = urlsplit(back).scheme in {"http", "https"}
    link = f'<a class="button" href="{escape(back)}">Quay lại</a>' if is_web else ""
    return _page("Đã chuyển", f"<h1>Đã chuyển tiền</h1>{''.join(cards)}{link}")


def refused(why: str) -> str:
    """Say why nothing was transferred."""
    return _page(
        "Không chuyển được",
        f'<section class="card"><h1>Không chuyển được</h1><p class="bad">{escape(why)}</p></section>',
    )


def as_csv(account: str, day: date, rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Return the statement as banks' sites give it: words above the table, marks between thousands, a sum below."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["NGÂN HÀNG THỬ"])
    writer.writerow(["SAO KÊ TÀI KHOẢN"])
    writer.writerow([f"Số tài khoản: {account}"])
    writer.writerow([f"Ngày {day:%d/%m/%Y}"])
    writer.writerow([])
    writer.writerow(["Ngày giao dịch", "Số tham chiếu", "Ghi nợ (VND)", "Ghi có (VND)", "Nội dung chi tiết"])
    for row in rows:
        at = datetime.fromtimestamp(row["at"], ZONE)
        writer.writerow([f"{at:%d/%m/%Y %H:%M:%S}", row["number"], "", f"{row['amount']:,}", row["memo"]])
    writer.writerow(["Tổng cộng", "", "", f"{sum(row['amount'] for row in rows):,}", ""])
    return out.getvalue().encode("utf-8-sig")


def as_mt940(account: str, day: date, rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Return the statement as SWIFT's MT940."""
    lines = [f":20:SK{day:%y%m%d}", f":25:{account}", f":28C:{day:%j}/1", f":60F:C{day:%y%m%d}VND0,00"]
    for row in rows:
        at = datetime.fromtimestamp(row["at"], ZONE)
        lines.append(f":61:{at:%y%m%d%m%d}C{row['amount']},00NTRFNONREF//{row['number']}")
        memo = row["memo"]
        lines.append(":86:" + "\r\n".join(memo[place : place + 65] for place in range(0, len(memo), 65)))
    lines.append(f":62F:C{day:%y%m%d}VND{sum(row['amount'] for row in rows)},00")
    return "\r\n".join([*lines, "-", ""]).encode()
