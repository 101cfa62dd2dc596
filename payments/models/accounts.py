"""With whom a facility has a contract to be paid. The money goes straight there; the house never holds it (NĐ 52/2024)."""

from __future__ import annotations

import json
from collections.abc import Mapping

from django.db import models
from django.db.models import Q

from core import sealing
from core.models import Entity

PURPOSE = "payments.account"


class GatewayAccount(Entity):
    """A facility's account with one gateway. Credentials lie sealed, bound to this row."""

    facility = models.ForeignKey("identity.Facility", on_delete=models.PROTECT, related_name="+")
    gateway = models.CharField(max_length=20)
    merchant = models.CharField(max_length=80)  # the public name: terminal, partner code, bank and account number
    sealed = models.BinaryField()
    is_active = models.BooleanField(default=True)
    rank = models.PositiveSmallIntegerField(default=0)  # the order in which payers see them

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["facility", "gateway"], condition=Q(is_active=True), name="account_active_once"
            ),
            models.UniqueConstraint(
                fields=["gateway", "merchant"], condition=Q(is_active=True), name="account_merchant_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gateway} {self.merchant}"

    def seal(self, credentials: Mapping[str, str]) -> None:
        """Keep the credentials; the caller saves."""
        raw = json.dumps(dict(credentials), separators=(",", ":"), sort_keys=True).encode()
        self.sealed = sealing.seal(raw, purpose=PURPOSE, owner=str(self.id))

    def credentials(self) -> dict[str, str]:
        """Return the credentials. Raises SealBroken."""
        return json.loads(sealing.unseal(self.sealed, purpose=PURPOSE, owner=str(self.id)))
