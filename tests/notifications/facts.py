"""Believable facts of each kind, the longest that occur."""

from datetime import datetime
from typing import Any
from uuid import UUID

from core.actor import Actor
from core.ids import new_id
from core.refs import Ref
from notifications import actions
from notifications.models import Message

HOUSE = Actor.system("telling")
VISIT = {
    "practitioner": "PGS.TS.BS. Công Tằng Tôn Nữ Hoàng Thị Ngọc Diễm",
    "patient": "Nguyễn Phúc Bảo Hưng Thịnh Vượng",
    "facility": "Bệnh viện Đa khoa Trung tâm An Giang, cơ sở 2 Long Xuyên",
    "starts_at": "2031-03-26T02:00:00+00:00",
    "zone": "Asia/Ho_Chi_Minh",
    "mode": "video",
    "amount": "150.000 ₫",
}
HANDED = VISIT | {
    "former": "TS.BS. Huỳnh Ngọc Phương Thảo",
    "field_vi": "Phục hồi chức năng",
    "field_en": "Rehabilitation",
}
SHEET = {
    "code": "01234a1b2c3d-c",
    "practitioner": VISIT["practitioner"],
    "pharmacy": "Nhà thuốc Bình Minh",
    "valid_until": "2031-03-30",
}
FACTS: dict[str, dict[str, Any]] = {
    "appointment_booked": VISIT,
    "appointment_cancelled": VISIT,
    "appointment_moved": VISIT | {"from_at": "2031-03-25T02:00:00+00:00"},
    "appointment_no_show": VISIT | {"side": "citizen", "fee": "50.000 ₫"},
    "visit_cut_short": VISIT | {"answer_at": "2031-03-28T02:00:00+00:00"},
    "booking_blocked": VISIT | {"until": "2031-04-25T02:00:00+00:00"},
    "block_answered": VISIT | {"until": "2031-04-25T02:00:00+00:00", "lifted": False, "answer": "Mời bạn đến quầy."},
    "appointment_reminder": VISIT | {"answer": "/v/0123456789abcdefghijklmnopqrstuv/"},
    "call_invitation": {"answer": "/join/0123456789abcdefghijklmnopqrstuv/"},
    "leave_now": VISIT | {"minutes": 30},
    "your_turn": VISIT | {"number": 123, "room": "Phòng khám 204"},
    "hold_expired": VISIT,
    "waiting_offer": VISIT | {"answer_at": "2031-03-25T07:15:00+00:00"},
    "waiting_passed": VISIT,
    "waiting_over": VISIT | {"silent": True},
    "leave_choice": VISIT | {"answer_at": "2031-03-25T14:00:00+00:00", "words": "Bác sĩ đi công tác."},
    "leave_kept": VISIT,
    "citizen_waiting": VISIT,
    "hand_over_asked": HANDED,
    "hand_over_accepted": HANDED,
    "hand_over_declined": HANDED,
    "hand_over_told": HANDED,
    "let_in": VISIT,
    "urgent_ask": {"expires_at": "2031-03-26T02:01:30+00:00"},
    "urgent_ask_accepted": VISIT,
    "remote_wish_opened": VISIT,
    "remote_wish_declined": VISIT,
    "prescription_ready": SHEET,
    "prescription_routed": {},
    "prescription_dispensed": SHEET,
    "pharmacy_has_it": SHEET,
    "reservation_made": {"kept_until": "2031-03-25T10:30:00+00:00"},
    "reservation_expired": SHEET,
    "dose_reminder": {"slot": "evening"},
    "prescription_codes": SHEET | {"access_code": "1234 5678"},
    "counter_code": SHEET | {"code": "123456"},
    "payment_reminder": {
        "amount": "12.150.000 ₫",
        "description": "Gói khám sức khỏe tổng quát nâng cao",
        "facility": VISIT["facility"],
        "code": "LH7K2M9QW3XT0",
        "until": "2031-03-28T02:00:00+00:00",
        "zone": "Asia/Ho_Chi_Minh",
        "nth": 3,
    },
    "invoice_reminder": {
        "amount": "12.150.000 ₫",
        "number": "HD31-0000123",
        "facility": VISIT["facility"],
        "nth": 3,
    },
    "payment_owed": {
        "amount": "12.150.000 ₫",
        "description": "Gói khám sức khỏe tổng quát nâng cao",
        "facility": VISIT["facility"],
        "code": "LH7K2M9QW3XT0",
    },
    "payment_refunded": {"amount": "1.150.000 ₫", "description": "Khám từ xa"},
    "payment_disputed": {
        "amount": "12.150.000 ₫",
        "code": "LH7K2M9QW3XT0",
        "is_taken": True,
        "answer_at": "2031-04-02T16:59:59+00:00",
        "zone": "Asia/Ho_Chi_Minh",
    },
    "transfers_unmatched": {
        "count": 1234,
        "amount": "1.212.150.000 ₫",
        "counted_at": "2031-03-26T02:00:00+00:00",
        "facility": VISIT["facility"],
        "zone": "Asia/Ho_Chi_Minh",
    },
    "visit_bills_left": {
        "numbers": "HD31-0001234, HD31-0001235",
        "starts_at": "2031-03-26T02:00:00+00:00",
        "zone": "Asia/Ho_Chi_Minh",
    },
    "sign_in_code": {"code": "123456"},
}


def say(
    person_id: UUID | None, now: datetime, *, kind: str = "appointment_booked", key: str = "k1", **values: Any
) -> Message | None:
    """Send one message with the facts above."""
    wish: dict[str, Any] = {"params": FACTS[kind], "about": Ref("appointment", new_id()), "by": HOUSE, "now": now}
    return actions.send(kind=kind, to_person_id=person_id, key=key, **{**wish, **values})
