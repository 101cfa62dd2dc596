"""Pictures of a visit by video, of every state of both rooms: two people, then a guest, lived through in real browsers.

Used by `lanh.py shots --calls`; the pictures come in the order of the story.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

from runtime import databases
from tests.house import House
from tests.shots import stage, walk

# As in tests/realtime/test_quality_in_browsers.py: windows of five seconds last two; so much of what is sent seems lost.
QUICK = """(() => { const real = setInterval;
  window.setInterval = (what, every, ...more) => real(what, every === 5000 ? 2000 : every, ...more); })()"""
WEAKEN = """loss => { const call = document.querySelector("video-call"); call.trueStats ??= call.stats;
  call.stats = async () => { const seen = await call.trueStats(); return seen && { ...seen, lossOut: { audio: loss, video: loss } }; }; }"""
REFUSED = "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'))"
STEPS = (("vi", "light"), ("en", "dark"))
PATIENCE_MS = 40_000


class Album:
    """Where the pictures of one round go, numbered."""

    def __init__(self, folder: Path, suffix: str) -> None:
        self.folder, self.suffix, self.number = folder, suffix, 0
        folder.mkdir(parents=True, exist_ok=True)

    def take(self, name: str, **tabs: Any) -> None:
        """One picture of each of these people's tabs, as far as the window shows."""
        for who, tab in tabs.items():
            self.number += 1
            tab.wait_for_timeout(400)
            width = tab.viewport_size["width"]
            tab.screenshot(path=self.folder / f"{self.suffix}-{self.number:02}-{name}-{who}-{width}.png")


def run(chromium: Any, house: House, out: Path, trouble: set[str]) -> int:
    """Live through it in each language with its theme, the citizen narrow and the doctor wide, and the other way round."""
    count = 0
    for (language, theme), narrow in product(STEPS, ("citizen", "doctor")):
        album = Album(out / "calls", f"{language}-{theme}-{narrow}")
        widths = {"citizen": 390, "doctor": 1280} if narrow == "citizen" else {"citizen": 1280, "doctor": 390}
        with contextlib.ExitStack() as windows:
            for line in _story(chromium, house, album, widths, theme, language, trouble, windows):
                print(f"{language} {theme} {narrow}: {line}", flush=True)
        count += album.number
    return count


