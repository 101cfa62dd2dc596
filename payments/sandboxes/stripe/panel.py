"""The operator's levers: `/_sandbox/` for people, the same as JSON for tests. The real one has a dashboard instead."""

from __future__ import annotations

import html
import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from payments.sandboxes.stripe import afterwards, intents, pages, sessions
from payments.sandboxes.stripe.desk import Desk
from payments.sandboxes.stripe.errors import Refused, invalid

if TYPE_CHECKING:
    from payments.sandboxes.stripe.door import System

MANNERS = {
    "normal": "báo ngay", "late": "báo trễ", "never": "không báo", "twice": "báo hai lần",
}  # fmt: skip
DEEDS = {
    "pay": "Trả tiền", "cancel": "Hủy", "dispute": "Khiếu nại", "win": "Cơ sở thắng", "lose": "Cơ sở thua",
    "resend": "Báo lại",
}  # fmt: skip


def answer(system: System, method: str, verb: str, raw: str) -> tuple[int, Any]:
    """Do one thing, or show the panel."""
    if method == "GET":
        return (200, _page(system)) if verb == "" else (200, system.seen) if verb == "seen" else (404, {})
    is_form = not raw.startswith("{")
    try:
        body = {name: values[0] for name, values in parse_qs(raw).items()} if is_form else json.loads(raw)
        result = _do(system, verb, body)
    except Refused as refused:
        return (303, "/_sandbox/") if is_form else (refused.status, {"error": refused.error})
    except (ValueError, KeyError, TypeError) as error:
        return 400, {"error": repr(error)}
    return (303, "/_sandbox/") if is_form else (200, result)


def _do(system: System, verb: str, body: dict[str, Any]) -> Any:
    if verb == "next":
        system.orders.append(body)
    elif verb == "end-orders":
        system.orders.clear()
    elif verb == "clock":
        system.ahead = float(body["at"]) - time.time()
    elif verb == "account":
        system.books.open_account(body["key"], body.get("hook", ""), body.get("hook_secret", ""))
    elif verb == "manner":
        if body["manner"] not in MANNERS:
            raise invalid("Unknown manner")
        system.books.ask("UPDATE account SET manner = ? WHERE ? IN ('', key)", body["manner"], body.get("key", ""))
    elif verb == "act":
        return _act(system, str(body["deed"]), str(body["id"]), body)
    elif verb == "reset":
        system.books.reset()
        system.orders.clear()
        system.seen.clear()
        system.ahead = 0.0
        system.books.ask("UPDATE account SET manner = 'normal'")
    elif verb == "waiting":
        return system.books.ask("SELECT count(*) FROM notice WHERE taken = 0")[0][0]
    else:
        raise invalid("Unknown lever")
    return {}


def _act(system: System, deed: str, id_: str, body: dict[str, Any]) -> Any:
    key = system.books.whose(id_)
    account = system.books.account(key) if key else None
    if account is None:
        raise invalid("No such object")
    desk = system.desk(account)
    with system.books.change():
        return _DEEDS[deed](desk, id_, body)


def _pay(desk: Desk, id_: str, body: dict[str, Any]) -> Any:
    """Pay a session as its page would, by a test token; the bank's step counts as approved."""
    method = intents.method_of(desk, body.get("card", "pm_card_visa"))
    intent = sessions.pay(desk, id_, method, name="Nguyễn Văn An", email="an@example.vn")
    return sessions.answer_bank(desk, intent["id"], approved=True) if intent["status"] == "requires_action" else intent


def _resend(desk: Desk, id_: str, body: dict[str, Any]) -> Any:
    desk.books.ask("INSERT INTO notice (event, account, due, manner) VALUES (?, ?, 0, 'normal')", id_, desk.account.key)
    return {}


_DEEDS = {
    "pay": _pay,
    "cancel": lambda desk, id_, body: sessions.expire(desk, id_, {}),
    "dispute": lambda desk, id_, body: afterwards.open_dispute(desk, id_, reason=body.get("reason", "fraudulent")),
    "win": lambda desk, id_, body: afterwards.decide_dispute(desk, id_, won=True),
    "lose": lambda desk, id_, body: afterwards.decide_dispute(desk, id_, won=False),
    "resend": _resend,
}


def _button(verb: str, words: str, **values: str) -> str:
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{html.escape(value)}">' for name, value in values.items()
    )
    return f'<form method="post" action="/_sandbox/{verb}">{hidden}<button>{words}</button></form>'


def _page(system: System) -> str:
    parts = ["<h1>Stripe sandbox</h1>"]
    for key, hook, _, manner in system.books.ask("SELECT * FROM account"):
        ways = "".join(
            _button("manner", words, manner=name, key=key) for name, words in MANNERS.items() if name != manner
        )
        parts.append(
            f'<div class="row"><b>…{html.escape(key[-12:])}</b> {html.escape(hook)}<br>Hook: <b>{MANNERS[manner]}</b> {ways}</div>'
        )
    parts.append(_table("Checkout", system, "checkout.session", lambda one: one["status"] == "open", ("pay", "cancel")))
    parts.append(_table("Charges", system, "charge", lambda one: one["captured"] and not one["disputed"], ("dispute",)))
    parts.append(
        _table("Disputes", system, "dispute", lambda one: one["status"] not in ("won", "lost"), ("win", "lose"))
    )
    parts.append(_table("Events", system, "event", lambda one: True, ("resend",)))
    return pages.page("Stripe sandbox", "".join(parts), wide=True)


def _table(title: str, system: System, kind: str, is_open: Any, deeds: tuple[str, ...]) -> str:
    rows = []
    for _, one in system.books.all_of(kind)[:40]:
        amount = one.get("amount", one.get("amount_total"))
        shown = pages.money(amount, one["currency"]) if amount is not None else one.get("type", "")
        buttons = (
            "".join(_button("act", DEEDS[deed], deed=deed, id=one["id"]) for deed in deeds) if is_open(one) else ""
        )
        rows.append(
            f"<tr><td>{html.escape(one['id'][:34])}</td><td>{html.escape(shown)}</td>"
            f"<td>{html.escape(str(one.get('status', '')))}</td><td>{buttons}</td></tr>"
        )
    return f"<h2>{title}</h2><table>{''.join(rows) or '<tr><td>–</td></tr>'}</table>"
