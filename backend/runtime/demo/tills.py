"""Money at the desk's hospital: drawers counted, refunds that wait for a second person, what is owed, days compared; and an
invoice the citizen has still to pay, with the first reminder of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

import payments.actions
from core.actor import Actor
from core.ids import new_id
from core.money import Money
from core.refs import Ref
from identity import acting, sign_in
from identity.models import Membership, User
from payments import cash
from payments.gateways import ZONE, day_of
from payments.gateways.sandbox import bank
from payments.models import Credit, Payment
from runtime.demo.clock import as_of
from runtime.demo.jobs import run_due
from runtime.demo.staff import SINCE
from runtime.demo.visits import Stage
from web.demo import PASSWORD

SEED = Actor.system("demo")
FLOAT = 500_000
# The cashier: not on the demo's page, but she signs in like all staff, with the demo's password and this second step.
COLLEAGUE = "Đặng Thị Lan"
COLLEAGUES_EMAIL = "lan.thu-ngan@demo.lanh.vn"
COLLEAGUES_SECRET = "LANHDEMOLANAAAAAAAAAAAAAAAAAAAAA"
# What is paid at the counter of a hospital beside visits: who, what, how much.
SMALL = (
    ("ana", "Sao y hồ sơ bệnh án", 60_000, 100_000),
    ("eve", "Xét nghiệm công thức máu", 85_000, 100_000),
    ("ana", "Siêu âm ổ bụng tổng quát", 180_000, 200_000),
    ("eve", "Giấy chứng nhận sức khỏe", 150_000, 150_000),
)
CHECK_UP = ("Gói khám sức khỏe tổng quát", 1_250_000)
IMAGING = ("Chụp cộng hưởng từ cột sống", 2_100_000)
WISHED_LIMIT = 1_000_000  # what Lan would like to give back alone; Dân is to confirm it
# What the citizen had done after a visit on the spot and has not paid: codes of the hospital's price list.
UNPAID = ("XN001", "XN014", "XN087", "CDHA11")
DAYS_COMPARED = 4
DIFFERS_AGO = 2


def keep_the_books(stage: Stage, now: datetime) -> None:
    """Live through the last days at the cash desk; the day before yesterday one payment was never heard of."""
    place = next(key.partition(":")[2] for key in stage.members if key.startswith("desk:"))
    member = stage.members[f"desk:{place}"]
    dan, lan = acting.as_member(member), _colleague(member)
    today = now.astimezone(ZONE).date()
    _a_shift(stage, lan, today - timedelta(days=2), SMALL[:2], short=0)
    _a_shift(stage, dan, today - timedelta(days=1), SMALL[2:], short=20_000)
    _never_heard_of(stage, dan, today - timedelta(days=DIFFERS_AGO))
    with as_of(now - timedelta(hours=30)) as moment:
        large = [_paid_online(stage, dan, "eve", *CHECK_UP, moment), _paid_online(stage, dan, "ana", *IMAGING, moment)]
    with as_of(now - timedelta(minutes=50)) as moment:
        _give_back(large[0], "Bệnh nhân không đến khám, đã báo trước", lan, moment)
        _give_back(large[1], "Máy hỏng, chuyển bệnh viện khác", dan, moment)
        assert dan.facility_id is not None
        small = Payment.objects.filter(facility_id=dan.facility_id, gateway="cash").earliest("captured_at")
        _give_back(small, "Thu nhầm hai lần", dan, moment)
        payments.actions.set_refund_limit(amount=WISHED_LIMIT, by=lan, now=moment)
        run_due(moment)
        assert Credit.objects.filter(status="owed").exists()
    _still_to_pay(stage, lan, now)
    _compare(dan, today, now)
    payments.actions.prove_books(by=SEED, now=now)


def _colleague(desk: Membership) -> Actor:
    user = User.objects.create_user(email=COLLEAGUES_EMAIL, password=PASSWORD, name=COLLEAGUE)
    sign_in.set_authenticator(user, COLLEAGUES_SECRET)
    member = Membership.objects.create(user=user, facility=desk.facility, role="desk", active_from=SINCE)
    return acting.as_member(member)


def _asked(stage: Stage, by: Actor, who: str, what: str, amount: int, moment: datetime) -> Payment:
    assert by.facility_id is not None
    return payments.actions.open_payment(
        subject=Ref("deskitem", new_id()),
        price=Money.vnd(amount),
        payer_id=stage.people[who].id,
        facility_id=by.facility_id,
        description=what,
        expires_at=moment + timedelta(hours=2),
        by=by,
        now=moment,
    )


def _a_shift(stage: Stage, by: Actor, day: date, taken: Iterable[tuple[str, str, int, int]], *, short: int) -> None:
    morning = day_of(day)[0] + timedelta(hours=7)
    with as_of(morning) as moment:
        payments.actions.open_shift(opening_float=FLOAT, by=by, now=moment)
    total = FLOAT
    for number, (who, what, amount, given) in enumerate(taken, start=1):
        with as_of(morning + number * timedelta(minutes=67)) as moment:
            payment = _asked(stage, by, who, what, amount, moment)
            payments.actions.take_cash(payment_id=payment.id, given=given, by=by, now=moment)
            run_due(moment)
        total += amount
    with as_of(morning + timedelta(hours=9, minutes=40)) as moment:
        reason = "Trả nhầm tiền thừa cho khách" if short else ""
        payments.actions.close_shift(notes=_in_notes(total - short), reason=reason, by=by, now=moment)


def _in_notes(amount: int) -> dict[int, int]:
    notes = {}
    for note in cash.NOTES:
        notes[note], amount = divmod(amount, note)
    return notes


def _paid_online(stage: Stage, by: Actor, who: str, what: str, amount: int, moment: datetime) -> UUID:
    payment = _asked(stage, by, who, what, amount, moment)
    started = payments.actions.start_payment(payment_id=payment.id, gateway="sandbox", by=by, now=moment)
    bank.pay(started.gateway_reference, now=moment)
    payments.actions.ask_gateway(payment_id=started.id, by=SEED, now=moment)
    run_due(moment)
    return started.id


def _give_back(payment: Payment | UUID, reason: str, by: Actor, moment: datetime) -> None:
    payment_id = payment.id if isinstance(payment, Payment) else payment
    payments.actions.request_refund(payment_id=payment_id, reason=reason, by=by, now=moment)


def _never_heard_of(stage: Stage, by: Actor, day: date) -> None:
    """The bank took the money when the time to pay was over, and its notice was lost on the way."""
    noon = day_of(day)[0] + timedelta(hours=11, minutes=20)
    with as_of(noon) as moment:
        payment = _asked(stage, by, "eve", "Xét nghiệm mỡ máu và đường huyết", 320_000, moment)
        started = payments.actions.start_payment(payment_id=payment.id, gateway="sandbox", by=by, now=moment)
    with as_of(noon + timedelta(hours=3)) as moment:
        payments.actions.expire_payment(payment_id=started.id, by=SEED, now=moment)
        bank.pay(started.gateway_reference, now=moment)
        run_due(moment)


def _still_to_pay(stage: Stage, by: Actor, now: datetime) -> None:
    """Ana went home before the desk had written her invoice; a day later she was reminded."""
    assert by.facility_id is not None
    person_id = stage.people["ana"].id
    with as_of(now - timedelta(hours=27)) as moment:
        bill = payments.actions.prepare_invoice(
            subject=Ref("deskitem", new_id()), person_id=person_id, payer_id=person_id, facility_id=by.facility_id,
            visited_on=moment.astimezone(ZONE).date(), form="in_person", by=by, now=moment,
        )  # fmt: skip
        for code in UNPAID:
            payments.actions.charge_item(invoice_id=bill.id, code=code, by=by, now=moment)
        payments.actions.issue_invoice(invoice_id=bill.id, by=by, now=moment)
        run_due(moment)
    with as_of(now - timedelta(hours=2)) as moment:
        payments.actions.remind_of_invoices(by=SEED, now=moment)
        run_due(moment)


def _compare(by: Actor, today: date, now: datetime) -> None:
    assert by.facility_id is not None
    for ago in range(DAYS_COMPARED, 0, -1):
        day = today - timedelta(days=ago)
        night = min(day_of(day)[1] + timedelta(hours=2, minutes=30), now)
        with as_of(night) as moment:
            row = payments.actions.begin_reconciliation(
                facility_id=by.facility_id, gateway="sandbox", day=day, by=SEED, now=moment
            )
            payments.actions.ask_statement(reconciliation_id=row.id, by=SEED, now=moment)
