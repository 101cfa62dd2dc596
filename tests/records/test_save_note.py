"""Writing the note: versions, diagnoses, what is refused."""

import threading

import pytest
from django.db import connection

from core.errors import Invalid
from records import actions
from records.errors import NoteClosed, StaleNote, UnknownCode
from records.models import Diagnosis, Encounter, NoteVersion
from tests import make


def save(encounter, by, *, version, changes=None, diagnoses=None):
    return actions.save_note(
        encounter_id=encounter.id, version=version, changes=changes or {}, diagnoses=diagnoses, by=by, now=make.NOW
    )


def test_saves_text_and_diagnoses_and_keeps_what_was_before(begun, by_ben):
    save(begun, by_ben, version=0, changes={"subjective": "Ho"})
    saved = save(begun, by_ben, version=1, changes={"subjective": "Ho khan"}, diagnoses=[{"code": "J20.9"}])
    assert (saved.subjective, saved.version) == ("Ho khan", 2)
    assert [(d.code, d.rank) for d in saved.diagnoses.all()] == [("J20.9", 1)]
    assert saved.diagnoses.get().name == "Viêm phế quản cấp, không xác định"
    kept = NoteVersion.objects.filter(encounter=begun).values_list("version", "changes", "name")
    first, second = kept
    assert first == (1, {"subjective": "Ho"}, by_ben.name)
    assert second[1]["diagnoses"][0]["code"] == "J20.9"


def test_refuses_a_stale_version_and_changes_nothing(begun, by_ben):
    save(begun, by_ben, version=0, changes={"plan": "Nghỉ ngơi"}, diagnoses=[{"code": "J00"}])
    with pytest.raises(StaleNote):
        save(begun, by_ben, version=0, changes={"plan": "Nhập viện"}, diagnoses=[{"code": "J18.9"}])
    begun.refresh_from_db()
    assert (begun.plan, begun.version) == ("Nghỉ ngơi", 1)
    assert [d.code for d in begun.diagnoses.all()] == ["J00"]
    assert NoteVersion.objects.count() == 1


def test_sending_the_same_again_after_a_lost_answer_is_no_conflict(begun, by_ben):
    save(begun, by_ben, version=0, changes={"plan": "Nghỉ ngơi"})
    assert save(begun, by_ben, version=0, changes={"plan": "Nghỉ ngơi"}).version == 1


def test_parts_that_are_not_sent_stay(begun, by_ben):
    save(begun, by_ben, version=0, changes={"plan": "Nghỉ ngơi"}, diagnoses=[{"code": "J00"}])
    saved = save(begun, by_ben, version=1, changes={"advice": "Uống nước"})
    assert (saved.plan, saved.diagnoses.count()) == ("Nghỉ ngơi", 1)


@pytest.mark.parametrize("code", ["J99.9Z", "A00-A09", "I", "X", "Z99.99"])
def test_refuses_what_is_no_code(begun, by_ben, code):
    with pytest.raises(UnknownCode):
        save(begun, by_ben, version=0, diagnoses=[{"code": code}])
    assert not Diagnosis.objects.exists()


def test_refuses_a_diagnosis_twice_and_too_many(begun, by_ben):
    with pytest.raises(Invalid):
        save(begun, by_ben, version=0, diagnoses=[{"code": "J00"}, {"code": "j00"}])
    many = [{"code": f"A0{n}.{m}"} for n in (0, 1, 2, 3) for m in (0, 1, 2, 3, 8, 9)]
    with pytest.raises(Invalid):
        save(begun, by_ben, version=0, diagnoses=many)
    assert not Diagnosis.objects.exists()


def test_a_closed_note_stays_as_it_is(finished, by_ben):
    with pytest.raises(NoteClosed):
        save(finished, by_ben, version=finished.version, changes={"plan": "Khác"})
    finished.refresh_from_db()
    assert finished.plan == ""


@pytest.mark.django_db(transaction=True)
def test_of_two_windows_saving_at_once_one_is_told(ana, ben):
    from tests.records import stage

    encounter = stage.begin(ana, ben)
    by = make.actor_for(ben)
    outcomes: list[str] = []
    line = threading.Barrier(2)

    def write(text: str) -> None:
        try:
            line.wait()
            save(encounter, by, version=0, changes={"plan": text})
            outcomes.append("saved")
        except StaleNote:
            outcomes.append("stale")
        finally:
            connection.close()

    writers = [threading.Thread(target=write, args=(text,)) for text in ("một", "hai")]
    [one.start() for one in writers]
    [one.join() for one in writers]
    assert sorted(outcomes) == ["saved", "stale"]
    assert Encounter.objects.get(id=encounter.id).version == 1
