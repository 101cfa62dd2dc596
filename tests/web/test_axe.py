"""Every page of the house as everybody sees it: nothing axe calls serious, no word in the wrong language, nothing too wide."""

from __future__ import annotations

import os
from typing import Any

import pytest

from runtime import browser
from tests.house import House
from tests.shots import look, walk

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(browser.find() is None and not os.environ.get("CI"), reason="no Chromium"),
]
# Each page in one of the two, turn and turn about. Every page in all four combinations: `lanh.py shots --axe`, in .ci/run.
LOOKS = [("vi", "light", 390), ("en", "dark", 1280)]


@pytest.fixture
def the_clock_stands() -> None:
    """Here it runs: the house is a process of its own."""


@pytest.mark.django_db
def test_every_page_reads_well_for_everybody(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # playwright keeps a loop in this thread
    from playwright.sync_api import sync_playwright

    trouble: set[str] = set()
    kinds: set[str] = set()
    looked: set[tuple[str, ...]] = set()  # axe reads each kind of page once, whoever has it open

    turns: dict[tuple[str, str], int] = {}

    def turn(visitor: walk.Visitor, kind: str) -> int:
        """Say in which of the looks this page is looked at."""
        return turns.setdefault((visitor.side, kind), len(turns) % len(LOOKS))

    def check(tab: Any, kind: str, visitor: walk.Visitor, language: str) -> None:
        language = walk.spoken(kind, language)
        page = (visitor.side, kind, language)
        new = page not in looked
        looked.add(page)
        where = f"{visitor.name} {kind} ({language})"
        trouble.update(f"{where} {what}" for what in look.complaints(tab, language, axe=new))
        for screen in look.screens(tab):
            look.turn_to(tab, screen)
            trouble.update(f"{where} {screen} {what}" for what in look.complaints(tab, language, axe=new))

    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=browser.find(), args=browser.FLAGS)
        for visitor in walk.visitors(house):
            given = list(visitor.pages)
            for number, (language, theme, width) in enumerate(LOOKS):
                context = walk.window(chromium, house, visitor, width=width, theme=theme, language=language)
                tab = context.new_page()
                walk.listen(tab, house, visitor.name, trouble)
                if number == 0:
                    for kind in walk.explore(tab, house, visitor, trouble):
                        if turn(visitor, kind) == number:
                            check(tab, kind, visitor, language)
                for kind in given if number == 0 else visitor.pages:
                    if turn(visitor, kind) == number:
                        walk.arrive(tab, house, visitor, kind)
                        check(tab, kind, visitor, language)
                context.close()
            kinds.update(f"{visitor.name}:{kind}" for kind in visitor.pages)
        chromium.close()
    assert not trouble, "\n".join(sorted(trouble))
    # The walk itself has not lost its way.
    assert {"nobody:welcome", "nobody:web_home", "ana:web_home", "ana:visit-open", "ben:doctor-visit-open"} <= kinds
    assert {"cara:review", "ben:doctor_day", "dan:hospital_week", "dan:hospital_schedule", "eve:web_record"} <= kinds
