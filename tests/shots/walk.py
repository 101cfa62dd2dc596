"""Walking the site as a reader does: from the front page along the links, one address for each kind of page.

Used by `lanh.py shots` and by tests/web/test_axe.py. What links alone do not reach is set up by tests/shots/stage.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from tests.house import House
from tests.shots import scenes, stage

WIDTHS = {390: 844, 1280: 800}
THEMES = ("light", "dark")
LANGUAGES = ("vi", "en")
# Doors that act, leave, or belong to others.
PASSED_BY = re.compile(
    r"^/(admin|api|fhir|static|_allauth|sign-out|language|theme|sw\.js|metrics|demo/as|demo/sign)|\.(ics|svg|pdf|csv|xlsx|webmanifest)$|^/recordings/[^/]+/whole$"
)
# Screens on a wall speak the language of the place, whatever the reader has chosen elsewhere.
ON_A_WALL = {"kiosk", "corridor"}
MOST_PAGES = 60  # per person; a safety net, not a choice

Place = str | Callable[[Any, House], None]  # an address, or what to do in a tab to get there


@dataclass
class Visitor:
    """Somebody who looks, where they begin, and the session they bring along."""

    name: str
    begin: list[str]
    cookie: str = ""
    pages: dict[str, Place] = field(default_factory=dict)  # kind of page → how to get there

    @property
    def side(self) -> str:
        """The same address is another page for nobody, for a citizen, in a console."""
        return "nobody" if not self.cookie else "citizen" if self.begin == ["/"] else "console"


def visitors(house: House) -> Iterator[Visitor]:
    """Nobody, and each of the demo's cast, with the pages links do not lead to."""
    from web.demo import CAST

    hidden = stage.prepare(house)
    outside = {name: getattr(scenes, name.replace("-", "_")) for name in scenes.FOR_NOBODY}
    begin = ["/", "/sign-in/", "/staff/sign-in/", "/demo/", "/nowhere/", "/offline/"]
    yield Visitor("nobody", begin, pages=dict(outside))
    for member in CAST:
        pages: dict[str, Place] = dict(hidden.get(member.key, {}))
        yield Visitor(member.key, [member.landing], session_of(house, member.key), pages)


def session_of(house: House, who: str) -> str:
    """Become one of the cast as the demo page lets you; return the session's cookie."""
    with httpx.Client(base_url=house.url, timeout=60) as client:
        client.get("/demo/")
        form = {"who": who, "csrfmiddlewaretoken": client.cookies["csrftoken"]}
        answer = client.post("/demo/enter/", data=form, headers={"Referer": f"{house.url}/demo/"})
        assert answer.status_code == 302, answer.text[:500]
        return client.cookies["sessionid"]


def window(chromium: Any, house: House, visitor: Visitor, *, width: int, theme: str, language: str) -> Any:
    """A browser of that person: its own cookies, its own width."""
    context = chromium.new_context(
        viewport={"width": width, "height": WIDTHS[width]},
        color_scheme=theme,
        locale=language,
        timezone_id="Asia/Ho_Chi_Minh",
        permissions=["camera", "microphone"],
        reduced_motion="reduce",
    )
    cookies = [{"name": "language", "value": language, "url": house.url}]
    if visitor.cookie:
        cookies.append({"name": "sessionid", "value": visitor.cookie, "url": house.url})
    context.add_cookies(cookies)
    return context


def listen(tab: Any, house: House, who: str, trouble: set[str]) -> None:
    """Write down what the browser complains about, and every request to another machine."""
    socket = house.url.replace("http", "ws", 1)

    def said(message: Any) -> None:
        # The page itself may be a 404, on purpose: that one line names the page's own address.
        own = message.location.get("url") == tab.url and "the server responded with a status of 4" in message.text
        if message.type == "error" and not own:
            trouble.add(f"{who} {urlsplit(tab.url).path}: {message.text[:200]}")

    def asked(request: Any) -> None:
        if not request.url.startswith((house.url, socket, "data:", "blob:")):
            trouble.add(f"{who} {urlsplit(tab.url).path} asked {request.url[:120]}")

    tab.on("console", said)
    tab.on("request", asked)
    tab.on("pageerror", lambda error: trouble.add(f"{who} {urlsplit(tab.url).path}: {str(error)[:200]}"))


def arrive(tab: Any, house: House, visitor: Visitor, kind: str) -> None:
    """Bring the tab to a page and let it settle."""
    if not visitor.cookie:
        tab.context.clear_cookies(name="sessionid")  # a scene before may have signed somebody in
    place = visitor.pages[kind]
    if isinstance(place, str):
        tab.goto(house.url + place, wait_until="load")
    else:
        place(tab, house)


def explore(tab: Any, house: House, visitor: Visitor, trouble: set[str]) -> Iterator[str]:
    """Follow the links, keep one address for each kind of page; each kind is yielded while the tab stands on it."""
    waiting = list(visitor.begin)
    seen = set(waiting)
    given = {kind_of(place) for place in visitor.pages.values() if isinstance(place, str) and "?" not in place}
    while waiting and len(visitor.pages) < MOST_PAGES:
        address = waiting.pop(0)
        kind = kind_of(address)
        if kind in visitor.pages or kind in given:
            continue
        answer = tab.goto(house.url + address, wait_until="load")
        if answer is None or "text/html" not in answer.headers.get("content-type", ""):
            continue
        if answer.status >= (500 if kind == "not-found" else 400):
            trouble.add(f"{visitor.name} {address}: {answer.status}")
        landed = kind_of(urlsplit(tab.url).path)
        if landed != kind and landed in visitor.pages:
            continue
        visitor.pages[kind] = address
        for link in tab.eval_on_selector_all("a[href]", "all => all.map(a => a.getAttribute('href'))"):
            parts = urlsplit(urljoin(tab.url, link))
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            if (
                f"{parts.scheme}://{parts.netloc}" == house.url
                and path not in seen
                and not PASSED_BY.search(parts.path)
            ):
                seen.add(path)
                waiting.append(path)
        yield kind


def spoken(kind: str, language: str) -> str:
    """The language in which a page answers somebody who has chosen this one."""
    return "vi" if kind in ON_A_WALL else language


def kind_of(address: str) -> str:
    """The name of the route an address has."""
    from django.urls import Resolver404, resolve

    try:
        match = resolve(urlsplit(address).path)
    except Resolver404:
        return "not-found"
    return (match.url_name or match.route or "page").replace("/", "-")
