"""The page that judges a slip, in a real browser: with network, and with none at all (the server is gone too)."""

from __future__ import annotations

import copy
import os
import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from prescriptions import slips
from runtime import browser
from tests.prescriptions.slip_stage import HOST, NOW, THUMBPRINT, content, signer_and_lists, slip_of
from tests.prescriptions.stage import PARACETAMOL, line, make_signed
from tests.realtime import server

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(browser.find() is None and not os.environ.get("CI"), reason="no Chromium"),
]
SCRIPT = "/static/prescriptions/verify/slip.js"
JUDGED = """async ([address, cases]) => {
  const { judge } = await import(address);
  const why = (error) => error.reason ?? String(error);
  return Promise.all(cases.map(([text, lists, at]) => judge(text, lists, at).then(() => "", why)));
}"""


@pytest.fixture
def standing_clock() -> None:
    """Here it runs: the browser and the server have clocks of their own."""


@pytest.fixture
def chromium(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # playwright keeps a loop in this thread
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        running = play.chromium.launch(executable_path=browser.find(), args=browser.FLAGS)
        yield running
        running.close()


def cases() -> list[tuple[Any, str]]:
    """Pairs of what the script is asked and the reason it must give; slips.py gives the same (test_slips)."""
    signer, lists = signer_and_lists()
    token, at = slip_of(signer, content()), int(NOW.timestamp())
    text = slips.text_of(token, HOST)
    other, _ = signer_and_lists()

    def with_(of: str, **changes: Any) -> Any:
        changed = copy.deepcopy(lists)
        if of == "holder":
            changed["certificates"]["certificates"][0].update(changes)
        elif of == "revoked":
            changed["revocations"]["revoked"][THUMBPRINT] = changes
        else:
            changed["revocations"].update(changes)
        return changed

    found: list[tuple[Any, str]] = [
        ((text, lists, at), ""),
        ((token, lists, at + 24 * 3600), ""),
        ((token, lists, at + 24 * 3600 + 1), "list_stale"),
        ((token, with_("list", next_update=at - 1), at), "list_stale"),
        ((token, with_("list", iat=at + 301), at), "list_stale"),
        (("", lists, at), "unreadable"),
        (("79999a1b2c3d-c#12345678", lists, at), "unreadable"),
        ((slip_of(other, content()), lists, at), "changed"),
        ((signer.sign(content()), lists, at), "changed"),
        ((token, with_("holder", **{"x5t#S256": "u"}), at), "unknown_certificate"),
        ((token, with_("holder", facility="79998"), at), "wrong_facility"),
        ((token, with_("holder", licence="1"), at), "wrong_licence"),
        ((token, with_("holder", **{"from": at + 1}), at), "not_yet"),
        ((token, with_("holder", to=at - 1), at), "expired"),
        ((token, with_("revoked", since=at, reason="cessation"), at), "revoked"),
        ((token, with_("revoked", since=at + 1, reason="cessation"), at), ""),
        ((token, with_("revoked", since=at + 99, reason="key_compromise"), at), "revoked"),
    ]
    said = content()
    said["expires_at"] = (NOW + timedelta(hours=1)).isoformat()
    found.append(((slip_of(signer, said), lists, at + 3600), "past"))
    return found


def flips(count: int) -> list[Any]:
    """One flipped bit each, as a camera could never read it and a forger could write it."""
    signer, lists = signer_and_lists()
    text, dice = slips.text_of(slip_of(signer, content()), HOST).encode(), random.Random(4)
    made = []
    for _ in range(count):
        flipped = bytearray(text)
        flipped[dice.randrange(len(flipped))] ^= 1 << dice.randrange(8)
        made.append((flipped.decode("latin-1"), lists, int(NOW.timestamp())))
    return made


def test_a_pharmacy_verifies_without_network_what_it_opened_once_with_it(chromium, ana, ben):
    signed = make_signed(person=ana, practitioner=ben, items=[line(), line(PARACETAMOL, days=3)], now=timezone.now())
    process, url = server.start()
    try:
        context = chromium.new_context(viewport={"width": 390, "height": 844})
        page = context.new_page()
        faults: list[str] = []
        page.on("console", lambda one: faults.append(one.text) if "Content Security" in one.text else None)
        page.goto(f"{url}/verify/en/")
        page.wait_for_selector("html[data-ready]")
        assert "The lists are fresh" in page.inner_text("[data-part=lists]")

        # The script alone, beside its twin in Python.
        asked = cases()
        assert page.evaluate(JUDGED, [SCRIPT, [one for one, _ in asked]]) == [expected for _, expected in asked]
        assert "" not in page.evaluate(JUDGED, [SCRIPT, flips(300)])
        older = "import('/static/prescriptions/verify/lists.js').then((one) => one.renew({revocations: {number: 99}}))"
        assert page.evaluate(f"{older}.catch((error) => error.reason)") == "list_older"

        text = slips.text_of(signed.slip, url)
        page.fill("#slip-text", text)
        page.wait_for_selector("[data-verdict=good]")
        told = page.inner_text("[data-part=verdict]")
        for expected in (
            signed.code,
            ana.full_name,
            ben.licence_number,
            "Amoxicilin",
            "not legally valid",
            "only the network",
        ):
            assert expected in told, expected
        page.fill("#slip-text", text[:-9] + ("A" if text[-9] != "A" else "B") + text[-8:])
        page.wait_for_selector("[data-verdict=changed]")
        assert "Refused" in page.inner_text("[data-part=verdict]")
        page.fill("#slip-text", f"{signed.code}#12345678")
        page.wait_for_selector("[data-verdict=code_only]")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390

        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        page.wait_for_function("caches.match('/verify/vi/', {ignoreVary: true}).then(Boolean)")
        page.wait_for_function("navigator.serviceWorker.controller !== null")
    finally:
        process.terminate()
        process.wait(timeout=30)
    context.set_offline(True)

    page.goto(f"{url}/verify/en/#{signed.slip}")  # as a phone opens what it has scanned
    page.wait_for_selector("html[data-ready]")
    page.wait_for_selector("[data-verdict=good]")
    assert ana.full_name in page.inner_text("[data-part=verdict]")
    assert page.url == f"{url}/verify/en/"  # what was scanned does not stay in the address
    page.goto(f"{url}/verify/vi/")
    page.wait_for_selector("html[data-ready]")
    page.fill("#slip-text", signed.slip)
    page.wait_for_selector("[data-verdict=good]")
    assert signed.code in page.inner_text("[data-part=verdict]")

    page.clock.set_fixed_time(timezone.now() + timedelta(hours=24, minutes=1))
    page.reload()
    page.wait_for_selector("html[data-ready]")
    page.fill("#slip-text", signed.slip)
    page.wait_for_selector("[data-verdict=list_stale]")
    assert faults == []
    context.close()
