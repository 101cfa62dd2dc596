"""Keeping the projection: what search reads and booking guards with. Truth is rules, closures and appointments.

Rows exist for the coming WINDOW_DAYS of each schedule and for later days on which something is agreed. So the cost of a
changed rule does not grow with how far ahead people may book. All writers lock a practitioner's rows in one order, and
read the truth after the lock: a booking that came first is seen, one that comes later waits. A row that is not there
cannot be locked: whoever adds one locks the schedule first, as whoever changes its hours does, and before any day.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q

from booking import marks, profiles, reckoning, slots
from booking.models import ACTIVE, Appointment, FreeFrom, PractitionerDay, Schedule
from booking.queries import offers
from booking.queries.times import Times, purposes_of, times_of
from booking.reckoning import DayMarks, Kind
from identity.models import VisitType

WINDOW_DAYS = 31
LONGEST_DAY = timedelta(hours=26)
ADVANCED_AT_ONCE, ROLLED_AT_ONCE = 5000, 500  # days, and schedules
A_DAY = timedelta(days=1)
SURELY_KEPT = timedelta(days=WINDOW_DAYS - 2)  # a day less for the hour of the day, one for rolling that is late
FARTHEST = timedelta(days=800)  # nothing is booked further ahead
EVER = datetime(1970, 1, 3, tzinfo=UTC)


@dataclass(frozen=True)
class Difference:
    """Where the projection says something else than the truth: a bug, whoever made it."""

    schedule_id: UUID
    day: date
    what: str
    kept: str
    true: str


_later: ContextVar[set[UUID] | None] = ContextVar("_later", default=None)


@contextmanager
def together(*, now: datetime) -> Iterator[None]:
    """Let many changes of hours rebuild their days once, at the end; inside another one nothing happens twice."""
    if _later.get() is not None:
        yield
        return
    waiting: set[UUID] = set()
    token = _later.set(waiting)
    try:
        yield
    finally:
        _later.reset(token)
    if waiting:
        rebuild(waiting, now=now)


@transaction.atomic
def rebuild(schedule_ids: Iterable[UUID], *, now: datetime) -> None:
    """Bring the rows of these schedules up to their rules, exceptions and facility: after any change of those."""
    waiting = _later.get()
    if waiting is not None:
        waiting.update(schedule_ids)
        return
    ids = list(schedule_ids)
    lock_hours(ids)
    schedules = _schedules(Q(pk__in=ids))
    for schedule in schedules:
        today = schedule.today(now)
        _add_rows(schedule, [today + n * A_DAY for n in range(WINDOW_DAYS + 1)])
    rows = PractitionerDay.objects.select_for_update().filter(schedule__in=schedules)
    rows = rows.filter(midnight_at__gt=now - LONGEST_DAY).order_by("practitioner_id", "schedule_id", "day")
    _write(schedules, list(rows))
    profiles.write(now=now, schedule_ids=ids)


@transaction.atomic
def renew(practitioner_id: UUID, *spans: tuple[datetime, datetime]) -> None:
    """Reckon the days again in which these [start, end) lie: a visit there was given up, moved, or has more seats."""
    rows = _rows_around(practitioner_id, spans)
    if rows:
        _write(_schedules(Q(practitioner=practitioner_id)), rows)


def lock(practitioner_ids: Iterable[UUID], *spans: tuple[datetime, datetime]) -> None:
    """Lock the days of several practitioners in key order, so that two who touch the same ones do not wait in a ring."""
    wanted = Q(pk__in=[])
    for start, end in spans:
        wanted |= Q(midnight_at__gt=start - LONGEST_DAY, midnight_at__lt=end)
    rows = PractitionerDay.objects.select_for_update().filter(wanted, practitioner__in=list(practitioner_ids))
    list(rows.order_by("practitioner_id", "schedule_id", "day").values_list("pk"))


def lock_hours(schedule_ids: Iterable[UUID]) -> None:
    """Let nobody else change the hours of these schedules; to be asked before any day is locked.

    Their keys are not locked: whoever books holds the row of a day and then points at its schedule.
    """
    rows = Schedule.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=list(schedule_ids))
    list(rows.order_by("pk").values_list("pk"))


def ensure_far(schedule: Schedule, moment: datetime, *, now: datetime) -> None:
    """Make sure of the row of a day that may lie beyond the window. Nearer ones are there, and nothing is asked."""
    if SURELY_KEPT < moment - now < FARTHEST:
        ensure(schedule, moment)


@transaction.atomic
def ensure(schedule: Schedule, moment: datetime) -> None:
    """Make sure that the day of this moment has its row: beyond the window only days with visits have one.

    Where it is missing the schedule is locked, so it comes before any day: else two who lock both could wait in a ring.
    """
    day = slots.wall(moment, schedule.zone).date()
    if PractitionerDay.objects.filter(schedule=schedule, day=day).exists():
        return
    lock_hours([schedule.pk])
    _add_rows(schedule, [day])
    rows = PractitionerDay.objects.select_for_update().filter(schedule=schedule, day=day)
    _write(_schedules(Q(pk=schedule.pk)), list(rows))


@transaction.atomic
def roll(*, now: datetime, limit: int = ROLLED_AT_ONCE) -> int:
    """Add the days that have come into the window and drop those that are over; return how many schedules were behind."""
    PractitionerDay.objects.filter(midnight_at__lt=now - 2 * LONGEST_DAY).delete()
    horizon = now + timedelta(days=WINDOW_DAYS - 1)
    reached = PractitionerDay.objects.filter(midnight_at__gt=horizon - LONGEST_DAY, midnight_at__lte=horizon)
    behind = Schedule.objects.filter(active=True, facility__active=True).exclude(pk__in=reached.values("schedule_id"))
    ids = list(behind.order_by("pk").values_list("pk", flat=True)[:limit])
    if ids:
        rebuild(ids, now=now)
    return len(ids)


def advance(*, now: datetime, limit: int = ADVANCED_AT_ONCE) -> int:
    """Let starts go that nobody may take any more, the notice included: search begins with the first one that is left.

    Return how many days changed; as many as the limit means that there may be more.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ADVANCE, {"now": now, "limit": limit})
        return int(cursor.rowcount)


