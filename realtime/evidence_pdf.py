"""The evidence of a visit as a PDF (PDF/UA-1, so that it can be read aloud): the same words as the page, set by Typst."""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from realtime.proofs import Proof
from realtime.words import evidence_words, facts_in_words

LAYOUT = Path(__file__).parent / "documents" / "evidence.typ"


@cache
def _layout() -> bytes:
    return LAYOUT.read_bytes()


def pdf_of(proof: Proof) -> bytes:
    """Set the whole chain in the reader's language, times on the facility's clock. The same chain gives the same bytes."""
    import typst  # a large library that only this needs: not in every process from its start

    values = json.dumps(_said(proof), ensure_ascii=False)
    return bytes(typst.compile(_layout(), sys_inputs={"data": values}, pdf_standards="ua-1"))


def _said(proof: Proof) -> dict[str, object]:
    encounter, words, zone = proof.encounter, evidence_words(), ZoneInfo(proof.encounter.facility.zone)
    doctor = encounter.practitioner
    faults = ", ".join(str(number) for number in proof.faults)
    return {
        "language": (get_language() or "vi").split("-")[0],
        "title": _("Evidence of the visit"),
        "about": [
            [_("Person"), encounter.person.full_name],
            [_("Doctor"), f"{doctor.display_name} · {doctor.licence_number}"],
            [_("Hospital"), encounter.facility.name],
            [_("Time"), _moment(encounter.planned_from, zone)],
        ],
        "whole": not proof.faults,
        "verdict": _("These rows do not fit: %(rows)s. Somebody has changed them after they were written.")
        % {"rows": faults}
        if proof.faults
        else _("Every row fits the one before it. Nothing was changed after it was written."),
        "head": [_("No."), _("Time"), _("What happened"), _("Who"), _("Details")],
        "rows": [
            [
                str(one.number),
                _moment(one.at, zone),
                words.get(one.kind, one.kind),
                ": ".join(
                    part for part in (words.get(one.facts.get("role", ""), ""), str(one.facts.get("name", ""))) if part
                ),
                ", ".join(facts_in_words(one, words)),
            ]
            for one in proof.chain
        ],
        "sum": {"label": _("Last check sum"), "value": proof.last_hash},
        "keep": _("Keep this page with the check sum: with it anybody can see later whether a row was changed."),
        "footer": f"Lành · {encounter.id}",
    }


def _moment(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%d/%m/%Y %H:%M:%S")
