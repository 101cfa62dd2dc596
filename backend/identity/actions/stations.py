"""A citizen at a commune's health station: found by what they show, welcomed with their word, seen off again."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

import audit
from audit.queries import lines_on
from core.actor import Actor
from core.errors import Invalid, NotFound
from core.refs import Ref
from identity import access, national_id
from identity.errors import BadNationalId, TooManySearches
from identity.models import Arrival, Person
from identity.phone import to_e164

MOST_SEARCHES = 60  # of one nurse in an hour: more is not a waiting room, it is looking for people
MOST_FOUND = 5


@transaction.atomic
def find_citizen(*, number: str, born_on: date, by: Actor, now: datetime) -> list[Person]:
    """Find who sits there by the number on their card, or their phone, each with the day of birth: no list to leaf through.

    Each search leaves a line, and one that found somebody is told to them. Raises NotFound for who is no station nurse,
    Invalid for what is neither number, TooManySearches.
    """
    station = access.require_station(by)
    about = Ref("facility", station.id)
    since = timezone.now() - timedelta(hours=1)  # by the clock that dates the lines
    recent = lines_on(about, user_id=by.user_id, action="identity.station_search", since=since)
    if recent.count() >= MOST_SEARCHES:
        raise TooManySearches()
    people = list(_with_number(number).filter(born_on=born_on).order_by("created_at")[:MOST_FOUND])
    for person in people:
        audit.record(by, "identity.station_search", about, person_id=person.id, facility_id=station.id)
    if not people:
        audit.record(by, "identity.station_search", about, facility_id=station.id)
    return people


@transaction.atomic
def welcome(
    *, person_id: UUID, number: str, born_on: date, identified_by: str, agreed: bool, by: Actor, now: datetime
) -> Arrival:
    """Note that a citizen is at the station and agreed that it acts for them until midnight; again, the same arrival.

    The number and the birthday are asked for again: an id alone opens nobody. Raises NotFound, Invalid without their word.
    """
    station = access.require_station(by)
    person = _with_number(number).filter(born_on=born_on, id=person_id).first()
    if person is None:
        raise NotFound()
    if not agreed:
        raise Invalid(fields={"agreed": [_("Ask the citizen first whether they agree.")]})
    if identified_by not in Arrival.Identified.values:
        raise Invalid(fields={"identified_by": [_("Say how you know who they are.")]})
    assert by.practitioner_id is not None  # require_station has looked
    known = Arrival.objects.select_for_update().filter(person=person, facility=station, left_at__isnull=True).first()
    if known is not None and known.ends_at > now:
        return known
    if known is not None:  # of an earlier day
        known.left_at = known.ends_at
        known.save(update_fields=["left_at"])
    try:
        with transaction.atomic():
            arrival = Arrival.objects.create(
                person=person,
                facility=station,
                practitioner_id=by.practitioner_id,
                identified_by=identified_by,
                agreed_at=now,
                ends_at=_midnight(now, station.zone),
                created_at=now,
            )
    except IntegrityError:  # a colleague was faster
        return Arrival.objects.get(person=person, facility=station, left_at__isnull=True)
    detail = {"identified_by": identified_by}
    audit.record(by, "identity.welcome", arrival, person_id=person.id, facility_id=station.id, detail=detail)
    return arrival


@transaction.atomic
def see_off(*, arrival_id: UUID, by: Actor, now: datetime) -> Arrival:
    """Note that the citizen has left: the station acts for them no longer. Again: nothing happens. Raises NotFound."""
    station = access.require_station(by)
    arrival = Arrival.objects.select_for_update().filter(id=arrival_id, facility=station).first()
    if arrival is None:
        raise NotFound()
    if arrival.left_at is None:
        arrival.left_at = now
        arrival.save(update_fields=["left_at"])
        audit.record(by, "identity.see_off", arrival, person_id=arrival.person_id, facility_id=station.id)
    return arrival


def _with_number(text: str) -> QuerySet[Person]:
    """People with this identification number (also read from the card's code) or this phone. Raises Invalid for neither."""
    phone = to_e164(text)
    if phone is not None:
        return Person.objects.filter(Q(phone=phone) | Q(user__phone=phone, user__phone_verified=True))
    try:
        digits = national_id.read_card(text).number if "|" in text else national_id.normalised(text)
    except BadNationalId as error:
        words = _("Type the 12 digits of the identity card, or a mobile number.")
        raise Invalid(fields={"number": [words]}) from error
    return Person.objects.filter(national_id=digits)


def _midnight(now: datetime, zone: str) -> datetime:
    tomorrow = now.astimezone(ZoneInfo(zone)).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time.min, tzinfo=ZoneInfo(zone))
