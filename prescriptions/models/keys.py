"""The practitioners' signing keys."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from core.models import Entity


class SigningKey(Entity):
    """One practitioner's ES256 key. The private half is sealed; the public half stays readable for ever, to verify."""

    practitioner = models.ForeignKey("identity.Practitioner", on_delete=models.PROTECT, related_name="+")
    kid = models.CharField(max_length=43, unique=True)  # RFC 7638 thumbprint
    public_jwk = models.JSONField()
    sealed_private_jwk = models.BinaryField()
    retired_at = models.DateTimeField(null=True, blank=True)  # signs no more; its signatures stay good

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practitioner"], condition=Q(retired_at__isnull=True), name="signing_key_one_in_use"
            )
        ]

    def __str__(self) -> str:
        return self.kid
