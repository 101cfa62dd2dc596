"""What a doctor keeps: used by its maker, shared where it is said, seen by nobody else; and what a patient had before."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command

from audit.models import Line
from prescriptions import circular
from prescriptions.models import Drug, Favourite, LineSet, Snippet
from tests import make
from tests.prescriptions.stage import AMOXICILLIN, MORPHINE, PARACETAMOL, make_draft, make_signed, make_visit

OWN, SETS = "/api/v1/prescribing/own", "/api/v1/prescribing/sets"
LINE = {"drug": AMOXICILLIN, "dose_quantity": "1", "doses_a_day": 2, "days": 7, "instruction": "sau ăn"}
OTHER = {"drug": PARACETAMOL, "dose_quantity": "1/2", "doses_a_day": 3, "days": 5}


@pytest.fixture
def colleague_api(hospital):
    return make.api_client(make.make_practitioner(facility=hospital, full_name="Vũ Hải Yến"))


@pytest.fixture
def elsewhere_api(db):
    other = make.make_facility(name="Bệnh viện Biển Xanh")
    return make.api_client(make.make_practitioner(facility=other, full_name="Hồ Văn Sáu"))


def test_a_favourite_is_kept_once_and_is_its_makers(ben_api, colleague_api):
    kept = [ben_api.post("/api/v1/prescribing/favourites", LINE) for _ in range(2)]
    assert [one.status_code for one in kept] == [201, 201]
    assert kept[0].json()["id"] == kept[1].json()["id"]
    mine = ben_api.get(OWN).json()["favourites"]
    assert [(one["drug"]["code"], one["dose_quantity"], one["instruction"]) for one in mine] == [
        (AMOXICILLIN, "1", "sau ăn")
    ]
    at = f"/api/v1/prescribing/favourites/{mine[0]['id']}"
    assert colleague_api.get(OWN).json()["favourites"] == []
    assert colleague_api.delete(at).status_code == 404
    assert Favourite.objects.count() == 1
    Drug.objects.filter(code=AMOXICILLIN).update(valid_to=make.NOW.date() - timedelta(days=1))
    assert ben_api.get(OWN).json()["favourites"] == [], "what may not be prescribed is not offered"
    assert ben_api.delete(at).status_code == 204
    assert ben_api.delete(at).status_code == 404
    assert ben_api.post("/api/v1/prescribing/favourites", LINE | {"drug": "none"}).json()["code"] == "unknown_drug"


def test_a_set_is_its_makers_until_it_is_shared_within_the_facility(ben_api, colleague_api, elsewhere_api, ana_api):
    wish = {"name": "Viêm họng", "lines": [LINE, OTHER], "advice": "Uống nhiều nước"}
    made = ben_api.post(SETS, wish)
    assert made.status_code == 201
    assert [(one["drug"]["code"], one["dose_quantity"]) for one in made.json()["lines"]] == [
        (AMOXICILLIN, "1"),
        (PARACETAMOL, "0.5"),
    ]
    assert ben_api.post(SETS, wish).json()["code"] == "set_name_taken"
    at = f"{SETS}/{made.json()['id']}"
    assert colleague_api.get(OWN).json()["sets"] == []
    assert ben_api.patch(at, {"shared": True}).json()["shared"] is True
    seen = colleague_api.get(OWN).json()["sets"]
    assert [(one["name"], one["is_own"], one["by"]) for one in seen] == [("Viêm họng", False, "BS.CKI Trần Minh Bình")]
    assert elsewhere_api.get(OWN).json()["sets"] == []
    for api in (colleague_api, elsewhere_api):
        assert api.patch(at, {"name": "x"}).status_code == api.delete(at).status_code == 404
    assert ana_api.get(OWN).status_code == 403
    assert LineSet.objects.get().name == "Viêm họng"
    Drug.objects.filter(code=AMOXICILLIN).update(active=False)
    left = colleague_api.get(OWN).json()["sets"][0]
    assert ([one["drug"]["code"] for one in left["lines"]], left["gone"]) == ([PARACETAMOL], ["Amoxicilin 500 mg"])
    assert ben_api.delete(at).status_code == 204
    assert colleague_api.get(OWN).json()["sets"] == []
    for bad in (wish | {"lines": []}, wish | {"name": ""}, wish | {"lines": [LINE | {"days": 0}]}):
        assert ben_api.post(SETS, bad).status_code == 422
    assert not LineSet.objects.exists()


def test_sentences_are_kept_once(ben_api, colleague_api):
    for _ in range(2):
        kept = ben_api.post("/api/v1/prescribing/snippets", {"text": "Tái khám nếu sốt quá 3 ngày"})
    at = f"/api/v1/prescribing/snippets/{kept.json()['id']}"
    assert [one["text"] for one in ben_api.get(OWN).json()["snippets"]] == ["Tái khám nếu sốt quá 3 ngày"]
    assert colleague_api.delete(at).status_code == 404
    assert ben_api.delete(at).status_code == 204
    assert not Snippet.objects.exists()


def test_there_is_an_end_to_keeping(ben, ben_api, monkeypatch):
    from prescriptions.actions import own

    monkeypatch.setattr(own, "MOST_SNIPPETS", 1)
    assert ben_api.post("/api/v1/prescribing/snippets", {"text": "a"}).status_code == 201
    refused = ben_api.post("/api/v1/prescribing/snippets", {"text": "b"})
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_kept")


def test_what_was_prescribed_before_is_offered_with_what_is_gone_and_the_reading_is_noted(
    ana, eve, ben, hospital, ben_api, colleague_api, ana_api, now
):
    other = make.make_practitioner(facility=hospital, full_name="Lê Văn Tám")
    items = [{**LINE, "dose_quantity": 1}, {"drug": PARACETAMOL, "dose_quantity": 1, "doses_a_day": 3, "days": 3}]
    before = make_signed(person=ana, practitioner=other, items=items, now=now - timedelta(days=40))
    make_signed(person=eve, practitioner=ben)
    draft = make_draft(encounter=make_visit(person=ana, practitioner=ben), items=[])
    Drug.objects.filter(code=PARACETAMOL).update(valid_to=now.date() - timedelta(days=1))
    at = f"/api/v1/prescriptions/{draft.id}/earlier"
    noted = Line.objects.filter(action="records.read", person_id=ana.id)
    assert not noted.exists()
    found = ben_api.get(at).json()["results"]
    assert [one["code"] for one in found] == [before.code]
    assert [(one["drug"]["code"], one["instruction"]) for one in found[0]["lines"]] == [(AMOXICILLIN, "sau ăn")]
    assert (found[0]["gone"], found[0]["practitioner"]) == (["Paracetamol 500 mg"], other.display_name)
    assert noted.count() == 1
    # A copy is a wish like any other: what is gone is refused, and the check runs anew.
    refused = ben_api.patch(f"/api/v1/prescriptions/{draft.id}", {"items": [OTHER]})
    assert refused.json()["code"] == "unknown_drug"
    assert colleague_api.get(at).status_code == 404
    assert ana_api.get(at).status_code == 403
    assert ben_api.get(f"/api/v1/prescriptions/{before.id}/earlier").status_code == 404, (
        "only from a draft of one's own"
    )


def test_narcotics_are_kept_like_others_and_refused_where_they_are_not_allowed(ana, ben, ben_api):
    assert ben_api.post("/api/v1/prescribing/favourites", LINE | {"drug": MORPHINE}).status_code == 201
    draft = make_draft(encounter=make_visit(person=ana, practitioner=ben), items=[])
    refused = ben_api.patch(f"/api/v1/prescriptions/{draft.id}", {"items": [LINE | {"drug": MORPHINE}]})
    assert (refused.status_code, refused.json()["code"]) == (403, "controlled_in_remote_visit")


HEAD = "tt,ma_tt,ten_benh,icd10_goc,icd10_include,icd10_exclude\n"


def test_annex_vii_is_turned_into_a_table_row_by_row(tmp_path, capsys, settings):
    source, table = tmp_path / "annex.csv", tmp_path / circular.DISEASES
    rows = ["1,1.1,Bệnh A,M05,M05,", "2,1.2,Bệnh B,L40,L40..L41,L40.5", "3,1.3,Bệnh C,,,", "4,1.4,Bệnh D,x,X1,"]
    source.write_text(HEAD + "\n".join(rows), "utf-8")
    said = {"version": "full", "valid_from": date(2031, 1, 1), "to": table}
    call_command("import_long_term_diseases", source, **said)
    told = capsys.readouterr().out
    assert "line 4: no code: 1.3 Bệnh C" in told
    assert "line 5: no ICD-10 code: X1: 1.4 Bệnh D" in told
    assert "2 diseases written, 2 rows left out" in told
    assert json.loads(table.read_text("utf-8"))["version"] == "full"
    day = make.NOW.date()
    found = [circular.long_term_disease([code], day, tmp_path) for code in ("L40.0", "L41.9", "L40.5", "M05.1", "I10")]
    assert found == ["1.2 Bệnh B", "1.2 Bệnh B", "", "1.1 Bệnh A", ""]
    assert circular.long_term_disease(["M05.1"], make.LONG_AGO, tmp_path) == "", "before its first day it holds nothing"
    source.write_text("a,b\n1,2\n", "utf-8")
    with pytest.raises(CommandError, match="columns are missing"):
        call_command("import_long_term_diseases", source, **said)
    with pytest.raises(CommandError, match="cannot read"):
        call_command("import_long_term_diseases", str(tmp_path / "none.csv"), **said)
