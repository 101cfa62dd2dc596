"""Each citizen page shows for the right person, in both languages, and to nobody else."""

from __future__ import annotations

import re

import pytest

from tests import make

pytestmark = pytest.mark.django_db

OPEN = ["/", "/find/", "/offline/"]
OWN = ["/appointments/", "/record/", "/record/who/", "/profile/", "/people/add/"]


def page_of(browser, address, language="vi"):
    """The page's text; also looks that the content policy can hold."""
    browser.cookies["language"] = language
    answer = browser.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    page = answer.content.decode()
    assert f'<html lang="{language}"' in page
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", page), address
    return page


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("address", OPEN + OWN)
def test_shows_for_a_citizen(ana_browser, schedule, address, language):
    page_of(ana_browser, address, language)


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("address", OPEN)
def test_shows_for_a_visitor(client, schedule, address, language):
    page_of(client, address, language)


@pytest.mark.parametrize("address", OWN)
def test_sends_a_visitor_to_sign_in_and_back(client, db, address):
    answer = client.get(address)
    assert answer.status_code == 302
    assert answer["Location"] == f"/sign-in/?next={address.replace('/', '%2F')}"


@pytest.mark.parametrize("address", OWN)
def test_is_not_for_staff(ben_browser, address):
    assert ben_browser.get(address).status_code == 403


def test_a_new_account_first_tells_its_name(db):
    browser = make.page_client(make.make_user())
    assert browser.get("/record/")["Location"] == "/welcome/?next=%2Frecord%2F"


def test_staff_land_in_their_console(ben_browser, cara_browser, dan_browser):
    assert ben_browser.get("/")["Location"] == "/doctor/"
    assert cara_browser.get("/")["Location"] == "/pharmacy/"
    assert dan_browser.get("/")["Location"] == "/hospital/"


@pytest.mark.parametrize("language", ["vi", "en"])
def test_shows_the_visit_and_the_doctor(ana_browser, held, ben, ana, language):
    for address in (f"/appointments/{held.id}/", f"/doctors/{ben.id}/", f"/people/{ana.id}/"):
        page_of(ana_browser, address, language)


def test_eve_cannot_tell_whether_it_exists(eve_browser, held, ana):
    for address in (
        f"/appointments/{held.id}/",
        f"/people/{ana.id}/",
        f"/record/?person={ana.id}",
        f"/record/who/?person={ana.id}",
    ):
        assert eve_browser.get(address).status_code == 404, address
    for address in (f"/appointments/{held.id}/cancel/", f"/appointments/{held.id}/check-in/"):
        assert eve_browser.post(address).status_code == 404, address
    assert eve_browser.post("/record/allergies/add/", {"person": ana.id, "substance": "x"}).status_code == 404
    held.refresh_from_db()
    assert held.status == "held"


@pytest.mark.parametrize(
    "address",
    [
        "/find/?page=9999999999",
        "/find/?date=2026-99-99&mode=boat",
        "/find/?page=-1",
        "/find/?q=%00%27",
        "/find/?province=99",
    ],
)
def test_a_senseless_search_is_no_crash(client, schedule, address):
    assert client.get(address).status_code == 200


@pytest.mark.parametrize("address", ["/book/", "/book/?at=never", "/record/?person=me", "/appointments/0/"])
def test_a_senseless_address_is_not_found(ana_browser, schedule, address):
    assert ana_browser.get(address).status_code == 404


def test_finds_a_doctor_without_tone_marks(client, schedule, ben):
    page = page_of(client, "/find/?q=tran+minh+binh")
    assert ben.display_name in page
    assert ben.display_name not in page_of(client, "/find/?q=hong")


def test_the_first_page_says_what_to_do_now(ana_browser, held):
    assert f"/appointments/{held.id}/" in page_of(ana_browser, "/")


def test_acts_for_a_child(ana_browser, ana, child):
    page_of(ana_browser, f"/record/?person={child.id}")
    assert child.full_name in page_of(ana_browser, "/")
    added = {"full_name": "Nguyễn Gia An", "born_on": "2029-02-03", "sex": "female"}
    assert ana_browser.post("/people/add/", added)["Location"] == "/profile/"
    assert "Nguyễn Gia An" in page_of(ana_browser, "/profile/")


def test_mistakes_are_told_beside_the_field(ana_browser, ana):
    answer = ana_browser.post(
        f"/people/{ana.id}/", {"full_name": "", "born_on": "1990-05-04", "sex": "female", "national_id": "12"}
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in page and "id_national_id_error" in page
    ana.refresh_from_db()
    assert ana.full_name


def test_an_allergy_is_added_and_taken_back(ana_browser, ana):
    ana_browser.post("/record/allergies/add/", {"person": ana.id, "substance": "Penicillin", "severity": "severe"})
    page = page_of(ana_browser, "/record/")
    assert "Penicillin" in page
    address = re.search(r"/record/allergies/[0-9a-f-]+/remove/", page)[0]
    ana_browser.post(address, {"person": ana.id})
    assert not re.search(r"/record/allergies/[0-9a-f-]+/remove/", page_of(ana_browser, "/record/"))
