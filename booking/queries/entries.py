"""Where search begins: days with something free, the earliest first, from the entries that the projection keeps by area.

One page of an index in its own order in the usual case; what narrows further (somebody's doctors, houses near by, a part of the
day) is joined in the database.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from booking import marks
from core import rounds

LONGEST_DAY = timedelta(hours=26)
Entry = tuple[UUID, UUID, datetime, UUID]


def entries(
    *,
    now: datetime,
    specialty: str | None,
    province: str | None,
    mode: str | None,
    facility_id: UUID | None,
    facility_ids: Sequence[UUID] | None = None,
    practitioner_ids: Sequence[UUID] | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
    soon: datetime | None = None,
    part: int = 0,
    known: Collection[UUID] = (),
) -> list[Entry]:
    """List days with something free, the earliest first, as (row, schedule, first moment, id): where search begins.

    The moment bounds the first free time of any kind from below. Days that still begin before `soon` (now, unless the
    caller has seen later ones whose notice is over), because nobody has let that start go yet, are reckoned on; what is
    older than a day has been let go long since.
    """
    wish: dict[str, Any] = {
        "now": now,
        "specialty": specialty,
        "province": province,
        "mode": mode,
        "facility_id": facility_id,
        "facility_ids": facility_ids,
        "practitioner_ids": practitioner_ids,
        "after": after,
        "limit": limit,
        "part": part,
        "known": known,
    }
    found: list[Entry] = rounds.ask(entries_statement(**wish)) if soon is None else []  # type: ignore[assignment]
    if soon is not None or (found and found[0][2] < now):
        found = rounds.ask(entries_statement(**wish, soon=soon or now))  # type: ignore[assignment]
    return found


def entries_statement(
    *,
    now: datetime,
    specialty: str | None = None,
    province: str | None = None,
    mode: str | None = None,
    facility_id: UUID | None = None,
    facility_ids: Sequence[UUID] | None = None,
    practitioner_ids: Sequence[UUID] | None = None,
    after: tuple[datetime, UUID] | None = None,
    limit: int = 20,
    soon: datetime | None = None,
    part: int = 0,
    known: Collection[UUID] = (),
) -> tuple[str, dict[str, Any]]:
    """Give the statement behind `entries` with its values; days that begin before `soon` are reckoned on.

    `part` is the marks of which one must be free, `known` are schedules that need not be told again.
    """
    where: list[str] = []
    values: dict[str, Any] = {"now": now, "since": now - LONGEST_DAY, "limit": limit}
    narrowings = {
        "e.specialty = %(specialty)s": ("specialty", specialty),
        "e.province = %(province)s": ("province", province),
        "e.modes @> ARRAY[%(mode)s]::varchar[]": ("mode", mode),
        "e.facility_id = %(facility)s": ("facility", facility_id),
    }
    for clause, (name, value) in narrowings.items():
        if value:
            where.append(clause)
            values[name] = value
    if not specialty:
        where.append("e.main")
    narrow, source = [], "booking_freefrom"
    if practitioner_ids is not None:
        narrow.append(_OF_THESE)
        where.append("e.day_row_id IN (SELECT id FROM mine)")
        values["practitioners"] = list(practitioner_ids)
    if facility_ids:
        narrow.append(_IN_HOUSES.format(practising=_PRACTISING if specialty else ""))
        source = "there"
        values["facilities"] = list(facility_ids)
    mine = f"WITH {', '.join(narrow)}" if narrow else ""
    if part:
        where.append(_HAS_ONE_OF)
        values["part"] = marks.text(part)
    if known:
        where.append("e.schedule_id <> ALL(%(known)s)")
        values["known"] = list(known)
    beyond = ahead = ""
    if after is not None:
        beyond = "AND (e.first_free_at, e.id) > (%(after_at)s, %(after_id)s)"
        ahead = "WHERE (at, id) > (%(after_at)s, %(after_id)s)"
        values["after_at"], values["after_id"] = after
    statement = _ENTRIES if soon is None else _ENTRIES_SOON
    if soon is not None:
        values["soon"] = soon
    return statement.format(
        source=source, mine=mine, where="".join(f"{one} AND " for one in where), beyond=beyond, ahead=ahead
    ), values


# An index in its own order; since `days.advance` lets go of what is too soon, this is all there is to do.
_ENTRIES = """
{mine}SELECT e.day_row_id, e.schedule_id, e.first_free_at AS at, e.id FROM {source} e
WHERE {where}e.first_free_at >= %(since)s {beyond} ORDER BY e.first_free_at, e.id LIMIT %(limit)s
"""
# Where it has not yet: what begins later as above, and what begins before that, reckoned on.
_ENTRIES_SOON = f"""
{{mine}}SELECT * FROM (
  (SELECT e.day_row_id, e.schedule_id, e.first_free_at AS at, e.id FROM {{source}} e
   WHERE {{where}}e.first_free_at >= %(soon)s {{beyond}} ORDER BY e.first_free_at, e.id LIMIT %(limit)s)
  UNION ALL
  (SELECT * FROM (
     SELECT e.day_row_id, e.schedule_id, d.midnight_at + {marks.MINUTES} * interval '1 minute'
       * (nullif(position(B'1' IN d.starts & ~booking_run(0, ceil(extract(epoch FROM
           %(now)s::timestamptz + s.min_notice_minutes * interval '1 minute' - d.midnight_at) / {60 * marks.MINUTES})::int)), 0) - 1)
       AS at, e.id
     FROM {{source}} e JOIN booking_practitionerday d ON d.id = e.day_row_id
     JOIN booking_schedule s ON s.id = e.schedule_id
     WHERE {{where}}e.first_free_at >= %(since)s AND e.first_free_at < %(soon)s) soon
   {{ahead}})) found
WHERE at IS NOT NULL ORDER BY at, id LIMIT %(limit)s
"""
_HAS_ONE_OF = f"""EXISTS (SELECT FROM booking_practitionerday w WHERE w.id = e.day_row_id
  AND position(B'1' IN w.starts & %(part)s::bit({marks.MARKS})) > 0)"""
_OF_THESE = """mine AS MATERIALIZED (
  SELECT id FROM booking_practitionerday
  WHERE practitioner_id = ANY(%(practitioners)s) AND midnight_at >= %(since)s AND first_free_at IS NOT NULL)
"""
# Few doctors of some houses: by way of their schedules; the entries' own indexes know one house, or a whole country.
_IN_HOUSES = """there AS MATERIALIZED (
  SELECT e.* FROM booking_schedule s JOIN booking_practitionerday d ON d.schedule_id = s.id
  JOIN booking_freefrom e ON e.day_row_id = d.id
  WHERE s.facility_id = ANY(%(facilities)s) AND s.active {practising}
    AND d.midnight_at >= %(since)s AND d.first_free_at IS NOT NULL)
"""
_PRACTISING = """AND EXISTS (SELECT FROM identity_practitioner_specialties x
      WHERE x.practitioner_id = s.practitioner_id AND x.specialty_id = %(specialty)s)"""
