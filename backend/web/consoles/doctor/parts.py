"""The parts of a note as a doctor reads and writes them."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from records.models import Encounter
from records.models.encounters import NOTE_FIELDS

ROWS = {"subjective": 4, "objective": 3, "assessment": 2, "plan": 3, "advice": 3}


@dataclass(frozen=True)
class Part:
    """One part of the note as a field of the form."""

    name: str
    label: str
    hint: str
    text: str
    rows: int


def note_parts(encounter: Encounter | None = None) -> list[Part]:
    """Give the parts in their order, with what an encounter's note says where one is given."""
    words = {
        "subjective": (_("Complaint and history"), _("What the patient tells: since when, how, what helps.")),
        "objective": (_("Findings"), _("What you see, hear and measure.")),
        "assessment": (_("Assessment"), _("How you judge it, beside the diagnosis.")),
        "plan": (_("Plan"), _("Tests, treatment, when to come back.")),
        "advice": (_("Advice for the patient"), _("The patient reads this after the visit. Plain words.")),
    }
    return [Part(name, *words[name], getattr(encounter, name, ""), ROWS[name]) for name in NOTE_FIELDS]
