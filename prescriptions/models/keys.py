"""The practitioners' signing keys."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from core.models import Entity

BUILT_IN = "built-in"


class SigningKey(Entity):
    """One practitioner's ES256 key. The public half stays readable for ever, to verify.

    The private half is sealed here (`built-in`), or it is where the keeper keeps it: on a card, or at a signing service.
    `keeper` is a name in settings.SIGNING_KEEPERS, `keeper_key` what the key is called there.
    """

    practitioner = models.ForeignKey("identity.Practitioner", on_delete=models.PROTECT, related_name="+")
    kid = models.CharField(max_length=43, unique=True)  # RFC 7638 thumbprint
    public_jwk = models.JSONField()
    keeper = models.CharField(max_length=40, default=BUILT_IN)
    keeper_key = models.CharField(max_length=200, blank=True)
    sealed_private_jwk = models.BinaryField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)  # signs no more; its signatures stay good

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practitioner"], condition=Q(retired_at__isnull=True), name="signing_key_one_in_use"
            ),
            models.CheckConstraint(
                condition=Q(keeper=BUILT_IN, keeper_key="", sealed_private_jwk__isnull=False)
                | ~Q(keeper=BUILT_IN) & ~Q(keeper_key="") & Q(sealed_private_jwk__isnull=True),
                name="signing_key_is_somewhere",
            ),
        ]

    def __str__(self) -> str:
        return self.kid
