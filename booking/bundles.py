"""FHIR R4 bundles of Schedule and Slot, read as wishes: free slots are extra hours, once; unavailable ones close. Pure."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import orjson
from fhir.resources.R4B import get_fhir_model_class
from pydantic import ValidationError

from booking.importing import MOST_MINUTES, Problem, Wish, problem
from booking.marks import MINUTES
from core.sheets import MOST_ROWS, FileProblem

# What a slot's status asks for; busy ones are visits of the other system and say nothing about hours.
KINDS = {"free": "extra", "busy-unavailable": "closed"}
STATUSES = {*KINDS, "busy", "busy-tentative", "entered-in-error"}
READ = ("Schedule", "Slot", "Practitioner")


def wishes(content: bytes) -> Iterable[Wish | list[Problem]]:
    """Read a bundle; a "line" is the number of an entry, from 1. Raises FileProblem."""
    try:
        bundle = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise FileProblem("not_fhir", error.lineno) from error
    entries = bundle.get("entry") if isinstance(bundle, dict) else None
    if not isinstance(entries, list) or bundle.get("resourceType") != "Bundle":
        raise FileProblem("not_fhir")
    if len(entries) > MOST_ROWS:
        raise FileProblem("too_many_rows")
    found: list[Wish | list[Problem]] = []
    resources: list[tuple[int, str, dict[str, Any]]] = []
    for line, entry in enumerate(entries, start=1):
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(resource, dict) or resource.get("resourceType") not in READ:
            continue
        kind = resource["resourceType"]
        wrong = _refused_by_the_standard(kind, resource)
        if wrong:
            found.append([problem(line, wrong, "bad_resource")])
            continue
        resources.append((line, str(entry.get("fullUrl") or ""), resource))
    licences = _licences(resources)
    if not any(resource["resourceType"] == "Slot" for _line, _url, resource in resources) and not found:
        raise FileProblem("not_fhir")
    slots = [
        _slot(line, resource, licences) for line, _url, resource in resources if resource["resourceType"] == "Slot"
    ]
    found += [one for one in slots if isinstance(one, list)]
    return found + list(_joined([one for one in slots if isinstance(one, Wish)]))


def _refused_by_the_standard(kind: str, resource: dict[str, Any]) -> str:
    """Name the first place that R4 does not know, or give an empty text."""
    try:
        get_fhir_model_class(kind).model_validate(resource)
    except (ValidationError, ValueError, RecursionError) as error:
        places = error.errors() if isinstance(error, ValidationError) else []
        return ".".join(str(one) for one in places[0]["loc"])[:60] if places else kind
    return ""


def _licences(resources: Iterable[tuple[int, str, dict[str, Any]]]) -> dict[str, str]:
    """Tell the licence number behind each name a slot may call its schedule by."""
    people: dict[str, str] = {}
    for _line, url, one in resources:
        if one["resourceType"] == "Practitioner":
            people |= dict.fromkeys(_names(url, one), _value(one.get("identifier")))
    found: dict[str, str] = {}
    for _line, url, one in resources:
        if one["resourceType"] == "Schedule":
            contained = {f"#{inner.get('id')}": _value(inner.get("identifier")) for inner in one.get("contained", [])}
            licence = ""
            for actor in one.get("actor", []):
                licence = licence or _value([actor.get("identifier")])
                licence = licence or {**people, **contained}.get(str(actor.get("reference", "")), "")
            found |= dict.fromkeys(_names(url, one), licence)
    return found


def _names(url: str, resource: dict[str, Any]) -> set[str]:
    return {name for name in (url, f"{resource['resourceType']}/{resource.get('id')}") if name}


def _value(identifiers: Any) -> str:
    return next((str(one["value"]) for one in identifiers or [] if one and one.get("value")), "")


def _slot(line: int, slot: dict[str, Any], licences: dict[str, str]) -> Wish | list[Problem] | None:
    status = str(slot.get("status", ""))
    if status not in STATUSES:
        return [problem(line, "status", "bad_resource", status)]
    kind = KINDS.get(status)
    if kind is None:
        return None
    reference = str(slot["schedule"].get("reference", ""))
    if reference not in licences:
        return [problem(line, "schedule", "unknown_schedule", reference)]
    if not licences[reference]:
        return [problem(line, "schedule", "no_licence", reference)]
    starts_at, ends_at = _moment(slot.get("start")), _moment(slot.get("end"))
    if starts_at is None or ends_at is None:
        return [problem(line, "start" if starts_at is None else "end", "bad_date", str(slot.get("start", "")))]
    if ends_at <= starts_at:
        return [problem(line, "end", "bad_hours", str(slot.get("end", "")))]
    minutes = min(max(round((ends_at - starts_at).total_seconds() / 60), MINUTES), MOST_MINUTES)
    if kind == "extra" and (starts_at.minute % MINUTES or starts_at.second or minutes % MINUTES):
        return [problem(line, "start", "off_marks", str(slot.get("start", "")))]
    reason = str(slot.get("comment") or "")[:200]
    return Wish(
        line, licences[reference], "", kind, grid_minutes=minutes, reason=reason, starts_at=starts_at, ends_at=ends_at
    )  # fmt: skip


def _moment(text: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else None


def _joined(slots: Iterable[Wish]) -> Iterable[Wish]:
    """Slots of one length that follow one another are one stretch of hours."""
    last: Wish | None = None
    for one in sorted(slots, key=lambda wish: (wish.licence, wish.kind, wish.grid_minutes, str(wish.starts_at))):
        same = last is not None and (last.licence, last.kind, last.grid_minutes, last.ends_at) == (
            one.licence, one.kind, one.grid_minutes, one.starts_at
        )  # fmt: skip
        if last is not None and same:
            last.ends_at = one.ends_at
        else:
            if last is not None:
                yield last
            last = one
    if last is not None:
        yield last
