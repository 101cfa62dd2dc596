"""A visit at a distance for what the ministry's list does not name: the citizen asks one doctor, who opens it with a reason."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

import audit
from booking import access
from booking.errors import ReasonNeeded
from booking.events import RemoteWishDecided
from booking.models import RemoteWish
from core.actor import Actor
from core.errors import NotFound
from core.events import emit
from identity import access as identity_access
from identity.models import Practitioner


@transaction.atomic
def ask_for_remote(*, person_id: UUID, practitioner_id: UUID, words: str, by: Actor, now: datetime) -> RemoteWish:
    """Ask a doctor to be seen at a distance all the same. Whoever has asked already gets that wish. Raises NotFound."""
    person = identity_access.get_person(by, person_id, "book")
    practitioner = Practitioner.objects.filter(pk=practitioner_id).first()
    if practitioner is None:
        raise NotFound
    asked = RemoteWish.objects.filter(person=person, practitioner=practitioner, status=RemoteWish.Status.ASKED)
    known = asked.first()
    if known is not None:
        return known
    wish = RemoteWish(
        person=person, practitioner=practitioner, asked_by=by.user_id, words=words.strip()[:500], created_at=now
    )
    try:
        with transaction.atomic():
            wish.save(force_insert=True)
    except IntegrityError:  # a second tap was faster
        return asked.get()
    audit.record(by, "booking.ask_remote", wish, person_id=person.pk)
    return wish


@transaction.atomic
def open_remote(*, wish_id: UUID, reason: str, by: Actor, now: datetime) -> RemoteWish:
    """Let this person book at a distance with this doctor for some days; the reason stays with the visit.

    Raises NotFound, ReasonNeeded.
    """
    wish = access.lock_remote_wish(by, wish_id)
    if not reason.strip():
        raise ReasonNeeded(fields={"reason": [ReasonNeeded.message]})
    if wish.status == RemoteWish.Status.OPENED:
        return wish
    wish.move_to(RemoteWish.Status.OPENED, at=now)
    wish.fit_reason = reason.strip()[:300]
    wish.opened_until = now + timedelta(days=settings.BOOKING_OPENED_DAYS)
    wish.save(update_fields=["status", "opened_at", "fit_reason", "opened_until"])
    audit.record(by, "booking.open_remote", wish, person_id=wish.person_id)
    emit(RemoteWishDecided(str(wish.pk)))
    return wish


@transaction.atomic
def decline_remote(*, wish_id: UUID, by: Actor, now: datetime) -> RemoteWish:
    """Want to see this person in person. Raises NotFound. Again: nothing happens."""
    wish = access.lock_remote_wish(by, wish_id)
    if wish.status == RemoteWish.Status.DECLINED:
        return wish
    wish.move_to(RemoteWish.Status.DECLINED, at=now)
    wish.save(update_fields=["status", "declined_at"])
    audit.record(by, "booking.decline_remote", wish, person_id=wish.person_id)
    emit(RemoteWishDecided(str(wish.pk)))
    return wish
