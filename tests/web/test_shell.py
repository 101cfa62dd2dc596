"""The shell: how money and times are written, language and theme, what makes the site installable."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.template import TemplateSyntaxError
from django.utils import translation

from core.money import Money
from runtime import folders
from web.templatetags import lanh

EVENING = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)  # 01:30 on the 24th in Vietnam


def test_money_is_written_as_in_vietnam():
    assert lanh.money(Money.vnd(150_000)) == "150.000\u00a0₫"
    assert lanh.money({"amount": 1_250_000, "currency": "VND"}) == "1.250.000\u00a0₫"
    assert lanh.money(None) == ""


@pytest.mark.parametrize(
    ("language", "day", "short"), [("vi", "Thứ Ba, 24/11/2026", "T3"), ("en", "Tuesday, 24 Nov 2026", "Tue")]
)
def test_times_stand_on_the_clinics_clock(language, day, short):
    with translation.override(language):
        assert lanh.day(EVENING) == day
        assert lanh.weekday_short(EVENING) == short
        assert lanh.clock(EVENING) == "01:30"
        assert lanh.day_and_clock(EVENING) == f"01:30 · {day}"
    assert lanh.clock(EVENING, "Europe/Berlin") == "19:30"


def test_a_date_is_not_moved_by_any_zone():
    with translation.override("vi"):
        assert lanh.day(date(2026, 11, 24)) == "Thứ Ba, 24/11/2026"


def test_nothing_is_written_for_nothing():
    assert [one(None) for one in (lanh.day, lanh.clock, lanh.day_and_clock, lanh.money, lanh.age)] == [""] * 5
    assert lanh.day("yesterday") == ""


def test_names_and_numbers():
    assert lanh.initials("BS.CKI Nguyễn Văn Ánh") == "VÁ"
    assert lanh.phone("+84912345678") == "0912\u00a0345\u00a0678"
    assert lanh.phone("+842438255596") == "024\u00a03825\u00a05596"
    assert lanh.phone("+4930123456") == "+4930123456"


def test_every_icon_is_drawn_and_unknown_ones_are_told():
    for file in lanh.ICONS.glob("*.svg"):
        assert "<svg" in lanh.icon(file.stem) and 'aria-hidden="true"' in lanh.icon(file.stem)
    for name in ("nothing", "../../settings"):
        with pytest.raises(TemplateSyntaxError):
            lanh.icon(name)
        assert lanh.safe_icon(name) == lanh.icon("stethoscope")


def test_language_is_kept_in_the_cookie_and_with_the_account(ana_browser, ana):
    answer = ana_browser.post("/language/", {"language": "en", "next": "/profile/"})
    assert answer["Location"] == "/profile/" and answer.cookies["language"].value == "en"
    ana.user.refresh_from_db()
    assert ana.user.language == "en"
    assert '<html lang="en"' in ana_browser.get("/profile/").content.decode()


def test_theme_is_kept_in_the_cookie_and_with_the_account(ana_browser, ana):
    ana_browser.post("/theme/", {"theme": "dark", "next": "/profile/"})
    ana.user.refresh_from_db()
    assert ana.user.theme == "dark"
    assert 'data-theme="dark"' in ana_browser.get("/profile/").content.decode()
    ana_browser.post("/theme/", {"theme": "", "next": "/profile/"})
    assert "data-theme=" not in ana_browser.get("/profile/").content.decode().split(">")[1]


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_never_sends_anybody_elsewhere(client, db, elsewhere):
    assert client.post("/theme/", {"theme": "dark", "next": elsewhere})["Location"] == "/"


def test_an_unknown_language_or_theme_changes_nothing(ana_browser, ana):
    assert "language" not in ana_browser.post("/language/", {"language": "tlh"}).cookies
    ana_browser.post("/theme/", {"theme": '"><script>'})
    assert "data-theme=" not in ana_browser.get("/").content.decode().split("<head>")[0]


def test_is_installable(client, db):
    manifest = json.loads(client.get("/manifest.webmanifest").content)
    assert manifest["start_url"] == "/" and manifest["display"] == "standalone"
    for icon in manifest["icons"]:
        assert finders.find(icon["src"].removeprefix("/static/")), icon
    worker = client.get("/sw.js")
    assert worker["Content-Type"].startswith("text/javascript")
    assert "/static/web/tokens.css" in worker.content.decode()


def test_the_worker_keeps_static_files_and_nothing_personal(client, ana_browser):
    worker = client.get("/sw.js").content.decode()
    kept = re.search(r"FILES = \[(.*?)\]", worker)[1].split(", ")
    assert kept[:2] == ["OFFLINE", "...PAGES"]
    for name in kept[2:]:
        assert name.startswith(('"/static/web/', '"/static/prescriptions/verify/'))
    pages = json.loads(re.search(r"PAGES = (\[.*?\])", worker)[1])
    assert pages == ["/verify/", "/verify/vi/", "/verify/en/"]
    for address in pages:  # the same for everybody, whoever is signed in
        assert client.get(address).content == ana_browser.get(address).content


def test_pages_about_people_are_never_kept(ana_browser):
    for address in ("/", "/record/", "/profile/", "/appointments/"):
        assert ana_browser.get(address)["Cache-Control"] == "no-store", address


def test_an_unknown_address_gets_a_page_in_plain_words(client, db):
    answer = client.get("/no-such-page/")
    assert answer.status_code == 404 and "Không tìm thấy trang này" in answer.content.decode()


def test_every_module_a_page_names_exists():
    root = Path(lanh.__file__).parent.parent
    for template in root.glob("templates/**/*.html"):
        for name in re.findall(r"{% static '([^']+)' %}", template.read_text()):
            assert finders.find(name), (template.name, name)
    for module in root.glob("static/web/js/*.js"):
        for name in re.findall(r'^import .*?"(\./[^"]+)"', module.read_text(), re.M):
            assert (module.parent / name).exists(), (module.name, name)


def test_static_names_carry_their_hash_also_inside_modules(tmp_path):
    """Django calls this experimental, and we rest on it in production.

    A bare `import "./x.js"` before another import is not seen by it, so each module imports names.
    """
    from web.storage import HashedStatic

    storage = HashedStatic(location=tmp_path, base_url="/static/")
    paths = {}
    for name, source in own_static_files():
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
        paths[name] = (storage, name)
    for name, _hashed, problem in storage.post_process(paths):
        assert not isinstance(problem, Exception), (name, problem)
    assert "web/js/shell.js" in paths
    for name in paths:
        if name.endswith(".js"):
            module = (tmp_path / storage.stored_name(name)).read_text()
            plain = re.findall(r"""^(?:import|export)\b[^;]*?["'](\.{1,2}/[^"']+)["']""", module, re.M)
            assert all(re.search(r"\.[0-9a-f]{12}\.js$", one) for one in plain), (name, plain)


def own_static_files() -> list[tuple[str, Path]]:
    """Every stylesheet, module and picture of our own apps."""
    found = []
    for package in folders.packages():
        for file in (package / "static").rglob("*"):
            if file.is_file():
                found.append((str(file.relative_to(package / "static")), file))
    return found
