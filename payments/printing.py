"""Receipts, refund slips and invoices as PDF/A-3, set by Typst, in Vietnamese. The same rows give the same bytes.

What a paper says is also attached to it as JSON, for programs.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import segno
from django.utils import translation

from core.money import Money
from identity.models import Facility
from payments import gateways
from payments.errors import UnknownGateway
from payments.free import left_of
from payments.models import Credit, Invoice, Receipt
from payments.numerals import dong_in_words

LAYOUTS = Path(__file__).parent / "documents"
STATUSES = {
    "issued": "Chưa thanh toán đủ",
    "settled": "Đã thanh toán",
    "adjusted": "Đã được điều chỉnh",
    "replaced": "Đã được thay thế",
}


@cache
def _layout(name: str) -> bytes:
    return (LAYOUTS / f"{name}.typ").read_bytes()


def typeset(name: str, values: Mapping[str, Any], *, standard: Literal["a-3a", "ua-1"] = "a-3a") -> bytes:
    """Set values by a layout of `documents/`."""
    import typst  # a large library that only this needs: not in every process from its start

    data = json.dumps(values, ensure_ascii=False)
    return bytes(typst.compile(_layout(name), sys_inputs={"data": data}, pdf_standards=standard))


def receipt_pdf(receipt: Receipt) -> bytes:
    """Set a receipt or refund slip."""
    with translation.override("vi"):
        return typeset("receipt", receipt_said(receipt))


def invoice_pdf(invoice: Invoice) -> bytes:
    """Set an invoice or credit note."""
    with translation.override("vi"):
        return typeset("invoice", invoice_said(invoice))


def receipt_said(receipt: Receipt) -> dict[str, Any]:
    """Return every text of a receipt."""
    moved = receipt.moved_at.astimezone(ZoneInfo(receipt.facility.zone))
    is_receipt = receipt.kind == "receipt"
    lines = [
        ("Họ và tên người nộp tiền" if is_receipt else "Họ và tên người nhận tiền", receipt.payer_name),
        ("Địa chỉ", receipt.payer_address),
        ("Lý do", receipt.description),
        ("Số tiền", str(receipt.money)),
        ("Viết bằng chữ", in_words(receipt.money)),
        ("Hình thức", way_of(receipt.method)),
        ("Mã thanh toán", receipt.payment.code),
    ]
    return {
        "title": "PHIẾU THU" if is_receipt else "PHIẾU CHI",
        "number": receipt.number,
        "code": receipt.code,
        "qr": _qr(receipt.code),
        "date": [moved.year, moved.month, moved.day],
        "clock": f"{moved:%H:%M}",
        "place_and_date": _day_in_words(moved),
        "facility": _facility(receipt.facility),
        "person_label": "Người nộp tiền" if is_receipt else "Người nhận tiền",
        "lines": [[label, value] for label, value in lines if value],
    }


def invoice_said(invoice: Invoice) -> dict[str, Any]:
    """Return every text of an invoice."""
    assert invoice.issued_at is not None  # drafts are not printed
    issued = invoice.issued_at.astimezone(ZoneInfo(invoice.facility.zone))
    is_credit = invoice.kind == "credit"
    einvoice = getattr(invoice, "einvoice", None)
    counted = sum(one.amount for one in invoice.payments.all())
    return {
        "title": "HÓA ĐƠN ĐIỀU CHỈNH GIẢM" if is_credit else "HÓA ĐƠN DỊCH VỤ Y TẾ",
        "number": invoice.number,
        "tax_code": einvoice.tax_code if einvoice is not None else "",
        "date": [issued.year, issued.month, issued.day],
        "place_and_date": _day_in_words(issued),
        "status": STATUSES[invoice.status],
        "about": _about(invoice),
        "facility": _facility(invoice.facility),
        "lines": [[label, value] for label, value in _buyer(invoice) if value],
        "head": ["STT", "Nội dung", "ĐVT", "SL", "Đơn giá", "Giảm", "Thành tiền"],
        "rows": [
            [
                str(place),
                f"{one.code} {one.name_vi}".strip(),
                one.unit,
                str(one.quantity),
                _amount(one.unit_amount),
                _amount(one.discount_amount),
                _amount(one.total_amount),
            ]
            for place, one in enumerate(invoice.items.all(), start=1)
        ],
        "sums": [[label, value] for label, value in _sums(invoice, counted) if value],
        "words": in_words(invoice.due),
        "note": "Dịch vụ y tế thuộc đối tượng không chịu thuế giá trị gia tăng.",
    }


def _about(invoice: Invoice) -> str:
    if invoice.adjusts is not None:
        return f"Điều chỉnh giảm cho hóa đơn {invoice.adjusts.number}"
    if invoice.replaces is not None:
        return f"Thay thế cho hóa đơn {invoice.replaces.number}"
    return ""


def _buyer(invoice: Invoice) -> list[tuple[str, str]]:
    return [
        ("Người mua", invoice.buyer_name),
        ("Mã số thuế", invoice.buyer_tax_code),
        ("Số định danh cá nhân", invoice.buyer_national_id),
        ("Địa chỉ", invoice.buyer_address),
        ("Người bệnh", invoice.person.full_name),
        ("Ngày khám", f"{invoice.visited_on:%d/%m/%Y}"),
        ("Thẻ bảo hiểm y tế", f"…{invoice.card_end}" if invoice.card else ""),  # relatives who pay open this, too
    ]


def _sums(invoice: Invoice, counted: int) -> list[tuple[str, str]]:
    def said(amount: int) -> str:
        return str(Money(amount, invoice.currency)) if amount else ""

    left = left_of(invoice).amount
    is_bill = invoice.kind == "bill"
    return [
        ("Tổng cộng", str(invoice.total)),
        ("Quỹ BHYT thanh toán", said(invoice.insurance_amount)),
        ("Nguồn khác", said(invoice.other_amount)),
        ("Người bệnh cùng chi trả", said(invoice.copay_amount)),
        ("Người bệnh tự trả", said(invoice.own_amount) if invoice.has_split else ""),
        ("Người bệnh phải trả" if is_bill else "Hoàn lại người bệnh", str(invoice.due)),
        ("Đã trả", said(counted)),
        ("Còn phải trả", said(left) if is_bill and left > 0 else ""),
    ]


def _amount(amount: int) -> str:
    return f"{amount:,}".replace(",", ".") if amount else "–"


def in_words(money: Money) -> str:
    """Write an amount out; only đồng have words here."""
    return dong_in_words(money.amount) if money.currency == "VND" else str(money)


def way_of(code: str) -> str:
    """Return a way to pay in words, also of one that is no longer offered."""
    if code in Credit.Way.values and code:
        words = str(Credit.Way(code).label)
        return f"{words[:1].upper()}{words[1:]}"
    try:
        return str(gateways.get(code).name)
    except UnknownGateway:
        return code


def _facility(facility: Facility) -> dict[str, str]:
    return {
        "name": facility.name,
        "address": facility.full_address,
        "tax_code": facility.tax_code,
        "phone": facility.phone.replace("+84", "0", 1),
    }


def _day_in_words(at: datetime) -> str:
    return f"Ngày {at:%d} tháng {at:%m} năm {at:%Y}"


def _qr(text: str) -> str:
    drawn = io.BytesIO()
    segno.make(text, error="m", micro=False).save(drawn, kind="svg", scale=8, border=2, xmldecl=False, omitsize=True)
    return drawn.getvalue().decode()
