"""Signing: who, when, over what; and that a changed byte is seen."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection

from audit.queries import lines_about
from core.errors import NotFound
from prescriptions import actions, codes, queries, signing
from prescriptions.errors import (
    AlreadySigned,
    DiagnosisMissing,
    LicenceNotValid,
    NothingPrescribed,
    NotTheVisit,
    OverrideNeeded,
    SignatureBroken,
    UnknownOverride,
)
from prescriptions.models import Item, Override, Prescription, SigningKey
from records import actions as records_actions
from tests import make
from tests.jobs import waiting_jobs
from tests.prescriptions.stage import AMOXICILLIN, codes_of, line, make_draft, make_signed, make_visit


def sign(prescription, by, now, overrides=()):
    return actions.sign(prescription_id=prescription.id, overrides=overrides, by=by, now=now)


def test_a_signed_prescription_has_its_codes_its_times_and_a_valid_signature(signed, ana, ben, hospital, now):
    signed.refresh_from_db()
    assert signed.status == "signed"
    assert codes.normalised(signed.code) == signed.code
    assert signed.code.startswith(hospital.code)
    assert signed.code.endswith("-c")
    assert codes.clean_access_code(queries.shown_access_code(signed))
    assert f"{signed.expires_at.astimezone(ZoneInfo(hospital.zone)):%d %H:%M}" == "31 00:00"
    verdict = queries.signature_of(signed)
    assert verdict.valid
    assert not verdict.legally_valid
    assert signed.content["prescriber"]["licence"] == ben.licence_number
    assert signed.content["patient"]["name"] == ana.full_name
    assert signed.content["diagnoses"][0]["code"] == "J02.9"
    assert signed.content["items"][0]["printed_total"] == "14"


def test_signing_is_told_and_written_down(signed, ana):
    assert waiting_jobs()
    line_ = lines_about(ana.id).filter(action="prescription.sign").get()
    assert line_.role == "practitioner"


def test_signing_twice_is_signing_once(signed, by_ben, now):
    again = sign(signed, by_ben, now + timedelta(minutes=1))
    assert (again.code, again.signature) == (signed.code, signed.signature)
    assert SigningKey.objects.count() == 1


def test_two_doctors_have_two_keys_and_one_doctor_has_one(ana, ben, signed, hospital):
    make_signed(person=ana, practitioner=ben, items=[line("paracetamol-500-mg-tablet")])
    other = make.make_practitioner(facility=hospital, full_name="Phan Văn Khải")
    make_signed(person=ana, practitioner=other, items=[line("cetirizine-10-mg-tablet")])
    assert SigningKey.objects.count() == 2


def test_neither_codes_nor_keys_are_readable_in_the_database(signed):
    access_code = queries.shown_access_code(signed)
    key = SigningKey.objects.get()
    assert access_code.encode() not in bytes(signed.sealed_access_code)
    assert b'"d"' not in bytes(key.sealed_private_jwk)
    assert "d" not in key.public_jwk


@pytest.mark.parametrize(("begins", "ends"), [(1, None), (-2000, -1)])
def test_a_licence_that_does_not_cover_the_day_cannot_sign(ana, ben, by_ben, now, begins, ends):
    begun = make_draft(encounter=make_visit(person=ana, practitioner=ben))
    ben.licence_valid_from = now.date() + timedelta(days=begins)
    ben.licence_valid_to = now.date() + timedelta(days=ends) if ends else None
    ben.save()
    with pytest.raises(LicenceNotValid):
        sign(begun, by_ben, now)
    begun.refresh_from_db()
    assert (begun.status, begun.code, begun.signature) == ("draft", None, "")
    assert not SigningKey.objects.exists()


def test_the_licence_is_looked_at_on_the_clinics_calendar(ana, ben, by_ben, now):
    late = make.at(now, "23:30")  # still the 25th in Hà Nội, and it is the last day
    ben.licence_valid_to = late.astimezone(ZoneInfo("Asia/Ho_Chi_Minh")).date()
    ben.save()
    assert make_signed(person=ana, practitioner=ben, now=late).status == "signed"


def test_nothing_no_diagnosis_or_an_old_visit_cannot_be_signed(ana, ben, by_ben, now):
    empty = make_draft(encounter=make_visit(person=ana, practitioner=ben), items=[])
    with pytest.raises(NothingPrescribed):
        sign(empty, by_ben, now)
    bare = make_draft(encounter=make_visit(person=ana, practitioner=ben, diagnosis=""))
    with pytest.raises(DiagnosisMissing):
        sign(bare, by_ben, now)
    visit = make_visit(person=ana, practitioner=ben)
    late = make_draft(encounter=visit)
    records_actions.finish_encounter(encounter_id=visit.id, by=by_ben, now=now)
    with pytest.raises(NotTheVisit):
        sign(late, by_ben, now + timedelta(hours=25))
    assert set(Prescription.objects.values_list("status", flat=True)) == {"draft"}


def test_nobody_else_signs(ana, ben, by_ana, by_eve, by_cara, by_dan, hospital, now):
    begun = make_draft(encounter=make_visit(person=ana, practitioner=ben))
    other = make.actor_for(make.make_practitioner(facility=hospital, full_name="Phan Văn Khải"))
    for by in (by_ana, by_eve, by_cara, by_dan, other):
        with pytest.raises(NotFound):
            sign(begun, by, now)


def test_a_cancelled_draft_is_not_signed(ana, ben, by_ben, now):
    begun = make_draft(encounter=make_visit(person=ana, practitioner=ben))
    actions.cancel(prescription_id=begun.id, reason="mistake", by=by_ben, now=now)
    with pytest.raises(AlreadySigned):
        sign(begun, by_ben, now)


@pytest.fixture
def risky(ana, ben, by_ana, now):
    records_actions.add_allergy(person_id=ana.id, substance="Penicilin", by=by_ana, now=now)
    return make_draft(encounter=make_visit(person=ana, practitioner=ben))


def test_a_grave_finding_needs_a_reason(risky, by_ben, now):
    with pytest.raises(OverrideNeeded) as refusal:
        sign(risky, by_ben, now)
    assert refusal.value.fields == {"overrides": ["allergy_class:penicilin:amoxicillin"]}
    risky.refresh_from_db()
    assert risky.status == "draft"
    assert queries.overrides_counted() == 0


def test_an_override_with_a_coded_reason_is_kept_signed_and_counted(risky, ben, by_ben, now):
    given = [{"finding": "allergy_class:penicilin:amoxicillin", "reason": "tolerated_before", "note": "2030"}]
    signed = sign(risky, by_ben, now, given)
    assert Override.objects.get().reason == "tolerated_before"
    assert signed.content["overrides"] == [{"finding": given[0]["finding"], "reason": "tolerated_before"}]
    assert queries.overrides_counted() == queries.overrides_counted(ben.id) == 1


def test_a_reason_for_something_else_does_not_help(risky, by_ben, now):
    with pytest.raises(UnknownOverride):
        sign(risky, by_ben, now, [{"finding": "allergy:other:other", "reason": "tolerated_before"}])
    assert not Override.objects.exists()


def test_a_taken_code_is_drawn_again(ana, ben, signed, monkeypatch):
    drawn = iter([signed.code, signed.code.upper().replace("-C", "-c"), "01999zzzzzzz-c"])
    monkeypatch.setattr(codes, "new_code", lambda *_: next(drawn))
    other = make_signed(person=ana, practitioner=ben, items=[line("cetirizine-10-mg-tablet")])
    assert other.code == "01999zzzzzzz-c"
    assert queries.signature_of(other).valid


def test_five_taken_codes_are_a_bug_not_an_endless_loop(ana, ben, signed, monkeypatch):
    monkeypatch.setattr(codes, "new_code", lambda *_: signed.code)
    with pytest.raises(IntegrityError):
        make_signed(person=ana, practitioner=ben, items=[line("cetirizine-10-mg-tablet")])


def _tamper(prescription, **columns):
    """Change rows behind the application's back, as somebody with the database could."""
    Prescription.objects.filter(id=prescription.id).update(**columns)
    prescription.refresh_from_db()


