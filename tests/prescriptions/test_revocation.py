"""Certificates in the house: given at the first signature, taken back, and the lists that say so."""

import threading
from datetime import timedelta

import pytest
from cryptography import x509
from django.db import IntegrityError, connection, transaction

from audit.models import Line
from core.actor import Actor
from core.errors import NotFound, WrongRole
from identity.models import Practitioner
from prescriptions import actions, certificates, queries, signing, tasks
from prescriptions.errors import RevocationTimeUnknown, SignatureBroken
from prescriptions.models import Authority, Certificate, Prescription, RevocationList, SigningKey
from tests import make
from tests.prescriptions.stage import AZITHROMYCIN, PARACETAMOL, codes_of, line, make_signed

OPERATOR = Actor.system("operator")


def revoke(certificate, now, reason="superseded", since=None, by=OPERATOR):
    return actions.revoke_certificate(certificate_id=certificate.id, reason=reason, since=since, by=by, now=now)


def fault(prescription):
    found = queries.signature_of(Prescription.objects.get(pk=prescription.pk))
    assert found.valid is (found.fault == "")
    return found.fault


def test_the_first_signature_makes_root_authority_and_certificate_and_the_next_ones_use_them(
    signed, ana, ben, hospital, now
):
    make_signed(person=ana, practitioner=ben, items=[line(PARACETAMOL)])
    certificate = Certificate.objects.get()
    assert (certificate.facility, certificate.licence) == (hospital, ben.licence_number)
    assert certificate.authority.facility == hospital
    assert certificate.authority.issuer.facility is None
    assert Authority.objects.count() == 2
    assert b"PRIVATE" not in bytes(certificate.authority.sealed_private_key)
    header = signing.header_of(signed.signature)
    assert header["x5t#S256"] == certificate.thumbprint == certificates.thumbprint(bytes(certificate.der))
    verdict = queries.signature_of(signed)
    assert (verdict.certificate, verdict.licence, verdict.legally_valid) == (
        certificate.thumbprint,
        ben.licence_number,
        False,
    )


def test_the_licence_as_it_stood_is_signed_and_stays_readable_after_it_changes(signed, ben, ana, now):
    ben.licence_number, ben.licence_valid_to = "012345/HNO-GPHN", now.date() + timedelta(days=30)
    ben.save()
    assert fault(signed) == ""
    later = make_signed(person=ana, practitioner=ben, items=[line(PARACETAMOL)])
    assert later.content["prescriber"]["licence_to"] == str(ben.licence_valid_to)
    newest = Certificate.objects.get(licence="012345/HNO-GPHN")
    assert Certificate.objects.count() == 2
    # Never past the last day of the licence: 17:00 UTC is midnight in Hà Nội.
    assert f"{newest.valid_to:%d.%m. %H:%M:%S}" == f"{ben.licence_valid_to:%d.%m.} 16:59:59"


def test_a_doctor_of_two_places_signs_with_the_certificate_of_each(signed, ana, ben, now):
    other = make.make_facility(name="Bệnh viện Cửu Long")
    doctor = make.make_practitioner(facility=other, full_name="Phan Văn Khải")
    elsewhere = make_signed(person=ana, practitioner=doctor, items=[line(PARACETAMOL)])
    assert fault(elsewhere) == ""
    theirs = Certificate.objects.get(facility=other)
    assert theirs.authority.facility == other
    # A row that was moved to another facility no longer fits the certificate.
    Prescription.objects.filter(pk=elsewhere.pk).update(facility=signed.facility)
    assert fault(elsewhere) == "wrong_facility"
    Prescription.objects.filter(pk=elsewhere.pk).update(facility=other)
    assert fault(elsewhere) == ""


def test_wrong_authority_expired_and_foreign_certificates_are_refused_at_the_counter(signed, by_cara, now):
    certificate = Certificate.objects.get()
    good = bytes(certificate.authority.der), bytes(certificate.authority.issuer.der), certificate.authority.issuer_id
    stranger = certificates.new_root(now)
    Authority.objects.filter(pk=good[2]).update(der=stranger.der)
    assert fault(signed) == "wrong_authority"
    with pytest.raises(SignatureBroken):
        actions.lookup(**codes_of(signed), by=by_cara, now=now)
    Authority.objects.filter(pk=good[2]).update(der=good[1])
    assert fault(signed) == ""
    for late, expected in ((timedelta(days=366), "expired"), (-timedelta(days=1), "not_yet")):
        Prescription.objects.filter(pk=signed.pk).update(signed_at=now + late)
        assert fault(signed) == expected
    Prescription.objects.filter(pk=signed.pk).update(signed_at=now)
    kid, public, _ = signing.new_key()
    SigningKey.objects.update(public_jwk=public, kid=kid)
    assert fault(signed) == "unknown_certificate"


