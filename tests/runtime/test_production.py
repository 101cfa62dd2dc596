"""A real site: it does not start half configured, and the demo's doors are not there."""

from __future__ import annotations

import ast
import os
import subprocess
import sys

import pytest

from runtime.check import production

LOOK = """
import django
from django.conf import settings
# No `collectstatic` ran for this test; names without a hash are as good here.
settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
django.setup()
from django.test import Client
ask = lambda method, path, **more: getattr(Client(), method)(path, secure=True, HTTP_HOST="lanh.example", **more)
doors = [("get", "/demo/"), ("get", "/demo/components/"), ("get", "/demo/faces/ana.svg"), ("get", "/demo/outbox/"),
         ("post", "/demo/enter/"), ("get", "/sandbox/pay/x/"), ("post", "/hooks/sandbox/"), ("get", "/metrics")]
for method, path in doors:
    print(method, path, ask(method, path).status_code)
found = ask("get", "/offline/")
print(sorted((name, value) for name, value in found.headers.items()))
print(settings.ALLOWED_HOSTS, settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE, settings.DEBUG)
print(Client().get("/offline/", secure=True, HTTP_HOST="evil.example").status_code)
"""


def begin(code: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
    values = {**os.environ, **production(), "DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": "backend:."}
    for name, value in changes.items():
        values.pop(name, None)
        if value is not None:
            values[name] = value
    return subprocess.run([sys.executable, "-c", code], env=values, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", None),
        ("JWT_PRIVATE_KEY", None),
        ("SMS_CARRIER", None),
        ("PUBLIC_URL", None),
        ("PUBLIC_URL", "http://lanh.example"),
    ],
)
def test_does_not_start_without(name: str, value: str | None) -> None:
    answer = begin("import settings", **{name: value})
    assert answer.returncode != 0
    assert name in answer.stderr.splitlines()[-1]


def test_the_demo_is_not_there_and_answers_are_hardened() -> None:
    answer = begin(LOOK, ALLOWED_HOSTS=None)
    lines = answer.stdout.splitlines()
    assert len(lines) == 11, answer.stderr[-2000:]
    for line in lines[:8]:
        assert line.endswith(" 404"), line
    headers = dict(ast.literal_eval(lines[8]))
    assert "max-age=31536000" in headers["Strict-Transport-Security"]
    assert "unsafe-inline" not in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "geolocation" in headers["Permissions-Policy"]
    assert lines[9] == "['lanh.example'] True True False"
    assert lines[10] == "400"
