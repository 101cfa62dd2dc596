"""Who certifies the practitioners' keys, the certificates, and the numbered lists of what was revoked."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.models import Entity


class Authority(Entity):
    """The root of this installation (no facility), or the built-in authority of one facility. Not legally valid."""

    facility = models.ForeignKey("identity.Facility", on_delete=models.PROTECT, null=True, related_name="+")
    issuer = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="+"
    )  # the root; none of its own
    number = models.PositiveSmallIntegerField(default=1)  # the second follows when the first has come to its end
    der = models.BinaryField()
    sealed_private_key = models.BinaryField()
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["facility", "number"], name="authority_once", nulls_distinct=False),
            models.CheckConstraint(
                condition=Q(facility__isnull=True, issuer__isnull=True)
                | Q(facility__isnull=False, issuer__isnull=False),
                name="authority_root_or_of_facility",
            ),
            models.CheckConstraint(condition=Q(valid_from__lt=F("valid_to")), name="authority_days_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.facility.code if self.facility else 'root'} {self.number}"


class Certificate(Entity):
    """One practitioner's key, certified for one facility and one licence. Signatures name it by its thumbprint."""

    class Reason(models.TextChoices):  # RFC 5280, section 5.3.1
        KEY_COMPROMISE = "key_compromise", _("the key is or may be in other hands")
        AFFILIATION_CHANGED = "affiliation_changed", _("works there no more")
        SUPERSEDED = "superseded", _("replaced by another certificate")
        CESSATION = "cessation", _("prescribes no more")

    # After one of these nothing that only claims its time can be believed, however early.
    COMPROMISED: ClassVar[frozenset[str]] = frozenset({Reason.KEY_COMPROMISE})

    key = models.ForeignKey("SigningKey", on_delete=models.PROTECT, related_name="certificates")
    facility = models.ForeignKey("identity.Facility", on_delete=models.PROTECT, related_name="+")
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="certificates")
    licence = models.CharField(max_length=24)
    serial = models.CharField(max_length=40, unique=True)  # hexadecimal
    thumbprint = models.CharField(max_length=43, unique=True)  # x5t#S256
    der = models.BinaryField()
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_since = models.DateTimeField(null=True, blank=True)  # signatures from here on are refused
    revocation_reason = models.CharField(max_length=20, choices=Reason.choices, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["key", "facility", "-valid_to"], name="certificate_of_key"),
            models.Index(fields=["revoked_at"], condition=Q(revoked_at__isnull=False), name="certificate_revoked"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(valid_from__lt=F("valid_to")), name="certificate_days_in_order"),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, revoked_since__isnull=True, revocation_reason="")
                | Q(revoked_at__isnull=False, revoked_since__isnull=False)
                & Q(revocation_reason__in=["key_compromise", "affiliation_changed", "superseded", "cessation"]),
                name="certificate_revoked_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.serial

    def is_revoked_at(self, at: datetime) -> bool:
        """Say whether what was signed at this instant, by our own clock, is refused."""
        return self.revoked_since is not None and at >= self.revoked_since


class RevocationList(Entity):
    """One signed list. Its number only grows, so nobody can be shown an older one as the newest."""

    number = models.PositiveBigIntegerField(unique=True)
    issued_at = models.DateTimeField()
    next_update_at = models.DateTimeField()
    token = models.TextField()  # compact JWS by the root

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(issued_at__lt=F("next_update_at")), name="revocation_list_days_in_order")
        ]

    def __str__(self) -> str:
        return str(self.number)
