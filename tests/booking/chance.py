"""A hospital in which anything may happen, by real actions in an order that chance decides, and what must be so after each.

What search says is held against `slots`, reckoned here from the rows of rules, exceptions and visits themselves.
"""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, datetime, time, timedelta
from typing import Any

from booking import actions, days, holidays, queries, slots
from booking.models import ACTIVE, Appointment, Closure, Leave, Policy, Rule, Schedule, Status
from core.errors import DomainError
from identity.models import Facility, VisitType
from tests import make
from tests.booking import stage
from tests.booking.stage import SYSTEM

A_DAY = timedelta(days=1)
SPAN = 45  # days looked at: the window of the projection and a fortnight behind it
KEPT = days.WINDOW_DAYS - 1


class World:
    """Two doctors, one of them at two places in two zones; everything else comes and goes."""

    def __init__(self, seed: int) -> None:
        self.chance, self.now, self.done = random.Random(seed), make.NOW, Counter[str]()
        self.places = [make.make_facility(), make.make_facility(kind="clinic", name="Phòng khám Hoa Sen")]
        self.desks = [make.actor_for(make.make_desk(facility=place)) for place in self.places]
        doctors = [make.make_practitioner(facility=self.places[0]), make.make_practitioner(specialties=["cardiology"])]
        self.kinds = [make.make_visit_type(facility=place, price=0) for place in self.places]
        self.kinds += [make.make_visit_type(facility=place, minutes=45, modes=["in_person"]) for place in self.places]
        self.kinds.append(
            make.make_visit_type(facility=self.places[0], minutes=10, specialty=make.make_specialty("cardiology"))
        )
        self.people = [make.make_person(full_name=f"Người Bệnh {number}") for number in range(12)]
        homes = [(doctors[0], 0, ""), (doctors[1], 0, ""), (doctors[0], 1, "Europe/Paris")]
        self.schedules = [
            stage.make_schedule(
                practitioner=doctor,
                facility=self.places[place],
                zone=zone,
                weekdays=range(self.chance.randrange(7)),
                grid=self.chance.choice([10, 15, 20, 30]),
            )
            for doctor, place, zone in homes
        ]

    def live(self, steps: int) -> None:
        """Let so many things happen; a refusal is something that happens, too."""
        for _ in range(steps):
            name = self.chance.choices([*ACTS], [*ACTS.values()])[0]
            try:
                getattr(self, name)()
                self.done[name] += 1
            except DomainError as error:
                self.done[f"{name}: {error.code}"] += 1

    # ---- what the desk does

    def add_rule(self) -> None:
        schedule = self._schedule()
        begin, end = self._hours()
        first = self._day() if self.chance.random() < 0.3 else None
        actions.add_rule(
            schedule_id=schedule.pk,
            weekday=self.chance.randrange(7),
            from_time=begin,
            to_time=end,
            valid_from=first,
            valid_to=first + self.chance.randrange(30) * A_DAY if first and self.chance.random() < 0.5 else None,
            visit_type_ids=self._some_kinds(schedule),
            **self._grid(),
            by=SYSTEM,
            now=self.now,
        )

    def change_rule(self) -> None:
        rule = self._any(Rule)
        begin, end = self._hours()
        actions.change_rule(
            schedule_id=rule.schedule_id,
            rule_id=rule.pk,
            weekday=rule.weekday,
            from_time=begin,
            to_time=end,
            valid_from=rule.valid_from,
            valid_to=rule.valid_to,
            visit_type_ids=self._some_kinds(rule.schedule),
            **self._grid(),
            keep_agreed=self._perhaps(),
            by=SYSTEM,
            now=self.now,
        )

    def move_rule(self) -> None:
        rule, day = self._any(Rule), self._day()
        day += (rule.weekday - day.weekday()) % 7 * A_DAY
        begin, end = self._hours()
        actions.move_rule(
            schedule_id=rule.schedule_id,
            rule_id=rule.pk,
            day=day,
            to_day=day + self.chance.randrange(-2, 3) * A_DAY,
            from_time=begin,
            to_time=end,
            once=self._perhaps(),
            keep_agreed=self._perhaps(),
            by=SYSTEM,
            now=self.now,
        )

    def remove_rule(self) -> None:
        rule, keep = self._any(Rule), self._perhaps()
        actions.remove_rule(
            schedule_id=rule.schedule_id, rule_id=rule.pk, keep_agreed=keep, by=SYSTEM, now=self.now
        )  # fmt: skip

    def copy_rules(self) -> None:
        source, target = self.chance.sample(self.schedules[:2], 2)
        actions.copy_rules(
            schedule_id=source.pk,
            to_schedule_id=target.pk,
            replace=self._perhaps(),
            keep_agreed=True,
            by=SYSTEM,
            now=self.now,
        )

    def add_closure(self) -> None:
        starts_at, kind = self._moment(), self.chance.choice(["closed", "closed", "extra", "instead"])
        if kind == "closed":  # time off may begin whenever it does
            starts_at += timedelta(minutes=self.chance.choice([0, 0, 7]), seconds=self.chance.choice([0, 0, 30]))
        actions.add_closure(
            schedule_id=self._schedule().pk,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=self.chance.choice([5, 33, 120, 300, 1500])),
            kind=kind,
            grid_minutes=self._grid()["grid_minutes"],
            keep_agreed=self._perhaps(),
            by=SYSTEM,
            now=self.now,
        )

    def remove_closure(self) -> None:
        closure, keep = self._any(Closure), self._perhaps()
        actions.remove_closure(
            schedule_id=closure.schedule_id, closure_id=closure.pk, keep_agreed=keep, by=SYSTEM, now=self.now
        )

    def put_policy(self) -> None:
        coming = [day for day, _ in holidays.coming(self.now.year, "vi") if day > self.now.date()]
        actions.put_policy(
            values={"closes_on_holidays": self._perhaps(), "open_holidays": coming[: self.chance.randrange(3)]},
            keep_agreed=self._perhaps(),
            by=self.chance.choice(self.desks),
            now=self.now,
        )

    def change_schedule(self) -> None:
        actions.change_schedule(
            schedule_id=self._schedule().pk,
            active=self.chance.random() < 0.8,
            buffer_before_minutes=self.chance.choice([None, 0, 5, 10]),
            buffer_after_minutes=self.chance.choice([None, 0, 5, 15]),
            min_notice_minutes=self.chance.choice([None, 0, 90]),
            horizon_days=self.chance.choice([None, 10, 44, 60]),
            keep_agreed=self._perhaps(),
            by=SYSTEM,
            now=self.now,
        )

    def change_kind(self) -> None:
        """What the operator does on a page, and the journey after it."""
        from identity import actions as identity_actions

        kind = VisitType.objects.get(pk=self.chance.choice(self.kinds).pk)
        kind.minutes = self.chance.choice([10, 15, 20, 45])
        kind.active = self.chance.random() < 0.8
        kind.modes = self.chance.choice([["in_person"], ["video"], ["in_person", "video"]])
        identity_actions.put_visit_type(visit_type=kind, by=SYSTEM, now=self.now)
        actions.reckon_again(facility_id=kind.facility_id, by=SYSTEM, now=self.now)

    def take_leave(self) -> None:
        starts_at = self._moment()
        actions.take_leave(
            practitioner_id=self.schedules[0].practitioner_id,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=self.chance.choice([3, 30])),
            by=self.desks[0],
            now=self.now,
        )

    def undo_leave(self) -> None:
        actions.undo_leave(leave_id=self._any(Leave).pk, by=self.desks[0], now=self.now)

    # ---- what citizens do

    def hold(self) -> None:
        schedule = self._schedule()
        kind = self._kind(schedule)
        starts_at = self._free(schedule, kind) if self.chance.random() < 0.9 else self._moment()
        actions.hold_slot(
            schedule_id=schedule.pk,
            starts_at=starts_at,
            visit_type_id=kind.pk,
            person_id=self.chance.choice(self.people).pk,
            mode=self.chance.choice(kind.modes),
            by=SYSTEM,
            now=self.now,
        )

    def book(self) -> None:
        held = self._any(Appointment, status=Status.HELD)
        actions.book_appointment(appointment_id=held.pk, by=SYSTEM, now=self.now)

    def cancel(self) -> None:
        kept = self._any(Appointment, status__in=[Status.HELD, Status.BOOKED])
        actions.cancel_appointment(appointment_id=kept.pk, reason="", by=SYSTEM, now=self.now)

    def move(self) -> None:
        booked = self._any(Appointment, status=Status.BOOKED)
        there = [one for one in self.schedules if one.facility_id == booked.facility_id]
        schedule = Schedule.objects.get(pk=self.chance.choice(there).pk)
        actions.move_appointment(
            appointment_id=booked.pk,
            schedule_id=schedule.pk,
            starts_at=self._free(schedule, booked.visit_type),
            by=SYSTEM,
            now=self.now,
        )

    def series(self) -> None:
        schedule = self._schedule()
        kind = self._kind(schedule)
        actions.hold_series(
            schedule_id=schedule.pk,
            starts_at=self._free(schedule, kind),
            count=self.chance.choice([2, 6]),
            visit_type_id=kind.pk,
            person_id=self.chance.choice(self.people).pk,
            mode=kind.modes[0],
            by=SYSTEM,
            now=self.now,
        )

    def pass_time(self) -> None:
        """The clock goes on, and the jobs that go with it."""
        self.now += timedelta(minutes=self.chance.choice([5, 47, 300, 1500]))
        for overdue in queries.overdue_holds(self.now):
            actions.expire_hold(appointment_id=overdue, by=SYSTEM, now=self.now)
        while days.roll(now=self.now):
            pass
        while days.advance(now=self.now):
            pass

    # ---- chance

    def _any(self, model: Any, **which: Any) -> Any:
        rows = list(model.objects.filter(**which).order_by("pk"))
        if not rows:
            raise _NothingThere
        return self.chance.choice(rows)

    def _schedule(self) -> Schedule:
        schedules = Schedule.objects.select_related("practitioner", "facility")
        return schedules.get(pk=self.chance.choice(self.schedules).pk)

    def _kind(self, schedule: Schedule) -> VisitType:
        return self.chance.choice([kind for kind in self.kinds if kind.facility_id == schedule.facility_id])

    def _free(self, schedule: Schedule, kind: VisitType) -> datetime:
        """One of the next free times as a rule, so that visits come to lie side by side; else any, also far ahead."""
        free = [one.starts_at for one in true_times(schedule, kind, self.now)]
        near = free[:12] if self.chance.random() < 0.6 else free
        return self.chance.choice(near) if near else self._moment()

    def _perhaps(self) -> bool:
        return self.chance.random() < 0.5

    def _day(self) -> date:
        return self.now.date() + self.chance.randrange(SPAN) * A_DAY

    def _moment(self) -> datetime:
        hour = self.now.replace(hour=0, minute=0) + timedelta(hours=self.chance.randrange(24))
        return hour + self.chance.randrange(SPAN) * A_DAY + timedelta(minutes=5 * self.chance.randrange(12))

    def _hours(self) -> tuple[time, time]:
        begin = 5 * self.chance.randrange(12 * 22)
        end = begin + 5 * self.chance.choice([6, 24, 60, 100])
        return time(begin // 60, begin % 60), time(end // 60, end % 60) if end < 1440 else time()

    def _grid(self) -> dict[str, int]:
        grid = self.chance.choice([5, 10, 15, 20, 30, 60])
        capacity = self.chance.choice([1, 1, 1, 3])
        return {"grid_minutes": grid, "offset_minutes": 5 * self.chance.randrange(grid // 5), "capacity": capacity}

    def _some_kinds(self, schedule: Schedule) -> list[Any]:
        here = [kind.pk for kind in self.kinds if kind.facility_id == schedule.facility_id]
        return self.chance.sample(here, 1) if self.chance.random() < 0.3 else []


class _NothingThere(DomainError):
    code = "nothing_there"


ACTS = {
    "hold": 45,
    "book": 12,
    "cancel": 6,
    "move": 8,
    "series": 2,
    "add_rule": 8,
    "change_rule": 4,
    "move_rule": 4,
    "remove_rule": 3,
    "copy_rules": 1,
    "add_closure": 10,
    "remove_closure": 4,
    "put_policy": 2,
    "change_schedule": 5,
    "change_kind": 3,
    "take_leave": 2,
    "undo_leave": 2,
    "pass_time": 6,
}


def true_times(schedule: Schedule, kind: VisitType, now: datetime) -> list[slots.Slot]:
    """Reckon a kind's free times from the rows of this moment: SPAN days from today of the clinic."""
    kind, doctor = VisitType.objects.get(pk=kind.pk), schedule.practitioner
    if not (schedule.active and kind.active and kind.facility_id == schedule.facility_id):
        return []
    if kind.specialty_id and kind.specialty_id not in doctor.specialties.values_list("pk", flat=True):
        return []
    first = slots.wall(now, schedule.zone).date()
    last = first + SPAN * A_DAY
    rules = [
        rule.as_weekly()
        for rule in Rule.objects.filter(schedule=schedule)
        if not rule.visit_types.exists() or rule.visit_types.filter(pk=kind.pk).exists()
    ]
    closures = [one.as_exceptional() for one in Closure.objects.filter(schedule=schedule)]
    policy = Policy.objects.filter(facility=schedule.facility_id).first()
    closures += holidays.closures(policy, schedule.zone, now - 3 * A_DAY, now + (SPAN + 3) * A_DAY)
    visits = Appointment.objects.filter(practitioner=doctor, status__in=ACTIVE, walk_in=False)
    busy = [one.as_busy() for one in visits if one.status != Status.HELD or one.hold_expires_at > now]
    return slots.free_slots(
        rules,
        closures,
        busy,
        schedule.zone,
        kind.minutes,
        first,
        last,
        now,
        timedelta(minutes=schedule.min_notice_minutes),
        schedule.horizon_days,
        timedelta(minutes=schedule.buffer_before_minutes),
        timedelta(minutes=schedule.buffer_after_minutes),
        {(schedule.pk, kind.pk, mode) for mode in kind.modes},
    )


def differences(world: World) -> list[str]:
    """Say where the projection or search says something else than the truth, and which visits lie on one another."""
    now = world.now
    found = [str(one) for one in days.check(now=now)] + _overlaps()
    true: dict[tuple[Any, Any], list[slots.Slot]] = {}
    for schedule in Schedule.objects.select_related("practitioner", "facility"):
        for kind in world.kinds:
            true[schedule.pk, kind.pk] = true_times(schedule, kind, now)
    for doctor in {one.practitioner_id for one in world.schedules}:
        for kind in world.kinds:
            found += _slots_and_days(doctor, kind, true, world)
    for place in [None, *world.places]:
        for mode in (None, "video"):
            found += _first(true, world, place, mode)
    return found


def _slots_and_days(doctor: Any, kind: VisitType, true: dict[Any, list[slots.Slot]], world: World) -> list[str]:
    now, mine = world.now, [one for one in world.schedules if one.practitioner_id == doctor]
    want = sorted(
        (one.starts_at, one.ends_at, str(schedule.pk), one.seats_left)
        for schedule in mine
        for one in true[schedule.pk, kind.pk]
    )
    if not VisitType.objects.get(pk=kind.pk).active:
        return []  # search says "there is no such kind"
    first = now.date() - A_DAY
    asked = queries.slots_of(doctor, kind.pk, first, first + (SPAN + 2) * A_DAY, now)
    ends = {one.pk: slots.wall(now, one.zone).date() + SPAN * A_DAY for one in mine}
    have = sorted(
        (one.starts_at, one.ends_at, str(one.schedule_id), one.seats_left)
        for one in asked
        if slots.wall(one.starts_at, one.zone).date() <= ends[one.schedule_id]
    )
    found = []
    if have != want:
        more, less = [one for one in have if one not in want], [one for one in want if one not in have]
        found.append(f"slots of {kind.minutes} min: search has more {more[:3]}, and lacks {less[:3]}")
    zones = {str(one.pk): one.zone for one in mine}
    month = now.date().replace(day=1)
    counts = {one.day: one.free for one in queries.days_of(doctor, month, kind.pk, now)}
    true_counts = Counter(slots.wall(one[0], zones[one[2]]).date() for one in want)
    if wrong := [(day, free, true_counts[day]) for day, free in counts.items() if free != true_counts[day]]:
        found.append(f"days of {kind.minutes} min: (day, said, true) {wrong[:3]}")
    return found


def _first(true: dict[Any, list[slots.Slot]], world: World, place: Facility | None, mode: str | None) -> list[str]:
    """First free: exact where it lies in the window, and never a time that is not free."""
    modes = dict(VisitType.objects.values_list("pk", "modes"))
    want, all_true = {}, set()
    for schedule in world.schedules:
        if place is not None and schedule.facility_id != place.pk:
            continue
        for kind in world.kinds:
            if mode is None or mode in modes[kind.pk]:
                for slot in true[schedule.pk, kind.pk]:
                    all_true.add((schedule.pk, kind.pk, slot.starts_at))
                    want[schedule.pk] = min(slot.starts_at, want.get(schedule.pk, slot.starts_at))
    said = queries.first_free(now=world.now, facility_id=place.pk if place else None, mode=mode, limit=50)
    have = {one.schedule.pk: one.starts_at for one in said}
    found = [
        f"first free is not free: {one.starts_at} {one.visit_type.minutes} min"
        for one in said
        if (one.schedule.pk, one.visit_type.pk, one.starts_at) not in all_true
    ]
    for schedule in world.schedules:
        first = want.get(schedule.pk)
        if first is None or (slots.wall(first, schedule.zone).date() - world.now.date()).days >= KEPT:
            continue
        if have.get(schedule.pk) != first:
            found.append(f"first free ({mode}, {place}): {have.get(schedule.pk)}, and is {first}")
    return found


def _overlaps() -> list[str]:
    visits = list(Appointment.objects.filter(status__in=ACTIVE, walk_in=False).order_by("pk"))
    return [
        f"{one.blocked} and {other.blocked} of one doctor"
        for number, one in enumerate(visits)
        for other in visits[number + 1 :]
        if one.practitioner_id == other.practitioner_id
        and one.session != other.session
        and one.blocked.lower < other.blocked.upper
        and other.blocked.lower < one.blocked.upper
    ]