def test_a_changed_row_or_content_breaks_the_signature(signed):
    content = signed.content
    _tamper(signed, content={**content, "advice": "other"})
    assert not queries.signature_of(signed).valid
    _tamper(signed, content=content)
    assert queries.signature_of(signed).valid
    for column, value in [("total", 15), ("days", 8), ("dose_quantity", "2"), ("doses_a_day", 3)]:
        before = Item.objects.values_list(column, flat=True).get()
        Item.objects.update(**{column: value})
        assert not queries.signature_of(signed).valid, column
        Item.objects.update(**{column: before})
    _tamper(signed, expires_at=signed.expires_at + timedelta(days=30))
    assert not queries.signature_of(signed).valid


def test_a_signature_by_somebody_elses_key_is_refused(signed, ana, hospital):
    other = make.make_practitioner(facility=hospital, full_name="Phan Văn Khải")
    make_signed(person=ana, practitioner=other, items=[line("cetirizine-10-mg-tablet")])
    _tamper(signed, practitioner_id=other.id)
    assert not queries.signature_of(signed).valid


def test_a_broken_signature_stops_the_pharmacy_at_every_step(signed, by_cara, now):
    item = signed.items.get()
    shown = codes_of(signed)
    Item.objects.update(total=28)
    with pytest.raises(SignatureBroken):
        actions.lookup(**shown, by=by_cara, now=now)
    Item.objects.update(total=14)
    actions.lookup(**shown, by=by_cara, now=now)
    Item.objects.update(total=28)
    with pytest.raises(SignatureBroken):
        actions.accept(prescription_id=signed.id, by=by_cara, now=now)
    Item.objects.update(total=14)
    secret = actions.accept(prescription_id=signed.id, by=by_cara, now=now).secret
    Item.objects.update(total=28)
    with pytest.raises(SignatureBroken):
        lot = [{"item": item.id, "quantity": 14, "lot": "A"}]
        actions.dispense(prescription_id=signed.id, secret=secret, items=lot, by=by_cara, now=now)
    assert Item.objects.get().dispensed_quantity == 0