def test_what_was_signed_before_there_were_certificates_stays_readable_but_no_new_one_goes_without(
    signed, ana, ben, now
):
    import json

    from prescriptions import sealing
    from prescriptions.actions.keys import PURPOSE

    key = SigningKey.objects.get()
    private = json.loads(sealing.unseal(key.sealed_private_jwk, purpose=PURPOSE, owner=key.kid))
    bare = signing.BuiltInSigner(private).sign(signed.content)
    Prescription.objects.filter(pk=signed.pk).update(signature=bare)
    assert fault(signed) == "no_certificate"
    Certificate.objects.update(created_at=now + timedelta(days=1))
    assert fault(signed) == ""
    revoke(Certificate.objects.get(), now, "key_compromise", since=now - timedelta(days=1))
    assert fault(signed) == "revoked"


def test_a_certificate_taken_back_refuses_what_is_signed_from_then_on(signed, ana, ben, by_cara, now):
    certificate = Certificate.objects.get()
    later = now + timedelta(minutes=5)
    revoke(certificate, later)
    assert fault(signed) == ""  # signed before
    again = make_signed(person=ana, practitioner=ben, items=[line(PARACETAMOL)], now=later)
    assert fault(again) == ""
    assert Certificate.objects.count() == 2  # the key is good: it got another certificate
    assert SigningKey.objects.count() == 1
    # Signed with the old one all the same, as somebody with the key could:
    Certificate.objects.filter(pk=certificate.pk).update(revoked_since=now)
    assert fault(signed) == "revoked"
    with pytest.raises(SignatureBroken):
        actions.lookup(**codes_of(signed), by=by_cara, now=now)
    entry = Line.objects.get(action="prescription.revoke_certificate")
    assert entry.detail["reason"] == "superseded"


def test_a_stolen_key_is_retired_with_all_its_certificates(signed, ana, ben, now):
    make_signed(person=ana, practitioner=ben, items=[line(PARACETAMOL)])
    revoke(Certificate.objects.get(), now + timedelta(hours=1), "key_compromise", since=now)
    assert fault(signed) == "revoked"
    fresh = make_signed(person=ana, practitioner=ben, items=[line(AZITHROMYCIN)], now=now + timedelta(hours=2))
    assert fault(fresh) == ""
    assert SigningKey.objects.filter(retired_at__isnull=True).count() == 1
    assert signing.key_id(fresh.signature) != signing.key_id(signed.signature)


def test_a_history_loaded_backwards_needs_no_authority_of_its_own(signed, ana, ben, now):
    make_signed(person=ana, practitioner=ben, items=[line(PARACETAMOL)], now=now - timedelta(days=700))
    assert Authority.objects.count() == 2
    assert Certificate.objects.count() == 2


def test_only_operators_take_certificates_back_not_before_their_time_and_twice_is_once(
    signed, by_ana, by_ben, by_cara, by_dan, by_eve, now
):
    certificate = Certificate.objects.get()
    for by in (by_ana, by_ben, by_cara, by_dan, by_eve):
        with pytest.raises(WrongRole):
            revoke(certificate, now, by=by)
    with pytest.raises(RevocationTimeUnknown):
        revoke(certificate, now, since=now + timedelta(seconds=1))
    with pytest.raises(NotFound):
        actions.revoke_certificate(certificate_id=ana_id(by_ana), reason="superseded", by=OPERATOR, now=now)
    assert fault(signed) == ""
    assert not RevocationList.objects.exists()
    revoke(certificate, now)
    revoke(certificate, now + timedelta(hours=1), "cessation")
    certificate.refresh_from_db()
    assert (certificate.revocation_reason, certificate.revoked_at) == ("superseded", now)
    assert RevocationList.objects.count() == 1


def ana_id(by):
    return by.user_id


