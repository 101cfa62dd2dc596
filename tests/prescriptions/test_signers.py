"""Keys that are not here: a remote signing service, and a PKCS #11 token (SoftHSM, where it is installed)."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from core.actor import Actor
from core.errors import NotFound, WrongRole
from prescriptions import actions, queries, signing, slips
from prescriptions.errors import ChangedWhileSigning, SignerRefused, SignerUnavailable
from prescriptions.models import Certificate, Prescription, SigningKey
from prescriptions.signers import keeper_of
from tests.prescriptions.signing_service import SigningService
from tests.prescriptions.stage import PARACETAMOL, line, make_draft, make_signed, make_visit

OPERATOR = Actor.system("operator")
SOFTHSM = next((one for one in (Path("/usr/lib/softhsm/libsofthsm2.so"),) if one.exists()), None)


@pytest.fixture
def service(settings):
    running = SigningService()
    settings.SIGNING_KEEPERS = {
        "sign": {
            "kind": "remote",
            "url": running.url,
            "client_id": "lanh",
            "client_secret": "geheim",
            "pins": {"ben-1": "4321"},
            "timeout_s": 5,
        }
    }
    yield running
    running.stop()


def enrol(ben, now, keeper="sign", key="ben-1", by=OPERATOR):
    return actions.enrol_key(licence=ben.licence_number, keeper=keeper, keeper_key=key, by=by, now=now)


def draft_of(ana, ben):
    return make_draft(encounter=make_visit(person=ana, practitioner=ben), items=[line(PARACETAMOL)])


def sign(draft, by, now):
    asked = {"prescription_id": draft.id, "by": by, "now": now}
    return actions.sign(**asked, answered=actions.ask_signature(**asked))


@pytest.mark.django_db(transaction=True)
def test_the_service_signs_over_the_door_outside_any_transaction_and_only_digests_leave(
    service, ana, ben, ben_api, now
):
    first = make_signed(person=ana, practitioner=ben)  # with the built-in key
    key = enrol(ben, now)
    assert enrol(ben, now) == key
    draft = draft_of(ana, ben)
    open_then = []
    service.before_signing = lambda: open_then.append(_transactions_open())
    answer = ben_api.post(f"/api/v1/prescriptions/{draft.id}/sign", {"overrides": []}, HTTP_IDEMPOTENCY_KEY="k1")
    assert answer.status_code == 200, answer.content
    assert answer.json()["signature"] == answer.json()["signature"] | {
        "valid": True,
        "signer": "sign",
        "kid": key.kid,
        "legally_valid": False,
    }
    assert open_then == [0]
    signed = Prescription.objects.get(pk=draft.pk)
    public = SigningKey.objects.get(keeper="sign").public_jwk
    signing.verify(signed.signature, signed.content, public)
    signing.opened(signed.slip, public, slips.TYPE)
    assert Certificate.objects.get(key=key).facility == signed.facility
    assert queries.signature_of(first).valid  # by the key that was retired
    asked = json.dumps(service.seen)
    assert len([call for call, _ in service.seen if call == "signatures/signHash"]) == 1  # both at once
    assert signed.code not in asked and ana.full_name not in asked and "Paracetamol" not in asked
    # Asked again, nothing is signed again; the paper is signed there too.
    service.seen.clear()
    again = ben_api.post(f"/api/v1/prescriptions/{draft.id}/sign", {"overrides": []}, HTTP_IDEMPOTENCY_KEY="k1")
    assert again.json()["code"] == signed.code
    assert service.seen == []
    assert ben_api.get(f"/api/v1/prescriptions/{draft.id}/document.pdf").status_code == 200
    assert open_then == [0, 0]


def _transactions_open() -> int:
    """How many other connections hold a transaction open right now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND state LIKE 'idle in transaction%%'"
        )
        found = int(cursor.fetchone()[0])
    connection.close()
    return found


@pytest.mark.parametrize(
    ("call", "answer", "expected"),
    [
        ("oauth2/token", (401, b"{}"), SignerRefused),
        ("oauth2/token", (200, b"{}"), SignerRefused),
        ("credentials/authorize", (400, b'{"error":"invalid_pin"}'), SignerRefused),
        ("signatures/signHash", (503, b""), SignerUnavailable),
        ("signatures/signHash", (200, b"<html>"), SignerUnavailable),
        ("signatures/signHash", (200, b'{"signatures":["AA=="]}'), SignerRefused),
        ("signatures/signHash", (200, b'{"signatures":[]}'), SignerRefused),
    ],
)
def test_a_service_that_refuses_or_fails_leaves_a_draft(service, ana, ben, by_ben, now, call, answer, expected):
    enrol(ben, now)
    draft = draft_of(ana, ben)
    service.fail[call] = answer
    with pytest.raises(expected):
        sign(draft, by_ben, now)
    draft.refresh_from_db()
    assert (draft.status, draft.code, draft.signature, draft.slip) == ("draft", None, "", "")
    service.fail.clear()
    assert sign(draft, by_ben, now).status == "signed"


