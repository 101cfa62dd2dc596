"""What a doctor keeps to write faster: favourite lines, sets of lines, sentences of advice. Nothing of any patient goes in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from core.actor import Actor
from core.errors import NotFound, WrongRole
from prescriptions import access, queries
from prescriptions.errors import NameTaken, TooManyKept, UnknownDrug
from prescriptions.models import Favourite, LineSet, Snippet
from prescriptions.models.own import MOST_FAVOURITES, MOST_SETS, MOST_SNIPPETS


def _require_doctor(by: Actor) -> UUID:
    if by.role != "practitioner" or by.practitioner_id is None:
        raise WrongRole()
    return by.practitioner_id


def _require_room(rows: Any, most: int) -> None:
    if rows.count() >= most:
        raise TooManyKept()


@transaction.atomic
def keep_favourite(*, line: dict[str, Any], by: Actor, on: date) -> Favourite:
    """Keep a line; the same line again is the one that is there. Raises WrongRole, UnknownDrug, TooManyKept."""
    own = _require_doctor(by)
    drug = queries.get_drugs([line["drug"]], on=on).get(line["drug"])
    if drug is None:
        raise UnknownDrug(fields={"drug": [UnknownDrug.message]})
    values = {name: line[name] for name in ("dose_quantity", "doses_a_day", "days")}
    values["instruction"] = line.get("instruction") or ""
    there = Favourite.objects.filter(practitioner_id=own, drug=drug, **values).first()
    if there is not None:
        return there
    _require_room(Favourite.objects.filter(practitioner_id=own), MOST_FAVOURITES)
    made, _fresh = Favourite.objects.get_or_create(practitioner_id=own, drug=drug, **values)
    return made


@transaction.atomic
def drop_favourite(*, favourite_id: UUID, by: Actor) -> None:
    """Keep it no longer. Raises WrongRole, NotFound."""
    _drop(Favourite.objects.filter(practitioner_id=_require_doctor(by)), favourite_id)


@transaction.atomic
def keep_set(*, name: str, lines: Sequence[dict[str, Any]], advice: str, shared: bool, by: Actor, on: date) -> LineSet:
    """Keep lines under a name, for oneself or for the facility one acts in. Raises WrongRole, UnknownDrug, NameTaken, TooManyKept."""
    own = _require_doctor(by)
    if by.facility_id is None:
        raise WrongRole()
    known = queries.get_drugs((line["drug"] for line in lines), on=on)
    for number, line in enumerate(lines):
        if line["drug"] not in known:
            raise UnknownDrug(fields={f"lines.{number}.drug": [UnknownDrug.message]})
    _require_room(LineSet.objects.filter(practitioner_id=own), MOST_SETS)
    kept = [
        {
            "drug": line["drug"],
            "dose_quantity": f"{line['dose_quantity'].normalize():f}",
            "doses_a_day": line["doses_a_day"],
            "days": line["days"],
            "instruction": line.get("instruction") or "",
        }
        for line in lines
    ]
    try:
        with transaction.atomic():
            return LineSet.objects.create(
                practitioner_id=own, facility_id=by.facility_id, name=name, lines=kept, advice=advice, shared=shared
            )
    except IntegrityError as error:
        raise NameTaken(fields={"name": [NameTaken.message]}) from error


@transaction.atomic
def change_set(*, set_id: UUID, name: str | None = None, shared: bool | None = None, by: Actor) -> LineSet:
    """Rename an own set, share it or keep it to oneself. Raises WrongRole, NotFound, NameTaken."""
    found = access.lock_line_set(by, set_id)
    found.name = found.name if name is None else name
    found.shared = found.shared if shared is None else shared
    try:
        with transaction.atomic():
            found.save(update_fields=["name", "shared"])
    except IntegrityError as error:
        raise NameTaken(fields={"name": [NameTaken.message]}) from error
    return found


@transaction.atomic
def drop_set(*, set_id: UUID, by: Actor) -> None:
    """Throw an own set away, also for those it was shared with. Raises WrongRole, NotFound."""
    access.lock_line_set(by, set_id).delete()


@transaction.atomic
def keep_snippet(*, text: str, by: Actor) -> Snippet:
    """Keep a sentence of advice; the same again is the one that is there. Raises WrongRole, TooManyKept."""
    own = _require_doctor(by)
    there = Snippet.objects.filter(practitioner_id=own, text=text).first()
    if there is not None:
        return there
    _require_room(Snippet.objects.filter(practitioner_id=own), MOST_SNIPPETS)
    made, _fresh = Snippet.objects.get_or_create(practitioner_id=own, text=text)
    return made


@transaction.atomic
def drop_snippet(*, snippet_id: UUID, by: Actor) -> None:
    """Keep it no longer. Raises WrongRole, NotFound."""
    _drop(Snippet.objects.filter(practitioner_id=_require_doctor(by)), snippet_id)


def _drop(rows: Any, row_id: UUID) -> None:
    if not rows.filter(pk=row_id).delete()[0]:
        raise NotFound()