def test_anybody_can_verify_with_the_published_keys(signed, nobody_api):
    keys = nobody_api.get("/.well-known/jwks.json").json()["keys"]
    kid = signing.key_id(signed.signature)
    key = next(one for one in keys if one["kid"] == kid)
    assert "d" not in key
    signing.verify(signed.signature, signed.content, key)


def test_the_content_survives_the_database_byte_for_byte(signed):
    with connection.cursor() as cursor:
        cursor.execute("SELECT content::text FROM prescriptions_prescription WHERE id = %s", [signed.id])
        assert AMOXICILLIN in cursor.fetchone()[0]
    kept = Prescription.objects.get(id=signed.id)
    assert signing.canonical(kept.content) == signing.canonical(signing.payload_of(kept.signature))


def test_how_it_is_to_be_taken_is_signed_too(signed):
    item = signed.items.get()
    for table, row, name in ((Item, item, "instruction"), (Prescription, signed, "advice")):
        before = getattr(row, name)
        table.objects.filter(pk=row.pk).update(**{name: "Uống cả hộp một lần"})
        assert not queries.signature_of(Prescription.objects.get()).valid, name
        table.objects.filter(pk=row.pk).update(**{name: before})
        assert queries.signature_of(Prescription.objects.get()).valid


def test_the_day_that_is_told_is_the_last_day_to_collect(signed, by_ana, now):
    facts = queries.get_facts(signed.id)
    there = ZoneInfo(signed.facility.zone)
    assert facts.valid_until.astimezone(there).date() == signed.signed_at.astimezone(there).date() + timedelta(days=5)
