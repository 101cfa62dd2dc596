"""The paper of a prescription: set and signed once, soon after the prescription itself, and kept."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse

import audit
from core.actor import Actor
from prescriptions import access, pades, papers, queries, slips
from prescriptions.actions.keys import signer_of
from prescriptions.errors import NoPaper, SignatureBroken
from prescriptions.models import Certificate, Document, Prescription


def make_document(*, prescription_id: UUID, by: Actor, now: datetime) -> Document:
    """Return the prescription's signed PDF; it is made now where there is none.

    Not in one transaction: setting takes a while, and the signer may be elsewhere. Whoever is second finds the first one's.
    Raises NotFound, NoPaper (a draft, or its doctor may sign no more), SignatureBroken.
    """
    prescription = access.get_prescription(by, prescription_id, now)
    if kept := queries.document_of(prescription):
        return kept
    _require_sound(prescription, now)
    with transaction.atomic():
        signer = signer_of(prescription.practitioner, prescription.facility, now)
    certificate = Certificate.objects.select_related("authority__issuer").get(thumbprint=signer.certificate)
    content = prescription.content
    assert isinstance(content, dict)
    plain = papers.typeset(
        papers.said(
            content,
            zone=prescription.facility.zone,
            jws=prescription.signature,
            slip=slips.text_of(prescription.slip, settings.PUBLIC_URL) if prescription.slip else "",
            verify=f"{settings.PUBLIC_URL}{reverse('prescriptions_verify')}",
            certificate=certificate.serial.upper(),
            legally_valid=signer.legally_valid,
        )
    )
    signed = pades.sign(
        plain,
        signer=signer,
        chain=queries.chain_of(certificate),
        name=content["prescriber"]["name"],
        reason=f"Kê đơn thuốc {content['code']}",
        place=content["facility"]["name"],
    )
    return _keep(prescription, certificate, signed, by, now)


def _require_sound(prescription: Prescription, now: datetime) -> None:
    if not prescription.code or not prescription.signature:
        raise NoPaper()
    if not queries.signature_of(prescription).valid:
        raise SignatureBroken()
    today = now.astimezone(ZoneInfo(prescription.facility.zone)).date()
    if not prescription.practitioner.licence_is_valid(today):
        raise NoPaper()


def _keep(prescription: Prescription, certificate: Certificate, pdf: bytes, by: Actor, now: datetime) -> Document:
    try:
        with transaction.atomic():
            made = Document.objects.create(prescription=prescription, certificate=certificate, pdf=pdf, made_at=now)
            audit.record(by, "prescription.document", prescription, person_id=prescription.person_id)
            return made
    except IntegrityError:  # the job, or another tab, was faster
        return Document.objects.get(prescription=prescription)
