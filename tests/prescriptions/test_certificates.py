"""Pure: the built-in authorities, what their certificates say, and every way in which a certificate does not fit.

Other eyes: `openssl` and pyHanko's certificate validator judge the same chains.
"""

import asyncio
import shutil
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from prescriptions import certificates, signing
from prescriptions.certificates import BadCertificate, Holder, require_good

NOW = datetime(2030, 3, 25, 7, 0, tzinfo=UTC)
YEAR = timedelta(days=365)
LICENCE = "009999/HNO-GPHN"
URL = "https://example.vn/.well-known/crl/x.crl"
BEN = Holder("BS. Trần Văn Bình", LICENCE, "79999", "Bệnh viện Sông Hồng")


@pytest.fixture(scope="module")
def root():
    return certificates.new_root(NOW - YEAR)


def authority_of(root, code="79999"):
    return certificates.new_authority(
        root, facility_code=code, facility_name="Bệnh viện " + "Sông Hồng " * 12, crl_url=URL, now=NOW - YEAR
    )


@pytest.fixture(scope="module")
def authority(root):
    return authority_of(root)


@pytest.fixture(scope="module")
def key():
    return signing.new_key()


@pytest.fixture(scope="module")
def issued(authority, key):
    return certificates.certify(authority, key[1], BEN, crl_url=URL, begins=NOW, ends=NOW + YEAR)


@pytest.fixture
def judge(root, authority, key, issued):
    """Judge the good chain, with whatever the test changes about it."""

    def judged(**changed):
        values = {
            "ders": [issued.der, authority.der, root.der],
            "roots": frozenset({root.der}),
            "jwk": key[1],
            "facility_code": "79999",
            "licence": LICENCE,
            "at": NOW + timedelta(hours=1),
            **changed,
        }
        require_good(values.pop("ders"), **values)

    return judged


def refusal(judge, **changed):
    with pytest.raises(BadCertificate) as refused:
        judge(**changed)
    return refused.value.reason


