"""Pharmacies a citizen may choose: those of the own commune first, open ones before closed ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from identity.models import Facility, Person
from identity.queries import facilities, fold
from prescriptions.opening import Opening, opening_at


@dataclass(frozen=True)
class NearbyPharmacy:
    """A pharmacy, whether it is open now, and whether it is in the person's own commune."""

    facility: Facility
    opening: Opening
    in_my_commune: bool


def pharmacies_for(
    person: Person, now: datetime, *, q: str = "", province: str = "", limit: int = 40
) -> list[NearbyPharmacy]:
    """Return pharmacies of a province (the person's own by default; every province when they have none)."""
    wanted = province or (person.province_id or "")
    commune = fold(person.commune)
    found = [
        NearbyPharmacy(
            facility=one,
            opening=opening_at(one.opening_hours, one.zone, now),
            in_my_commune=bool(commune) and fold(one.commune) == commune,
        )
        for one in facilities(q=q, kind="pharmacy", province=wanted)[:limit]
    ]
    return sorted(found, key=lambda one: (not one.in_my_commune, not one.opening.is_open, one.facility.sort_name))
