"""A country full of doctors, half booked: filled in sets, through the true tables, so that the projection has a truth.

Each doctor works eight hours a day, laid around the hour of the filling (or four hours later), so that every run
is in the middle of somebody's day. Visits of twenty minutes are on offer; two procedures of two hours take half of each day, which
half is drawn by hash. What a day's row has to say is reckoned by `booking.reckoning` once for each pattern two days
can make and joined to the doctors by SQL. `days.check` then finds no difference, or the bench stops.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from itertools import combinations
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
DAYS = 32  # today and the 31 days that the projection keeps ahead
HOURS, BLOCK = 8, 2  # of work a day, and of a procedure
PATTERNS = list(combinations(range(HOURS // BLOCK), 2))  # which two of the four blocks are taken
NOTHING = -1  # taken on the day behind the last one
AT_A_PLACE = 25  # doctors of one facility
NAMES = """Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý
Văn Thị Minh Đức Ngọc Thanh Quốc Hữu Xuân Thuỳ Gia Hải Kim Bảo
An Anh Bình Chi Cường Dũng Dung Đạt Đào Giang Hà Hạnh Hiếu Hoa Hùng Hương Khánh Khoa Lan Linh Long Mai Nam Nga Sơn Yến"""
FAMILY, MIDDLE, GIVEN = (line.split() for line in NAMES.splitlines())
UNREAD = ("appointment_person_free", "appointment_by_facility")
BIG = ("booking_appointment", "booking_practitionerday", "booking_freefrom", "booking_rule")


def fill(count: int, *, now: datetime) -> None:
    """Bring the country up to `count` doctors; those who are there already stay."""
    from booking import profiles

    today = now.astimezone(ZONE).date()
    first_hour = (now.astimezone(ZONE).hour - 3) // BLOCK * BLOCK % 24
    with connection.cursor() as cursor:
        cursor.execute(_STAGE)
        cursor.execute("SELECT coalesce(max(n), 0) FROM bench_doctor")
        (known,) = cursor.fetchone()
    if known >= count:
        return
    with connection.cursor() as cursor, _quickly(cursor):
        _lay_out(cursor, today, first_hour)
        values: dict[str, Any] = {
            "since": known,
            "count": count,
            "places": -(-count // AT_A_PLACE),
            "at_a_place": AT_A_PLACE,
            "today": today,
            "hour": first_hour,
            "days": DAYS,
            **_names(),
        }
        for statement in _FILL:
            cursor.execute(statement, values)
    with connection.cursor() as cursor:
        # Filled without triggers: nobody has made a row for them.
        cursor.execute(
            "INSERT INTO booking_profile (schedule_id, words) SELECT id, '' FROM booking_schedule ON CONFLICT DO NOTHING"
        )
        while profiles.write(now=now):
            pass
        for table in (
            "booking_profile",
            "identity_practitioner",
            "identity_membership",
            "identity_facility",
            "booking_schedule",
            *BIG,
        ):
            cursor.execute(f"VACUUM ANALYZE {table}")


def doctors(count: int, *, seed: int) -> list[dict[str, Any]]:
    """Draw some doctors by chance, with all that somebody could look for who ends up with them."""
    with connection.cursor() as cursor:
        cursor.execute(_SAMPLE, {"seed": seed, "count": count})
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def day_rows(count: int, *, seed: int) -> list[Any]:
    """Draw some rows of the projection: what the yardstick looks up."""
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, {"seed": seed, "count": count})
        return [row[0] for row in cursor.fetchall()]


def _names() -> dict[str, list[str]]:
    from identity.names import fold

    words = {"family": FAMILY, "middle": MIDDLE, "given": GIVEN}
    return words | {f"{name}_plain": [fold(one) for one in found] for name, found in words.items()}


def _lay_out(cursor: Any, today: date, first_hour: int) -> None:
    """Reckon a day's row for each kind of hours, each pattern of that day, and each of the next one."""
    from booking import marks, reckoning
    from booking.slots import Span, WeeklyRule

    cursor.execute("TRUNCATE bench_layout, bench_hours")
    for variant in (0, 1):
        begin = (first_hour + 4 * variant) % 24
        pieces = [(begin, min(begin + HOURS, 24))] + ([(0, begin + HOURS - 24)] if begin + HOURS > 24 else [])
        pieces = [(one, until) for one, until in pieces if until > one]
        cursor.executemany(
            "INSERT INTO bench_hours VALUES (%s, %s, %s)",
            [(variant, time(since), time(until % 24)) for since, until in pieces],
        )
        rules = tuple(
            WeeklyRule(weekday, time(since), time(until % 24), 20, None, None, 0, 1, "")
            for weekday in range(7)
            for since, until in pieces
        )
        kinds = [reckoning.Kind(minutes, rules) for minutes in (20, 60 * BLOCK)]
        for mine in range(len(PATTERNS)):
            for following in range(NOTHING, len(PATTERNS)):
                taken = _spans(today, begin, mine, Span) + _spans(today + timedelta(days=1), begin, following, Span)
                day = reckoning.lay_out(today, ZONE.key, rules, kinds, [], taken)
                bits = [marks.text(one) for one in (day.open, day.taken, day.starts)]
                cursor.execute(
                    "INSERT INTO bench_layout VALUES (%s, %s, %s, %s::bit(312), %s::bit(312), %s::bit(312), %s, %s)",
                    (variant, mine, following, *bits, day.reach_before, day.reach_after),
                )