def check(schedules: Sequence[Schedule] | None = None, *, now: datetime) -> list[Difference]:
    """Compare the rows and profiles with the truth and tell every difference. Starts too soon to be taken do not matter."""
    schedules = _schedules(Q(pk__in=[one.pk for one in schedules]) if schedules is not None else Q(active=True))
    other = profiles.differing([one.pk for one in schedules])
    found = [Difference(schedule_id, now.date(), "profile", "what was kept", "what is true") for schedule_id in other]
    with transaction.atomic():
        rows = PractitionerDay.objects.select_for_update().filter(schedule__in=schedules)
        rows = rows.filter(midnight_at__gt=now - LONGEST_DAY).order_by("practitioner_id", "schedule_id", "day")
        kept = list(rows)
        notice = {one.pk: timedelta(minutes=one.min_notice_minutes) for one in schedules}
        entries: dict[UUID, list[FreeFrom]] = defaultdict(list)
        for entry in FreeFrom.objects.filter(day_row__in=kept):
            entries[entry.day_row_id].append(entry)
        for row, true in _truth(schedules, kept):
            soonest = now + notice[row.schedule_id]
            ahead = marks.ALL ^ marks.between(true.midnight_at, true.midnight_at, max(soonest, true.midnight_at))
            pairs: list[tuple[str, object, object]] = [
                ("open", row.open, true.open),
                ("taken", row.taken, true.taken),
                ("starts", row.starts & ahead, true.starts & ahead),
                ("midnight_at", row.midnight_at, true.midnight_at),
                ("n_free", row.n_free, row.starts.bit_count()),
                ("first_free_at", row.first_free_at, _first(row.midnight_at, row.starts)),
            ]
            for entry in entries[row.pk]:
                pairs.append(("search", entry.first_free_at, row.first_free_at))
            if not entries[row.pk]:
                pairs.append(("search", "no entry", "one"))
            found += [
                Difference(row.schedule_id, row.day, what, _say(have), _say(want))
                for what, have, want in pairs
                if have != want
            ]
    return found


def _say(value: object) -> str:
    return ",".join(map(str, marks.each(value))) if isinstance(value, int) else str(value)


def _first(midnight_at: datetime, starts: int) -> datetime | None:
    index = marks.first(starts)
    return None if index is None else midnight_at + index * marks.STEP


def _schedules(which: Q) -> list[Schedule]:
    rows = Schedule.objects.filter(which).select_related("practitioner", "facility")
    return list(rows.prefetch_related("practitioner__specialties").order_by("practitioner_id", "pk"))


def _rows_around(practitioner_id: UUID, spans: Iterable[tuple[datetime, datetime]]) -> list[PractitionerDay]:
    wanted = Q(pk__in=[])
    for start, end in spans:
        wanted |= Q(midnight_at__gt=start - LONGEST_DAY, midnight_at__lt=end)
    rows = PractitionerDay.objects.select_for_update().filter(wanted, practitioner=practitioner_id)
    return list(rows.order_by("practitioner_id", "schedule_id", "day"))