def _story(
    chromium: Any,
    house: House,
    album: Album,
    widths: dict[str, int],
    theme: str,
    language: str,
    trouble: set[str],
    windows: contextlib.ExitStack,
) -> Iterator[str]:
    def window(who: str, width: int, cookie: str = "") -> Any:
        visitor = walk.Visitor(who, ["/"], cookie)
        context = walk.window(chromium, house, visitor, width=width, theme=theme, language=language)
        windows.callback(context.close)
        context.add_init_script(QUICK)
        tab = context.new_page()
        tab.set_default_timeout(PATIENCE_MS)
        walk.listen(tab, house, f"{who} in the call", trouble)
        return tab

    visit = _visit(house)
    citizen = window("ana", widths["citizen"], walk.session_of(house, "ana"))
    doctor = window("ben", widths["doctor"], walk.session_of(house, "ben"))
    on_call = citizen.locator("video-call"), doctor.locator("video-call")

    yield "the look at the devices"
    _refused(chromium, house, album, visit, window)
    citizen.goto(f"{house.url}/visits/{visit}/")
    citizen.locator("[data-part=enter]:not([disabled])").wait_for()
    album.take("check", citizen=citizen)
    citizen.locator("[data-part=enter]").scroll_into_view_if_needed()
    album.take("consent", citizen=citizen)
    citizen.locator("[data-act=enter]").click()
    album.take("not-agreed", citizen=citizen)
    citizen.locator("[data-part=consent] input").check()
    citizen.locator("[data-act=enter]").click()
    citizen.locator("video-call[data-shown=waiting]").wait_for(state="attached")

    yield "the door"
    doctor.goto(f"{house.url}/doctor/visits/{visit}/")
    doctor.locator("video-call [data-act=start]:not([disabled])").wait_for()
    album.take("door", citizen=citizen, doctor=doctor)
    doctor.locator("video-call [data-act=start]").click()
    doctor.locator("[data-act=let_in]").wait_for()
    album.take("knock", doctor=doctor)
    doctor.locator("[data-act=let_in]").click()
    for tab in (citizen, doctor):
        _moving(tab)
    for one in on_call:
        one.locator("[data-part=quality]").wait_for()
    album.take("call", citizen=citizen, doctor=doctor)

    yield "words"
    citizen.locator(".call__controls [data-act=chat]").click()
    citizen.locator("#call-line").fill("Thưa bác sĩ, tôi ho từ hôm kia, về đêm ho nhiều hơn")
    citizen.keyboard.press("Enter")
    doctor.locator("#call-line").fill("Chị có sốt không? Chị chụp giúp tôi hộp thuốc đang uống.")
    doctor.locator("[data-part=say] button[type=submit]").click()
    album.take("words", citizen=citizen, doctor=doctor)
    citizen.keyboard.press("Escape")

    yield "three people"
    guest = _guest(house, album, doctor, window)
    for tab in (citizen, doctor, guest):
        tab.wait_for_function("document.querySelectorAll('.call__tile').length === 1")
    doctor.wait_for_timeout(2500)
    album.take("three", citizen=citizen, doctor=doctor, guest=guest)
    doctor.locator("[data-part=people] > li", has_text="Lan").locator("[data-act=mute]").click()
    album.take("muted", guest=guest)

    yield "recording"
    doctor.locator("[data-act=rec_begin]").click()
    album.take("record-wish", doctor=doctor)
    doctor.locator("[data-act=rec_yes]").click()
    citizen.locator("[data-part=rec-ask][open]").wait_for()
    album.take("record-asked", citizen=citizen, doctor=doctor)
    for tab in (citizen, guest):
        tab.locator("[data-act=rec_yes]").click()
    for tab in (citizen, doctor):
        tab.locator("[data-part=rec-sign][data-state=on]").wait_for()
    album.take("recorded", citizen=citizen, doctor=doctor, guest=guest)
    doctor.wait_for_timeout(3000)
    citizen.locator("[data-act=rec_stop]").click()
    album.take("record-stopped", citizen=citizen, doctor=doctor)
    doctor.locator("[data-part=people] > li", has_text="Lan").locator("[data-act=remove]").click()
    guest.locator("video-call[data-ended=removed]").wait_for(state="attached")
    album.take("shown-out", guest=guest)

    yield "a weak network"
    citizen.evaluate(WEAKEN, 0.2)
    citizen.locator("video-call[data-step=audio]").wait_for(state="attached")
    doctor.locator("video-call.call--peer-no-picture").wait_for(state="attached")
    album.take("audio-only", citizen=citizen, doctor=doctor)
    citizen.reload()
    citizen.locator("video-call[data-shown=call]").wait_for(state="attached")
    album.take("back", citizen=citizen)
    doctor.reload()
    album.take("doctor-back", citizen=citizen, doctor=doctor)
    if doctor.locator("video-call [data-act=start]").is_visible():
        doctor.locator("video-call [data-act=start]").click()
    _moving(doctor)

    yield "the colleague, the end"
    doctor.locator("[data-hand-over]").click()
    doctor.locator("dialog#hand-over[open]").wait_for()
    album.take("hand-over", doctor=doctor)
    doctor.keyboard.press("Escape")
    _diagnosed(doctor)
    doctor.locator("[data-finish]").click()
    doctor.locator("dialog#finish[open]").wait_for()
    album.take("finish", doctor=doctor)
    doctor.locator("dialog#finish button.button--primary").click()
    doctor.wait_for_url("**/doctor/")
    citizen.locator("video-call[data-shown=ended]").wait_for(state="attached")
    album.take("ended", citizen=citizen)
    citizen.reload()
    album.take("ended-later", citizen=citizen)
    for page in (f"visits/{visit}/evidence", "recordings"):
        _page(album, citizen, house, page)
    doctor.goto(f"{house.url}/doctor/visits/{visit}/")
    album.take("closed", doctor=doctor)
    watch = doctor.locator("a[href^='/recordings/']")
    if watch.count():
        doctor.goto(f"{house.url}{watch.first.get_attribute('href')}")
        doctor.wait_for_timeout(1500)
        album.take("film", doctor=doctor)


