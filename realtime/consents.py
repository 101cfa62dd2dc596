"""What a citizen agrees to before a visit by video: the text, its version, and the check sum of the words that were shown.

Consent before the service and the limits of care at a distance: Law 15/2023/QH15 article 80, Decree 96/2023/NĐ-CP articles
87 and 88. Health data are sensitive, so it is said what is kept and who sees it, per purpose and with no box ticked before
(Law 91/2025/QH15); recording is another purpose and asked separately.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from records.models import Encounter

REMOTE_VISIT = "remote_visit"
VERSION = "1"  # another one for every changed word; tests/realtime/test_consents.py holds the check sums


@dataclass(frozen=True)
class Paragraph:
    title: str
    text: str


@dataclass(frozen=True)
class ConsentText:
    """The words as one reader sees them. `sha256` is of version, language, titles and texts, each on a line of its own."""

    version: str
    language: str
    paragraphs: tuple[Paragraph, ...]

    @property
    def sha256(self) -> str:
        lines = [self.version, self.language]
        for one in self.paragraphs:
            lines += [one.title, one.text]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    @property
    def facts(self) -> dict[str, str]:
        """What the evidence keeps of it."""
        return {"version": self.version, "language": self.language, "sha256": self.sha256}


def remote_visit(encounter: Encounter) -> ConsentText:
    """Give the text for one visit in the reader's language."""
    doctor, facility = encounter.practitioner, encounter.facility
    who = {"doctor": doctor.display_name, "licence": doctor.licence_number, "facility": facility.name}
    return ConsentText(
        VERSION,
        (get_language() or "vi").split("-")[0],
        (
            Paragraph(
                _("What happens, and by whom"),
                _(
                    "%(doctor)s (licence %(licence)s) of %(facility)s talks with you by video, asks, looks and advises, "
                    "and may prescribe. You see everybody who is in the call."
                )
                % who,
            ),
            Paragraph(
                _("What care at a distance cannot do"),
                _(
                    "The doctor cannot touch or examine you. Where that is needed, you are asked to come in person. "
                    "In an emergency do not wait: call 115."
                ),
            ),
            Paragraph(
                _("Your data"),
                _(
                    "Your health data are sensitive. Picture and sound travel encrypted and are not kept; recording would be "
                    "asked of you separately. Note, prescription, messages and files become part of your health record at "
                    "%(facility)s for as long as the law asks. Who looks at it is written down, and you can read it."
                )
                % who,
            ),
            Paragraph(
                _("Your choice"),
                _(
                    "You may stop at any time, ask for a visit in person instead, or take this back. If the call is cut short, "
                    "you get another time or your money back."
                ),
            ),
        ),
    )
