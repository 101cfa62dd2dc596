"""Kiosks and corridor screens: made and revoked by the desk; what a kiosk does for who stands in front of it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

import audit
from booking import access, codes, queries
from booking.actions import tickets
from booking.actions.appointments import check_in
from booking.errors import KioskTired, NobodyFound
from booking.events import ScreenRevoked
from booking.models import Appointment, Screen, Status, Ticket
from core.actor import Actor
from core.errors import NotFound
from core.events import emit

KIOSK = Actor.system("kiosk")
TRIES = 20  # that find nobody, before a kiosk takes a rest
REST = timedelta(minutes=5)


@transaction.atomic
def add_screen(*, kind: str, name: str, rooms: list[str], by: Actor, now: datetime) -> Screen:
    """Make a kiosk or a corridor screen for the desk's facility. Raises NotFound for who is no desk."""
    if by.role != "desk" or by.facility_id is None:
        raise NotFound
    screen = Screen.objects.create(
        facility_id=by.facility_id, kind=Screen.Kind(kind), name=name, rooms=rooms, made_by=by.user_id, created_at=now
    )
    audit.record(by, "booking.screen_added", screen, facility_id=by.facility_id, detail={"kind": kind})
    return screen


@transaction.atomic
def revoke_screen(*, screen_id: UUID, by: Actor, now: datetime) -> Screen:
    """End a screen: its address leads nowhere from now on. Raises NotFound."""
    screen = access.get_screen(by, screen_id)
    if screen.revoked_at is None:
        screen.revoked_at = now
        screen.save(update_fields=["revoked_at"])
        audit.record(by, "booking.screen_revoked", screen, facility_id=screen.facility_id)
        emit(ScreenRevoked(str(screen.pk)))
    return screen


def arrive_by_code(*, screen: Screen, code: str, now: datetime) -> Ticket:
    """Check in by what the citizen's QR says or what they typed. Raises NobodyFound, KioskTired, WrongState."""
    wanted = codes.clean(code)
    return _arrive(screen, lambda one: codes.code_of(one.pk) == wanted, now)


def arrive_by_phone(*, screen: Screen, phones: set[str], birth_year: int, now: datetime) -> Ticket:
    """Check in by a phone number (the person's, or of whoever booked) and the person's year of birth.

    Raises NobodyFound, KioskTired, WrongState.
    """

    def is_theirs(one: Appointment) -> bool:
        born = one.person.born_on
        if born is None or born.year != birth_year:
            return False
        return bool(phones & queries.phones_of(one))

    return _arrive(screen, is_theirs, now)


def _arrive(screen: Screen, is_theirs: Callable[[Appointment], bool], now: datetime) -> Ticket:
    _take_a_try(screen, now)
    found = [one for one in queries.visits_today(screen.facility, now) if is_theirs(one)]
    if not found:
        raise NobodyFound
    Screen.objects.filter(pk=screen.pk, refused__gt=0).update(refused=F("refused") - 1)
    # Several visits on one day: the next one; who has come for it already sees the number again.
    coming = [one for one in found if one.status == Status.BOOKED] or found
    with transaction.atomic():
        check_in(appointment_id=coming[0].pk, by=KIOSK, now=now)
        rows = Ticket.objects.select_related("schedule__practitioner", "line", "appointment__person")
        ticket = rows.select_for_update(of=("self",)).filter(appointment=coming[0]).first()
        if ticket is None:
            raise NobodyFound
        tickets.stand_here(ticket, now)
    return ticket


def _take_a_try(screen: Screen, now: datetime) -> None:
    """Count a refusal before anybody is looked for, so that a burst has no more tries than a patient guesser has.

    The first of a row starts the clock. Raises KioskTired.
    """
    one, rested = Screen.objects.filter(pk=screen.pk), Q(refused_since=None) | Q(refused_since__lte=now - REST)
    if one.filter(rested).update(refused=1, refused_since=now):
        return
    if not one.filter(refused__lt=TRIES).update(refused=F("refused") + 1):
        raise KioskTired
