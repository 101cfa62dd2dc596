"""From a signed prescription to two bags, clicked through in real browsers: asked, reserved, filled in two places, refused at once.

The doctor, the citizen and two counters each have a window of their own; nothing but what people see is used to go on.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from psycopg import sql

from core.ids import new_id
from prescriptions.scanning import codes_in_picture
from tests.cast_of_the_demo import CITIZEN, DOCTOR, PHARMACIST
from tests.house import House
from tests.journeys.test_in_two_browsers import DESK, PHONE, Watch, become, chromium, prescribe, watching  # noqa: F401
from tests.journeys.test_in_two_browsers import pytestmark as of_browsers
from tests.shots.stage import booked_visit
from tests.web.in_the_house import enter, look
from web.demo import BY_KEY

pytest.importorskip("playwright.sync_api")
from playwright.sync_api import Browser, Page, expect

pytestmark = of_browsers
HERE, THERE = "Nhà thuốc Bình Minh", "Nhà thuốc Phúc Khang"
HOME = {"latitude": 21.0285, "longitude": 105.8485}
# In the order of the prescription: the doctor goes past her allergy for a reason; prices as the counter will say them.
MEDICINES = (("amoxi", "Amoxicilin 500 mg"), ("cetiri", "Cetirizin 10 mg"), ("amlodi", "Amlodipin 5 mg"))


@contextmanager
def working_elsewhere_too(house: House, name: str) -> Iterator[str]:
    """The pharmacist works at a second pharmacy as well; yields the id of that membership."""
    import psycopg

    address = urlsplit(house.environment["DATABASE_URL"])
    membership = str(new_id())
    with psycopg.connect(address.geturl(), autocommit=True) as there:
        columns = [
            row[0]
            for row in there.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_name = 'identity_membership'"
            )
        ]
        taken = {"id": "%(id)s", "facility_id": "(SELECT id FROM identity_facility WHERE name = %(name)s)"}
        values = [sql.SQL(taken[one]) if one in taken else sql.Identifier(one) for one in columns]
        copy = sql.SQL(
            "INSERT INTO identity_membership ({}) SELECT {} FROM identity_membership WHERE role = 'pharmacist'"
            " AND user_id = (SELECT id FROM identity_user WHERE email = %(email)s)"
        ).format(sql.SQL(", ").join(map(sql.Identifier, columns)), sql.SQL(", ").join(values))
        there.execute(copy, {"id": membership, "name": name, "email": BY_KEY[PHARMACIST].email})
        try:
            yield membership
        finally:
            there.execute("DELETE FROM identity_membership WHERE id = %s", [membership])


def act_as(page: Page, membership: str) -> None:
    """Pick the role at the other pharmacy, as the page of roles does."""
    page.goto("/roles/")
    page.locator(f"form:has(input[value='{membership}']) button, button[value='{membership}']").first.click()
    page.wait_for_url("**/pharmacy/")


def numbers(page: Page, selector: str) -> list[int]:
    """Read amounts of dong from a page."""
    return [int(re.sub(r"[^0-9]", "", one)) for one in page.locator(selector).all_inner_texts()]


def test_reserved_here_and_collected_in_two_places(house: House, chromium: Browser, tmp_path: Path) -> None:  # noqa: F811
    phone = enter(house, CITIZEN)
    encounter = booked_visit(phone)
    phone.close()
    doctor = enter(house, DOCTOR)
    doctor.post(f"/encounters/{encounter}/start")
    note = doctor.get(f"/encounters/{encounter}")
    doctor.patch(f"/encounters/{encounter}", {"version": note["version"], "diagnoses": [{"code": "J00"}]})
    with working_elsewhere_too(house, THERE) as elsewhere, watching(house, chromium) as watch:
        ben, ana, cara, loc = watch.window(DESK), watch.window(PHONE), watch.window(DESK), watch.window(DESK)
        ana.context.grant_permissions(["geolocation"], origin=house.url)
        ana.context.set_geolocation(HOME)

        # The doctor knows of her allergy, goes past it for a reason, and signs.
        become(ben, DOCTOR)
        ben.goto(f"/doctor/visits/{encounter}/")
        for words, drug in MEDICINES:
            prescribe(ben, words, drug)
        grave = ben.locator(".pad-finding.notice--bad")
        expect(grave).to_contain_text("Penicillin")
        grave.locator("select").select_option(index=1)
        ben.locator("[data-act=ask]").click()
        ben.locator("[data-act=sign]").click()
        expect(ben.locator(".pad-signed")).to_have_count(1)
        code = ben.locator(".pad-signed .pad-code").inner_text().strip()

        # She asks the pharmacies around. Some answer from their stock at once; this counter sees it live, and no name.
        become(cara, PHARMACIST)
        cara.goto("/pharmacy/asked/")
        before = cara.locator("#asked-list [data-card]:not([data-card=none])").count()
        become(ana, CITIZEN)
        ana.goto("/prescriptions/")
        ana.locator("main a.rx-card", has_text="Amlodipin").first.click()
        ana.locator("a[href$='/who-has-it/']").first.click()
        ana.locator("ask-near button").click()
        expect(ana.locator("ask-near [data-part=known]")).to_be_visible()
        ana.locator("input[name=include_closed]").check()
        look(ana, "ask-390")
        ana.locator("main form button.button--primary").click()
        expect(ana.locator(".ask-answer", has_text=THERE)).to_be_visible()
        card = cara.locator("#asked-list [data-card]", has_text="Amlodipin").first
        expect(card).to_be_visible()
        expect(cara.locator("#asked-list [data-card]:not([data-card=none])")).to_have_count(before + 1)
        assert BY_KEY[CITIZEN].name not in card.inner_text() and code not in card.inner_text()
        for field in card.locator("input[name^=price]").all():
            field.fill("100")
        for field in card.locator("input[name^=quantity]").all():
            field.fill(field.get_attribute("max") or "")
        look(cara, "asked-1280")
        card.locator("button[value=answer]").click()

        # The answer comes to her page by itself; it is the cheapest, and she has it kept.
        best = ana.locator(".ask-answer").first
        expect(best).to_contain_text(HERE)
        expect(best).to_contain_text("rẻ nhất")
        look(ana, "answers-390")
        promised = numbers(ana, ".ask-answer:first-child .ask-total")
        best.locator("form button").click()
        expect(ana.locator(".ask-kept")).to_contain_text(HERE)
        look(ana, "kept-390")
        kept = cara.locator("#kept-list a", has_text=BY_KEY[CITIZEN].name)
        expect(kept).to_be_visible()  # now the counter knows whose it is

        # Pharmacy A hands out two of three and gives the rest back.
        kept.click()
        cara.locator("form[action$='/accept/'] button").click()
        lots = [one.input_value() for one in cara.locator("input[name^=lot]").all()]
        assert len(lots) == 3 and all(lots)  # those that were kept for her
        cara.locator("input[name^=quantity]").nth(2).fill("0")
        look(cara, "review-1280")
        cara.locator("button[name=then][value=stay]").click()
        cara.get_by_role("link", name="Biên nhận").click()
        expect(cara.locator("tr[data-line]")).to_have_count(2)
        look(cara, "receipt-1280")
        paid_here = numbers(cara, "[data-total]")[0]
        receipt_here = cara.url
        cara.goto(receipt_here.replace("/receipt/", "/labels/"))
        expect(cara.locator(".ph-label")).to_have_count(2)
        look(cara, "labels-1280")
        cara.go_back()
        cara.goto("/pharmacy/")
        cara.locator("main a", has_text=BY_KEY[CITIZEN].name).first.click()
        cara.locator("details summary", has_text="Trả lại").click()
        cara.locator("form[action$='/return/'] button").click()
        cara.wait_for_url("**/pharmacy/")

        # Pharmacy B reads the QR code from her phone and hands out the third, from its own shelf.
        become(loc, PHARMACIST)
        act_as(loc, elsewhere)
        ana.goto(urlsplit(ana.url).path.replace("who-has-it/", ""))
        picture = tmp_path / "qr.png"
        ana.locator(".rx-qr").first.screenshot(path=picture)
        loc.locator("#picture").set_input_files(picture)
        loc.wait_for_url("**/pharmacy/prescriptions/*/")
        loc.locator("form[action$='/accept/'] button").click()
        expect(loc.locator("input[name^=lot]")).to_have_count(1)
        assert loc.locator("input[name^=lot]").input_value() != ""  # what expires first is proposed
        third = int(loc.locator("input[name^=quantity]").input_value())
        loc.locator("button[name=then][value=finish]").click()
        loc.wait_for_url("**/pharmacy/")
        loc.goto("/pharmacy/today/")
        loc.locator("li", has_text=code).get_by_role("link", name="Biên nhận").click()
        expect(loc.locator("tr[data-line]")).to_have_count(1)
        expect(loc.locator("tr[data-line]")).to_contain_text("Amlodipin")

        # Both receipts and the record agree.
        counts = [int(one.split()[0]) for one in _quantities(cara, receipt_here)]
        assert paid_here == sum(counts) * 100 <= promised[0]
        total = sum(counts) + third
        expect(ana.locator("main")).to_contain_text(f"Đã nhận thuốc tại {THERE}")
        story = ana.locator(".rx-story").inner_text()
        assert HERE in story and THERE in story
        handed = [int(n) for n in re.findall(r", (\d+) (?:viên|gói|tuýp)", story)]
        assert sum(handed) == total, story
        sheet = ana.url.rstrip("/").split("/")[-1]
        record = enter(house, CITIZEN)
        items = record.get(f"/prescriptions/{sheet}")["items"]
        record.close()
        assert [one["state"] for one in items] == ["dispensed"] * 3
        assert sum(one["dispensed_quantity"] for one in items) == total
        look(ana, "collected-390")

        # Another one lies open at the counter. The doctor cancels it, and the counter's page refuses it.
        draft = doctor.post("/prescriptions", {"encounter": encounter}, expect=201)
        drug = doctor.get("/drugs", q="omeprazole 20")["results"][0]
        line = {"drug": drug["code"], "dose_quantity": "1", "doses_a_day": 1, "days": 5}
        doctor.patch(f"/prescriptions/{draft['id']}", {"items": [line]})
        doctor.post(f"/prescriptions/{draft['id']}/sign")
        mine = enter(house, CITIZEN)
        codes = mine.get(f"/prescriptions/{draft['id']}")
        paper = mine.http.get(f"/api/v1/prescriptions/{draft['id']}/slip.svg").text
        mine.close()
        # The code she has scanned is the signed one on the paper: it names the prescription, and no access code.
        sheet = cara.context.new_page()
        sheet.set_content(paper)
        sheet.locator("svg").screenshot(path=picture)
        sheet.close()
        cara.goto("/pharmacy/")
        scanned = codes_in_picture(picture.read_bytes())
        cara.locator("#access_code").fill("9999 9999")  # of the one before
        cara.locator("#code").fill(scanned[:-200])  # a hand scanner that was moved away
        cara.locator("#code").press("Enter")
        expect(cara.locator("#code_hint")).to_contain_text("Xin quét lại")
        wide = cara.viewport_size
        cara.set_viewport_size(PHONE)
        look(cara, "slip-cut-390")
        cara.set_viewport_size(wide)
        expect(cara.locator("#code")).to_have_value("")
        cara.locator("#code").fill(scanned)
        cara.locator("#code").press("Enter")
        expect(cara.locator("#code")).to_have_value(codes["code"])
        expect(cara.locator("#access_code")).to_have_value("")
        cara.locator("#picture").set_input_files(picture)
        expect(cara.locator("#code")).to_have_value(codes["code"], timeout=20_000)
        expect(cara.locator("#access_code")).to_be_focused()
        look(cara, "slip-1280")
        cara.locator("#access_code").fill(codes["access_code"])
        cara.locator("#access_code").press("Enter")
        take = cara.locator("form[action$='/accept/'] button")
        expect(take).to_be_visible()
        expect(cara.locator("[data-prescription][data-live=yes]")).to_be_visible()
        begun = time.monotonic()
        doctor.post(f"/prescriptions/{draft['id']}/cancel", {"reason": "mistake"})
        expect(cara.locator("main .notice--bad", has_text="đã bị hủy")).to_be_visible()
        print(f"the counter refused {time.monotonic() - begun:.2f} s after the doctor's click")
        expect(take).to_have_count(0)
        look(cara, "cancelled-1280")
    doctor.close()


def _quantities(page: Page, receipt: str) -> list[str]:
    page.goto(receipt)
    return page.locator("tr[data-line] td:nth-child(3)").all_inner_texts()
