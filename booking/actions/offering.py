"""A time that came free is offered to one person of the waiting list at a time, and passed on until somebody takes it.

The time itself is kept by a held appointment of that person, so nobody else can have it, whatever else happens. The hold
outlives the offer by a breath, and nobody but the job that passes it on lets go of it, so it reaches the next person in
one transaction.
Entries are locked before offers, offers before appointments. An entry that somebody else is just making an offer to is
skipped rather than waited for, so two who hand times round never wait for each other.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

import audit
from booking import access, days, queries
from booking.actions import terms
from booking.actions.fitting import check_fit
from booking.actions.freeing import emit_freed
from booking.actions.gating import ask_the_gate
from booking.actions.moving import drop_pending_move
from booking.actions.piloting import needs_pilot
from booking.actions.placing import place
from booking.errors import NotBookable, OfferOver, OffGrid, PersonBusy, SlotPast, SlotTaken
from booking.events import OfferClosed, OfferMade, WaitingEnded
from booking.models import Appointment, Offer, Schedule, Status, WaitingEntry
from booking.patience import offered_until
from booking.queries import FreeTime
from booking.slots import Span
from core.actor import Actor
from core.events import emit
from core.tasks import later
from identity.models import Person
from records.errors import NotAtADistance

BREATH = timedelta(minutes=3)  # the hold stays a little longer than the offer
MOST_TRIES = 5  # times tried for one person before the next one is asked
LOOK_AGAIN = timedelta(seconds=5)
AGREED = {Status.BOOKED, Status.CHECKED_IN}


def offer_place(*, schedule_id: UUID, starts_at: datetime, ends_at: datetime, by: Actor, now: datetime) -> list[Offer]:
    """Offer a time that came free to whoever is next in line; to several when it holds several visits.

    Each offer is a transaction of its own. Nobody waits for it: it stays free for all.
    """
    schedule = Schedule.objects.select_related("practitioner", "facility").filter(pk=schedule_id).first()
    if schedule is None or not schedule.active or starts_at <= now:
        return []
    return _go_along_the_line(schedule, Span(starts_at, ends_at), by, now)


def look_for(*, entry_id: UUID, by: Actor, now: datetime) -> Offer | None:
    """Offer somebody the first free time that suits them, if there is one: they have just joined, or hours were added."""
    entry = WaitingEntry.objects.select_related("instead_of", "visit_type").filter(pk=entry_id).first()
    if entry is None or entry.status != WaitingEntry.Status.WAITING:
        return None
    times: list[FreeTime] = []
    for practitioner_id in queries.practitioners_for(entry):
        times += queries.times_for(entry, practitioner_id, now)
    try:
        return _offer(entry.pk, sorted(times, key=lambda one: one.starts_at), by, now)
    except _SomebodyIsAtIt:
        return None


class _SomebodyIsAtIt(Exception):
    """Another transaction holds the entry, or it waits no longer."""


@transaction.atomic
def take_offer(*, offer_id: UUID, condition: str = "", by: Actor, now: datetime) -> Offer:
    """Take the time. It is kept as any other from here: to be paid or, when nothing is owed, agreed by the journey.

    With a later visit to be given up for it, the time becomes a move of that visit. `condition`: of the list for visits
    at a distance, where the later visit does not say it. Raises NotFound, OfferOver, ConditionNeeded, NotFitForRemote, and NotAtADistance.
    """
    offer = access.lock_offer(by, offer_id)
    if offer.status == Offer.Status.TAKEN:
        return offer
    kept = offer.appointment
    if offer.status != Offer.Status.OPEN or offer.expires_at <= now or kept.status != Status.HELD:
        raise OfferOver
    before = _later_visit(offer.entry)
    if by.role == "citizen":
        _say_why_at_a_distance(kept, before, condition, by, now)
    if before is not None:
        drop_pending_move(before, by, now)
        kept.moved_from = before
        kept.series = before.series
    kept.hold_expires_at = max(offer.expires_at, now + timedelta(minutes=settings.BOOKING_HOLD_MINUTES))
    kept.booked_by = by.user_id
    if needs_pilot(kept):
        ask_the_gate(kept)
    said = ("condition_code", "fit_reason", "pilot")
    kept.save(update_fields=["hold_expires_at", "moved_from", "series", "booked_by", *said])
    offer.move_to(Offer.Status.TAKEN, at=now)
    offer.save(update_fields=["status", "taken_at"])
    offer.entry.move_to(WaitingEntry.Status.TAKEN, at=now)
    offer.entry.save(update_fields=["status", "taken_at"])
    _note(by, "taken", offer)
    emit(OfferClosed(str(offer.entry_id), str(offer.pk), "taken"))
    later("booking.tasks.expire_one", at=kept.hold_expires_at, appointment_id=str(kept.pk))
    return offer


@transaction.atomic
def decline_offer(*, offer_id: UUID, by: Actor, now: datetime) -> Offer:
    """Say no; the person waits on, and the time goes to the next one at once. Raises NotFound, OfferOver."""
    offer = access.lock_offer(by, offer_id)
    if offer.status == Offer.Status.DECLINED:
        return offer
    if offer.status != Offer.Status.OPEN:
        raise OfferOver
    close_offer(offer, Offer.Status.DECLINED, by=by, now=now)
    hand_on(offer, by=by, now=now)
    return offer


@transaction.atomic
def pass_offer_on(*, offer_id: UUID, by: Actor, now: datetime) -> Offer:
    """Nobody answered: the time goes to the next in line. Before its end, or once answered, nothing happens.

    Raises NotFound.
    """
    offer = access.lock_offer(by, offer_id)
    if offer.status == Offer.Status.OPEN and offer.expires_at <= now:
        close_offer(offer, Offer.Status.PASSED, by=by, now=now)
        hand_on(offer, by=by, now=now)
    return offer


@transaction.atomic
def settle_offer(*, appointment_id: UUID, by: Actor, now: datetime) -> Offer | None:
    """The kept time was let go of elsewhere: the offer on it is void, and the person waits on.

    Who took the time but did not pay has their old place in line again. None when the time was no offer.
    """
    known = queries.offer_of(appointment_id)
    if known is None:
        return None
    offer = access.lock_offer(by, known.pk)
    if offer.appointment.status not in {Status.EXPIRED, Status.CANCELLED}:
        return offer
    if offer.status == Offer.Status.OPEN:
        close_offer(offer, Offer.Status.VOID, by=by, now=now)
    elif offer.status == Offer.Status.TAKEN and offer.appointment.booked_at is None:
        _wait_on(offer.entry, now)
    return offer


def close_offer(offer: Offer, how: str, *, by: Actor, now: datetime) -> None:
    """End an open offer that is locked, let go of its time, and let the person wait on."""
    offer.move_to(how, at=now)
    offer.save(update_fields=["status", f"{how}_at"])
    kept = offer.appointment
    if kept.status == Status.HELD:
        kept.move_to(Status.EXPIRED, at=now)
        kept.save(update_fields=["status", "expired_at"])
        days.renew(kept.practitioner_id, (kept.blocked.lower, kept.blocked.upper))
    entry = offer.entry
    if entry.status == WaitingEntry.Status.OFFERED:
        silent = how == Offer.Status.PASSED and queries.silences(entry) >= queries.MOST_SILENCES
        entry.move_to(WaitingEntry.Status.WITHDRAWN if silent else WaitingEntry.Status.WAITING, at=now)
        entry.save(update_fields=["status", "withdrawn_at"])
        if silent:
            emit(WaitingEnded(str(entry.pk), "silent"))
    _note(by, str(how), offer)
    emit(OfferClosed(str(entry.pk), str(offer.pk), str(how)))


def hand_on(offer: Offer, *, by: Actor, now: datetime) -> None:
    """Offer the time of a closed offer to the next in line, in the transaction that closed it; else say it is free."""
    schedule = Schedule.objects.select_related("practitioner", "facility").get(pk=offer.schedule_id)
    span = Span(offer.during.lower, offer.during.upper)
    if span.starts_at > now and not _go_along_the_line(schedule, span, by, now):
        emit_freed(offer.appointment, now)


def _go_along_the_line(schedule: Schedule, span: Span, by: Actor, now: datetime) -> list[Offer]:
    made: list[Offer] = []
    skipped = False
    free: dict[UUID, list[FreeTime]] = {}
    for entry in queries.line_for(schedule, span, now):
        if entry.visit_type_id not in free:
            free[entry.visit_type_id] = queries.free_in(schedule, entry.visit_type_id, span, now)
        times = queries.suiting(entry, free[entry.visit_type_id], span) if free[entry.visit_type_id] else []
        if not times:
            continue
        try:
            offer = _offer(entry.pk, times, by, now)
        except _SomebodyIsAtIt:
            skipped = True
            continue
        if offer is not None:  # else they cannot come then, whenever it is looked at again
            made.append(offer)
            free.clear()
    if skipped and not made and any(free.values()):
        again = {"schedule_id": str(schedule.pk), "starts_at": span.starts_at.isoformat()}
        later("booking.tasks.offer_place", at=now + LOOK_AGAIN, ends_at=span.ends_at.isoformat(), **again)
    return made


@transaction.atomic
def _offer(entry_id: UUID, times: Iterable[FreeTime], by: Actor, now: datetime) -> Offer | None:
    """Keep the first of these times for the person; None when they can come to none of them. Raises _SomebodyIsAtIt."""
    rows = WaitingEntry.objects.select_for_update(skip_locked=True, of=("self",))
    entry = rows.filter(pk=entry_id, status=WaitingEntry.Status.WAITING).first()
    if entry is None:
        raise _SomebodyIsAtIt
    for one in list(times)[:MOST_TRIES]:
        until = offered_until(now, queries.policy_of(entry.facility_id).offer_minutes, one.zone, one.starts_at)
        kept = _keep(entry, one, until, by, now) if until is not None else None
        if kept is None or until is None:
            continue
        offer = Offer.objects.create(
            entry=entry,
            appointment=kept,
            schedule_id=one.schedule_id,
            during=DateTimeTZRange(one.starts_at, one.ends_at),
            expires_at=until,
            created_at=now,
        )
        entry.move_to(WaitingEntry.Status.OFFERED, at=now)
        entry.save(update_fields=["status"])
        _note(by, "made", offer)
        emit(OfferMade(str(entry.pk), str(offer.pk), until.isoformat()))
        later("booking.tasks.pass_offer_on", at=until, offer_id=str(offer.pk))
        return offer
    return None


def _keep(entry: WaitingEntry, time: FreeTime, until: datetime, by: Actor, now: datetime) -> Appointment | None:
    schedule = Schedule.objects.select_related("practitioner", "facility").get(pk=time.schedule_id)
    person = Person.objects.get(pk=entry.person_id)
    price, parts = terms.price_for(person, schedule, entry.visit_type, entry.mode, time.starts_at, now)
    values: dict[str, object] = {"price_amount": price.amount, "price_parts": parts, "booked_by": None}
    before = _later_visit(entry)
    if before is not None:
        values |= {name: getattr(before, name) for name in ("reason", "intake", "condition_code", "fit_reason")}
        if before.pilot_id is not None:
            del values["condition_code"]  # an offer takes no case of a pilot; whoever takes it does (`take_offer`)
    try:
        with transaction.atomic():
            return place(
                schedule=schedule,
                visit_type=entry.visit_type,
                person=person,
                mode=entry.mode,
                starts_at=time.starts_at,
                by=by,
                now=now,
                hold_expires_at=until + BREATH,
                values=values,
            )
    except (SlotTaken, SlotPast, NotBookable, OffGrid, PersonBusy, NotAtADistance):
        return None  # somebody was faster, or they are elsewhere then: they wait on


def _say_why_at_a_distance(
    kept: Appointment, before: Appointment | None, condition: str, by: Actor, now: datetime
) -> None:
    condition = condition or kept.condition_code or (before.condition_code if before is not None else "")
    said = check_fit(
        mode=kept.mode,
        condition=condition,
        person_id=kept.person_id,
        schedule_id=kept.schedule_id,
        instead_of=before,
        by=by,
        now=now,
    )
    kept.condition_code, kept.fit_reason = said["condition_code"], said["fit_reason"]


def _later_visit(entry: WaitingEntry) -> Appointment | None:
    before = entry.instead_of
    return before if before is not None and before.status in AGREED else None


def _wait_on(entry: WaitingEntry, now: datetime) -> None:
    other = WaitingEntry.objects.filter(
        person=entry.person_id, facility=entry.facility_id, visit_type=entry.visit_type_id, status__in=queries.ALIVE
    )
    if entry.status == WaitingEntry.Status.TAKEN and not other.exists():
        entry.move_to(WaitingEntry.Status.WAITING, at=now)
        entry.save(update_fields=["status"])


def _note(by: Actor, what: str, offer: Offer) -> None:
    kept = offer.appointment
    audit.record(
        by, "booking.offer", offer, person_id=kept.person_id, facility_id=kept.facility_id, detail={"what": what}
    )
