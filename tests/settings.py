"""The settings of the tests: those of the app, and what a test run wants otherwise."""

import os

from settings import *  # noqa: F403

# No pool: an idle connection would keep the test database from being dropped.
DATABASES["default"].setdefault("OPTIONS", {}).pop("pool", None)  # noqa: F405
DATABASES["default"]["TEST"] = {"NAME": os.environ.get("LANH_TEST_DB", "test_lanh")}  # noqa: F405

# A fast hash: the tests sign in hundreds of times, and no secret is at stake.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}  # noqa: F405
# As on a real site: the demo's is longer.
ROOM_OPENS_MINUTES_BEFORE = 15
# Most stories of the tests are told over HTTP, without a socket: nobody is in the call for a minute. Tests of it say so.
ROOM_AGREED_MINUTES = 0
# The stories of the tests begin at the door; test_consents.py is about what is agreed to before it.
ROOM_CONSENT_ASKED = False
