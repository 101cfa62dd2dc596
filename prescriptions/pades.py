"""A signed paper: PAdES (ETSI EN 319 142-1, level B-B) by pyHanko, with the same key and certificate as the JWS. No database.

`verify` is stricter than a validator has to be: there is one signature, over the whole file, and its container is exactly
the one its parts give. So no byte can differ, also where PDF and CMS leave room for bytes that nobody reads.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from prescriptions import signing

FIELD = "NguoiKeDon"
DIGEST = "sha256"
CONTAINER_DIGITS = 8192  # hexadecimal: a chain of three certificates needs about 6,300
RANGE = re.compile(rb"/ByteRange\s*\[\s*0 (\d{1,10}) (\d{1,10}) (\d{1,10})\s*\]")


def sign(pdf: bytes, *, signer: signing.Signer, chain: Sequence[bytes], name: str, reason: str, place: str) -> bytes:
    """Return the PDF with the practitioner's signature over all of it. `chain`: their certificate, then the issuers' (DER)."""
    # Large libraries that only this needs: not in every process from its start.
    from asn1crypto import algos
    from asn1crypto import x509 as asn1
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    class Ours(signers.Signer):
        """Lets our Signer make the signature, wherever its key is."""

        async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
            assert digest_algorithm == DIGEST
            return bytes(72) if dry_run else signing.der_of_raw(signer.raw([data])[0])

    certificates = [asn1.Certificate.load(der) for der in chain]
    ours = Ours(
        signing_cert=certificates[0],
        cert_registry=SimpleCertificateStore.from_certs(certificates[1:]),
        signature_mechanism=algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
        embed_roots=True,
    )
    metadata = signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm=DIGEST,
        subfilter=fields.SigSeedSubFilter.PADES,
        name=name,
        reason=reason,
        location=place,
    )
    made = signers.PdfSigner(metadata, signer=ours).sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(pdf)), bytes_reserved=CONTAINER_DIGITS
    )
    return bytes(made.getvalue())


def verify(pdf: bytes, *, chain: Sequence[bytes]) -> None:
    """Make sure that the holder of this chain's first certificate signed exactly these bytes. Raises signing.BadSignature.

    Whether the certificate was good is asked apart (certificates.require_good).
    """
    covered, written = _parts(pdf)
    try:
        attributes, signature = _taken_apart(bytes.fromhex(written.decode("ascii")))
        fits = _says(attributes, sha256(covered).digest(), chain[0])
        rebuilt = _put_together(attributes, signature, chain)
    except (ValueError, TypeError, KeyError, IndexError, UnicodeError) as error:
        raise signing.BadSignature("unreadable") from error
    # One exact writing: the same digits, and nothing but zeros behind them.
    if not fits or rebuilt.hex().upper().ljust(CONTAINER_DIGITS, "0").encode() != written:
        raise signing.BadSignature("changed")
    key = x509.load_der_x509_certificate(chain[0]).public_key()
    if not isinstance(key, EllipticCurvePublicKey):
        raise signing.BadSignature("wrong_key")
    try:
        key.verify(signature, attributes, ECDSA(SHA256()))
    except InvalidSignature as error:
        raise signing.BadSignature("changed") from error


def _parts(pdf: bytes) -> tuple[bytes, bytes]:
    """Return what the signature covers and the digits between, which together are the whole file. Raises BadSignature."""
    found = RANGE.findall(pdf)
    if len(found) != 1:
        raise signing.BadSignature("unreadable")
    begins, ends, rest = (int(number) for number in found[0])
    gap = pdf[begins:ends]
    if ends + rest != len(pdf) or len(gap) != CONTAINER_DIGITS + 2 or gap[:1] != b"<" or gap[-1:] != b">":
        raise signing.BadSignature("changed")
    return pdf[:begins] + pdf[ends:], gap[1:-1]


def _taken_apart(container: bytes) -> tuple[bytes, bytes]:
    """Return the signed attributes (as they were signed) and the ECDSA signature of the only signer."""
    from asn1crypto import cms

    signed = cms.ContentInfo.load(container)["content"]
    (signer,) = signed["signer_infos"]
    return bytes(signer["signed_attrs"].untag().dump()), bytes(signer["signature"].native)


def _says(attributes: bytes, digest: bytes, certificate: bytes) -> bool:
    """Say whether the attributes name this digest and this certificate (RFC 5035), and nothing else."""
    from asn1crypto import cms, tsp

    assert tsp  # it is this module that teaches cms the attribute of RFC 5035

    found = {one["type"].native: one["values"] for one in cms.CMSAttributes.load(attributes)}
    if set(found) != {"content_type", "message_digest", "signing_certificate_v2"}:
        return False
    named = found["signing_certificate_v2"][0]["certs"][0]
    return (
        found["content_type"][0].native == "data"
        and found["message_digest"][0].native == digest
        and named["hash_algorithm"]["algorithm"].native == DIGEST
        and named["cert_hash"].native == sha256(certificate).digest()
    )


def _put_together(attributes: bytes, signature: bytes, chain: Sequence[bytes]) -> bytes:
    """Return the container as `sign` writes it for these parts."""
    from asn1crypto import cms
    from asn1crypto import x509 as asn1

    certificates = [asn1.Certificate.load(der) for der in chain]
    holder = certificates[0]
    digest: dict[str, Any] = {"algorithm": DIGEST}
    signer = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                {"issuer_and_serial_number": {"issuer": holder.issuer, "serial_number": holder.serial_number}}
            ),
            "digest_algorithm": digest,
            "signed_attrs": cms.CMSAttributes.load(attributes),
            "signature_algorithm": {"algorithm": "sha256_ecdsa"},
            "signature": signing.der_of_raw(signing.raw_of_der(signature)),
        }
    )
    signed = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [digest],
            "encap_content_info": {"content_type": "data"},
            "certificates": certificates,
            "signer_infos": [signer],
        }
    )
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump())


def container_of(pdf: bytes) -> tuple[bytes, bytes]:
    """Return what the signature covers and its CMS container (DER), for other programs. Raises signing.BadSignature."""
    from asn1crypto import cms

    covered, written = _parts(pdf)
    return covered, bytes(cms.ContentInfo.load(bytes.fromhex(written.decode("ascii"))).dump())
