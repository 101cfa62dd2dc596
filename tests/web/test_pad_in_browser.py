"""The doctor writes in a real browser: a set, a favourite, an earlier prescription, undo; and what is missing is asked where it stands."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

pytest.importorskip("playwright.sync_api")
from playwright.sync_api import expect

from prescriptions.models import Favourite, LineSet, Prescription
from tests import make
from tests.prescriptions import stage
from tests.realtime import server
from tests.realtime import test_call_in_browsers as windows
from tests.realtime.test_call_in_browsers import browser, page_of  # noqa: F401 (a fixture)
from tests.web.in_the_house import look

pytestmark = windows.pytestmark
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture
def the_clock_stands() -> None:
    """Here it runs: the house is a process of its own."""


def test_the_doctor_types_nothing_that_is_known(browser, ana, ben, ben_browser):  # noqa: F811
    moment = timezone.now()
    child = make.make_child(parent=ana, born_on=date(moment.year - 3, 1, 15))
    stage.make_signed(
        person=child, practitioner=ben, now=moment - timedelta(days=20), particulars={"weight_kg": Decimal(18)},
        items=[stage.line(stage.PARACETAMOL, "0.5", 3, 3, instruction="khi sốt")],
    )  # fmt: skip
    visit = stage.make_visit(person=child, practitioner=ben, now=moment, mode="in_person")
    with server.running(DJANGO_SETTINGS_MODULE="tests.realtime.page_settings") as site:
        page = page_of(browser, site.url, ben_browser, viewport=DESK)
        page.goto(f"/doctor/visits/{visit.id}/")
        pad = page.locator("prescription-pad")
        lines = pad.locator(".pad-line")

        # What he had before is copied with one tap, and taken away with one.
        pad.locator("[data-part=own] summary").click()
        pad.locator(".pad-before button").click()
        expect(lines).to_have_count(1)
        expect(lines.locator("[name=total]")).to_have_value("5")
        pad.locator("[data-act=undo]").click()
        expect(lines).to_have_count(0)
        pad.locator(".pad-before button").click()
        expect(lines.locator("[name=instruction]")).to_have_value("khi sốt")

        # Half a tablet as people write it; the total follows.
        lines.locator("[name=dose_quantity]").fill("1 1/2")
        expect(lines.locator("[name=total]")).to_have_value("14")
        lines.locator("[name=dose_quantity]").fill("1/2")

        # A star keeps a line, two lines are a set.
        lines.locator("[data-act=keep]").click()
        expect(lines.locator("[data-act=keep]")).to_have_attribute("aria-pressed", "true")
        pad.locator("#pad-search").click()
        pad.locator("#pad-search").press_sequentially("ambroxol")
        pad.locator("#pad-options [role=option]").first.click()
        expect(lines).to_have_count(2)
        pad.locator("[data-act=keep-set]").click()
        pad.locator("#pad-set-name").fill("Ho sốt trẻ em")
        pad.locator("[data-act=name-set]").click()
        expect(pad.locator("[data-part=sets] .chip")).to_contain_text("Ho sốt trẻ em")
        lines.nth(1).locator("[data-act=remove]").click()
        expect(lines).to_have_count(1)
        pad.locator("[data-act=undo]").click()
        expect(lines).to_have_count(2)
        look(page, "pad-1-desk")

        # The guardian is known; the weight is not, and is asked for where it stands.
        expect(pad.locator("[name=companion]")).to_have_value(ana.full_name)
        expect(pad.locator("[name=residence]")).to_have_value("8 phố Huế")
        pad.locator("[data-act=revisit][data-days='7']").click()
        expect(pad.locator("[data-part=saved]")).to_have_text("Đã lưu")
        pad.locator("[data-act=ask]").click()
        pad.locator("[data-act=sign]").click()
        expect(pad.locator("[data-error=weight_kg]")).to_be_visible()
        expect(pad.locator("[name=weight_kg]")).to_be_focused()
        page.set_viewport_size(PHONE)
        page.locator("#tab-drugs").click()
        look(page, "pad-2-phone")
        pad.locator("[name=weight_kg]").fill("18,5")
        expect(pad.locator("[data-part=saved]")).to_have_text("Đã lưu")
        pad.locator("[data-act=ask]").click()
        pad.locator("[data-act=sign]").click()
        expect(pad.locator(".pad-signed")).to_have_count(1)
        assert len(page.faults) == 1 and "422" in page.faults[0]  # type: ignore[attr-defined]
    signed = Prescription.objects.get(encounter=visit)
    said = signed.content["patient"]
    assert (said["weight_kg"], said["guardian"], said["age_months"] // 12) == ("18.5", ana.full_name, 3)
    assert signed.content["revisit_on"] == (timezone.localdate() + timedelta(days=7)).isoformat()
    assert signed.content["items"][0]["dose"] == "0.5"
    assert (Favourite.objects.count(), LineSet.objects.get().shared) == (1, False)