def _page(album: Album, tab: Any, house: House, place: str) -> None:
    answer = tab.goto(f"{house.url}/{place}/")
    if answer.ok:
        album.take(re.sub(r"[^a-z]+", "-", place.rpartition("/")[2]), citizen=tab)


def _refused(chromium: Any, house: House, album: Album, visit: str, window: Any) -> None:
    """The same page where the browser gives no camera."""
    tab = window("ana", 390, walk.session_of(house, "ana"))
    tab.add_init_script(REFUSED)
    tab.goto(f"{house.url}/visits/{visit}/")
    if tab.locator("[data-part=allow]").is_visible():
        tab.locator("[data-part=allow]").click()
    tab.locator("[data-part=trouble]").wait_for()
    album.take("no-camera", citizen=tab)
    tab.close()


def _guest(house: House, album: Album, doctor: Any, window: Any) -> Any:
    doctor.locator(".people__invite summary").click()
    doctor.locator("#invite-name").fill("Trần Thị Lan")
    doctor.locator("#invite-kind").select_option("interpreter")
    album.take("invite", doctor=doctor)
    doctor.locator("[data-part=invite] button[type=submit]").click()
    doctor.locator("[data-part=invite-link]").wait_for()
    album.take("invited", doctor=doctor)
    link = doctor.locator("#invite-address").input_value()
    guest = window("lan", 390)
    guest.goto(f"{house.url}/join/{link.rstrip('/').rpartition('/')[2]}/")
    album.take("invitation", guest=guest)
    guest.locator("main form button").click()
    guest.locator("[data-part=enter]:not([disabled])").wait_for()
    album.take("check", guest=guest)
    if guest.locator("[data-part=consent] input").count():
        guest.locator("[data-part=consent] input").check()
    guest.locator("[data-act=enter]").click()
    guest.locator("video-call[data-shown=waiting]").wait_for(state="attached")
    album.take("waiting", guest=guest)
    doctor.locator("[data-act=let_in]").click()
    guest.locator("video-call[data-shown=call]").wait_for(state="attached")
    return guest


def _diagnosed(doctor: Any) -> None:
    if doctor.locator("#tab-note").is_visible():
        doctor.locator("#tab-note").click()
    doctor.locator("#pane-note textarea").first.fill("Ho khan về đêm hai ngày nay, không sốt.")
    doctor.locator("#icd-input").click()
    doctor.locator("#icd-input").press_sequentially("viem mui hong cap")
    doctor.locator("#icd-list [role=option]", has_text="J00").click()
    doctor.locator("#note-state[data-look=saved]").wait_for()


def _moving(tab: Any) -> None:
    tab.wait_for_function(
        "async () => ((await document.querySelector('video-call').stats()) || {}).framesDecoded > 15",
        timeout=PATIENCE_MS,
    )


def _visit(house: House) -> str:
    """A visit that Anh has paid for, and whose room is open now."""
    from tests.cast_of_the_demo import CITIZEN, sign_in  # Django must have started

    ana = sign_in(house, CITIZEN)
    try:
        visit = stage.booked_visit(ana)
    finally:
        ana.close()
    with databases.connect(house.database) as rows:
        rows.execute(
            "UPDATE realtime_room SET opens_at = least(opens_at, now() - interval '1 minute') WHERE encounter_id = %s",
            [visit],
        )
    return visit
