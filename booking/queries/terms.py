"""On what terms a visit is agreed: what the facility has decided, and what changing one's mind costs."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from booking import access, reckoning, slots
from booking.models import Appointment, Block, LeaveCase, Policy, Status
from core.actor import Actor
from core.errors import NotFound
from core.money import Money


@dataclass(frozen=True)
class CancelTerms:
    """Until when giving a visit up is free, what it costs now, and what it costs after that moment."""

    free_until: datetime
    fee: Money
    late_fee: Money

    @property
    def is_free(self) -> bool:
        return self.fee.is_zero


def share(money: Money, percent: int) -> Money:
    """Give so many percent of a price, rounded down: the odd part is the citizen's."""
    return Money(money.amount * percent // 100, money.currency)


def policy_of(facility_id: UUID) -> Policy:
    """Give what a facility has decided; one that never decided has the defaults."""
    return Policy.objects.filter(facility=facility_id).first() or Policy(facility_id=facility_id)


def policies_of(facility_ids: Iterable[UUID]) -> dict[UUID, Policy]:
    """Give the policies of several facilities, in one statement."""
    wanted = set(facility_ids)
    known = {one.facility_id: one for one in Policy.objects.filter(facility__in=wanted)}
    return {one: known.get(one) or Policy(facility_id=one) for one in wanted}


def cancel_terms(appointment: Appointment, now: datetime, policy: Policy | None = None) -> CancelTerms:
    """Tell a citizen what giving this visit up would cost. A time that is only kept costs nothing."""
    policy = policy or policy_of(appointment.facility_id)
    free_until = appointment.starts_at - timedelta(hours=policy.free_cancel_hours)
    late = share(appointment.price, policy.late_fee_percent)
    nothing = Money(0, appointment.price_currency)
    if appointment.status == Status.HELD:
        late = nothing
    if now >= free_until and not late.is_zero and _doctor_is_away(appointment):
        late = nothing
    return CancelTerms(free_until, late if now >= free_until else nothing, late)


def may_move(appointment: Appointment, now: datetime, policy: Policy | None = None) -> bool:
    """Say whether the citizen may still choose another time: as long as cancelling is free."""
    agreed = appointment.status in {Status.BOOKED, Status.CHECKED_IN}
    return agreed and now < min(cancel_terms(appointment, now, policy).free_until, appointment.starts_at)


def no_show_settled_at(appointment_id: UUID) -> datetime:
    """Tell when a no-show can no longer be taken back and its money is settled: the end of its day at the clinic.

    Raises NotFound.
    """
    one = Appointment.objects.select_related("schedule").filter(pk=appointment_id).first()
    if one is None:
        raise NotFound
    return _end_of_its_day(one)


def _end_of_its_day(one: Appointment) -> datetime:
    zone = one.schedule.zone
    noted_at = max(one.no_show_at or one.ends_at, one.starts_at)
    return reckoning.midnight(slots.wall(noted_at, zone).date() + timedelta(days=1), zone)


def nobody_came(ended_before: datetime) -> list[UUID]:
    """List the agreed visits that should be over and to which nobody has come, as far as booking knows.

    Where a no-show was taken back, somebody knows better than the clock. Whoever walked in is here; who asked for a doctor
    now, by video, may still have met nobody, and so may who said "I am here" of a visit at a distance.
    """
    at_the_clinic = Q(mode=Appointment.Mode.IN_PERSON)
    waited_for = Q(status=Status.BOOKED) & ~(Q(walk_in=True) & at_the_clinic)
    said_to_be_here = Q(status=Status.CHECKED_IN) & ~at_the_clinic
    rows = Appointment.objects.filter(
        waited_for | said_to_be_here,
        during__endswith__lte=ended_before,
        no_show_undone_at=None,
    )
    return list(rows.order_by("during").values_list("pk", flat=True))


@dataclass(frozen=True)
class BlockFacts:
    """What the journeys tell of a block."""

    id: UUID
    person_id: UUID
    facility_id: UUID
    until: datetime
    is_lifted: bool
    answer: str


def block_facts(block_id: UUID) -> BlockFacts:
    """Give the facts of a block to a journey. Raises NotFound."""
    one = Block.objects.filter(pk=block_id).first()
    if one is None:
        raise NotFound
    lifted = one.status == Block.Status.LIFTED
    return BlockFacts(one.pk, one.person_id, one.facility_id, one.until, lifted, one.answer)


def block_of(person_id: UUID, facility_id: UUID, now: datetime) -> Block | None:
    """Give the block that keeps this person from booking here themselves, if there is one."""
    rows = Block.objects.filter(person=person_id, facility=facility_id, status=Block.Status.ACTIVE, until__gt=now)
    return rows.select_related("facility").first()


def _doctor_is_away(appointment: Appointment) -> bool:
    return LeaveCase.objects.filter(appointment=appointment, status=LeaveCase.Status.OPEN).exists()


def blocks_for(by: Actor) -> QuerySet[Block]:
    """Give the blocks this actor may see, the newest first."""
    rows = Block.objects.filter(access.visible_blocks(by)).select_related("person", "facility")
    return rows.order_by("-created_at", "-pk")


def appeals_waiting(by: Actor) -> QuerySet[Block]:
    """Give the blocks whose people have asked and not been answered, the oldest question first."""
    rows = blocks_for(by).filter(status=Block.Status.ACTIVE, appealed_at__isnull=False, answered_at=None)
    return rows.order_by("appealed_at", "pk")


def follower_of(appointment: Appointment) -> Appointment | None:
    """Give the visit this one was moved to, or the time that is kept for it while the difference is paid."""
    rows = Appointment.objects.filter(moved_from=appointment).exclude(status=Status.EXPIRED)
    return rows.select_related("practitioner", "schedule", "moved_from").order_by("-created_at").first()


def may_be_missed(appointment: Appointment, now: datetime) -> bool:
    """Say whether the staff may note now that somebody did not come."""
    return appointment.status in {Status.BOOKED, Status.CHECKED_IN} and appointment.starts_at <= now


def may_undo_no_show(appointment: Appointment, now: datetime) -> bool:
    """Say whether a no-show can still be taken back."""
    by_citizen = appointment.status == Status.NO_SHOW and appointment.no_show_by == Appointment.NoShowBy.CITIZEN
    return by_citizen and now < _end_of_its_day(appointment)