def _add_rows(schedule: Schedule, wanted: Sequence[date]) -> None:
    known = set(PractitionerDay.objects.filter(schedule=schedule, day__in=wanted).values_list("day", flat=True))
    missing = [day for day in wanted if day not in known]
    PractitionerDay.objects.bulk_create(
        [
            PractitionerDay(
                schedule=schedule,
                practitioner_id=schedule.practitioner_id,
                day=day,
                midnight_at=reckoning.midnight(day, schedule.zone),
            )
            for day in missing
        ],
        ignore_conflicts=True,
    )


def _write(schedules: Sequence[Schedule], rows: Sequence[PractitionerDay]) -> None:
    """Bring locked rows up to the truth; rows that are true already stay as they are, with their version."""
    changed: list[tuple[object, ...]] = []
    for row, true in _truth(schedules, rows):
        wanted = (true.open, true.taken, true.starts, true.reach_before, true.reach_after, true.midnight_at)
        if wanted != (row.open, row.taken, row.starts, row.reach_before, row.reach_after, row.midnight_at):
            bits = tuple(marks.text(value) for value in wanted[:3])  # type: ignore[arg-type]
            changed.append((row.pk, *bits, *wanted[3:]))
    if not rows:
        return
    entries = [entry for schedule in schedules for entry in _entries_of(schedule)]
    with connection.cursor() as cursor:
        if changed:
            cursor.execute(_REWRITE, [list(column) for column in zip(*changed, strict=True)])
        cursor.execute(
            _INDEX,
            {
                "rows": [row.pk for row in rows],
                "schedules": [one[0] for one in entries],
                "facilities": [one[1] for one in entries],
                "specialties": [one[2] for one in entries],
                "provinces": [one[3] for one in entries],
                "mains": [one[4] for one in entries],
                "modes": [one[5] for one in entries],
            },
        )


def _entries_of(schedule: Schedule) -> list[tuple[UUID, UUID, str, str, bool, str]]:
    """Where search finds a schedule: one entry a specialty; the first stands for "whatever"."""
    modes = "{" + ",".join(sorted({mode for _, kind in _offered(schedule) for mode in kind.modes})) + "}"
    codes = sorted(one.pk for one in schedule.practitioner.specialties.all()) or [""]
    return [
        (schedule.pk, schedule.facility_id, code, schedule.facility.province_id, code == codes[0], modes)
        for code in codes
    ]


def _offered(schedule: Schedule) -> list[tuple[Schedule, VisitType]]:
    if not hasattr(schedule, "_visit_types"):
        schedule._visit_types = list(VisitType.objects.filter(facility=schedule.facility_id, active=True))  # type: ignore[attr-defined]
    codes = {one.pk for one in schedule.practitioner.specialties.all()}
    return [
        (schedule, kind)
        for kind in schedule._visit_types  # type: ignore[attr-defined]
        if kind.specialty_id is None or kind.specialty_id in codes
    ]


def _truth(
    schedules: Sequence[Schedule], rows: Sequence[PractitionerDay]
) -> Iterable[tuple[PractitionerDay, DayMarks]]:
    """Reckon what these rows have to say: rules, exceptions and visits are read once for all of them."""
    if not rows:
        return
    by_id = {schedule.pk: schedule for schedule in schedules}
    first = min(row.midnight_at for row in rows) - A_DAY
    last = max(row.midnight_at for row in rows) + 2 * A_DAY
    # As of ever: no hold is overdue then, so that each keeps its marks and its seat until somebody lets it go.
    times = times_of([by_id[pk] for pk in {row.schedule_id for row in rows}], first, last, EVER)
    taken: dict[UUID, list[slots.Span]] = defaultdict(list)
    visits = Appointment.objects.filter(
        practitioner__in={schedule.practitioner_id for schedule in schedules},
        status__in=ACTIVE,
        walk_in=False,
        blocked__overlap=DateTimeTZRange(first, last),
    )
    for practitioner_id, blocked in visits.values_list("practitioner_id", "blocked"):
        taken[practitioner_id].append(slots.Span(blocked.lower, blocked.upper))
    for row in rows:
        schedule = by_id[row.schedule_id]
        known = times[schedule.pk] if schedule.active and schedule.facility.active else Times([], [], [])
        offered = [kind for _, kind in _offered(schedule) if offers(schedule, kind, row.day)]
        kinds = tuple(Kind(kind.minutes, tuple(known.rules_for(kind))) for kind in offered)
        near = [one for one in taken[schedule.practitioner_id] if one.ends_at > row.midnight_at]
        yield (
            row,
            reckoning.lay_out(
                row.day,
                schedule.zone,
                [rule.as_weekly() for rule in known.rules],
                kinds,
                known.closures,
                near,
                schedule.buffer_before_minutes,
                schedule.buffer_after_minutes,
                _joinable(schedule, offered, known, row.day),
            ),
        )


