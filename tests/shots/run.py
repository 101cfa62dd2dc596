"""`lanh.py shots`: pictures of every page as each of the demo's people, narrow and wide, light and dark, vi and en.

With `--axe` it looks instead of taking pictures. What the browser complained about, every request that would have
left the machine, and whatever a careful reader finds wrong (tests/shots/look.py) is printed and makes it fail.
"""

from __future__ import annotations

import argparse
import os
import shutil
from collections.abc import Iterable
from itertools import product
from pathlib import Path
from typing import Any

from runtime import browser, folders, postgres, words
from tests.shots import calls, look, walk


def main(arguments: list[str]) -> int:
    """Take the pictures; 1 when there was something to complain about."""
    parser = argparse.ArgumentParser(prog="lanh.py shots")
    parser.add_argument("--out", type=Path, default=folders.CHECKOUT / "shots")
    parser.add_argument("--only", default="", help="pages whose kind holds these words")
    parser.add_argument("--who", default="", help="only this one of the cast, or nobody")
    parser.add_argument("--quick", action="store_true", help="Vietnamese and light only")
    parser.add_argument("--axe", action="store_true", help="no pictures: axe and the other checks, in all combinations")
    parser.add_argument("--calls", action="store_true", help="a visit by video instead, in every state of both rooms")
    options = parser.parse_args(arguments)
    house = _start()
    from playwright.sync_api import sync_playwright

    if not options.axe:
        shutil.rmtree(options.out, ignore_errors=True)
    themes, languages = (walk.THEMES[:1], walk.LANGUAGES[:1]) if options.quick else (walk.THEMES, walk.LANGUAGES)
    trouble: set[str] = set()
    looked: set[tuple[str, ...]] = set()
    count = 0
    with house.standing() as one, sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=browser.find(), args=browser.FLAGS)
        if options.calls:
            count = calls.run(chromium, one, options.out, trouble)
        for visitor in [] if options.calls else walk.visitors(one):
            if options.who not in ("", visitor.name):
                continue
            _find_pages(chromium, one, visitor, trouble)
            for theme, language, width in product(themes, languages, walk.WIDTHS):
                if options.axe and (width == 390) != (theme == "light"):
                    continue  # each language in each theme once; narrow by day, wide by night
                context = walk.window(chromium, one, visitor, width=width, theme=theme, language=language)
                tab = context.new_page()
                tab.set_default_timeout(15_000)
                walk.listen(tab, one, visitor.name, trouble)
                for kind in _chosen(visitor.pages, options.only):
                    walk.arrive(tab, one, visitor, kind)
                    where = f"{visitor.name} {kind} ({language}, {theme}, {width})"
                    spoken = walk.spoken(kind, language)
                    page = (visitor.side, kind, theme, spoken)  # axe reads each once, whoever has it open
                    new = options.axe and page not in looked
                    looked.add(page)
                    trouble.update(f"{where} {what}" for what in look.complaints(tab, spoken, axe=new))
                    if not options.axe:
                        tab.wait_for_timeout(150)
                        target = options.out / visitor.name / f"{kind}-{width}-{theme}-{language}.png"
                        target.parent.mkdir(parents=True, exist_ok=True)
                        tab.screenshot(path=target, full_page=True)
                    for screen in look.screens(tab):
                        look.turn_to(tab, screen)
                        trouble.update(f"{where} {screen} {what}" for what in look.complaints(tab, language, axe=new))
                        if not options.axe:
                            tab.screenshot(path=target.with_name(target.name.replace(kind, f"{kind}.{screen}", 1)))
                    count += 1
                context.close()
            print(f"{visitor.name}: {', '.join(visitor.pages)}", flush=True)
        chromium.close()
    for line in sorted(trouble):
        print(f"TROUBLE {line}")
    print(f"shots: {count} {'looks' if options.axe else f'pictures in {options.out}'}, {len(trouble)} complaints")
    return 1 if trouble else 0


def _start() -> Any:
    """Start Django here, to name routes; the house that is walked is a process of its own."""
    postgres.ensure("test", "postgres", durable=False)
    words.compile_all()
    os.environ.update({"DJANGO_SETTINGS_MODULE": "settings", "DATABASE_POOL": "0", "DEMO": "1"})
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # playwright keeps a loop in this thread
    import django

    django.setup()
    from tests import house

    return house


def _find_pages(chromium: Any, house: Any, visitor: walk.Visitor, trouble: set[str]) -> None:
    context = walk.window(chromium, house, visitor, width=1280, theme="light", language="vi")
    for _kind in walk.explore(context.new_page(), house, visitor, trouble):
        pass
    context.close()


def _chosen(kinds: Iterable[str], only: str) -> list[str]:
    return [kind for kind in kinds if only in kind]
