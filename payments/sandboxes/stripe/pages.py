"""What people see: Checkout with its card form, and the bank's own step (3-D Secure). Plain HTML, no script."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from payments.sandboxes.stripe import intents, sessions, shapes
from payments.sandboxes.stripe.desk import ZERO_DECIMAL, Desk
from payments.sandboxes.stripe.errors import Refused, card

if TYPE_CHECKING:
    from payments.sandboxes.stripe.door import System

Answer = tuple[int, Any]
WORDS = {
    "vi": {
        "test": "Chế độ thử", "number": "Số thẻ", "expiry": "Hết hạn", "cvc": "CVC", "name": "Tên trên thẻ", "email": "Email",
        "pay": "Thanh toán", "back": "Quay lại", "hold": "Số tiền chỉ được giữ trên thẻ cho đến khi khám xong.",
        "hint": "Không có tiền thật. Thẻ thử: 4242 4242 4242 4242 thành công, 4000 0000 0000 0002 bị từ chối, "
                "4000 0025 0000 3155 ngân hàng hỏi lại.",
        "gone": "Phiên thanh toán này đã kết thúc.", "bank": "Ngân hàng phát hành thẻ",
        "ask": "Bạn có đồng ý thanh toán {amount} không?", "yes": "Đồng ý", "no": "Từ chối",
        "card_declined": "Thẻ của bạn bị từ chối.", "insufficient_funds": "Thẻ của bạn không đủ tiền.",
        "expired_card": "Thẻ của bạn đã hết hạn.", "incorrect_cvc": "Mã bảo mật không đúng.",
        "processing_error": "Không xử lý được thẻ. Hãy thử lại sau giây lát.",
        "incorrect_number": "Số thẻ không đúng.", "invalid_expiry_month": "Tháng hết hạn không đúng.",
        "invalid_expiry_year": "Năm hết hạn không đúng.", "missing": "Hãy điền đủ các ô.",
        "payment_intent_authentication_failure":
            "Ngân hàng chưa xác nhận được bạn. Hãy chọn thẻ khác và thử lại.",
    },
    "en": {
        "test": "Test mode", "number": "Card number", "expiry": "Expiry", "cvc": "CVC", "name": "Name on card",
        "email": "Email", "pay": "Pay", "back": "Back", "hold": "The amount is only held on your card until the visit is done.",
        "hint": "No real money. Test cards: 4242 4242 4242 4242 succeeds, 4000 0000 0000 0002 is declined, "
                "4000 0025 0000 3155 asks the bank.",
        "gone": "This payment page has ended.", "bank": "Your card's bank", "ask": "Do you approve a payment of {amount}?",
        "yes": "Approve", "no": "Refuse", "missing": "Please fill in every field.",
    },
}  # fmt: skip
STYLE = """
*{box-sizing:border-box}body{margin:0;font:16px/1.5 system-ui,sans-serif;color:#1a1f36;background:#f6f8fa}
main{max-width:26rem;margin:0 auto;padding:1.5rem 1rem 3rem}h1{font-size:2rem;margin:.25rem 0 1rem}
.test{display:inline-block;background:#ffde92;color:#5c3d00;border-radius:.4rem;padding:.1rem .5rem;font-size:.8rem;font-weight:600}
.sheet{background:#fff;border:1px solid #dfe3e8;border-radius:.75rem;padding:1.25rem;display:grid;gap:.9rem}
label{display:grid;gap:.25rem;font-size:.9rem;font-weight:600}.two{display:grid;grid-template-columns:1fr 1fr;gap:.75rem}
input{font:inherit;font-weight:400;padding:.65rem .75rem;border:1px solid #8792a2;border-radius:.45rem;width:100%}
button,.link{font:inherit;font-weight:600;padding:.8rem;border-radius:.5rem;border:0;width:100%;min-height:48px;text-align:center}
button{background:#0a5fd6;color:#fff;cursor:pointer}.second{background:#fff;color:#1a1f36;border:1px solid #8792a2}
.bad{background:#fdecea;color:#8a1c12;border-radius:.5rem;padding:.7rem .9rem;margin:0}.hint{color:#4f566b;font-size:.85rem}
a{color:#0a5fd6}.top{margin:0;color:#4f566b}
table{border-collapse:collapse;width:100%;background:#fff;font-size:.85rem}td,th{border:1px solid #dfe3e8;padding:.4rem;text-align:left}
td:first-child{overflow-wrap:anywhere}.row{margin:0 0 1rem;overflow-wrap:anywhere}
td form,.row form{display:inline}td button,.row button{width:auto;min-height:0;padding:.35rem .7rem;font-size:.85rem;margin:.1rem}
"""


def money(amount: int, currency: str) -> str:
    """Write an amount for people."""
    if currency in ZERO_DECIMAL:
        whole = f"{amount:,}".replace(",", ".")
        return f"{whole} ₫" if currency == "vnd" else f"{whole} {currency.upper()}"
    return f"{amount / 100:,.2f} {currency.upper()}"


def page(title: str, body: str, language: str = "vi", *, wide: bool = False) -> str:
    style = STYLE + ("main{max-width:72rem}" if wide else "")
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{html.escape(title)}</title>'
        f"<style>{style}</style></head><body><main>{body}</main></body></html>"
    )


def answer(system: System, method: str, path: str, raw: str) -> Answer:
    """Show or take one of the pages."""
    parts = path.strip("/").split("/")
    form = (
        {name: values[0] for name, values in parse_qs(raw, keep_blank_values=True).items()} if method == "POST" else {}
    )
    account = system.books.whose(parts[2]) if len(parts) == 3 and parts[0] == "c" else None
    if account is None:
        return 404, page("404", "<h1>404</h1>")
    owner = system.books.account(account)
    assert owner is not None
    desk = system.desk(owner)
    try:
        with system.books.change():
            if parts[1] == "pay":
                return _checkout(desk, parts[2], form if method == "POST" else None)
            if parts[1] == "authenticate":
                return _bank(desk, parts[2], form if method == "POST" else None)
    except Refused as refused:
        return refused.status, page("Stripe", f'<p class="bad">{html.escape(str(refused))}</p>')
    return 404, page("404", "<h1>404</h1>")


def _words(session: dict[str, Any]) -> tuple[str, dict[str, str]]:
    language = "en" if str(session["locale"] or "vi").startswith("en") else "vi"
    return language, WORDS[language]


def _checkout(desk: Desk, id_: str, form: dict[str, str] | None) -> Answer:
    session = sessions.current(desk, id_)
    if session["status"] == "complete":
        return 303, sessions.success_url(session)
    if session["status"] == "expired":
        language, words = _words(session)
        return 200, page(words["gone"], f"<h1>{words['gone']}</h1>{_back(session, words)}", language)
    if form is None:
        return 200, _form(desk, session, {}, _last_error(desk, session))
    try:
        intent = sessions.pay(desk, id_, _card(desk, form), name=form.get("name", ""), email=form.get("email", ""))
    except Refused as refused:
        return 200, _form(desk, sessions.current(desk, id_), form, refused.error)
    if intent["status"] == "requires_action":
        return 303, str(intent["next_action"]["redirect_to_url"]["url"])
    return 303, sessions.success_url(session)


def _card(desk: Desk, form: dict[str, str]) -> dict[str, Any]:
    month, _, year = form.get("expiry", "").partition("/")
    given = {"number": form.get("number", ""), "exp_month": month.strip(), "exp_year": year.strip()}
    if not all(given.values()) or not form.get("cvc") or not form.get("name"):
        raise card("Please fill in every field.", code="missing")
    if not (given["exp_month"] + given["exp_year"]).isascii() or not (given["exp_month"] + given["exp_year"]).isdigit():
        raise card("Your card's expiration month is invalid.", code="invalid_expiry_month")
    billing = {"name": form["name"], "email": form.get("email", "")}
    return intents.make_method(desk, {"type": "card", "card": given, "billing_details": billing})


def _last_error(desk: Desk, session: dict[str, Any]) -> dict[str, Any] | None:
    if not session["payment_intent"]:
        return None
    return desk.get(session["payment_intent"], "payment_intent")["last_payment_error"]


def _form(desk: Desk, session: dict[str, Any], form: dict[str, str], error: dict[str, Any] | None) -> str:
    language, words = _words(session)
    amount = money(session["amount_total"], session["currency"])
    wish = sessions.wish_of(desk, session)

    def field(name: str, more: str = "") -> str:
        return f'<label>{words[name]}<input name="{name}" value="{html.escape(form.get(name, ""))}" {more}></label>'

    said = ""
    if error:
        told = words.get(error.get("decline_code", "")) or words.get(error.get("code", "")) or error["message"]
        said = f'<p class="bad" role="alert">{html.escape(told)}</p>'
    hold = f'<p class="hint">{words["hold"]}</p>' if wish["capture_method"] == "manual" else ""
    return page(
        amount,
        f'<p class="top">{html.escape(wish["description"])} <span class="test">{words["test"]}</span></p><h1>{amount}</h1>'
        f'<form class="sheet" method="post">{said}'
        f'{field("email", "type=email autocomplete=email")}'
        f'{field("number", "inputmode=numeric autocomplete=cc-number required")}'
        f'<div class="two">{field("expiry", "placeholder=MM/YY autocomplete=cc-exp required")}'
        f'{field("cvc", "inputmode=numeric autocomplete=cc-csc required")}</div>'
        f'{field("name", "autocomplete=cc-name required")}{hold}'
        f'<button>{words["pay"]} {amount}</button></form>'
        f'<p class="hint">{words["hint"]}</p>{_back(session, words)}',
        language,
    )  # fmt: skip


def _back(session: dict[str, Any], words: dict[str, str]) -> str:
    if not session["cancel_url"]:
        return ""
    return f'<p><a href="{html.escape(session["cancel_url"])}">{words["back"]}</a></p>'


def _bank(desk: Desk, intent_id: str, form: dict[str, str] | None) -> Answer:
    intent = desk.get(intent_id, "payment_intent")
    session = sessions.of_intent(desk, intent_id)
    language, words = _words(session or shapes.checkout_session("cs", desk.now))
    after = f"{desk.url}/c/pay/{session['id']}" if session else ""
    if intent["status"] != "requires_action":
        return (303, after) if after else (200, page(words["gone"], f"<h1>{words['gone']}</h1>", language))
    back = after or (intent["next_action"]["redirect_to_url"]["return_url"] or "")
    if form is None:
        asked = words["ask"].format(amount=money(intent["amount"], intent["currency"]))
        return 200, page(
            words["bank"],
            f'<p class="top">{words["bank"]} <span class="test">3-D Secure</span></p><h1>{words["bank"]}</h1>'
            f'<form class="sheet" method="post"><p>{asked}</p>'
            f'<button name="answer" value="approve">{words["yes"]}</button>'
            f'<button class="second" name="answer" value="refuse">{words["no"]}</button></form>',
            language,
        )  # fmt: skip
    try:
        sessions.answer_bank(desk, intent_id, approved=form.get("answer") == "approve")
    except Refused as refused:
        if not back:
            return 200, page(words["bank"], f'<p class="bad">{html.escape(str(refused))}</p>', language)
    return 303, back or desk.url