def _joinable(schedule: Schedule, kinds: Iterable[VisitType], known: Times, day: date) -> list[datetime]:
    """Tell when sessions of that day begin that have seats left."""
    if all(rule.capacity == 1 for rule in known.rules):
        return []
    found: list[datetime] = []
    for kind in kinds:
        free = slots.free_slots(
            known.rules_for(kind),
            known.closures,
            known.busy,
            schedule.zone,
            kind.minutes,
            day,
            day,
            EVER,
            timedelta(0),
            buffer_before=timedelta(minutes=schedule.buffer_before_minutes),
            buffer_after=timedelta(minutes=schedule.buffer_after_minutes),
            purposes=purposes_of(schedule, kind),
        )
        found += [slot.starts_at for slot in free if slot.session is not None]
    return found


_NOTICE = "%(now)s::timestamptz + s.min_notice_minutes * interval '1 minute'"
_AHEAD = (
    f"(d.starts & ~booking_run(0, ceil(extract(epoch FROM {_NOTICE} - d.midnight_at) / {60 * marks.MINUTES})::int))"
)
# The longest notice bounds what is read of the index; each schedule's own one decides.
_ADVANCE = f"""
WITH soon AS (
  SELECT e.day_row_id FROM booking_freefrom e JOIN booking_schedule s ON s.id = e.schedule_id
  WHERE e.main AND e.first_free_at IS NOT NULL AND e.first_free_at < {_NOTICE}
    AND e.first_free_at < %(now)s::timestamptz
      + (SELECT max(min_notice_minutes) FROM booking_schedule) * interval '1 minute'
  ORDER BY e.first_free_at LIMIT %(limit)s),
d AS (
  UPDATE booking_practitionerday d SET
    starts = {_AHEAD}, n_free = bit_count({_AHEAD}),
    first_free_at = d.midnight_at + {marks.MINUTES} * interval '1 minute' * (nullif(position(B'1' IN {_AHEAD}), 0) - 1),
    version = version + 1
  FROM booking_schedule s
  WHERE s.id = d.schedule_id AND d.id IN (SELECT day_row_id FROM soon) RETURNING d.id, d.first_free_at)
UPDATE booking_freefrom f SET first_free_at = d.first_free_at FROM d WHERE f.day_row_id = d.id
"""

_REWRITE = f"""
UPDATE booking_practitionerday d SET
  open = v.open::bit(312), taken = v.taken::bit(312), starts = v.starts::bit(312),
  reach_before = v.before, reach_after = v.after, midnight_at = v.midnight_at,
  n_free = bit_count(v.starts::bit(312)), version = d.version + 1,
  first_free_at = v.midnight_at
    + {marks.MINUTES} * interval '1 minute' * (nullif(position(B'1' IN v.starts::bit(312)), 0) - 1)
FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::int[], %s::int[], %s::timestamptz[])
  AS v (id, open, taken, starts, before, after, midnight_at)
WHERE d.id = v.id
"""
_INDEX = """
WITH wanted AS (
  SELECT d.id AS day_row_id, v.*, d.first_free_at FROM booking_practitionerday d
  JOIN unnest(%(schedules)s::uuid[], %(facilities)s::uuid[], %(specialties)s::text[], %(provinces)s::text[],
              %(mains)s::bool[], %(modes)s::text[])
    AS v (schedule_id, facility_id, specialty, province, main, modes) ON v.schedule_id = d.schedule_id
  WHERE d.id = ANY(%(rows)s)),
gone AS (
  DELETE FROM booking_freefrom e WHERE e.day_row_id = ANY(%(rows)s)
    AND NOT EXISTS (SELECT FROM wanted w WHERE w.day_row_id = e.day_row_id AND w.specialty = e.specialty))
INSERT INTO booking_freefrom AS e
  (id, created_at, day_row_id, schedule_id, facility_id, specialty, province, main, modes, first_free_at)
SELECT gen_random_uuid(), now(), day_row_id, schedule_id, facility_id, specialty, province, main, modes::varchar[],
  first_free_at FROM wanted
ON CONFLICT (day_row_id, specialty) DO UPDATE SET facility_id = excluded.facility_id, province = excluded.province,
  main = excluded.main, modes = excluded.modes, first_free_at = excluded.first_free_at
WHERE (e.facility_id, e.province, e.main, e.modes, e.first_free_at)
  IS DISTINCT FROM (excluded.facility_id, excluded.province, excluded.main, excluded.modes, excluded.first_free_at)
"""
