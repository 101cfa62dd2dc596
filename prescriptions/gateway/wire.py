"""Over the network to the national system: sign in, send, look up, report. Never inside a transaction; knows no rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from django.conf import settings

from core import outbound
from prescriptions.gateway.answers import Outcome, Verdict, judge
from prescriptions.gateway.mapping import Options

NO_ANSWER, ADDRESS_REFUSED = "no_answer", "address_refused"


def is_on() -> bool:
    """Say whether this installation has an address to send to."""
    return bool(settings.ERX_API_URL and settings.ERX_LOOKUP_URL)


def options() -> Options:
    """Return what the settings say of the guide's open questions."""
    return Options(**settings.ERX_OPTIONS)


def sign_in_facility(account: str, password: str) -> Verdict:
    """Ask for a facility's token."""
    return _post(settings.ERX_API_URL, "facility_login", {
        "ma_lien_thong_co_so_kham_chua_benh": account, "password": password,
    })  # fmt: skip


def add_doctor(token: str, doctor: str) -> Verdict:
    """Tell the system that a doctor works at the facility whose token this is."""
    return _post(settings.ERX_API_URL, "add_doctor", {"ma_lien_thong_bac_si": doctor}, bearer=token)


def sign_in_doctor(account: str, facility: str, password: str) -> Verdict:
    """Ask for a doctor's token at a facility."""
    return _post(settings.ERX_API_URL, "doctor_login", {
        "ma_lien_thong_bac_si": account, "ma_lien_thong_co_so_kham_chua_benh": facility, "password": password,
    })  # fmt: skip


def send(token: str, body: Mapping[str, Any]) -> Verdict:
    """Send a prescription."""
    return _post(settings.ERX_API_URL, "send", body, bearer=token)


def look_up(app: tuple[str, str], code: str) -> Verdict:
    """Ask what the system has under a code. `app` is app-name and app-key."""
    path = settings.ERX_PATHS["lookup"].format(code=quote(code, safe=""))
    return _ask(settings.ERX_LOOKUP_URL + path, "GET", None, _app_headers(app))


def report_sale(app: tuple[str, str], body: Mapping[str, Any]) -> Verdict:
    """Report what was sold."""
    return _post(settings.ERX_LOOKUP_URL, "report", body, headers=_app_headers(app))


def _app_headers(app: tuple[str, str]) -> dict[str, str]:
    return {"app-name": app[0], "app-key": app[1]}


def _post(
    base: str, path: str, body: Mapping[str, Any], *, bearer: str = "", headers: Mapping[str, str] | None = None
) -> Verdict:
    sent = {"Content-Type": "application/json; charset=utf-8", **(headers or {})}
    if bearer:
        sent["Authorization"] = f"Bearer {bearer}"
    return _ask(base + settings.ERX_PATHS[path], "POST", json.dumps(body, ensure_ascii=False).encode(), sent)


def _ask(url: str, method: str, body: bytes | None, headers: Mapping[str, str]) -> Verdict:
    try:
        answer = outbound.fetch(
            url,
            method=method,
            body=body,
            headers={"Accept": "application/json", **headers},
            timeout_s=settings.ERX_TIMEOUT_S,
        )
    except outbound.AddressRefused:
        return Verdict(Outcome.LATER, words=ADDRESS_REFUSED)
    except outbound.NoAnswer:
        return Verdict(Outcome.LATER, words=NO_ANSWER)
    verdict = judge(answer.status, answer.body, answer.headers, duplicate_text=settings.ERX_DUPLICATE_TEXT)
    return verdict if verdict.words or verdict.errors else replace(verdict, words=f"HTTP {answer.status}")
