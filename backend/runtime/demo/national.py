"""Every facility of the demo is connected to the national system's sandbox; one doctor's account is still to be entered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import prescriptions.actions
from core.actor import Actor
from identity.models import Facility, Practitioner

WITHOUT = "lan"  # so that somebody's page has something to do


def enter_accounts(places: Mapping[str, Facility], practitioners: Mapping[str, Practitioner], now: datetime) -> None:
    """Enter what the sandbox lets in: the password of an account there is `thu-` and its name."""
    for facility in places.values():
        is_pharmacy = facility.kind == Facility.Kind.PHARMACY
        by = Actor("pharmacist" if is_pharmacy else "desk", facility_id=facility.pk, name=facility.name)
        _enter("application", f"lanh-{facility.code}", by, now)
        if not is_pharmacy:
            _enter("facility", facility.code, by, now)
    for key, practitioner in practitioners.items():
        home = practitioner.memberships.filter(role="practitioner").first()
        if key == WITHOUT or home is None or home.facility_id is None or practitioner.profession != "doctor":
            continue
        by = Actor("desk", facility_id=home.facility_id)
        prescriptions.actions.save_account(
            kind="prescriber",
            practitioner_id=practitioner.pk,
            account=practitioner.licence_number,
            password=f"thu-{practitioner.licence_number}",
            by=by,
            now=now,
        )


def _enter(kind: str, account: str, by: Actor, now: datetime) -> None:
    prescriptions.actions.save_account(kind=kind, account=account, password=f"thu-{account}", by=by, now=now)
