"""The signed PDF and the signed QR code at their doors: who gets them, that they are made once, and that a changed byte is seen."""

import io
from datetime import timedelta
from hashlib import sha256

import pikepdf
import pytest

from audit.queries import lines_about
from core.actor import Actor
from core.errors import NotFound
from prescriptions import actions, pades, queries, signing, slips
from prescriptions.errors import NoPaper, SignatureBroken
from prescriptions.models import Certificate, Document, Item, Prescription
from tests import make
from tests.jobs import run_jobs
from tests.prescriptions.stage import PARACETAMOL, line, make_draft, make_signed, make_visit


def at(prescription, what="document.pdf"):
    return f"/api/v1/prescriptions/{prescription.id}/{what}"


def test_the_paper_is_made_once_after_signing_and_everybody_concerned_gets_the_same_bytes(
    signed, ana, ana_api, ben_api, by_ana, now, hospital
):
    run_jobs()
    kept = Document.objects.get()
    assert kept.certificate == Certificate.objects.get()
    for client in (ana_api, ben_api):
        answer = client.get(at(signed))
        assert answer.status_code == 200
        assert answer["Content-Type"] == "application/pdf"
        assert answer["Cache-Control"] == "no-store"
        assert signed.code in answer["Content-Disposition"]
        assert answer.content == bytes(kept.pdf)
    assert actions.make_document(prescription_id=signed.id, by=by_ana, now=now).pk == kept.pk
    assert Document.objects.count() == 1
    pades.verify(bytes(kept.pdf), chain=queries.chain_of(kept.certificate))
    with pikepdf.open(io.BytesIO(bytes(kept.pdf))) as pdf:
        attached = pdf.attachments["prescription.jws"].get_file().read_bytes().decode()
        assert attached == signed.signature
        assert str(pdf.Root.AcroForm.Fields[0].V.Name) == signed.content["prescriber"]["name"]
    assert lines_about(ana.id).filter(action="prescription.document").count() == 1


def test_without_the_job_the_door_makes_it(signed, ana_api):
    assert not Document.objects.exists()
    assert ana_api.get(at(signed)).status_code == 200
    assert Document.objects.count() == 1


def test_others_get_neither_paper_nor_code_and_nothing_is_made(
    signed, eve_api, cara_api, dan_api, nobody_api, hospital
):
    stranger = make.api_client(make.make_practitioner(facility=hospital, full_name="Phan Văn Khải").user)
    for what in ("document.pdf", "slip.svg"):
        assert nobody_api.get(at(signed, what)).status_code == 401
        assert eve_api.get(at(signed, what)).status_code == 404
        assert stranger.get(at(signed, what)).status_code == 404
        assert cara_api.get(at(signed, what)).status_code == 403
        assert dan_api.get(at(signed, what)).status_code == 403
    assert not Document.objects.exists()


def test_a_draft_has_neither_and_a_doctor_whose_licence_ended_signs_no_paper(ana, ben, by_ben, signed, by_ana, now):
    draft = make_draft(encounter=make_visit(person=ana, practitioner=ben), items=[line(PARACETAMOL)])
    with pytest.raises(NoPaper):
        actions.make_document(prescription_id=draft.id, by=by_ben, now=now)
    with pytest.raises(NotFound):
        actions.make_document(prescription_id=draft.id, by=by_ana, now=now)
    ben.licence_valid_to = now.date() - timedelta(days=1)
    ben.save()
    with pytest.raises(NoPaper):
        actions.make_document(prescription_id=signed.id, by=by_ana, now=now)
    assert not Document.objects.exists()


def test_a_changed_row_makes_no_paper_and_a_changed_paper_is_not_handed_out(signed, by_ana, ana_api, now):
    Item.objects.update(total=28)
    with pytest.raises(SignatureBroken):
        actions.make_document(prescription_id=signed.id, by=by_ana, now=now)
    assert not Document.objects.exists()
    Item.objects.update(total=14)
    made = actions.make_document(prescription_id=signed.id, by=by_ana, now=now)
    changed = bytearray(made.pdf)
    changed[2000] ^= 1
    Document.objects.update(pdf=bytes(changed))
    assert ana_api.get(at(signed)).json()["code"] == "signature_broken"


def test_the_slip_is_signed_with_the_same_certificate_and_judged_by_the_public_lists(signed, ana_api, ana, ben, now):
    answer = ana_api.get(at(signed, "slip.svg"))
    assert answer.status_code == 200
    assert answer.content.startswith(b"<svg")
    roots = {one["kid"]: one for one in queries.public_keys() if "x5c" in one}
    lists = {
        "certificates": signing.read_list(actions.trust_list(now=now), roots, signing.TRUST_TYPE),
        "revocations": signing.read_list(actions.fresh_revocation_list(now=now).token, roots, signing.REVOCATION_TYPE),
    }
    found = slips.judge(signed.slip, **lists, now=now)
    assert found.slip["c"] == signed.code
    assert found.slip["h"] == signing.encoded(sha256(signing.canonical(signed.content)).digest())
    assert found.holder["licence"] == ben.licence_number
    with pytest.raises(slips.SlipRefused):
        slips.judge(signed.slip, **lists, now=signed.expires_at)
    certificate = Certificate.objects.get()
    actions.revoke_certificate(
        certificate_id=certificate.id, reason="key_compromise", by=Actor.system("operator"), now=now
    )
    lists["revocations"] = signing.read_list(queries.newest_list().token, roots, signing.REVOCATION_TYPE)
    with pytest.raises(slips.SlipRefused, match="revoked"):
        slips.judge(signed.slip, **lists, now=now)


def test_an_old_prescription_without_a_slip_has_a_paper_without_a_code(signed, ana_api):
    Prescription.objects.update(slip="")
    assert ana_api.get(at(signed, "slip.svg")).status_code == 404
    assert ana_api.get(at(signed)).status_code == 200


def test_the_citizens_page_offers_both(signed, ana):
    page = make.page_client(ana.user).get(f"/prescriptions/{signed.id}/").content.decode()
    assert at(signed) in page
    assert at(signed, "slip.svg") in page


def test_two_papers_of_one_doctor_are_two(ana, ben, signed, by_ana, now):
    other = make_signed(person=ana, practitioner=ben, items=[line(PARACETAMOL)])
    for one in (signed, other):
        actions.make_document(prescription_id=one.id, by=by_ana, now=now)
    assert len({bytes(one.pdf) for one in Document.objects.all()}) == 2
