"""The pretended gateways' pages: the payer's, the panel's. Plain HTML with a style of their own, in Vietnamese."""

from __future__ import annotations

import html
from datetime import datetime
from typing import Any

from payments.sandboxes.books import VIETNAM, Charge
from payments.sandboxes.panel import WAYS, Asked, Bank, Said

STYLE = """
:root { color-scheme: light dark; --ink: #14202b; --soft: #566573; --paper: #fff; --ground: #eef2f5; --line: #d5dde3;
  --warn: #7a4a00; --warn-ground: #fff3d6; }
@media (prefers-color-scheme: dark) { :root { --ink: #eef3f6; --soft: #a9b6c0; --paper: #17212a; --ground: #0e151b;
  --line: #2d3a45; --warn: #ffd98a; --warn-ground: #3a2c0c; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, "Segoe UI", Roboto, sans-serif; }
header { background: var(--brand); color: #fff; }
header div, main { max-width: 30rem; margin-inline: auto; padding: 1rem; }
.wide header div, .wide main { max-width: 68rem; }
header div { display: flex; align-items: center; justify-content: space-between; gap: 1rem; }
header strong { font-size: 1.15rem; }
header span { font-size: .8rem; font-weight: 650; padding: .2rem .6rem; border: 1px solid #fff; border-radius: 1rem;
  white-space: nowrap; }
.card { background: var(--paper); border: 1px solid var(--line); border-radius: .9rem; padding: 1.25rem; margin-bottom: 1rem; }
h1 { font-size: 1.05rem; font-weight: 600; margin: 0 0 .4rem; color: var(--soft); }
.amount { font-size: 2.1rem; font-weight: 700; margin: .1rem 0 .75rem; font-variant-numeric: tabular-nums; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .4rem 1rem; margin: 0; }
dt { color: var(--soft); } dd { margin: 0; text-align: right; overflow-wrap: anywhere; }
form { display: grid; gap: .75rem; margin: 0; }
button, .button { font: inherit; font-weight: 600; width: 100%; min-height: 3rem; padding: .6rem 1rem; border-radius: .7rem;
  border: 1px solid var(--line); background: var(--paper); color: var(--ink); cursor: pointer; text-align: center;
  text-decoration: none; display: block; }
button.main, .button.main { background: var(--brand); border-color: var(--brand); color: #fff; }
button:focus-visible, .button:focus-visible, summary:focus-visible, input:focus-visible { outline: 3px solid var(--brand);
  outline-offset: 2px; }
details { margin-top: .25rem; } summary { cursor: pointer; padding: .6rem 0; color: var(--soft); min-height: 2.75rem; }
label { display: flex; align-items: center; justify-content: space-between; gap: 1rem; }
input { font: inherit; width: 6rem; padding: .5rem; border: 1px solid var(--line); border-radius: .5rem;
  background: var(--paper); color: var(--ink); }
.notice { background: var(--warn-ground); color: var(--warn); border-radius: .7rem; padding: .75rem 1rem; margin: 0 0 1rem; }
.meta { color: var(--soft); font-size: .9rem; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; padding: .5rem .6rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.row { display: grid; gap: .75rem; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); }
"""
STATES = {
    "open": "Chờ thanh toán",
    "processing": "Ngân hàng đang xử lý",
    "paid": "Đã thanh toán",
    "declined": "Không thành công",
    "expired": "Hết hạn",
}
ORDERS = {
    "refund cut": ("Hoàn tiền xong rồi mất kết nối", {"call": "refund", "what": "silence", "stores": True}),
    "refund busy": ("Lần hoàn tiền tới báo bận", {"call": "refund", "status": 503}),
    "query slow": ("Lần hỏi tới trả lời chậm 40 giây", {"call": "query", "waits": 40, "what": "silence"}),
    "query busy": ("Ba lần hỏi tới báo bận", {"call": "query", "status": 503, "times": 3}),
    "create cut": ("Tạo đơn xong rồi mất kết nối", {"call": "create", "what": "silence", "stores": True}),
    "none": ("Trả lời bình thường", {}),
}


def dong(amount: int) -> str:
    """Write an amount as people read it."""
    return f"{amount:,}".replace(",", ".") + " ₫"


def clock(at: float) -> str:
    """Write an instant by Vietnam's clock."""
    return datetime.fromtimestamp(at, VIETNAM).strftime("%H:%M:%S, %d/%m/%Y")


def page(bank: Bank, heading: str, inside: str, *, wide: bool = False) -> str:
    """Return a whole page."""
    return (
        f'<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>{html.escape(heading)} – {bank.title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f'<link rel="stylesheet" href="/_sandbox/style.css"></head><body class="{"wide" if wide else ""}">'
        f"<header><div><strong>{bank.title}</strong><span>Không có tiền thật</span></div></header>"
        f"<main>{inside}</main></body></html>"
    )


