"""Times that several people share (a group session): how many seats are taken, and by whom, for the desk's calendars."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

from booking.models import Appointment


@dataclass(frozen=True)
class Shared:
    """One shared time: its people by seat, and how many seats the hours give it today."""

    people: tuple[Appointment, ...]
    capacity: int

    @property
    def taken(self) -> int:
        return len(self.people)

    @property
    def first(self) -> Appointment:
        """Anyone of them: they share time, room, kind of visit and mode."""
        return self.people[0]


def shared_among(appointments: Iterable[Appointment], seats_at: Callable[[Appointment], int]) -> dict[UUID, Shared]:
    """Find the shared times by session: those whose hours seat several, also where one came, and any with company."""
    company: dict[UUID, list[Appointment]] = {}
    for one in appointments:
        company.setdefault(one.session, []).append(one)
    found = {}
    for session, people in company.items():
        capacity = seats_at(people[0])
        if capacity > 1 or len(people) > 1:
            found[session] = Shared(tuple(sorted(people, key=lambda one: (one.seat, one.pk))), capacity)
    return found
