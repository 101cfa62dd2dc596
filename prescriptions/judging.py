"""What becomes of the rows of a list of drugs: new, changed, as it is already, or refused; against the catalogue and each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q
from django.utils.text import slugify

from prescriptions.importing import Entry, Problem, problem
from prescriptions.ingredients import key_of
from prescriptions.models import Drug, Item

# What a drug is. Once prescribed it must not change: what was signed then says so, and a pharmacy compares.
IDENTITY = ("ingredients", "strength", "form", "route", "unit", "dose_unit", "pack_size")
FIELD_OF = {"strength": ("strength", "ham_luong"), "ingredients": ("inn", "ten_hoat_chat")}


@dataclass(slots=True)
class Verdict:
    """One row that may land: the drug as it would be, and whether it is new or differs from what is there."""

    entry: Entry
    drug: Drug
    is_new: bool
    is_unchanged: bool


class Seen:
    """The drugs that earlier lines of the same file spoke of."""

    def __init__(self) -> None:
        self.lines: dict[str, int] = {}

    def note(self, entry: Entry) -> Problem | None:
        """Remember a row; a second one about the same drug is refused."""
        keys = [key for key in (entry.code and f"code {entry.code}", entry.registration_number) if key]
        if found := next((self.lines[key] for key in keys if key in self.lines), None):
            field = "registration_number" if entry.code else "so_dang_ky"
            if entry.code and f"code {entry.code}" in self.lines:
                field = "code"
            return problem(entry.line, field, "duplicate", entry.registration_number or entry.code, other=str(found))
        self.lines |= dict.fromkeys(keys, entry.line)
        return None


class Judge:
    """Judges rows against the catalogue as it is; `lock` keeps the drugs they speak of until the transaction ends."""

    def __init__(self, entries: Iterable[Entry], *, list_on: date, lock: bool = False) -> None:
        entries = list(entries)
        self.list_on = list_on
        self.atc = _atc_by_ingredients()
        wanted = {entry.registration_number for entry in entries} - {""}
        codes = {entry.code or code_of(entry.registration_number) for entry in entries}
        rows = Drug.objects.filter(Q(code__in=codes) | Q(registration_number__in=wanted)).order_by("pk")
        if lock:
            rows = rows.select_for_update()
        self.by_code: dict[str, Drug] = {}
        self.by_number: dict[str, list[Drug]] = defaultdict(list)
        for drug in rows:
            self.by_code[drug.code] = drug
            if drug.registration_number:
                self.by_number[drug.registration_number].append(drug)
        there = [drug.pk for drug in self.by_code.values()]
        self.prescribed = set(Item.objects.filter(drug__in=there).values_list("drug_id", flat=True).distinct())

    def judge(self, entry: Entry) -> Verdict | list[Problem]:
        """Say what becomes of one row."""
        code = entry.code or code_of(entry.registration_number)
        running = [one for one in self.by_number[entry.registration_number] if _runs(one, self.list_on)]
        there = self.by_code.get(code) or next(iter(running), None)
        facts = dict(entry.facts)
        if there is None:
            guesses = {key: value for key, value in entry.guesses.items() if key not in facts}
            drug = Drug(code=code, **facts, **guesses)
            if not drug.atc:
                drug.atc = self.atc.get(_atc_key(drug.ingredients, drug.route), "")
            drug.make_searchable()
            return self._clash(entry, drug) or Verdict(entry, drug, is_new=True, is_unchanged=False)
        if there.valid_to is not None and there.valid_to < self.list_on:
            facts.setdefault("valid_to", None)  # it is on the list again
        if not there.active:
            facts["active"] = True
        changed = [name for name, value in facts.items() if getattr(there, name) != value]
        if there.pk in self.prescribed and (grave := [name for name in changed if name in IDENTITY]):
            ours, theirs = FIELD_OF.get(grave[0], (grave[0], "dang_bao_che"))
            before = getattr(there, grave[0])
            shown = " + ".join(before) if isinstance(before, list) else str(before)
            return [problem(entry.line, ours if entry.code else theirs, "prescribed_already", shown)]
        for name in changed:
            setattr(there, name, facts[name])
        if there.valid_from and there.valid_to and there.valid_to < there.valid_from:
            return [problem(entry.line, "valid_to", "bad_validity", str(there.valid_to))]
        if changed:
            there.make_searchable()
        return self._clash(entry, there) or Verdict(entry, there, is_new=False, is_unchanged=not changed)

    def _clash(self, entry: Entry, drug: Drug) -> list[Problem]:
        """No two drugs have one registration number on the same day."""
        number = drug.registration_number
        for other in self.by_number[number] if number else ():
            is_other = other is not drug and other.active and other.registration_number == number
            if is_other and _begins(other) <= _ends(drug) and _begins(drug) <= _ends(other):
                field = "registration_number" if entry.code else "so_dang_ky"
                return [problem(entry.line, field, "number_of_another", number, other=str(other))]
        return []


def code_of(registration_number: str) -> str:
    """Give the code of a drug that came without one."""
    return f"sdk-{slugify(registration_number.replace('/', '-').replace('.', '-'))}"


def changed_fields() -> list[str]:
    """Name everything an import may write."""
    return [field.name for field in Drug._meta.fields if field.name not in {"id", "code", "created_at"}]


def _runs(drug: Drug, day: date) -> bool:
    return drug.active and (drug.valid_to is None or drug.valid_to >= day)


def _begins(drug: Drug) -> date:
    return drug.valid_from or date.min


def _ends(drug: Drug) -> date:
    return drug.valid_to or date.max


def _atc_key(ingredients: list[str], route: str) -> tuple[Any, ...]:
    return (route, *sorted(map(key_of, ingredients)))


def _atc_by_ingredients() -> dict[tuple[Any, ...], str]:
    """Return the code that all generics of these ingredients and route have; aspirin has two, so none is guessed."""
    found: dict[tuple[Any, ...], set[str]] = defaultdict(set)
    rows = Drug.objects.filter(brand="").exclude(atc="").values_list("ingredients", "route", "atc")
    for ingredients, route, atc in rows:
        found[_atc_key(ingredients, route)].add(atc)
    return {key: codes.pop() for key, codes in found.items() if len(codes) == 1}
