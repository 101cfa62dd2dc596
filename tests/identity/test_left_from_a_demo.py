"""Accounts of the demo are nobody on a real site, even where their rows were left in the database."""

import pytest

from identity import remembering
from tests import make

pytestmark = pytest.mark.django_db


def test_the_demos_doctor_is_nobody_on_a_real_site(ben, settings):
    ben.user.email = "binh@demo.lanh.vn"
    ben.user.save()
    api = make.api_client(ben)
    assert api.get("/api/v1/me").status_code == 200
    settings.DEMO = False
    remembering.forget_all()  # a setting changes with a restart, and a new process remembers nobody
    assert api.get("/api/v1/me").status_code == 401
