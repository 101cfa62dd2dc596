"""Who a token stands for is remembered for a moment: long enough to spare statements, too short to be misused."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from allauth.headless.tokens.strategies.jwt import internal as jwt
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from identity import remembering
from identity.models import User
from tests import make

pytestmark = pytest.mark.django_db
ME = "/api/v1/me"


@pytest.fixture
def phone(ana):
    phone = make.api_client(ana)
    assert phone.get(ME).status_code == 200
    return phone


def test_asks_once_within_the_moment(phone):
    with CaptureQueriesContext(connection) as captured:
        assert phone.get(ME).status_code == 200

    assert not [one for one in captured.captured_queries if "django_session" in one["sql"]]


def test_signed_out_here_is_out_at_once(phone):
    (session,) = Session.objects.all()
    session.delete()

    assert phone.get(ME).status_code == 401


def test_shut_out_here_is_out_at_once(phone, ana):
    ana.user.is_active = False
    ana.user.save()

    assert phone.get(ME).status_code == 401


@pytest.mark.parametrize("how", ["session gone", "account closed"])
def test_shut_out_by_another_process_is_out_within_two_seconds(phone, ana, how, monkeypatch):
    # Written as another process would: no signal is heard here.
    if how == "session gone":
        Session.objects.all()._raw_delete("default")
    else:
        User.objects.filter(pk=ana.user_id).update(is_active=False)
    moment = time.monotonic() + 2

    monkeypatch.setattr(remembering.time, "monotonic", lambda: moment)

    assert phone.get(ME).status_code == 401


def test_a_changed_token_is_refused_though_the_right_one_is_remembered(phone):
    head, body, signature = phone.defaults["HTTP_AUTHORIZATION"].split(".")
    phone.defaults["HTTP_AUTHORIZATION"] = f"{head}.{body}.{signature[::-1]}"

    assert phone.get(ME).status_code == 401


def test_who_a_token_stands_for_is_read_in_one_statement(phone):
    remembering.forget_all()

    with CaptureQueriesContext(connection) as captured:
        assert phone.get(ME).status_code == 200

    tables = ("django_session", '"identity_user"')
    assert len([one for one in captured.captured_queries if any(table in one["sql"] for table in tables)]) == 1


def test_a_password_changed_elsewhere_ends_the_session(phone, ana):
    User.objects.filter(pk=ana.user_id).update(password="another")
    remembering.forget_all()

    assert phone.get(ME).status_code == 401


def test_a_session_that_is_over_stands_for_nobody(phone):
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    remembering.forget_all()

    assert phone.get(ME).status_code == 401


def test_a_way_in_that_was_closed_stands_for_nobody(phone, settings):
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
    remembering.forget_all()

    assert phone.get(ME).status_code == 401


def test_a_session_speaks_for_its_own_user_alone(phone, eve):
    (hers,) = Session.objects.all()
    token = jwt.create_access_token(eve.user, SessionStore(hers.session_key), {})

    assert phone.get(ME, HTTP_AUTHORIZATION=f"Bearer {token}").status_code == 401
