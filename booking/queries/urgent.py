"""Doctors on call, and who asks to see someone now."""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from booking import access, slots
from booking.models import ACTIVE, Appointment, OnCall, Schedule, Status, UrgentAsk
from booking.queries.free import offers
from booking.queries.times import times_of
from core.actor import Actor
from core.errors import NotFound
from core.money import Money
from identity.models import VisitType
from records import telemedicine


def _on_duty(now: datetime) -> QuerySet[OnCall]:
    return OnCall.objects.filter(ended_at=None, until__gt=now)


def duties_for(ask: UrgentAsk, now: datetime, *, busy_too: bool = False) -> list[UUID]:
    """List the doctors on call who may be asked, the longest idle first; `busy_too` also those with somebody now."""
    rows = _on_duty(now).filter(mode=ask.mode).exclude(pk__in=ask.asked_before)
    if ask.partner_id is not None:
        today = now.astimezone(ZoneInfo(ask.partner.zone)).date() if ask.partner else now.date()
        rows = rows.filter(
            schedule__facility__in=telemedicine.contracts_of(ask.partner_id, ask.form, today).values("facility")
        )
    if ask.specialty:
        rows = rows.filter(practitioner__specialties=ask.specialty)
    if not busy_too:
        rows = rows.exclude(_is_busy(now))
    rows = rows.select_related("schedule__practitioner", "schedule__facility", "visit_type")
    rows = rows.prefetch_related("schedule__practitioner__specialties")
    ordered = rows.order_by(F("last_offered_at").asc(nulls_first=True), "created_at", "pk")
    return [one.pk for one in ordered if offers(one.schedule, one.visit_type, one.schedule.today(now))]


def _is_busy(now: datetime) -> Q:
    """With somebody now: in a visit, about to begin one, taken by an accepted wish, or being asked for another."""
    theirs = Appointment.objects.filter(practitioner=OuterRef("practitioner"), status__in=ACTIVE)
    theirs = theirs.exclude(status=Status.HELD, hold_expires_at__lte=now)
    soon = DateTimeTZRange(now, now + timedelta(minutes=1))
    taken = UrgentAsk.objects.filter(offered_to=OuterRef("pk"))
    return (
        Q(Exists(theirs.filter(Q(status=Status.IN_CONSULTATION) | Q(during__overlap=soon))))
        | Q(Exists(taken.filter(status="searching")))
        | Q(
            Exists(
                taken.filter(
                    Q(appointment__hold_expires_at__gt=now) | ~Q(appointment__status=Status.HELD),
                    status="accepted",
                    appointment__status__in=ACTIVE,
                    accepted_at__gt=now - timedelta(hours=3),
                )
            )
        )
    )


def next_starts(schedule: Schedule, visit_type: VisitType, now: datetime, minutes: int) -> list[datetime]:
    """List the free starts of a schedule within so many minutes, whatever its notice."""
    times = times_of([schedule], now - timedelta(days=1), now + timedelta(days=1), now)[schedule.pk]
    today = schedule.today(now)
    found = slots.free_slots(
        times.rules_for(visit_type),
        times.closures,
        times.busy,
        schedule.zone,
        visit_type.minutes,
        today,
        today + timedelta(days=1),
        now,
        timedelta(0),
        schedule.horizon_days,
    )
    return [one.starts_at for one in found if one.starts_at <= now + timedelta(minutes=minutes)]


def asks_without_offer() -> list[UUID]:
    """List the wishes that wait for a doctor to become free, the oldest first."""
    rows = UrgentAsk.objects.filter(status="searching", offered_to=None)
    return list(rows.order_by("created_at").values_list("pk", flat=True))


def asks_to_turn(now: datetime) -> list[UUID]:
    """List the wishes the clock should look at: an offer that ran out, or none open."""
    rows = UrgentAsk.objects.filter(Q(offer_expires_at__lte=now) | Q(offered_to=None), status="searching")
    return list(rows.order_by("created_at").values_list("pk", flat=True))


def asks_of(by: Actor) -> QuerySet[UrgentAsk]:
    """Give the wishes of a citizen's people, or what a doctor is asked; the newest first."""
    rows = UrgentAsk.objects.filter(access.visible_asks(by))
    return rows.select_related(
        "person",
        "partner",
        "partner_practitioner",
        "appointment",
        "offered_to__practitioner",
        "offered_to__visit_type",
        "offered_to__schedule__facility",
    ).order_by("-created_at", "-pk")


def offer_for(by: Actor, now: datetime) -> UrgentAsk | None:
    """Give what a doctor is asked this very moment, or None."""
    if by.role != "practitioner":
        return None
    rows = asks_of(by).filter(offered_to__practitioner=by.practitioner_id, status="searching", offer_expires_at__gt=now)
    return rows.first()


def taken_by(by: Actor, now: datetime) -> list[UrgentAsk]:
    """List what a doctor has taken and is still to be seen: kept or agreed."""
    rows = asks_of(by).filter(offered_to__practitioner=by.practitioner_id, status="accepted")
    live = Q(appointment__status=Status.HELD, appointment__hold_expires_at__gt=now) | Q(
        appointment__status__in=[Status.BOOKED, Status.CHECKED_IN, Status.IN_CONSULTATION]
    )
    return list(rows.filter(live, accepted_at__gt=now - timedelta(hours=3)))


def duty_of(by: Actor, now: datetime) -> OnCall | None:
    """Give the duty a doctor has now, or None."""
    rows = _on_duty(now).filter(practitioner=by.practitioner_id).select_related("schedule__facility", "visit_type")
    return rows.first() if by.role == "practitioner" else None


def on_call_now(now: datetime, mode: str = "") -> list[OnCall]:
    """List who is on call, with price and place: what the citizen's page tells before asking."""
    rows = _on_duty(now).select_related("practitioner", "visit_type", "schedule__facility")
    rows = rows.prefetch_related("practitioner__specialties")
    return list((rows.filter(mode=mode) if mode else rows).order_by("created_at"))


def prices_on_call(duties: list[OnCall]) -> tuple[Money, Money] | None:
    """Give the lowest and the highest price among these doctors, or None when there is nobody."""
    prices = [one.visit_type.price_in(one.mode) for one in duties]
    return (min(prices, key=lambda m: m.amount), max(prices, key=lambda m: m.amount)) if prices else None


def price_of_ask(ask: UrgentAsk, now: datetime) -> Money | None:
    """Give what a visit with who is asked costs the citizen: at a station what the contract says."""
    duty = ask.offered_to
    if duty is None:
        return None
    if ask.partner_id is None:
        return duty.visit_type.price_in(ask.mode)
    on = duty.schedule.today(now)
    contract = telemedicine.contract_between(duty.schedule.facility_id, ask.partner_id, ask.form, on)
    return contract.price if contract is not None else None


def asker_of(ask_id: UUID) -> UUID | None:
    """Tell a journey which account asked: the citizen's own, or of the nurse beside them."""
    return UrgentAsk.objects.filter(pk=ask_id).values_list("asked_by", flat=True).first()


def person_of_ask(ask_id: UUID) -> UUID:
    """Tell a journey whose wish it is. Raises NotFound."""
    found = UrgentAsk.objects.filter(pk=ask_id).values_list("person_id", flat=True).first()
    if found is None:
        raise NotFound
    return found
