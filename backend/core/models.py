"""The base of our rows, and the memory of requests that may be repeated."""

from django.db import models
from django.utils import timezone

from core.ids import new_id


class Entity(models.Model):
    """A row with a UUIDv7 and the instant of its birth."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        abstract = True


class IdempotencyKey(Entity):
    """One answered request: the same key with the same body gets the same answer (kept 7 days)."""

    user_id = models.UUIDField()
    key = models.CharField(max_length=255)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user_id", "key"], name="idempotency_key_once")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_key_age")]
