"""What a facility has decided about booking."""

from booking.models import Policy
from core.actor import Actor
from identity import access as identity_access


def get_policy(by: Actor) -> Policy:
    """Give the desk the decisions of its facility; one that never decided has the defaults. Raises NotFound."""
    facility = identity_access.require_desk(by)
    return Policy.objects.filter(facility=facility.pk).first() or Policy(facility=facility)