def read(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    return answer


def test_anybody_reads_the_signed_list_and_its_number_only_grows(signed, nobody_api, now, standing_clock):
    keys = {one["kid"]: one for one in read(nobody_api, "/.well-known/jwks.json").json()["keys"]}
    roots = {kid: one for kid, one in keys.items() if "x5c" in one}

    def listed():
        answer = read(nobody_api, "/.well-known/prescription-revocations.jws")
        assert answer["Content-Type"] == "application/jose"
        return signing.read_list(answer.content.decode(), roots, signing.REVOCATION_TYPE)

    first = listed()
    assert (first["number"], first["revoked"]) == (1, {})
    assert first["next_update"] - first["iat"] == 24 * 3600
    assert first["iat"] == int(now.timestamp())
    assert listed() == first  # within the hour nothing new
    certificate = Certificate.objects.get()
    revoke(certificate, now, "cessation")
    second = listed()
    assert second["number"] == 2
    assert second["revoked"] == {certificate.thumbprint: {"since": int(now.timestamp()), "reason": "cessation"}}
    tasks.renew_revocation_list(int((now + timedelta(minutes=30)).timestamp()))
    assert listed()["number"] == 3
    standing_clock.move_to(now + timedelta(hours=2))
    assert listed()["number"] == 4
    tasks.renew_revocation_list(int((now + timedelta(days=40)).timestamp()))
    assert list(RevocationList.objects.values_list("number", flat=True)) == [5]  # the old ones are thrown away
    with pytest.raises(IntegrityError), transaction.atomic():
        RevocationList.objects.create(number=5, issued_at=now, next_update_at=now + timedelta(hours=1), token="x")


def test_a_doctors_key_signs_no_list_and_a_changed_list_is_refused(signed, now):
    listed = actions.fresh_revocation_list(now=now)
    roots = {one["kid"]: one for one in queries.public_keys() if "x5c" in one}
    signing.read_list(listed.token, roots, signing.REVOCATION_TYPE)
    with pytest.raises(signing.BadSignature):
        signing.read_list(listed.token, roots, signing.TRUST_TYPE)  # one kind of list never passes as the other
    for token in (signed.signature, listed.token[:-2], listed.token.replace(".", ".e", 1)):
        with pytest.raises(signing.BadSignature):
            signing.read_list(token, roots, signing.REVOCATION_TYPE)


def test_anybody_reads_who_may_sign_certificates_and_crls_but_no_secret(signed, ana, ben, hospital, nobody_api, now):
    certificate = Certificate.objects.get()
    roots = {one["kid"]: one for one in queries.public_keys() if "x5c" in one}
    token = read(nobody_api, "/.well-known/prescription-certificates.jws").content.decode()
    (entry,) = signing.read_list(token, roots, signing.TRUST_TYPE)["certificates"]
    assert entry["x5t#S256"] == certificate.thumbprint
    assert (entry["licence"], entry["facility"], entry["prescriber"]) == (
        ben.licence_number,
        hospital.code,
        ben.display_name,
    )
    assert sorted(entry["jwk"]) == ["crv", "kty", "x", "y"]
    pem = read(nobody_api, f"/.well-known/certificates/{certificate.thumbprint}.pem").content
    chain = x509.load_pem_x509_certificates(pem)
    assert len(chain) == 3
    revoke(certificate, now, "key_compromise")
    (point,) = chain[0].extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    address = point.full_name[0].value
    assert address.endswith(f"/.well-known/crl/{certificate.authority_id}.crl")
    found = x509.load_der_x509_crl(read(nobody_api, address[address.index("/.well") :]).content)
    assert found.is_signature_valid(chain[1].public_key())
    assert found.get_revoked_certificate_by_serial_number(chain[0].serial_number) is not None
    assert found.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 1
    assert (
        read(nobody_api, "/.well-known/prescription-certificates.jws").content.decode() == token
    )  # kept: its ETag holds
    make_signed(person=ana, practitioner=make.make_practitioner(facility=hospital, full_name="Phan Văn Khải"))
    assert read(nobody_api, "/.well-known/prescription-certificates.jws").content.decode() != token
    everything = token + pem.decode() + str(queries.public_keys())
    assert ana.full_name not in everything
    assert '"d"' not in everything and "PRIVATE" not in everything
    assert nobody_api.get("/.well-known/certificates/x.pem").status_code == 404
    assert nobody_api.get(f"/.well-known/crl/{certificate.id}.crl").status_code == 404


def test_an_operator_takes_one_back_in_the_admin_once_and_for_a_reason(signed, now):
    from identity.models import User

    operator = User.objects.create_user(
        email="van.hanh@example.vn", password="x", name="Vận hành", is_staff=True, is_superuser=True
    )
    browser, certificate = make.page_client(operator), Certificate.objects.get()
    at = f"/admin/prescriptions/certificate/{certificate.id}/change/"
    assert certificate.licence in browser.get("/admin/prescriptions/certificate/").content.decode()
    assert browser.post(at, {"revocation_reason": ""}).status_code == 200  # asks for a reason
    certificate.refresh_from_db()
    assert certificate.revoked_at is None
    assert browser.post(at, {"revocation_reason": "key_compromise"}).status_code == 302
    certificate.refresh_from_db()
    assert (certificate.revocation_reason, certificate.revoked_at) == ("key_compromise", now)
    assert fault(signed) == "revoked"  # from this very instant on
    assert Line.objects.get(action="prescription.revoke_certificate").role == "operator"
    assert browser.post(at, {"revocation_reason": "cessation"}).status_code == 403
    assert RevocationList.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_doctors_who_sign_first_at_once_get_one_authority(hospital, now):
    doctors = [make.make_practitioner(facility=hospital, full_name=name) for name in ("Phan Văn Khải", "Lý Thị Mai")]
    gate, failed = threading.Barrier(2), []

    def sign(practitioner: Practitioner) -> None:
        from prescriptions.actions.keys import signer_of

        try:
            gate.wait(timeout=20)
            with transaction.atomic():
                signer_of(practitioner, hospital, now)
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=sign, args=(one,)) for one in doctors]
    for one in threads:
        one.start()
    for one in threads:
        one.join(timeout=30)
    assert failed == []
    assert Authority.objects.count() == 2
    assert Certificate.objects.count() == 2
