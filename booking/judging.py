"""Whether a row of a file of hours can stand beside what is there and beside the other rows.

All that is needed is read once, a few statements for any number of rows; afterwards each row costs a look into memory.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from booking import days, slots
from booking.importing import WEEKLY, Problem, Wish, licence_key, problem
from booking.models import ACTIVE, Appointment, Closure, Rule, Schedule
from booking.slots import MIDNIGHT
from identity.models import Facility, Membership, VisitType
from identity.names import fold

A_YEAR = timedelta(days=366)
AT_FILE = 0  # lines of what stood there before the file


@dataclass
class Verdict:
    """What a good row becomes: weekly hours or an exception of a schedule (None: one still to be opened), or nothing new."""

    practitioner_id: UUID
    schedule: Schedule | None
    rule: dict[str, Any] | None = None
    visit_types: frozenset[UUID] = frozenset()
    closure: dict[str, Any] = field(default_factory=dict)
    is_unchanged: bool = False


@dataclass(frozen=True)
class _Hours:
    line: int
    weekday: int
    from_time: time
    to_time: time
    valid_from: date | None
    valid_to: date | None
    rest: tuple[Any, ...]  # all that makes two rules on the same hours the same rule

    def meets(self, other: "_Hours") -> bool:
        return (
            self.weekday == other.weekday
            and self.from_time < _end(other.to_time)
            and other.from_time < _end(self.to_time)
            and (self.valid_from or date.min) <= (other.valid_to or date.max)
            and (other.valid_from or date.min) <= (self.valid_to or date.max)
        )

    def same(self) -> tuple[Any, ...]:
        return (self.weekday, self.from_time, self.to_time, self.valid_from, self.valid_to, self.rest)


@dataclass(frozen=True)
class _Stretch:
    line: int
    kind: str
    starts_at: datetime
    ends_at: datetime
    grid_minutes: int

    def same(self) -> tuple[Any, ...]:
        return (self.kind, self.starts_at, self.ends_at, 0 if self.kind == "closed" else self.grid_minutes)


def _end(at: time) -> time:
    return time.max if at == MIDNIGHT else at


class Judge:
    """Knows a facility's practitioners, schedules, hours, exceptions and agreed visits, and the rows it has let pass."""

    def __init__(
        self, facility_id: UUID, *, now: datetime, licences: Collection[str] | None = None, lock: bool = False
    ) -> None:
        self.now = now
        self.zone = Facility.objects.values_list("zone", flat=True).get(pk=facility_id)
        members = Membership.objects.filter(facility=facility_id, role="practitioner").select_related("practitioner")
        self.people = {
            licence_key(one.practitioner.licence_number): one.practitioner
            for one in members
            if one.practitioner is not None and one.is_active(now.date())
        }
        if licences is not None:
            self.people = {key: one for key, one in self.people.items() if key in licences}
        who = [one.pk for one in self.people.values()]
        if lock:
            times = Schedule.objects.select_for_update(no_key=True).filter(practitioner__in=who)
            list(times.order_by("pk").values_list("pk"))
            days.lock(who, (now - A_YEAR, now + 2 * A_YEAR))
        self.schedules: dict[UUID, list[Schedule]] = defaultdict(list)
        rows = Schedule.objects.filter(facility=facility_id, practitioner__in=who).select_related("practitioner")
        for schedule in rows.order_by("pk"):
            self.schedules[schedule.practitioner_id].append(schedule)
        self.kinds: dict[str, set[UUID]] = defaultdict(set)
        for one in VisitType.objects.filter(facility=facility_id, active=True):
            for name in {fold(one.name_vi), fold(one.name_en)}:
                self.kinds[name].add(one.pk)
        self.hours: dict[UUID, list[_Hours]] = defaultdict(list)
        self.stretches: dict[UUID, list[_Stretch]] = defaultdict(list)
        self.visits: dict[UUID, list[tuple[datetime, datetime]]] = defaultdict(list)
        self._read([one.pk for found in self.schedules.values() for one in found])

    def _read(self, ids: list[UUID]) -> None:
        for rule in Rule.objects.filter(schedule__in=ids).prefetch_related("visit_types"):
            kinds = frozenset(one.pk for one in rule.visit_types.all())
            rest = (rule.grid_minutes, rule.offset_minutes, rule.capacity, rule.room, kinds)
            hours = _Hours(
                AT_FILE, rule.weekday, rule.from_time, rule.to_time, rule.valid_from, rule.valid_to, rest
            )  # fmt: skip
            self.hours[rule.schedule_id].append(hours)
        lately = DateTimeTZRange(self.now - A_YEAR, None)
        for one in Closure.objects.filter(schedule__in=ids, during__overlap=lately):
            stretch = _Stretch(AT_FILE, one.kind, one.starts_at, one.ends_at, one.grid_minutes)
            self.stretches[one.schedule_id].append(stretch)
        agreed = Appointment.objects.filter(schedule__in=ids, status__in=ACTIVE, walk_in=False)
        for schedule_id, during in agreed.filter(during__endswith__gt=self.now).values_list("schedule_id", "during"):
            self.visits[schedule_id].append((during.lower, during.upper))

    def judge(self, wish: Wish) -> Verdict | list[Problem]:
        """Let a row pass, or say why not; rows that passed count from then on."""
        who = self.people.get(licence_key(wish.licence))
        if who is None:
            return [problem(wish.line, "licence_number", "unknown_licence", wish.licence)]
        if wish.doctor and fold(who.full_name) not in fold(wish.doctor):
            return [problem(wish.line, "doctor", "other_name", wish.doctor)]
        found = self._schedule_for(who.pk, wish)
        if isinstance(found, list):
            return found
        key = found.pk if found else who.pk  # a schedule still to be opened is known by its practitioner
        if wish.kind == WEEKLY:
            return self._weekly(wish, who.pk, found, key)
        return self._exception(wish, who.pk, found, key)

    def _schedule_for(self, practitioner_id: UUID, wish: Wish) -> Schedule | list[Problem] | None:
        theirs = self.schedules.get(practitioner_id, [])
        if len(theirs) <= 1:
            return theirs[0] if theirs else None
        room = fold(wish.room)
        named = [one for one in theirs if fold(one.room) == room]
        if not named:
            named = [one for one in theirs if any(fold(hours.rest[3]) == room for hours in self.hours[one.pk])]
        return named[0] if len(named) == 1 else [problem(wish.line, "room", "which_schedule", wish.room)]

    def _weekly(self, wish: Wish, who: UUID, schedule: Schedule | None, key: UUID) -> Verdict | list[Problem]:
        unknown = [name for name in wish.visit_types if name not in self.kinds]
        if unknown:
            return [problem(wish.line, "visit_types", "unknown_visit_type", name) for name in unknown]
        kinds = frozenset(one for name in wish.visit_types for one in self.kinds[name])
        room = wish.room if fold(wish.room) != fold(schedule.room if schedule else "") else ""
        rest = (wish.grid_minutes, wish.offset_minutes, wish.capacity, room, kinds)
        hours = _Hours(
            wish.line, wish.weekday, wish.from_time, wish.to_time, wish.valid_from, wish.valid_to, rest
        )  # fmt: skip
        for other in self.hours[key]:
            if not hours.meets(other):
                continue
            if other.line == AT_FILE:
                if hours.same() == other.same():
                    return Verdict(who, schedule, is_unchanged=True)
                return [
                    problem(wish.line, "from_time", "rule_overlaps", f"{wish.from_time:%H:%M}–{wish.to_time:%H:%M}")
                ]
            reason = "duplicate" if hours.same() == other.same() else "overlaps_row"
            return [problem(wish.line, "from_time", reason, f"{wish.from_time:%H:%M}", str(other.line))]
        self.hours[key].append(hours)
        rule = {
            "weekday": wish.weekday, "from_time": wish.from_time, "to_time": wish.to_time, "room": room,
            "grid_minutes": wish.grid_minutes, "offset_minutes": wish.offset_minutes, "capacity": wish.capacity,
            "valid_from": wish.valid_from, "valid_to": wish.valid_to,
        }  # fmt: skip
        return Verdict(who, schedule, rule, kinds)

    def _exception(self, wish: Wish, who: UUID, schedule: Schedule | None, key: UUID) -> Verdict | list[Problem]:
        zone = schedule.zone if schedule else self.zone
        span = _span(wish, zone)
        if isinstance(span, list):
            return span
        starts_at, ends_at = span
        if not self.now - A_YEAR <= starts_at < ends_at <= self.now + 2 * A_YEAR:
            return [problem(wish.line, "date", "too_far", starts_at.date().isoformat())]
        stretch = _Stretch(wish.line, wish.kind, starts_at, ends_at, wish.grid_minutes)
        for other in self.stretches[key]:
            if other.same() == stretch.same():
                if other.line == AT_FILE:
                    return Verdict(who, schedule, is_unchanged=True)
                return [problem(wish.line, "date", "duplicate", "", str(other.line))]
            opens = "closed" not in (other.kind, stretch.kind)
            if opens and other.starts_at < ends_at and starts_at < other.ends_at:
                if other.line == AT_FILE:
                    return [problem(wish.line, "from_time", "exception_overlaps", f"{wish.from_time:%H:%M}")]
                return [problem(wish.line, "from_time", "overlaps_row", f"{wish.from_time:%H:%M}", str(other.line))]
        harmed = self._harmed(key, stretch, zone)
        if harmed:
            return [problem(wish.line, "date", "appointments_affected", starts_at.date().isoformat(), str(harmed))]
        self.stretches[key].append(stretch)
        closure = {
            "during": DateTimeTZRange(starts_at, ends_at), "kind": wish.kind, "reason": wish.reason,
            "grid_minutes": wish.grid_minutes,
        }  # fmt: skip
        return Verdict(who, schedule, closure=closure)

    def _harmed(self, key: UUID, stretch: _Stretch, zone: str) -> int:
        """Count the agreed visits that would lie outside the hours."""
        if stretch.kind == "closed":
            return sum(start < stretch.ends_at and stretch.starts_at < end for start, end in self.visits[key])
        if stretch.kind != "instead":
            return 0
        day = slots.wall(stretch.starts_at, zone).date()
        on_that_day = [one for one in self.visits[key] if slots.wall(one[0], zone).date() == day]
        return sum(not (stretch.starts_at <= start and end <= stretch.ends_at) for start, end in on_that_day)


def _span(wish: Wish, zone: str) -> tuple[datetime, datetime] | list[Problem]:
    if wish.starts_at is not None and wish.ends_at is not None:
        return wish.starts_at, wish.ends_at
    assert wish.first_day is not None and wish.last_day is not None
    after = wish.last_day + timedelta(days=wish.to_time == MIDNIGHT)
    starts_at, ends_at = slots.instant(wish.first_day, wish.from_time, zone), slots.instant(after, wish.to_time, zone)
    for name, day, at, moment in (
        ("from_time", wish.first_day, wish.from_time, starts_at),
        ("to_time", after, wish.to_time, ends_at),
    ):
        if slots.wall(moment, zone) != datetime.combine(day, at):
            return [problem(wish.line, name, "skipped_time", f"{at:%H:%M}")]
    return starts_at.astimezone(UTC), ends_at.astimezone(UTC)
