"""Writing profiles anew: what search says of a schedule and no booking changes. The database forgets them with each change.

The function that makes one looks at what is committed when it runs (VOLATILE), and runs under the row's lock, on which
a change that is not committed yet waits or has made us wait: what is written is never older than the last change.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

AT_ONCE = 1000


@transaction.atomic
def write(*, now: datetime, schedule_ids: Iterable[UUID] | None = None, limit: int = AT_ONCE) -> int:
    """Write the profiles that were forgotten, of some schedules or of all; return how many.

    One that is being changed right now is left for the next time: nobody waits here.
    """
    ids = None if schedule_ids is None else list(schedule_ids)
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, {"now": now, "ids": ids, "limit": limit})
        return int(cursor.rowcount)


def forget(schedule_ids: Iterable[UUID]) -> None:
    """Let these be written anew; what a trigger does with each change."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT booking_profile_forget(%s)", [list(schedule_ids)])


def differing(schedule_ids: Iterable[UUID]) -> list[UUID]:
    """Name the schedules whose profile says something else than the truth: a bug, whoever made it."""
    with connection.cursor() as cursor:
        cursor.execute(_DIFFERING, {"ids": list(schedule_ids)})
        return [row[0] for row in cursor.fetchall()]


_WRITE = """
WITH due AS (
  SELECT schedule_id FROM booking_profile WHERE words = '' AND (%(ids)s::uuid[] IS NULL OR schedule_id = ANY(%(ids)s::uuid[]))
  ORDER BY schedule_id LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
UPDATE booking_profile p SET words = booking_profile_of(p.schedule_id, %(now)s), made_at = %(now)s
FROM due WHERE p.schedule_id = due.schedule_id
"""
_DIFFERING = """
SELECT schedule_id FROM booking_profile WHERE schedule_id = ANY(%(ids)s::uuid[])
  AND words NOT IN ('', booking_profile_of(schedule_id, made_at))
"""
