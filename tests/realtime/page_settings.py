"""The app's settings, and one page more: the doctor's side of a call alone, without the console around it."""

from settings import *  # noqa: F403

ROOT_URLCONF = "tests.realtime.page_urls"
