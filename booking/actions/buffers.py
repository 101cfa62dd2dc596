"""The minutes kept free around visits, when the desk changes them: agreed visits get the new ones where there is room."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import F

from booking.models import ACTIVE, Appointment, Schedule
from booking.slots import Span


@dataclass
class Block:
    """One visit, or the people who share one: when it is, what it keeps, and whether it is of the changed schedule."""

    during: Span
    kept: Span
    ours: list[Appointment]


def widen(schedule: Schedule, old_before: timedelta, old_after: timedelta, now: datetime) -> set[UUID]:
    """Give the coming visits of the schedule its present buffers; tell for which of them the room does not suffice.

    Those keep as much as there is up to the neighbouring visit. Who did not have the old buffers in full either is not
    told again.
    """
    before, after = (timedelta(minutes=m) for m in (schedule.buffer_before_minutes, schedule.buffer_after_minutes))
    blocks = _blocks(schedule, now)
    short: set[UUID] = set()
    changed: list[Appointment] = []
    for number, block in enumerate(blocks):
        if not block.ours:
            continue
        wanted = Span(block.during.starts_at - before, block.during.ends_at + after)
        begins, ends = wanted.starts_at, wanted.ends_at
        if number:
            begins = max(begins, blocks[number - 1].kept.ends_at)
        if number + 1 < len(blocks):
            following = blocks[number + 1]
            ends = min(ends, following.during.starts_at if following.ours else following.kept.starts_at)
        kept = Span(begins, ends)
        was_whole = (
            block.kept.starts_at <= block.during.starts_at - old_before
            and block.during.ends_at + old_after <= block.kept.ends_at
        )
        if kept != wanted and was_whole:
            short |= {one.pk for one in block.ours}
        block.kept = kept
        for one in block.ours:
            if one.as_blocked() != kept:
                one.blocked = DateTimeTZRange(kept.starts_at, kept.ends_at)
                changed.append(one)
    _write(changed)
    return short


def _blocks(schedule: Schedule, now: datetime) -> list[Block]:
    # Also those whose end has just passed: their buffers may reach into what comes.
    rows = Appointment.objects.filter(
        practitioner=schedule.practitioner_id,
        status__in=ACTIVE,
        walk_in=False,
        during__endswith__gt=now - timedelta(hours=12),
    )
    found: dict[UUID, Block] = {}
    for one in rows.order_by("during", "pk"):
        block = found.setdefault(one.session, Block(one.as_span(), one.as_blocked(), []))
        if one.schedule_id == schedule.pk and one.ends_at > now:
            block.ours.append(one)
    return list(found.values())


def _write(changed: Iterable[Appointment]) -> None:
    changed = list(changed)
    # First nothing but the visits themselves, which never overlap: so no order of writing can touch a neighbour.
    Appointment.objects.filter(pk__in=[one.pk for one in changed]).update(blocked=F("during"))
    Appointment.objects.bulk_update(changed, ["blocked"])
