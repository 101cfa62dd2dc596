"""From a message's facts to words, in the reader's language and the clinic's zone.

messages/<kind>/<language>.txt is cut into parts by lines like `[sms]`: subject, inbox, push, sms, email. A part that is not
there is taken from `push` (for sms and email) or `subject`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template import Context, Engine, Template
from django.utils import translation
from django.utils.module_loading import import_string

from core.money import Money
from core.refs import Ref, page_of
from notifications import gsm
from notifications.kinds import KINDS
from notifications.models import Message

FOLDER = Path(__file__).resolve().parent / "messages"
PARTS = ("subject", "inbox", "push", "sms", "email")
FALLBACK = {"email": ("push",), "sms": ("push",), "push": ("subject",), "inbox": ("push", "subject")}
_engine = Engine(autoescape=False, libraries={"lanh": "web.templatetags.lanh"}, builtins=["web.templatetags.lanh"])


@dataclass(frozen=True)
class Attachment:
    """A small text file that goes with a letter, where its carrier can take one."""

    name: str
    media_type: str
    content: str


@dataclass(frozen=True)
class Letter:
    """What a carrier carries: an address, words, and the message's id as the key that makes a repeated try the same."""

    key: str
    to: str
    subject: str
    body: str
    attachments: tuple[Attachment, ...] = ()


@lru_cache(maxsize=256)
def _parts(kind: str, language: str) -> dict[str, Template]:
    """Read and cut one template file. Raises KeyError for a kind that is not in the table."""
    text = (FOLDER / KINDS[kind].code / f"{language}.txt").read_text("utf-8")
    parts: dict[str, list[str]] = {}
    current: list[str] = []
    for line in text.splitlines():
        if line.startswith("[") and line.endswith("]"):
            current = parts.setdefault(line[1:-1], [])
        else:
            current.append(line)
    return {name: Template("\n".join(lines).strip(), engine=_engine) for name, lines in parts.items()}


def supported(language: str) -> str:
    """Return the language if we write in it, else the default one."""
    return language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def text_of(kind: str, part: str, language: str, params: Mapping[str, Any]) -> str:
    """Make one part of a kind's words. Params ending in `_at` or `_until` are read as instants or days."""
    language = supported(language)
    parts = _parts(kind, language)
    found = next(name for name in (part, *FALLBACK.get(part, ()), "subject") if name in parts)
    with translation.override(language):
        text = parts[found].render(Context(_typed(params))).strip()
    return gsm.one_part(text) if part == "sms" else text


def _typed(params: Mapping[str, Any]) -> dict[str, Any]:
    zone = ZoneInfo(str(params.get("zone") or settings.TIME_ZONE))
    typed: dict[str, Any] = {"house": settings.PUBLIC_URL.split("://")[-1], "house_url": settings.PUBLIC_URL}
    for name, value in params.items():
        if isinstance(value, str) and value and name.endswith(("_at", "_until")):
            moment = datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)
            typed[name] = moment.astimezone(zone) if isinstance(moment, datetime) else moment
        elif isinstance(value, dict) and set(value) == {"amount", "currency"}:
            typed[name] = Money(value["amount"], value["currency"])
        else:
            typed[name] = value
    return typed


def of_message(message: Message, part: str, language: str) -> str:
    """Make one part of a message's words."""
    params = {**message.params, "staff": message.audience == "staff"}
    return text_of(message.kind, part, language, params)


def attachments_of(message: Message, to: str, language: str) -> list[dict[str, str]]:
    """Make what goes with a message by e-mail, where settings.MESSAGE_ATTACHMENTS names a maker for its kind.

    The makers live above us; each is called with the message's thing, the reader's address and whether staff reads.
    """
    maker = settings.MESSAGE_ATTACHMENTS.get(message.kind)
    if not maker or not message.about:
        return []
    with translation.override(supported(language)):
        found = import_string(maker)(
            about=Ref.parse(message.about), to=to, name=message.recipient.name, for_staff=message.audience == "staff"
        )
    return [asdict(Attachment(**one)) for one in found]


def link_of(message: Message) -> str:
    """Return the path where the reader goes on: the thing's page for citizens, their console for staff; or ""."""
    if message.audience == "staff":
        return KINDS[message.kind].staff_page
    return page_of(Ref.parse(message.about)) if message.about else ""
