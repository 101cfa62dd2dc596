"""Keeping how a call was: one statement a window, no lock on the room."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from core.actor import Actor
from core.ids import new_id
from realtime import quality
from realtime.errors import NotAdmitted
from realtime.measured import SAMPLES
from realtime.models import QualityMinute

KEPT = timedelta(days=730)  # two years (specs/vietnam 2.2)

# The seat is looked for in the statement itself: who is not in the call, or has been displaced, adds nothing.
ADD = """
INSERT INTO realtime_qualityminute AS kept
  (id, created_at, seat_id, minute, samples, rtt_sum, rtt_samples, rtt_most, jitter_sum, jitter_most,
   packets, lost, kbps_in_sum, kbps_out_sum, frames, freezes, path, step, worst)
SELECT %(id)s, %(now)s, seat.id, %(minute)s, 1, %(rtt)s, %(rtt_samples)s, %(rtt)s, %(jitter)s, %(jitter)s,
   %(packets)s, %(lost)s, %(kbps_in)s, %(kbps_out)s, %(frames)s, %(freezes)s, %(path)s, %(step)s, %(worst)s
FROM realtime_presence AS presence
JOIN realtime_seat AS seat ON seat.id = presence.seat_id
JOIN realtime_room AS room ON room.id = seat.room_id
WHERE presence.socket_id = %(socket)s AND presence.left_at IS NULL AND seat.state = 'admitted'
  AND coalesce(seat.user_id, seat.invite_id) = %(user)s AND room.status = 'open'
ON CONFLICT (seat_id, minute) DO UPDATE SET
  samples = kept.samples + 1,
  rtt_sum = kept.rtt_sum + EXCLUDED.rtt_sum, rtt_samples = kept.rtt_samples + EXCLUDED.rtt_samples,
  rtt_most = greatest(kept.rtt_most, EXCLUDED.rtt_most),
  jitter_sum = kept.jitter_sum + EXCLUDED.jitter_sum, jitter_most = greatest(kept.jitter_most, EXCLUDED.jitter_most),
  packets = kept.packets + EXCLUDED.packets, lost = kept.lost + EXCLUDED.lost,
  kbps_in_sum = kept.kbps_in_sum + EXCLUDED.kbps_in_sum, kbps_out_sum = kept.kbps_out_sum + EXCLUDED.kbps_out_sum,
  frames = kept.frames + EXCLUDED.frames, freezes = kept.freezes + EXCLUDED.freezes,
  path = EXCLUDED.path, step = EXCLUDED.step, worst = greatest(kept.worst, EXCLUDED.worst)
WHERE kept.samples < %(most)s
"""
THERE = """
SELECT 1 FROM realtime_presence AS presence JOIN realtime_seat AS seat ON seat.id = presence.seat_id
WHERE presence.socket_id = %s AND presence.left_at IS NULL AND seat.state = 'admitted'
  AND coalesce(seat.user_id, seat.invite_id) = %s
"""


@transaction.atomic
def note_quality(*, socket_id: UUID, figures: quality.Figures, word: str, by: Actor, now: datetime) -> None:
    """Add one window to the minute of the seat this socket sits on; beyond 30 in a minute it is dropped.

    Raises NotAdmitted when the actor does not sit there, in the call, now.
    """
    values = {name: getattr(figures, name) for name in quality.LARGEST if name != "rtt"}
    values |= {
        "id": new_id(),
        "now": now,
        "minute": now.replace(second=0, microsecond=0),
        "socket": socket_id,
        "user": by.user_id,
        "rtt": figures.rtt or 0,
        "rtt_samples": int(figures.rtt is not None),
        "path": figures.path,
        "step": figures.step,
        "worst": quality.WORDS.index(word),
        "most": SAMPLES,
    }
    with connection.cursor() as cursor:
        cursor.execute(ADD, values)
        if cursor.rowcount == 0:
            cursor.execute(THERE, [socket_id, by.user_id])
            if cursor.fetchone() is None:
                raise NotAdmitted


@transaction.atomic
def forget_old_quality(*, now: datetime) -> int:
    """Drop figures older than two years, and say how many."""
    return QualityMinute.objects.filter(minute__lt=now - KEPT).delete()[0]
