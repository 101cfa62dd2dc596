"""The citizen reads in plain words who looked at their record."""

from audit.models import Line


def log_of(person, api) -> list[dict]:
    return api.get(f"/api/v1/people/{person.id}/record/access-log", headers={"Accept-Language": "en"}).json()["results"]


def test_a_doctors_look_is_one_line_with_name_place_and_words(ana, planned, ben, hospital, ben_api, ana_api):
    for _ in range(3):  # a page that asks thrice is one look
        ben_api.get(f"/api/v1/people/{ana.id}/record/summary")
    (line,) = [one for one in log_of(ana, ana_api) if one["action"] == "records.read"]
    assert ben.full_name in line["who"]
    assert (line["what"], line["facility"], line["is_you"]) == ("read the health record", hospital.name, False)


def test_reading_a_visit_leaves_a_line(ana, finished, ben_api, ana_api):
    ben_api.get(f"/api/v1/encounters/{finished.id}")
    actions = [one["action"] for one in log_of(ana, ana_api)]
    assert {"records.read_encounter", "records.start", "records.write_note", "records.finish"} <= set(actions)


def test_ones_own_looks_are_not_shown_and_own_changes_are_marked(ana, ana_api):
    ana_api.get(f"/api/v1/people/{ana.id}/record/timeline")
    ana_api.post(f"/api/v1/people/{ana.id}/record/allergies", {"substance": "Tôm"})
    (line,) = log_of(ana, ana_api)
    assert (line["action"], line["who"], line["is_you"]) == ("records.allergy", "You", True)
    assert Line.objects.filter(action="records.read", person_id=ana.id).exists()  # noted all the same


def test_reading_the_log_is_noted(ana, ana_api):
    log_of(ana, ana_api)
    assert Line.objects.filter(action="records.read_log", person_id=ana.id).count() == 1


def test_the_house_itself_is_left_out(ana, planned, ana_api):
    assert Line.objects.filter(role="system", person_id=ana.id).exists()
    assert log_of(ana, ana_api) == []


def test_a_parent_reads_the_childs_log_and_the_doctor_reads_none(ana, child, planned, ana_api, ben_api):
    assert ana_api.get(f"/api/v1/people/{child.id}/record/access-log").status_code == 200
    assert ben_api.get(f"/api/v1/people/{ana.id}/record/access-log").status_code == 403


def test_a_refused_look_leaves_no_line(ana, finished, eve, eve_api):
    before = Line.objects.count()
    eve_api.get(f"/api/v1/encounters/{finished.id}")
    eve_api.get(f"/api/v1/people/{ana.id}/record/summary")
    assert Line.objects.count() == before
