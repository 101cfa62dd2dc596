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
SHEET = {
    "code": "01234a1b2c3d-c",
    "practitioner": VISIT["practitioner"],
    "pharmacy": "Nhà thuốc Bình Minh",
    "valid_until": "2031-03-30",
}
FACTS: dict[str, dict[str, Any]] = {
    "appointment_booked": VISIT,
    "appointment_cancelled": VISIT,
    "hold_expired": VISIT,
    "citizen_waiting": VISIT,
    "let_in": VISIT,
    "prescription_ready": SHEET,
    "prescription_routed": {},
    "prescription_dispensed": SHEET,
    "payment_refunded": {"amount": "1.150.000 ₫", "description": "Khám từ xa"},
    "sign_in_code": {"code": "123456"},
}


def say(
    person_id: UUID | None, now: datetime, *, kind: str = "appointment_booked", key: str = "k1", **values: Any
) -> Message | None:
    """Send one message with the facts above."""
    wish: dict[str, Any] = {"params": FACTS[kind], "about": Ref("appointment", new_id()), "by": HOUSE, "now": now}
    return actions.send(kind=kind, to_person_id=person_id, key=key, **{**wish, **values})
