"""What a place or a practitioner offers has changed: search and booking follow."""

from __future__ import annotations

from uuid import UUID

import booking.actions
from core.actor import Actor
from core.edge import now as this_instant
from core.events import on
from identity.events import FacilityOfferChanged, PractitionerOfferChanged

STORY = Actor.system("offering")


@on(FacilityOfferChanged)
def reckon_the_place_again(event: FacilityOfferChanged) -> None:
    """Other kinds of visit, or none any more."""
    booking.actions.reckon_again(facility_id=UUID(event.facility_id), by=STORY, now=this_instant())


@on(PractitionerOfferChanged)
def reckon_the_practitioner_again(event: PractitionerOfferChanged) -> None:
    """Another licence, or other specialties."""
    booking.actions.reckon_again(practitioner_id=UUID(event.practitioner_id), by=STORY, now=this_instant())
