"""Hospital systems that sign in by themselves (OAuth 2.0 client credentials), and the tokens they were given."""

from __future__ import annotations

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models import Entity


class ApiClient(Entity):
    """One system of one facility. Its secret is shown once, when it is made; only a hash is kept."""

    # In the words of SMART backend services: what a system may do with which type.
    SCOPES = (
        "system/Schedule.read",
        "system/Slot.read",
        "system/Appointment.read",
        "system/Appointment.write",
    )

    facility = models.ForeignKey("identity.Facility", on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=80)
    secret_hash = models.CharField(max_length=64)
    scopes = ArrayField(models.CharField(max_length=40))
    made_by = models.UUIDField(null=True)
    last_used_at = models.DateTimeField(null=True)  # to the minute
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    scopes__contained_by=[
                        "system/Schedule.read",
                        "system/Slot.read",
                        "system/Appointment.read",
                        "system/Appointment.write",
                    ]
                ),
                name="api_client_scopes_known",
            ),
        ]
        verbose_name = _("connected system")
        verbose_name_plural = _("connected systems")

    def __str__(self) -> str:
        return self.name

    @property
    def client_id(self) -> str:
        """What it calls itself when it signs in."""
        return str(self.pk)


class ApiToken(Entity):
    """A bearer token of a few minutes; only its hash is kept."""

    client = models.ForeignKey(ApiClient, on_delete=models.CASCADE, related_name="tokens")
    token_hash = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=40))
    expires_at = models.DateTimeField(db_index=True)

    def is_live(self, at: datetime) -> bool:
        """Say whether it still opens a door."""
        return at < self.expires_at and self.client.revoked_at is None
