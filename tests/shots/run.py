"""`lanh.py shots`: pictures of every page as each of the demo's people, narrow and wide, light and dark, vi and en.

It walks the site like a reader: from the front page along the links, one picture per kind of page. What the browser
complained about, and every request that would have left the machine, is printed and makes it fail.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from runtime import browser, folders
from tests.site import Site, own_database

WIDTHS = {390: 844, 1280: 800}
THEMES = ("light", "dark")
LANGUAGES = ("vi", "en")
# Doors that act, leave, or belong to others.
PASSED_BY = re.compile(
    r"^/(admin|api|fhir|static|_allauth|sign-out|language|theme|sw\.js|metrics|demo/as|demo/sign)|\.(ics|svg|pdf|csv|webmanifest)$"
)
MOST_PAGES = 60  # per person; a safety net, not a choice


@dataclass
class Visitor:
    """Somebody who looks, where they begin, and the session they bring along."""

    name: str
    begin: str
    cookie: str = ""
    pages: dict[str, str] = field(default_factory=dict)  # kind of page → one address of it


def main(arguments: list[str]) -> int:
    """Take the pictures; 1 when the browser complained or something asked another machine."""
    parser = argparse.ArgumentParser(prog="lanh.py shots")
    parser.add_argument("--out", type=Path, default=folders.CHECKOUT / "shots")
    parser.add_argument("--only", default="", help="pages whose kind holds these words")
    parser.add_argument("--quick", action="store_true", help="Vietnamese and light only")
    parser.add_argument("--fresh", action="store_true", help="make the demo's people and places anew first")
    options = parser.parse_args(arguments)
    own_database("shots_lanh", fresh=options.fresh)
    from playwright.sync_api import sync_playwright

    shutil.rmtree(options.out, ignore_errors=True)
    trouble: set[str] = set()
    count = 0
    themes, languages = (THEMES[:1], LANGUAGES[:1]) if options.quick else (THEMES, LANGUAGES)
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # playwright keeps a loop in this thread
    with Site() as site, sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=browser.find(), args=browser.FLAGS)
        for visitor in visitors():
            _walk(chromium, site.url, visitor, options.only, trouble)
            for theme, language, width in product(themes, languages, WIDTHS):
                context = _context(chromium, site.url, visitor, width, theme, language)
                tab = context.new_page()
                _listen(tab, site.url, visitor.name, trouble)
                for kind, address in visitor.pages.items():
                    target = options.out / visitor.name / f"{kind}-{width}-{theme}-{language}.png"
                    target.parent.mkdir(parents=True, exist_ok=True)
                    tab.goto(site.url + address, wait_until="load")
                    tab.wait_for_timeout(150)
                    tab.screenshot(path=target, full_page=True)
                    wide = tab.evaluate("document.documentElement.scrollWidth")
                    if wide > width:
                        trouble.add(f"{visitor.name} {address}: {wide} px wide at {width}")
                    count += 1
                context.close()
            print(f"{visitor.name}: {', '.join(visitor.pages)}", flush=True)
        chromium.close()
    for line in sorted(trouble):
        print(f"TROUBLE {line}")
    print(f"shots: {count} pictures in {options.out}, {len(trouble)} complaints")
    return 1 if trouble else 0


def visitors() -> Iterator[Visitor]:
    """Nobody, and each of the demo's cast."""
    from django.conf import settings

    from identity.models import User
    from tests import make
    from web.demo import CAST

    yield Visitor("nobody", "/")
    for member in CAST:
        user = User.objects.get(email=member.email) if member.email else User.objects.get(phone=member.phone)
        session = make.page_client(user).cookies[settings.SESSION_COOKIE_NAME].value
        yield Visitor(member.key, member.landing, session)


def _context(chromium: Any, url: str, visitor: Visitor, width: int, theme: str, language: str) -> Any:
    context = chromium.new_context(
        viewport={"width": width, "height": WIDTHS[width]},
        color_scheme=theme,
        locale=language,
        timezone_id="Asia/Ho_Chi_Minh",
        permissions=["camera", "microphone"],
        reduced_motion="reduce",
    )
    cookies = [{"name": "language", "value": language, "url": url}]
    if visitor.cookie:
        cookies.append({"name": "sessionid", "value": visitor.cookie, "url": url})
    context.add_cookies(cookies)
    return context


def _listen(tab: Any, url: str, who: str, trouble: set[str]) -> None:
    def said(message: Any) -> None:
        if message.type == "error" and _kind(urlsplit(tab.url).path) != "not-found":
            trouble.add(f"{who} {urlsplit(tab.url).path}: {message.text[:160]}")

    def asked(request: Any) -> None:
        if not request.url.startswith((url, "data:", "blob:", url.replace("http", "ws", 1))):
            trouble.add(f"{who} {urlsplit(tab.url).path} asked {request.url[:120]}")

    tab.on("console", said)
    tab.on("request", asked)
    tab.on("pageerror", lambda error: trouble.add(f"{who} {urlsplit(tab.url).path}: {str(error)[:160]}"))


def _walk(chromium: Any, url: str, visitor: Visitor, only: str, trouble: set[str]) -> None:
    """Follow the links; keep one address for each kind of page (its route's name)."""
    context = _context(chromium, url, visitor, 1280, "light", "vi")
    tab = context.new_page()
    waiting, seen = [visitor.begin], {visitor.begin}
    if visitor.name == "nobody":
        waiting += ["/sign-in/", "/staff/sign-in/", "/demo/", "/nowhere/", "/offline/"]
    while waiting and len(visitor.pages) < MOST_PAGES:
        address = waiting.pop(0)
        kind = _kind(address)
        if kind in visitor.pages:
            continue
        answer = tab.goto(url + address, wait_until="domcontentloaded")
        if answer is None or "text/html" not in answer.headers.get("content-type", ""):
            continue
        if answer.status >= 500:
            trouble.add(f"{visitor.name} {address}: {answer.status}")
        if urlsplit(tab.url).path != urlsplit(address).path and _kind(urlsplit(tab.url).path) in visitor.pages:
            continue
        visitor.pages[kind] = address
        for link in tab.eval_on_selector_all("a[href]", "all => all.map(a => a.getAttribute('href'))"):
            parts = urlsplit(urljoin(tab.url, link))
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            if f"{parts.scheme}://{parts.netloc}" == url and path not in seen and not PASSED_BY.search(parts.path):
                seen.add(path)
                waiting.append(path)
    visitor.pages = {kind: address for kind, address in visitor.pages.items() if only in kind}
    context.close()


def _kind(address: str) -> str:
    from django.urls import Resolver404, resolve

    try:
        match = resolve(urlsplit(address).path)
    except Resolver404:
        return "not-found"
    return (match.url_name or match.route or "page").replace("/", "-")
