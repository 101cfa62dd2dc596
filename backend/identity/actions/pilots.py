"""What the operator enters of approved pilots: the decision, its conditions and days, and how many cases it allows."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

import audit
from core.actor import Actor
from core.errors import Invalid
from identity.actions.offering import require_operator
from identity.models import Pilot

KEPT = {"id", "created_at", "used", "facility"}  # never written by this


@transaction.atomic
def put_pilot(*, pilot: Pilot, by: Actor, now: datetime) -> Pilot:
    """Add an approved pilot, or give one all the values it has here; whose it is and how many cases are used stay.

    Visits agreed under it stay as agreed; whether one may still begin is asked then. Raises NotAllowed for other roles,
    Invalid for a quota below the cases that are taken.
    """
    require_operator(by)
    before = Pilot.objects.select_for_update(no_key=True).filter(pk=pilot.pk).first()
    if before is None:
        pilot.save(force_insert=True)
    else:
        if pilot.quota < before.used:
            words = _("%(number)s cases are taken already. The quota cannot be lower.") % {"number": before.used}
            raise Invalid(fields={"quota": [words]})
        pilot.used = before.used
        pilot.save(update_fields=[one.name for one in Pilot._meta.concrete_fields if one.name not in KEPT])
    detail = {"decision": pilot.decision_number, "quota": pilot.quota}
    audit.record(by, "identity.pilot", pilot, facility_id=pilot.facility_id, detail=detail)
    return pilot