def _spans(day: date, begin: int, pattern: int, span: Any) -> list[Any]:
    if pattern == NOTHING:
        return []
    hours = [(begin + BLOCK * block) % 24 for block in PATTERNS[pattern]]
    starts = [datetime.combine(day, time(hour), ZONE) for hour in hours]
    return [span(start, start + timedelta(hours=BLOCK)) for start in starts]


@contextmanager
def _quickly(cursor: Any) -> Iterator[None]:
    """Fill without indexes and make them again, apart from those that no search reads."""
    cursor.execute("SET maintenance_work_mem = '768MB'; SET work_mem = '256MB'")
    cursor.execute("SET session_replication_role = replica")  # no row is asked for its parents one by one
    again: list[str] = []
    for table in BIG:
        cursor.execute(_CONSTRAINTS, {"table": table})
        constraints: Sequence[tuple[str, str]] = cursor.fetchall()
        for name, definition in constraints:
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
            if definition.startswith(
                "EXCLUDE"
            ):  # as an index alone: `_overlaps` looks at all rows in a tenth of the time
                index = re.sub(r" WITH (=|&&|<>)", "", definition.removeprefix("EXCLUDE"))
                again.append(f'CREATE INDEX "{name}" ON {table}{index}')
            else:
                again.append(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
        cursor.execute(_INDEXES, {"table": table})
        for name, definition in cursor.fetchall():
            cursor.execute(f'DROP INDEX "{name}"')
            again.append(definition)
    again = [one for one in again if not any(name in one for name in UNREAD)]
    yield
    for statement in again:
        cursor.execute(statement)
    cursor.execute("RESET ALL")
    cursor.execute(_OVERLAPS)
    (double,) = cursor.fetchone()
    assert not double, f"{double} appointments overlap"


_OVERLAPS = """SELECT count(*) FROM (SELECT blocked && lag(blocked) OVER (PARTITION BY practitioner_id ORDER BY blocked)
  AS double FROM booking_appointment) each WHERE double"""
_CONSTRAINTS = """SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid = %(table)s::regclass AND contype IN ('x', 'u')"""
_INDEXES = """SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = %(table)s::regclass AND NOT indisprimary"""
_STAGE = f"""
CREATE OR REPLACE FUNCTION bench_chance(n bigint, salt bigint) RETURNS float LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN (hashint8extended(n, salt) & 1073741823) / 1073741824.0;
CREATE TABLE IF NOT EXISTS bench_place (n int PRIMARY KEY, id uuid, province text);
CREATE TABLE IF NOT EXISTS bench_doctor (n int PRIMARY KEY, practitioner uuid, schedule uuid, person uuid, place int,
  hours int, codes text[]);
CREATE TABLE IF NOT EXISTS bench_hours (hours int, from_time time, to_time time);
CREATE TABLE IF NOT EXISTS bench_layout (hours int, pattern int, following int, open bit(312), taken bit(312),
  starts bit(312), reach_before int, reach_after int);
CREATE TABLE IF NOT EXISTS bench_pattern (pattern int, block int);
TRUNCATE bench_pattern;
INSERT INTO bench_pattern VALUES {", ".join(f"({n}, {block})" for n, two in enumerate(PATTERNS) for block in two)};
"""
_MIDNIGHT = "((%(today)s::date + g.day)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh')"
_PATTERN = f"(bench_chance(d.n, 100 + g.day) * {len(PATTERNS)})::int %% {len(PATTERNS)}"
_NEXT = f"(bench_chance(d.n, 101 + g.day) * {len(PATTERNS)})::int %% {len(PATTERNS)}"
_NAME = "({0})[1 + floor(bench_chance(d.n, {1}) * cardinality({0}))::int]"
_FULL, _PLAIN = (
    " || ' ' || ".join(
        _NAME.format(f"%({part}{plain})s::text[]", salt) for part, salt in (("family", 1), ("middle", 2), ("given", 3))
    )
    for plain in ("", "_plain")
)
_NEW = "bench_doctor d JOIN bench_place p ON p.n = d.place WHERE d.n > %(since)s"
_FILL = [
    # Big areas and small ones: the square of a chance, over provinces and over specialties.
    """INSERT INTO bench_place SELECT n, uuidv7(), (SELECT array_agg(code ORDER BY code) FROM identity_province)
         [1 + floor(34 * power(bench_chance(n, 11), 2))::int]
       FROM generate_series((SELECT coalesce(max(n), 0) FROM bench_place) + 1, %(places)s) n""",
    """INSERT INTO identity_facility (id, created_at, kind, code, name, sort_name, commune, address, phone, latitude, longitude,
         zone, opening_hours, active, province_id, telemedicine, telemedicine_notice, telemedicine_from, tax_code)
       SELECT id, now(), 'hospital', upper(lpad(to_hex(n), 5, '0')), 'Bệnh viện Số ' || n, 'benh vien so ' || n, '', '', '',
         9 + 14 * bench_chance(n, 12), 104 + 5 * bench_chance(n, 13), 'Asia/Ho_Chi_Minh', '{}', true, province,
         '{direct_to_patient}', '1/CB-SYT', '2025-01-06', ''
       FROM bench_place WHERE id NOT IN (SELECT id FROM identity_facility)""",
    """INSERT INTO booking_policy (id, created_at, closes_on_holidays, open_holidays, free_cancel_hours, late_fee_percent,
         no_show_fee_percent, max_open_bookings, no_shows_allowed, no_show_days, block_days, revisit_days, revisit_percent,
         offer_minutes, reminder_hours, takes_walk_ins, facility_id)
       SELECT uuidv7(), now(), false, '{}', 4, 30, 100, 5, 3, 180, 30, 0, 50, 15, '{}', true, id FROM bench_place
       WHERE id NOT IN (SELECT facility_id FROM booking_policy)""",
    """INSERT INTO identity_visittype (id, created_at, name_vi, name_en, minutes, price_amount, price_currency, modes, active,
         facility_id, specialty_id, mode_prices)
       SELECT uuidv7(), now(), k.vi, k.en, k.minutes, k.price, 'VND', k.modes::varchar[], true, p.id, NULL, '{}'
       FROM bench_place p CROSS JOIN (VALUES ('Khám', 'Visit', 20, 150000, '{in_person}', '{in_person,video}'),
         ('Thủ thuật', 'Procedure', 120, 900000, '{in_person}', '{in_person}')) AS o (vi, en, minutes, price, few, many)
       CROSS JOIN LATERAL (SELECT o.vi, o.en, o.minutes, o.price, CASE WHEN p.n %% 3 = 0 THEN o.few ELSE o.many END AS modes) k
       WHERE p.id NOT IN (SELECT facility_id FROM identity_visittype)""",
    """INSERT INTO bench_doctor SELECT n, uuidv7(), uuidv7(), uuidv7(), 1 + (n - 1) / %(at_a_place)s, n %% 2,
         ARRAY(SELECT DISTINCT s.codes[1 + floor(cardinality(s.codes) * power(bench_chance(n, salt), 2))::int]
               FROM unnest(CASE WHEN n %% 4 = 0 THEN ARRAY[21, 22] ELSE ARRAY[21] END) salt ORDER BY 1)
       FROM generate_series(%(since)s + 1, %(count)s) n,
         (SELECT array_agg(code::text ORDER BY code) AS codes FROM identity_specialty) s""",
    f"""INSERT INTO identity_practitioner (id, created_at, full_name, sort_name, title, profession, sex, licence_number,
         licence_valid_from, bio_vi, bio_en, languages, photo_seed)
       SELECT d.practitioner, now(), {_FULL}, {_PLAIN}, 'BS.CKI', 'doctor', 'male', lpad(d.n::text, 6, '0') || '/HNO-GPHN',
         '2020-01-01', '', '', '{{vi}}', '' FROM {_NEW}""",
    f"""INSERT INTO identity_practitioner_specialties (practitioner_id, specialty_id)
       SELECT d.practitioner, unnest(d.codes) FROM {_NEW}""",
    f"""INSERT INTO identity_membership (id, created_at, role, active_from, facility_id, practitioner_id)
       SELECT uuidv7(), now(), 'practitioner', '2020-01-01', p.id, d.practitioner FROM {_NEW}""",
    f"""INSERT INTO identity_person (id, created_at, full_name, sort_name, sex, phone, insurance_number, commune, address,
         guardian_name) SELECT d.person, now(), {_FULL}, {_PLAIN}, 'female', '', '', '', '', '' FROM {_NEW}""",
    f"""INSERT INTO booking_schedule (id, created_at, zone, room, active, min_notice_minutes, horizon_days, facility_id,
         practitioner_id, buffer_after_minutes, buffer_before_minutes)
       SELECT d.schedule, now(), 'Asia/Ho_Chi_Minh', '', true, 30, 60, p.id, d.practitioner, 0, 0 FROM {_NEW}""",
    """INSERT INTO booking_rule (id, created_at, weekday, from_time, to_time, grid_minutes, schedule_id, capacity,
         offset_minutes, room)
       SELECT uuidv7(), now(), weekday, h.from_time, h.to_time, 20, d.schedule, 1, 0, ''
       FROM bench_doctor d JOIN bench_hours h ON h.hours = d.hours, generate_series(0, 6) weekday WHERE d.n > %(since)s ORDER BY d.n""",
    f"""INSERT INTO booking_appointment (id, created_at, mode, during, status, price_amount, price_currency, reason,
         cancelled_by, cancel_reason, booked_at, facility_id, person_id, practitioner_id, visit_type_id, schedule_id, blocked,
         condition_code, fee_amount, fit_reason, if_late, intake, no_show_by, price_parts, room, seat, session, walk_in, form)
       SELECT id, now(), 'in_person', during, 'booked', 900000, 'VND', '', '', '', now(), place, person, practitioner, kind,
         schedule, during, '', 0, '', 'refund', '{{}}', '', '[]', '', 0, id, false, ''
       FROM (SELECT uuidv7() AS id, p.id AS place, d.person, d.practitioner, d.schedule, v.id AS kind,
               tstzrange(begin.at, begin.at + {BLOCK} * interval '1 hour') AS during
             FROM bench_doctor d JOIN bench_place p ON p.n = d.place
             JOIN identity_visittype v ON v.facility_id = p.id AND v.minutes = {60 * BLOCK}
             CROSS JOIN generate_series(0, %(days)s - 1) AS g (day)
             JOIN bench_pattern o ON o.pattern = {_PATTERN}
             CROSS JOIN LATERAL (SELECT {_MIDNIGHT} + interval '1 hour'
               * ((%(hour)s + 4 * d.hours + {BLOCK} * o.block) %% 24) AS at) begin
             WHERE d.n > %(since)s) visits""",
    f"""INSERT INTO booking_practitionerday (id, created_at, day, midnight_at, open, taken, starts, reach_before, reach_after,
         n_free, first_free_at, version, practitioner_id, schedule_id)
       SELECT uuidv7(), now(), %(today)s::date + g.day, {_MIDNIGHT}, l.open, l.taken, l.starts, l.reach_before, l.reach_after,
         bit_count(l.starts), {_MIDNIGHT} + interval '5 minutes' * (nullif(position(B'1' IN l.starts), 0) - 1), 0,
         d.practitioner, d.schedule
       FROM bench_doctor d CROSS JOIN generate_series(0, %(days)s - 1) AS g (day)
       JOIN bench_layout l ON l.hours = d.hours AND l.pattern = {_PATTERN}
         AND l.following = CASE WHEN g.day = %(days)s - 1 THEN {NOTHING} ELSE {_NEXT} END
       WHERE d.n > %(since)s""",
    """INSERT INTO booking_freefrom (id, created_at, specialty, province, main, modes, first_free_at, facility_id, schedule_id,
         day_row_id)
       SELECT uuidv7(), now(), code, p.province, code = d.codes[1],
         CASE WHEN p.n %% 3 = 0 THEN '{in_person}' ELSE '{in_person,video}' END::varchar[], r.first_free_at, p.id, d.schedule, r.id
       FROM bench_doctor d JOIN bench_place p ON p.n = d.place
       JOIN booking_practitionerday r ON r.schedule_id = d.schedule, unnest(d.codes) AS code WHERE d.n > %(since)s""",
]
_SAMPLE = """
SELECT d.practitioner, d.schedule, p.id AS facility, d.codes[1] AS specialty, p.province, v.id AS visit_type, i.sort_name,
  f.latitude, f.longitude
FROM bench_doctor d JOIN bench_place p ON p.n = d.place JOIN identity_facility f ON f.id = p.id
JOIN identity_practitioner i ON i.id = d.practitioner
JOIN identity_visittype v ON v.facility_id = p.id AND v.minutes = 20
ORDER BY bench_chance(d.n, %(seed)s) LIMIT %(count)s
"""
_ROWS = """
SELECT r.id FROM (SELECT n, schedule FROM bench_doctor ORDER BY bench_chance(n, %(seed)s) LIMIT %(count)s) d
JOIN booking_practitionerday r ON r.schedule_id = d.schedule AND r.day = current_date + 1 + d.n %% 28
"""
