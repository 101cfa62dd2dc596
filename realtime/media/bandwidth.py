"""How much a publisher may send, and when a receiver's way down is too narrow for pictures. Pure.

A publisher's browser judges its own way up by transport-wide feedback. What receivers estimate is passed on only when they
are really congested: an estimate grows no faster than what is sent, so passing on each one would keep everybody slow.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

PARTIES = {2: 1_700_000, 3: 900_000, 4: 900_000, 5: 500_000, 6: 500_000}
FLOOR = 150_000  # below this a picture helps nobody
CONGESTED = 1.05  # of the rate forwarded
LOSSY = 13  # of 256: five in a hundred
FIRST_PAUSE_S, LONGEST_PAUSE_S = 5.0, 60.0


@dataclass(frozen=True)
class Receiver:
    """One who is given a stream: what they say they can take (0: nothing yet), what they get, what they lose (of 256)."""

    estimate: int
    rate: int
    loss: int = 0

    @property
    def is_congested(self) -> bool:
        """True when they can hardly take what they get."""
        return self.loss > LOSSY or 0 < self.estimate < CONGESTED * self.rate


def cap(parties: int, receivers: Iterable[Receiver]) -> int:
    """Bits a second a publisher's pictures may take: the party's share, less if somebody is congested."""
    most = PARTIES.get(min(max(parties, 2), 6), PARTIES[6])
    congested = [each.estimate or each.rate for each in receivers if each.is_congested]
    return max(FLOOR, min([most, *congested]))


def pause_after(pause: float, *, narrow_again: bool) -> float:
    """How long pictures rest: twice as long each time it was too early. Without pictures an estimate cannot grow by itself."""
    return min(2 * pause, LONGEST_PAUSE_S) if narrow_again else FIRST_PAUSE_S