def test_it_says_who_signs_where_under_which_licence_for_what_and_that_the_law_does_not_take_it(issued):
    found = issued.certificate

    def said(oid):
        return found.subject.get_attributes_for_oid(oid)[0].value

    assert said(NameOID.COMMON_NAME) == "BS. Trần Văn Bình"
    assert said(NameOID.SERIAL_NUMBER) == LICENCE
    assert said(NameOID.ORGANIZATION_IDENTIFIER) == "79999"
    assert "NOT LEGALLY VALID" in said(NameOID.ORGANIZATIONAL_UNIT_NAME)
    usage = found.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value.digital_signature and usage.value.content_commitment and not usage.value.key_cert_sign
    assert not found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    purposes = list(found.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    assert [one.dotted_string for one in purposes] == ["1.3.6.1.5.5.7.3.36"]
    assert ExtendedKeyUsageOID.SERVER_AUTH not in purposes
    assert (found.not_valid_before_utc, found.not_valid_after_utc) == (NOW, NOW + YEAR)


def test_the_good_one_is_good_on_its_first_and_last_instant(judge):
    judge()
    judge(at=NOW)
    judge(at=NOW + YEAR)


def test_outside_its_days_it_is_refused(judge):
    assert refusal(judge, at=NOW - timedelta(seconds=1)) == "not_yet"
    assert refusal(judge, at=NOW + YEAR + timedelta(seconds=1)) == "expired"


def test_it_never_outlives_its_authority(authority, key):
    late = certificates.certify(authority, key[1], BEN, crl_url=URL, begins=NOW, ends=NOW + 100 * YEAR)
    assert late.certificate.not_valid_after_utc == authority.certificate.not_valid_after_utc


def test_another_key_facility_or_licence_is_refused(judge):
    assert refusal(judge, jwk=signing.new_key()[1]) == "wrong_key"
    assert refusal(judge, facility_code="79998") == "wrong_facility"
    assert refusal(judge, licence="009998/HNO-GPHN") == "wrong_licence"


def test_another_root_is_refused(judge, root):
    other = certificates.new_root(NOW - YEAR)
    assert refusal(judge, roots=frozenset({other.der})) == "wrong_authority"
    assert refusal(judge, roots=frozenset()) == "wrong_authority"


def test_an_authority_of_another_house_with_the_same_names_is_refused(judge, root, key):
    theirs = certificates.new_root(NOW - YEAR)
    fake = authority_of(theirs)
    forged = certificates.certify(fake, key[1], BEN, crl_url=URL, begins=NOW, ends=NOW + YEAR)
    assert refusal(judge, ders=[forged.der, fake.der, theirs.der]) == "wrong_authority"
    assert refusal(judge, ders=[forged.der, fake.der, root.der]) == "wrong_authority"


def test_the_authority_of_another_facility_cannot_certify_for_this_one(judge, root, key):
    other = authority_of(root, "79998")
    for code in ("79999", "79998"):
        holder = Holder(BEN.name, LICENCE, code, BEN.facility_name)
        forged = certificates.certify(other, key[1], holder, crl_url=URL, begins=NOW, ends=NOW + YEAR)
        assert refusal(judge, ders=[forged.der, other.der, root.der]) == "wrong_facility"


def test_a_doctors_certificate_certifies_nobody(judge, root, authority, issued, key):
    """A key that may sign prescriptions must not be able to make certificates with it."""
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from joserfc.jwk import ECKey

    private = ECKey.import_key(key[2]).private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    as_if = certificates.Issued(issued.der, private)
    _kid, public, _ = signing.new_key()
    forged = certificates.certify(as_if, public, BEN, crl_url=URL, begins=NOW, ends=NOW + YEAR)
    assert refusal(judge, ders=[forged.der, issued.der, authority.der, root.der], jwk=public) == "wrong_authority"
    assert refusal(judge, ders=[issued.der, root.der]) == "wrong_authority"
    assert refusal(judge, ders=[authority.der, root.der]) == "wrong_use"
    assert refusal(judge, ders=[root.der]) in {"wrong_use", "wrong_authority"}


def test_a_changed_byte_anywhere_in_a_certificate_is_refused(judge, issued, authority, root):
    import random

    dice = random.Random(7)
    for _ in range(150):
        chain = [issued.der, authority.der, root.der]
        which = dice.randrange(3)
        changed = bytearray(chain[which])
        changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
        chain[which] = bytes(changed)
        with pytest.raises(BadCertificate):
            judge(ders=chain)


@pytest.fixture
def folder(tmp_path, root, authority, issued):
    for name, der in (("root", root.der), ("authority", authority.der), ("doctor", issued.der)):
        (tmp_path / f"{name}.pem").write_text(certificates.pem([der]))
    return tmp_path


def openssl(folder, *words):
    if shutil.which("openssl") is None:
        pytest.skip("no openssl on this machine")
    return subprocess.run(["openssl", *words], cwd=folder, capture_output=True, text=True, check=False)


AT = str(int((NOW + timedelta(hours=1)).timestamp()))


def test_openssl_takes_the_chain_and_sees_a_revocation(folder, root, authority, issued):
    verify = ["verify", "-attime", AT, "-x509_strict", "-CAfile", "root.pem", "-untrusted", "authority.pem"]
    good = openssl(folder, *verify, "doctor.pem")
    assert good.returncode == 0, good.stderr
    assert openssl(folder, "verify", "-attime", AT, "-CAfile", "doctor.pem", "doctor.pem").returncode != 0

    def lists(*revoked):
        day = timedelta(days=1)
        own = certificates.crl(authority, revoked, number=7, now=NOW, ends=NOW + day)
        above = certificates.crl(root, [], number=7, now=NOW, ends=NOW + day)
        (folder / "lists.pem").write_bytes(
            b"".join(x509.load_der_x509_crl(one).public_bytes(certificates.Encoding.PEM) for one in (own, above))
        )
        return openssl(folder, *verify, "-crl_check_all", "-CRLfile", "lists.pem", "doctor.pem")

    assert lists().returncode == 0
    taken = lists((issued.certificate.serial_number, NOW, x509.ReasonFlags.key_compromise))
    assert taken.returncode != 0
    assert "revoked" in taken.stderr


def test_pyhankos_validator_takes_the_chain(root, authority, issued):
    from asn1crypto import x509 as asn1
    from pyhanko_certvalidator import CertificateValidator, ValidationContext
    from pyhanko_certvalidator.errors import PathBuildingError, PathValidationError

    def validate(trusted):
        context = ValidationContext(
            trust_roots=[asn1.Certificate.load(trusted.der)],
            other_certs=[asn1.Certificate.load(authority.der)],
            moment=NOW + timedelta(hours=1),
            allow_fetching=False,
        )
        holder = CertificateValidator(asn1.Certificate.load(issued.der), validation_context=context)
        return asyncio.run(holder.async_validate_usage({"digital_signature", "non_repudiation"}))

    assert len(validate(root)) == 3
    with pytest.raises((PathBuildingError, PathValidationError)):
        validate(certificates.new_root(NOW - YEAR))
