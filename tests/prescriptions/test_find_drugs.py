"""Finding a drug: by brand, ingredient, Vietnamese or international name, mistyped or not, on the day of the visit."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import connection

from prescriptions import actions, queries
from prescriptions.errors import DrugNotValid, UnknownDrug
from prescriptions.models import Drug, Item
from tests import make
from tests.bench import drugs as bench
from tests.prescriptions import stage
from tests.prescriptions.stage import AMOXICILLIN, PARACETAMOL, line, make_draft, make_visit

pytestmark = pytest.mark.django_db
TODAY = make.NOW.date()


def make_brand(brand, like=PARACETAMOL, **values):
    drug = Drug.objects.get(code=like)
    drug.pk, drug.code, drug.brand = None, f"sdk-{brand.lower().replace(' ', '-')}", brand
    for name, value in values.items():
        setattr(drug, name, value)
    fresh = Drug(
        **{
            field.name: getattr(drug, field.name)
            for field in Drug._meta.fields
            if field.name not in {"id", "created_at"}
        }
    )
    fresh.save()
    return fresh


def codes(q, **values):
    return [drug.code for drug in queries.find_drugs(q, **({"on": TODAY} | values))]


@pytest.fixture
def hapacol():
    return make_brand("Hapacol 650", strength="650 mg", registration_number="VD-21138-14")


@pytest.mark.parametrize("q", [
    "Hapacol", "hapacol 650", "650 hapa", "HAPACOL 650MG", "hapa", "VD-21138-14", "vd 21138",  # brand, strength, number
    "hapacl", "haapcol", "hapacoll", "hapecol",  # a letter left out, swapped, doubled, changed
])  # fmt: skip
def test_a_brand_is_found(hapacol, q):
    assert codes(q)[0] == hapacol.code


@pytest.mark.parametrize(("q", "ingredient"), [
    ("amoxicilin", "amoxicillin"), ("amoxicillin", "amoxicillin"), ("amoxcillin", "amoxicillin"), ("amoxycillin", "amoxicillin"),
    ("paracetmol", "paracetamol"), ("nifdepin", "nifedipine"), ("cephalexin", "cefalexin"), ("metfornin", "metformin"),
    ("nhom hidroxyd", "aluminium hydroxide"), ("nhôm hydroxyd", "aluminium hydroxide"), ("azitromycin", "azithromycin"),
])  # fmt: skip
def test_an_ingredient_is_found_by_either_name_and_mistyped(q, ingredient):
    assert ingredient in queries.find_drugs(q, on=TODAY)[0].ingredients


def test_what_begins_so_comes_before_other_words_and_both_before_what_is_similar(hapacol):
    brand = make_brand("Amoxi Plus", like=PARACETAMOL)
    similar = make_brand("Amiksol", like=PARACETAMOL)
    found = codes("amoxi", limit=50)
    assert found.index(AMOXICILLIN) < found.index(brand.code)  # "Amoxicilin" begins with it, the brand is a later word
    assert similar.code not in found[: found.index(brand.code)]
    singles = [
        drug for drug in queries.find_drugs("amoxicilin", on=TODAY, limit=50) if "amoxicillin" in drug.ingredients
    ]
    assert [len(drug.ingredients) for drug in singles] == sorted(len(drug.ingredients) for drug in singles)


def test_every_word_counts():
    assert {
        drug.strength for drug in queries.find_drugs("paracetamol 500", on=TODAY) if drug.ingredients == ["paracetamol"]
    } == {"500 mg"}
    assert codes("paracetamol xyzzyx") == []
    assert codes("%_\\") == codes("")


@pytest.mark.parametrize("q", ["", "a", "+", "'", "\\", "a" * 100, "ă b c d e f g h i j k l", "=1+1", "đ"])
def test_odd_questions_are_answered(q):
    assert len(codes(q, limit=5)) <= 5


def test_only_what_is_valid_on_the_day_is_found(hapacol, ana_api):
    Drug.objects.filter(pk=hapacol.pk).update(valid_from=TODAY, valid_to=TODAY + timedelta(days=1))
    days = [TODAY + timedelta(days=number) for number in (-1, 0, 1, 2)]
    assert [hapacol.code in codes("hapacol", on=day) for day in days] == [False, True, True, False]
    answers = [ana_api.get(f"/api/v1/drugs?q=hapacol&on={day}").json()["results"] for day in days]
    assert [hapacol.code in [one["code"] for one in found] for found in answers] == [False, True, True, False]
    one = answers[1][0]
    assert (one["brand"], one["registration_number"], one["valid_to"]) == ("Hapacol 650", "VD-21138-14", str(days[2]))
    assert ana_api.get("/api/v1/drugs?on=never").status_code == 422


def test_a_remote_visit_is_not_offered_controlled_drugs_but_toxic_ones(ana_api):
    toxic = make_brand("Colchi", control="toxic")
    assert stage.MORPHINE in codes("morphin")
    assert stage.MORPHINE not in codes("morphin", remote=True)
    assert toxic.code in codes("colchi", remote=True)
    found = ana_api.get("/api/v1/drugs?q=morphin&remote=true").json()["results"]
    assert not [one for one in found if one["control"] in {"narcotic", "psychotropic"}]


def test_an_ended_drug_cannot_be_prescribed_and_old_prescriptions_keep_it(ana, ben, by_ben, now, hapacol):
    old = stage.make_signed(person=ana, practitioner=ben, items=[line(hapacol.code)])
    visit = make_visit(person=ana, practitioner=ben)
    draft = make_draft(encounter=visit, items=[line(hapacol.code)])
    Drug.objects.filter(pk=hapacol.pk).update(valid_to=TODAY - timedelta(days=1))

    with pytest.raises(UnknownDrug):
        actions.save_draft(prescription_id=draft.id, items=[line(hapacol.code)], advice=None, by=by_ben, now=now)
    with pytest.raises(DrugNotValid) as refusal:
        actions.sign(prescription_id=draft.id, by=by_ben, now=now)

    assert list(refusal.value.fields) == ["items.0.drug"]
    draft.refresh_from_db()
    assert (draft.status, draft.code) == ("draft", None)
    assert Item.objects.get(prescription=draft).drug_id == hapacol.pk  # nothing changed
    shown = make.api_client(ben).get(f"/api/v1/prescriptions/{old.id}").json()
    assert shown["items"][0]["drug"]["brand"] == "Hapacol 650"
    assert shown["signature"]["valid"] is True


def test_the_day_of_the_visit_counts_not_the_day_of_signing(ana, ben, by_ben, now, hapacol):
    """Begun on the last day, signed twenty hours later on the next one."""
    Drug.objects.filter(pk=hapacol.pk).update(valid_to=TODAY)
    draft = make_draft(encounter=make_visit(person=ana, practitioner=ben), items=[line(hapacol.code)])
    signed = actions.sign(prescription_id=draft.id, by=by_ben, now=now + timedelta(hours=20))
    assert signed.status == "signed"


def test_toxic_drugs_are_written_first_and_the_brand_in_brackets(ana, ben, hapacol):
    """Circular 26/2025/TT-BYT: toxic and controlled drugs first; an ingredient alone is written as INN (brand)."""
    toxic = make_brand("Colchi", control="toxic")
    signed = stage.make_signed(
        person=ana, practitioner=ben, items=[line(hapacol.code), line(AMOXICILLIN), line(toxic.code)]
    )
    assert signed.kind == "c"
    assert [one["drug"] for one in signed.content["items"]] == [toxic.code, hapacol.code, AMOXICILLIN]
    assert [item.drug.code for item in signed.items.order_by("rank")] == [toxic.code, hapacol.code, AMOXICILLIN]
    assert signed.content["items"][1]["brand"] == "Hapacol 650"
    assert hapacol.printed == "Paracetamol (Hapacol 650) 650 mg"
    page = make.page_client(ana).get(f"/prescriptions/{signed.id}/").content.decode()
    assert "Hapacol 650" in page


def test_a_drug_without_atc_can_be_prescribed_and_claims_none_in_fhir(ana, ben, ana_api):
    drug = make_brand("Herbal", atc="")
    signed = stage.make_signed(person=ana, practitioner=ben, items=[line(drug.code)])
    told = ana_api.get(f"/fhir/R4/MedicationRequest/{stage.only_item(signed).id}").json()
    assert told["medicationCodeableConcept"] == {"text": "Paracetamol (Herbal) 500 mg"}


# The share of the table that a question may read, in pages: those of its hits, for common ingredients one by one.
SHARES = {"lacmaxtin": 1, "lacmaxtni": 2, "amoxi": 1.5, "paracetamol 500": 5, "paracetmol": 5}


def test_search_reads_the_index_and_few_pages():
    """Where the index of words serves, a search reads little more than the pages of its hits, and never the table."""
    bench.make_products(3_000, seed=3)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE prescriptions_drug")
        cursor.execute("ANALYZE prescriptions_drugword")
        cursor.execute("SET LOCAL enable_seqscan = off")  # so small a table is read whole otherwise
        cursor.execute("SELECT pg_relation_size('prescriptions_drug') / 8192")
        (pages,) = cursor.fetchone()
    plans: list[dict] = []

    def explain(execute, sql, params, many, context):
        if sql.startswith("SELECT") and "prescriptions_drug" in sql:
            with connection.cursor() as cursor:
                cursor.cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", params)
                plans.append(json.loads(json.dumps(cursor.cursor.fetchone()[0]))[0]["Plan"])
        return execute(sql, params, many, context)

    for q, share in SHARES.items():
        plans.clear()
        with connection.execute_wrapper(explain):
            queries.find_drugs(q, on=TODAY, limit=12)
        assert plans, q
        for plan in plans:
            assert "Seq Scan" not in json.dumps(plan), q
            assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < share * pages, q