def payer(bank: Bank, charge: Charge, answer_path: str) -> str:
    """The payer's page: what is asked for, and what can be done."""
    facts = {
        "Đơn vị nhận": bank.title_of(charge.merchant),
        "Nội dung": charge.about,
        "Mã đơn hàng": charge.reference,
        "Hạn thanh toán": clock(charge.ends_at),
    }
    rows = "".join(f"<dt>{name}</dt><dd>{html.escape(value)}</dd>" for name, value in facts.items())
    card = (
        f'<section class="card"><h1>Số tiền cần thanh toán</h1><p class="amount">{dong(charge.amount)}</p>'
        f"<dl>{rows}</dl></section>"
    )
    foot = (
        f'<p class="meta">Trang này đóng vai {bank.title.partition(" (")[0]} để dùng thử. Mọi số tiền đều là giả.</p>'
    )
    if charge.status != "open":
        back = html.escape(bank.way_back(charge))
        said = f'<p class="notice">{STATES[charge.status]}.</p>'
        return page(
            bank, "Thanh toán", f'{said}{card}<a class="button main" href="{back}">Về trang của đơn vị nhận</a>{foot}'
        )
    hidden = f'<input type="hidden" name="token" value="{html.escape(charge.token)}">'
    ways = dict(WAYS)
    others = "".join(
        f'<button name="way" value="{way}">{words}</button>'
        for way, words in {**ways, **bank.own_ways}.items()
        if way not in ("pay", "cancel", "late")
    )
    forms = (
        f'<section class="card"><form method="post" action="{answer_path}">{hidden}'
        f'<button class="main" name="way" value="pay">Thanh toán {dong(charge.amount)}</button>'
        f'<button name="way" value="cancel">Huỷ giao dịch</button></form>'
        f'<details><summary>Thử tình huống khác</summary><form method="post" action="{answer_path}">{hidden}{others}'
        '<label>Xử lý chậm (giây) <input type="number" name="seconds" value="5" min="1" max="3600"></label>'
        f'<button name="way" value="late">{ways["late"]}</button></form></details></section>'
    )
    return page(bank, "Thanh toán", card + forms + foot)


def trouble(bank: Bank, words: str) -> str:
    """A page that says why nothing can be paid here."""
    card = f'<section class="card"><h1>Không thể thanh toán</h1><p>{html.escape(words)}</p></section>'
    return page(bank, "Không thể thanh toán", card)


def shown(bank: Bank, charge: Charge | None, answer_path: str) -> Said:
    """Answer with a charge's page, as it stands now; `answer_path` takes what the payer says there."""
    if charge is None:
        return Said(404, page=trouble(bank, "Không có giao dịch này."))
    return Said(200, page=payer(bank, bank.current(charge), answer_path))


def payer_says(bank: Bank, asked: Asked, code: str = "") -> Said:
    """Let the payer do what the pressed button says, and lead them back."""
    charge = bank.books.charge("token = ?", asked.form.get("token", ""))
    if charge is None:
        return Said(404, page=trouble(bank, "Không có giao dịch này."))
    done = bank.answer(charge, asked.form.get("way", ""), float(asked.form.get("seconds") or 5), code)
    return Said(303, to=bank.way_back(done))


def panel(bank: Bank) -> str:
    """The panel: how the next calls are answered, what happened."""
    buttons = "".join(f'<button name="order" value="{key}">{words}</button>' for key, (words, _) in ORDERS.items())
    charges = bank.books.charges("1")[-50:][::-1]
    told = {
        row[0]: row[1:] for row in bank.books.ask("SELECT charge, max(tries), max(answer) FROM notice GROUP BY charge")
    }
    rows = "".join(_row(bank, one, told.get(one.id)) for one in charges)
    days = f'<a href="/_sandbox/statement?day={datetime.now(VIETNAM):%Y-%m-%d}&amp;format=csv">Sao kê hôm nay (CSV)</a>'
    inside = (
        f'<section class="card"><h1>Các lần gọi tới sẽ được trả lời thế nào</h1><form class="row" method="post"'
        f' action="/_sandbox/order">{buttons}</form><p class="meta">Đang chờ: {len(bank.orders)}. {days}</p></section>'
        '<section class="card scroll"><table><thead><tr><th>Mã</th><th class="number">Số tiền</th><th>Trạng thái</th>'
        '<th class="number">Đã hoàn</th>'
        f"<th>Báo về</th><th>Lúc</th></tr></thead><tbody>{rows}</tbody></table></section>"
    )
    return page(bank, "Bảng điều khiển", inside, wide=True)


def _row(bank: Bank, charge: Charge, told: Any) -> str:
    returned = sum(one.amount for one in bank.books.movements("charge = ? AND kind = 'refund'", charge.id))
    words = "không ai trả lời" if told and told[1] in ("", "0") else html.escape(str(told[1] if told else ""))[:60]
    answer = f"{told[0]} lần, {words}" if told else "–"
    return (
        f'<tr><td>{html.escape(charge.reference)}</td><td class="number">{dong(charge.amount)}</td>'
        f'<td>{STATES[charge.status]} {html.escape(charge.code)}</td><td class="number">{dong(returned)}</td>'
        f"<td>{answer}</td><td>{clock(charge.made_at)}</td></tr>"
    )
