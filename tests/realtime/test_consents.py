"""What is agreed to before a visit by video: no way in without it, once per visit, and the very words are provable."""

from uuid import uuid4

import pytest
from django.utils import translation

from identity.models import Delegation
from realtime import consents, proofs
from realtime.consents import VERSION
from realtime.models import EvidenceRow, Seat
from tests import make

pytestmark = pytest.mark.django_db
AGREE = {"what": "remote_visit", "given": True, "version": VERSION}
# Of version 1, for the visit below. Who changes a word raises VERSION and writes the new sums here.
SUMS = {
    "vi": "7d06818fe8c283c0a647cbe1f5d331686d001b7fda771623817d41cd0745d750",
    "en": "530b39bea652da83d5aeb42cc4029be24d596b1e91e0867293d57b81feba38ae",
}


@pytest.fixture(autouse=True)
def asked(settings):
    settings.ROOM_CONSENT_ASKED = True


@pytest.fixture
def door(room):
    return f"/api/v1/rooms/{room.id}/"


def rows():
    return [(row.facts["given"], row.facts.get("version")) for row in EvidenceRow.objects.filter(kind="consent")]


def test_nobody_is_treated_by_video_without_it_and_once_is_enough(room, door, ana_api, ana_browser):
    refused = ana_api.post(door + "join")
    assert (refused.status_code, refused.json()["code"]) == (409, "consent_missing")
    assert not Seat.objects.exists()
    page = ana_browser.get(f"/visits/{room.encounter_id}/").content.decode()
    text = ana_api.get(door + "consent").json()
    assert all(one["text"] in page for one in text["paragraphs"]) and not text["given"]
    assert "checked" not in page.split('data-part="consent"')[1].split("</section>")[0]

    for _twice in range(2):
        assert ana_api.post(door + "consent", AGREE).status_code == 204
    assert rows() == [(True, VERSION)]
    assert ana_api.post(door + "join").status_code == 200
    assert ana_api.get(door + "consent").json()["given"]
    assert 'data-part="consent"' not in ana_browser.get(f"/visits/{room.encounter_id}/").content.decode()


def test_the_words_are_provable(room, door, ana_api, ana_browser):
    shown = ana_api.get(door + "consent").json()
    ana_api.post(door + "consent", AGREE)
    (row,) = EvidenceRow.objects.filter(kind="consent")
    assert row.facts["sha256"] == shown["sha256"] and row.facts["language"] == shown["language"] == "vi"
    page = ana_browser.get(f"/visits/{room.encounter_id}/evidence/").content.decode()
    assert shown["sha256"] in page and "tiếng Việt" in page


@pytest.mark.parametrize("wish", [{**AGREE, "version": "0"}, {"what": "remote_visit", "given": True}])
def test_another_text_than_todays_is_not_agreed_to(door, ana_api, wish):
    assert ana_api.post(door + "consent", wish).json()["code"] == "consent_text_changed"
    assert rows() == []


def test_it_can_be_taken_back(door, ana_api):
    ana_api.post(door + "consent", AGREE)
    assert ana_api.post(door + "consent", {"what": "remote_visit", "given": False}).status_code == 204
    assert ana_api.post(door + "join").json()["code"] == "consent_missing"
    assert rows() == [(True, VERSION), (False, None)]


def test_who_acts_for_the_citizen_agrees_for_them_and_the_doctor_cannot(door, ana, ben_api):
    assert ben_api.post(door + "consent", {"what": "remote_visit", "given": True}).status_code == 204
    son = make.make_person(full_name="Nguyễn Văn Con")
    Delegation.objects.create(grantor=ana, delegate=son, relation="parent", scopes=["book"])
    api = make.api_client(son)
    assert api.post(door + "join").json()["code"] == "consent_missing"
    assert api.post(door + "consent", AGREE).status_code == 204
    assert api.post(door + "join").status_code == 200
    assert ben_api.post(door + "join").status_code == 200


def test_where_a_house_asks_on_paper_nothing_is_asked(room, door, ana_api, ana_browser, settings):
    settings.ROOM_CONSENT_ASKED = False
    assert 'data-part="consent"' not in ana_browser.get(f"/visits/{room.encounter_id}/").content.decode()
    assert ana_api.post(door + "join").status_code == 200


def test_both_see_consent_and_devices_on_the_page_of_evidence(room, door, ana_api, ben_api, ana_browser, ben_browser):
    ana_api.post(door + "consent", AGREE)
    devices = {"camera": "ok", "microphone": "silent", "speaker": "ok", "network": "good"}
    assert ana_api.post(door + "device-check", devices).status_code == 204
    assert ben_api.post(door + "device-check", {**devices, "network": "skipped"}).status_code == 204
    assert len(proofs.chain_of(room.encounter_id)) == 3
    for browser in (ana_browser, ben_browser):
        page = browser.get(f"/visits/{room.encounter_id}/evidence/").content.decode()
        assert page.count("micro: không có tiếng") == 2 and "mạng: tốt" in page


def test_strangers_read_and_agree_to_nothing(room, eve_api, dan_api, nobody_api):
    for room_id in (room.id, uuid4()):
        for api, expect in ((eve_api, 404), (dan_api, 403), (nobody_api, 401)):
            assert api.get(f"/api/v1/rooms/{room_id}/consent").status_code == expect
            assert api.post(f"/api/v1/rooms/{room_id}/consent", AGREE).status_code == expect
    assert rows() == []


@pytest.mark.parametrize("language", SUMS)
def test_changed_words_are_another_version(language):
    class Encounter:
        practitioner = type("P", (), {"display_name": "BS. A", "licence_number": "1"})
        facility = type("F", (), {"name": "B"})

    with translation.override(language):
        assert (consents.VERSION, consents.remote_visit(Encounter).sha256) == ("1", SUMS[language])
