"""The signed paper of a prescription, kept as it was made."""

from __future__ import annotations

from django.db import models

from core.models import Entity
from prescriptions.models.certificates import Certificate
from prescriptions.models.prescriptions import Prescription


class Document(Entity):
    """One PDF per prescription: its bytes are what was signed, so it is made once and never again."""

    prescription = models.OneToOneField(Prescription, on_delete=models.CASCADE, related_name="document")
    certificate = models.ForeignKey(Certificate, on_delete=models.PROTECT, related_name="+")
    pdf = models.BinaryField()
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.prescription)
