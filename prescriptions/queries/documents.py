"""The signed paper as it is kept, looked at again each time."""

from __future__ import annotations

from prescriptions import pades, signing
from prescriptions.errors import SignatureBroken
from prescriptions.models import Document, Prescription
from prescriptions.queries.certificates import chain_of


def document_of(prescription: Prescription) -> Document | None:
    """Return the prescription's PDF, or None. Raises SignatureBroken when a byte of it was changed where it is kept."""
    found = Document.objects.select_related("certificate__authority__issuer").filter(prescription=prescription).first()
    if found is None:
        return None
    try:
        pades.verify(bytes(found.pdf), chain=chain_of(found.certificate))
    except signing.BadSignature as error:
        raise SignatureBroken() from error
    return found