def test_a_service_that_signs_with_another_key_is_refused(service, ana, ben, by_ben, now):
    from cryptography.hazmat.primitives.asymmetric import ec

    enrol(ben, now)
    draft = draft_of(ana, ben)
    service.key = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(SignerRefused):
        sign(draft, by_ben, now)
    draft.refresh_from_db()
    assert draft.status == "draft"


def test_a_draft_that_changes_while_it_is_signed_is_refused(service, ana, ben, by_ben, now):
    enrol(ben, now)
    draft = draft_of(ana, ben)
    answered = actions.ask_signature(prescription_id=draft.id, by=by_ben, now=now)
    actions.save_draft(prescription_id=draft.id, items=None, advice="Khác", by=by_ben, now=now)
    with pytest.raises(ChangedWhileSigning):
        actions.sign(prescription_id=draft.id, answered=answered, by=by_ben, now=now)
    draft.refresh_from_db()
    assert draft.status == "draft"
    with pytest.raises(SignerUnavailable):  # nobody asked the service: never from inside a transaction
        actions.sign(prescription_id=draft.id, by=by_ben, now=now)


def test_who_may_enrol_whom_and_with_what(service, ben, by_ben, by_dan, now):
    for by in (by_ben, by_dan):
        with pytest.raises(WrongRole):
            enrol(ben, now, by=by)
    with pytest.raises(SignerRefused):
        enrol(ben, now, key="someone-else")
    with pytest.raises(SignerUnavailable):
        enrol(ben, now, keeper="unknown")
    with pytest.raises(NotFound):
        actions.enrol_key(licence="0/X", keeper="sign", keeper_key="ben-1", by=OPERATOR, now=now)
    with pytest.raises(CommandError):
        call_command("enrol_signing_key", ben.licence_number, "unknown", "x")
    assert not SigningKey.objects.exists()
    call_command("enrol_signing_key", ben.licence_number, "sign", "ben-1")
    assert SigningKey.objects.get().keeper == "sign"


def test_one_key_is_one_doctors(service, ben, hospital, now):
    from tests import make

    enrol(ben, now)
    other = make.make_practitioner(facility=hospital, full_name="Phan Văn Khải")
    with pytest.raises(SignerRefused):
        enrol(other, now)
    assert SigningKey.objects.get().practitioner == ben


@pytest.fixture
def token(tmp_path, monkeypatch, settings):
    """A soft token with one P-256 key, ben-1."""
    pkcs11 = pytest.importorskip("pkcs11", reason="python-pkcs11 is not installed")
    if SOFTHSM is None or shutil.which("softhsm2-util") is None:
        pytest.skip("no SoftHSM on this machine: apt-get install softhsm2")
    (tmp_path / "tokens").mkdir()
    (tmp_path / "softhsm2.conf").write_text(f"directories.tokendir = {tmp_path}/tokens\nobjectstore.backend = file\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(tmp_path / "softhsm2.conf"))
    words = "softhsm2-util --init-token --free --label lanh --pin 4321 --so-pin 8765"
    subprocess.run(words.split(), check=True, capture_output=True)
    module = pkcs11.lib(str(SOFTHSM))
    module.reinitialize()
    with module.get_token(token_label="lanh").open(rw=True, user_pin="4321") as session:
        curve = pkcs11.util.ec.encode_named_curve_parameters("1.2.840.10045.3.1.7")
        parameters = session.create_domain_parameters(
            pkcs11.KeyType.EC, {pkcs11.Attribute.EC_PARAMS: curve}, local=True
        )
        parameters.generate_keypair(store=True, label="ben-1")
    values = {"kind": "pkcs11", "module": str(SOFTHSM), "token": "lanh", "pin": "4321"}
    settings.SIGNING_KEEPERS = {
        "hsm": values,
        "wrong-pin": values | {"pin": "0000"},
        "no-token": values | {"token": "x"},
    }
    return module


def test_a_token_signs_prescription_slip_and_paper(token, ana, ben, by_ben, now):
    key = enrol(ben, now, "hsm")
    assert key.sealed_private_jwk is None
    signed = sign(draft_of(ana, ben), by_ben, now)
    verdict = queries.signature_of(signed)
    assert (verdict.valid, verdict.signer, verdict.kid) == (True, "hsm", key.kid)
    actions.make_document(prescription_id=signed.id, by=by_ben, now=now)
    assert queries.document_of(signed) is not None
    for keeper, name, expected in (
        ("hsm", "nobody", SignerRefused),
        ("wrong-pin", "ben-1", SignerRefused),
        ("no-token", "ben-1", SignerUnavailable),
    ):
        with pytest.raises(expected):
            keeper_of(keeper).public_key(name)
