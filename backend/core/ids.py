"""Identifiers: one UUIDv7 for tables, URLs and events alike (RFC 9562, section 5.7)."""

import os
import threading
import time
from uuid import UUID

_lock = threading.Lock()
_last = (0, 0)
SET_BACK = 60_000  # milliseconds: a clock this far behind the last id was set, and is believed (RFC 9562, section 6.2)


def new_id() -> UUID:
    """Return a fresh UUIDv7: 48 bits of milliseconds, 12 bits of counter, 62 random bits.

    Ids made in one process grow strictly, also within a millisecond, so that ordering by id is ordering by birth. Only a
    clock set back by more than a minute starts them anew, so that the time an id carries is not wrong for good.
    """
    global _last
    with _lock:
        at, counter = time.time_ns() // 1_000_000, int.from_bytes(os.urandom(2)) & 0x3FF
        if _last[0] - SET_BACK < at <= _last[0]:
            at, counter = _last[0], _last[1] + 1
            if counter > 0xFFF:
                at, counter = at + 1, 0
        _last = (at, counter)
    random = int.from_bytes(os.urandom(8)) & ((1 << 62) - 1)
    return UUID(int=(at << 80) | (0x7 << 76) | (counter << 64) | (0b10 << 62) | random)
