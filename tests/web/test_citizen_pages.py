"""Each citizen page shows for the right person, in both languages, and to nobody else."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", ["/", "/find/", "/appointments/", "/record/", "/record/who/", "/profile/", "/people/add/"])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_shows_for_a_citizen(ana_browser, address, language):
    ana_browser.cookies["language"] = language
    answer = ana_browser.get(address)
    assert answer.status_code == 200, answer.content[:500]
    page = answer.content.decode()
    assert f'<html lang="{language}"' in page
    assert "<style" not in page and " style=" not in page and "<script>" not in page
