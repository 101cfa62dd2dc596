"""Bills of today's lines: one being written, one to be paid with what the health insurance leaves, one it pays whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import payments.actions
from booking.models import Appointment
from identity import acting
from journeys import billing
from runtime.demo.clock import as_of
from runtime.demo.jobs import run_due
from runtime.demo.visits import Stage

TIME_TO_PAY = timedelta(days=7)


@dataclass(frozen=True)
class Written:
    """What the desk wrote for somebody of runtime.demo.line.COMERS."""

    name: str
    codes: tuple[str, ...]  # of the price list, beside the visit
    card: str
    visit_object: str
    issued: bool


WRITTEN = (
    Written("Phan Thanh Tùng", ("XN001", "CDHA24"), "DN4010123456789", "1.1", issued=False),
    Written("Ngô Văn Phúc", ("XN001", "XN087", "NS010"), "HT3017894561230", "1.3", issued=True),
    Written("Đặng Thị Mai", ("XN014",), "GD4019876543210", "1.5", issued=True),
)


def write_bills(stage: Stage, now: datetime) -> None:
    """Write them a moment ago, one minute after the other."""
    member = next(one for key, one in stage.members.items() if key.startswith("desk:"))
    desk = acting.as_member(member)
    visits = Appointment.objects.filter(facility=member.facility, walk_in=True)
    for number, written in enumerate(WRITTEN):
        visit = visits.filter(person__full_name=written.name).order_by("-created_at").first()
        if visit is None:
            continue
        with as_of(now - timedelta(minutes=len(WRITTEN) - number)) as moment:
            bill = billing.begin_bill(appointment_id=visit.pk, by=desk, now=moment)
            for code in written.codes:
                payments.actions.charge_item(invoice_id=bill.pk, code=code, by=desk, now=moment)
            payments.actions.split_by_insurance(
                invoice_id=bill.pk, card=written.card, visit_object=written.visit_object, by=desk, now=moment
            )
            if written.issued:
                payments.actions.issue_invoice(invoice_id=bill.pk, by=desk, now=moment)
                payments.actions.ask_to_pay(invoice_id=bill.pk, expires_at=moment + TIME_TO_PAY, by=desk, now=moment)
            run_due(moment)
