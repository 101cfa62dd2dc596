"""Who may not book for a while."""

from uuid import UUID

from django.db.models import Q

from booking.models import Block
from core.actor import Actor
from core.errors import NotFound
from identity import access as identity_access


def visible_blocks(by: Actor) -> Q:
    """Say which blocks this actor may see: the citizen's own people, the desk its facility's."""
    if by.is_system:
        return Q()
    if by.role == "citizen":
        return Q(person__in=identity_access.people_of(by, "book"))
    if by.role == "desk" and by.facility_id:
        return Q(facility_id=by.facility_id)
    return Q(pk__in=[])


def get_block(by: Actor, block_id: UUID) -> Block:
    """Give a block to the person it concerns or to the desk that made it. Raises NotFound."""
    block = Block.objects.select_related("person", "facility").filter(visible_blocks(by), pk=block_id).first()
    if block is None:
        raise NotFound
    return block


def lock_block(by: Actor, block_id: UUID) -> Block:
    """Give a block locked until the transaction ends. Raises NotFound."""
    get_block(by, block_id)
    return Block.objects.select_for_update(of=("self",)).select_related("person", "facility").get(pk=block_id)
