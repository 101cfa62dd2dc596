"""Statistics as tables: what an actor may see of the figures of a year or a month, with small cells hidden.

By month or day, by place (province, commune, facility, doctor: where it was prescribed), by chapter of the main diagnosis, by
group of drugs. Every table is a tree for `veiling`. And two pages must not tell what one page hides: for every filter, each
number shown must also be one that is shown beside its sisters when that filter is left away (`_beside`).
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet, Sum
from django.db.models.functions import ExtractDay, ExtractMonth

from core.actor import Actor
from identity.models import Facility, Practitioner, Province
from prescriptions import access, atc, veiling
from prescriptions.access import FigureScope
from prescriptions.counting import ANTIBIOTIC, DRUG_FIGURES, FIGURES
from prescriptions.models import Drug, DrugFigure, Figure, Recount
from prescriptions.veiling import Path

# A part, and the whole it is a part of: it is hidden as well where what it leaves of the whole is small.
WHOLES = {
    "antibiotic": "prescriptions",
    "overridden": "prescriptions",
    "settled": None,
    "collected": "settled",
    "collected_whole": "settled",
    "within_day": "collected",
    "cancelled": None,
}
# What may be told only together with what it is about.
BESIDE = {"items": "prescriptions", "overrides": "overridden", "minutes": "collected"}
PLACES = {
    "province": "facility__province",
    "commune": "facility__commune",
    "facility": "facility_id",
    "practitioner": "practitioner_id",
}


@dataclass(frozen=True)
class Wish:
    """What somebody asks for: a year or one month of it, a place, a chapter; drugs at a level of ATC, in a group."""

    year: int
    month: int | None = None
    province: str = ""
    commune: str = ""
    facility: UUID | None = None
    practitioner: UUID | None = None
    chapter: int | None = None
    level: int = 2
    group: str = ""

    @property
    def begin(self) -> date:
        return date(self.year, self.month or 1, 1)

    @property
    def end(self) -> date:
        """The last day."""
        month = self.month or 12
        return date(self.year, month, monthrange(self.year, month)[1])


@dataclass(frozen=True)
class Line:
    """One row: what it is about, its figures, and which of them stay hidden."""

    key: Any
    name: str
    figures: Mapping[str, int]
    hidden: frozenset[str] = frozenset()

    def get(self, name: str) -> int | None:
        """Return a figure, None where it stays hidden."""
        return None if {name, BESIDE.get(name)} & self.hidden else self.figures.get(name, 0)

    def share(self, part: str, whole: str) -> float | None:
        """Return a share in percent; None where it stays hidden or there is nothing to share."""
        of, among = self.get(part), self.get(whole)
        return None if of is None or not among else 100 * of / among

    @property
    def is_hidden(self) -> bool:
        return self.get("prescriptions") is None

    @property
    def prescriptions(self) -> int | None:
        return self.get("prescriptions")

    @property
    def items(self) -> int | None:
        return self.get("items")

    @property
    def antibiotic(self) -> int | None:
        return self.get("antibiotic")

    @property
    def cancelled(self) -> int | None:
        return self.get("cancelled")

    @property
    def items_each(self) -> float | None:
        """Items a prescription, on average."""
        of, among = self.get("items"), self.get("prescriptions")
        return None if of is None or not among else of / among

    @property
    def antibiotic_share(self) -> float | None:
        return self.share("antibiotic", "prescriptions")

    @property
    def fill_rate(self) -> float | None:
        return self.share("collected", "settled")

    @property
    def whole_rate(self) -> float | None:
        return self.share("collected_whole", "settled")

    @property
    def within_day_rate(self) -> float | None:
        return self.share("within_day", "collected")

    @property
    def overridden_share(self) -> float | None:
        return self.share("overridden", "prescriptions")

    @property
    def hours_to_collect(self) -> float | None:
        """Hours from signing to the first handing out, on average."""
        minutes, among = self.get("minutes"), self.get("collected")
        return None if minutes is None or not among else minutes / among / 60


@dataclass(frozen=True)
class Report:
    """What is shown: the total, then by time, place, chapter and group of drugs. `is_hidden`: too few to show any of it."""

    wish: Wish
    total: Line
    times: list[Line] = field(default_factory=list)
    places: list[Line] = field(default_factory=list)
    place_level: str = ""  # what the places are: one of PLACES, or none
    chapters: list[Line] = field(default_factory=list)
    drugs: list[Line] = field(default_factory=list)
    trail: list[tuple[str, Any, str]] = field(default_factory=list)  # the places picked: level, key, name
    uncounted: int = 0  # changes still to be counted

    @property
    def is_hidden(self) -> bool:
        return self.total.is_hidden

    @property
    def is_empty(self) -> bool:
        return not self.total.figures.get("prescriptions") and not self.total.figures.get("cancelled")


def report(by: Actor, wish: Wish) -> Report:
    """Return what the actor may see. Raises WrongRole."""
    scope = access.figures_scope(by)
    asked = _Asked(scope, wish)
    uncounted = Recount.objects.count()
    every = _by(_rows(Figure, scope, wish)).get((), dict.fromkeys(FIGURES, 0))
    hidden = frozenset(name for name, nodes in asked.beside(Figure).items() if nodes)
    total = Line(None, "", every, hidden | _tree({(): every}, scope).hidden_at(()))
    trail = _trail(wish) if every["prescriptions"] or every["cancelled"] else []
    if total.is_hidden:
        return Report(wish, total, trail=trail, uncounted=uncounted)
    time = ExtractDay("day") if wish.month else ExtractMonth("day")
    level = _next_place(scope, wish)
    places = asked.lines(Figure, total, F(PLACES[level])) if level else []
    names = _names(level, [line.key for line in places])
    chapters = asked.lines(Figure, total, F("chapter")) if wish.chapter is None else []
    return Report(
        wish,
        total,
        times=asked.lines(Figure, total, time, every=range(1, (wish.end.day if wish.month else 12) + 1)),
        places=_largest([replace(line, name=names.get(line.key) or str(line.key)) for line in places]),
        place_level=level,
        chapters=_largest(chapters),
        drugs=asked.drugs(total),
        trail=trail,
        uncounted=uncounted,
    )


def years_counted(by: Actor) -> list[int]:
    """Return the years of which the actor may see figures, the latest first. Raises WrongRole."""
    found = _of_scope(Figure, access.figures_scope(by)).dates("day", "year", order="DESC")
    return [one.year for one in found]


@dataclass(frozen=True)
class _Tree:
    """Every node's figures, and for each figure the nodes at which it stays hidden."""

    sums: dict[Path, dict[str, int]]
    hidden: dict[str, set[Path]]

    def hidden_at(self, node: Path) -> frozenset[str]:
        return frozenset(name for name, nodes in self.hidden.items() if node in nodes)


Leaves = Mapping[Path, Mapping[str, int]]


def _tree(leaves: Leaves, scope: FigureScope, also: Mapping[str, set[Path]] | None = None) -> _Tree:
    """Add up a tree and hide what has to be; `also` are nodes hidden for another reason, by figure."""
    names = list(next(iter(leaves.values()), {}))
    sums: dict[Path, dict[str, int]] = {}
    for name in names:
        for path, value in veiling.sums_of(_column(leaves, name)).items():
            sums.setdefault(path, {})[name] = value
    if not scope.hides_small or not names:
        return _Tree(sums, {})
    also = also or {}
    first = names[0]  # prescriptions, or items of drugs: what the row as a whole is about
    hidden = {first: veiling.veiled(_column(leaves, first), also=also.get(first, set()))}
    for name, whole in WHOLES.items():
        if name in names:
            hidden[name] = veiling.veiled(
                _column(leaves, name),
                of=_column(leaves, whole) if whole else None,
                also=also.get(name, set()) | hidden[first] | hidden.get(whole or first, set()),
            )
    return _Tree(sums, hidden)


def _column(leaves: Leaves, name: str) -> dict[Path, int]:
    return {path: counts[name] for path, counts in leaves.items()}


class _Asked:
    """One page: whose figures, and which of them."""

    def __init__(self, scope: FigureScope, wish: Wish) -> None:
        self.scope, self.wish = scope, wish

    def lines(self, model: type[Any], total: Line, key: Any, every: Iterable[int] = ()) -> list[Line]:
        """Return a table by one key, with a row for each of `every` at least."""
        leaves = dict.fromkeys(((one,) for one in every), dict.fromkeys(FIGURES, 0))
        leaves |= _by(_rows(model, self.scope, self.wish), key=key)
        tree = _tree(leaves, self.scope, self.beside(model, key))
        return [Line(path[0], "", tree.sums[path], tree.hidden_at(path) | total.hidden) for path in leaves]

    def drugs(self, total: Line) -> list[Line]:
        """Return the groups of drugs of the level asked for, within the group picked, the largest first."""
        leaves = _by_drug(_by(_rows(DrugFigure, self.scope, self.wish), DRUG_FIGURES, key=F("atc")))
        also = self.beside(DrugFigure, F("atc"))
        if "antibiotic" in total.hidden:  # their items would tell it
            antibiotics = atc.path_of(ANTIBIOTIC)[: atc.level_of(ANTIBIOTIC)]
            also = {**also, "items": also.get("items", set()) | {antibiotics}}
        tree = _tree(leaves, self.scope, also)
        group = self.wish.group
        picked = atc.path_of(group)[: atc.level_of(group)] if group else ()
        depth = min(max(self.wish.level, len(picked) + 1), len(atc.LENGTHS))
        found = [
            Line(
                path[-1], atc.name_of(path[-1]), figures, tree.hidden_at(path) | total.hidden & {"settled", "collected"}
            )
            for path, figures in tree.sums.items()
            if len(path) == depth and path[: len(picked)] == picked
        ]
        return sorted(found, key=lambda line: (line.items is None, -(line.items or 0), str(line.key)))

    def beside(self, model: type[Any], key: Any = None) -> dict[str, set[Path]]:
        """Return, by figure, the rows of a table that are hidden where one of the filters is left away."""
        hidden: dict[str, set[Path]] = {}
        if not self.scope.hides_small:
            return hidden
        names = DRUG_FIGURES if model is DrugFigure else FIGURES
        for wish, sister, picked in _without_each_filter(self.scope, self.wish):
            found = _by(
                _rows(model, self.scope, wish), names, **({"key": key} if key is not None else {}), sister=sister
            )
            by_row: dict[Path, dict[Path, dict[str, int]]] = {}
            for path, counts in found.items():
                row = atc.path_of(path[0]) if model is DrugFigure else path[:-1]
                for node in {row[:depth] for depth in range(1 if row else 0, len(row) + 1)}:
                    sisters = by_row.setdefault(node, {})
                    before = sisters.get(path[-1:], dict.fromkeys(names, 0))
                    sisters[path[-1:]] = {name: before[name] + counts[name] for name in names}
            for node, sisters in by_row.items():
                for name in _tree(sisters, self.scope).hidden_at((picked,)):
                    hidden.setdefault(name, set()).add(node)
        return hidden


def _without_each_filter(scope: FigureScope, wish: Wish) -> Iterator[tuple[Wish, Any, Any]]:
    """Return for each filter: the wish without it, what tells its sisters apart, and what was picked."""
    for depth, (level, key) in enumerate(PLACES.items()):
        if picked := getattr(wish, level):
            wider: dict[str, Any] = {
                name: ("" if name in ("province", "commune") else None) for name in list(PLACES)[depth:]
            }
            if not (scope.facility_id and level == "facility"):
                yield replace(wish, **wider), F(key), picked
    if wish.month:
        yield replace(wish, month=None), ExtractMonth("day"), wish.month
    if wish.chapter is not None:
        yield replace(wish, chapter=None), F("chapter"), wish.chapter


def _next_place(scope: FigureScope, wish: Wish) -> str:
    """Return the level right below the place picked; a doctor has only their facilities, a desk only its doctors."""
    if scope.practitioner_id:
        return "" if wish.facility else "facility"
    if wish.practitioner:
        return ""
    if wish.facility or scope.facility_id:
        return "practitioner"
    return "facility" if wish.commune else "commune" if wish.province else "province"


def _of_scope(model: type[Any], scope: FigureScope) -> QuerySet[Any]:
    rows = model.objects.all()
    if scope.practitioner_id:
        rows = rows.filter(practitioner_id=scope.practitioner_id)
    if scope.facility_id:
        rows = rows.filter(facility_id=scope.facility_id)
    return rows


def _rows(model: type[Any], scope: FigureScope, wish: Wish) -> QuerySet[Any]:
    rows = _of_scope(model, scope).filter(day__range=(wish.begin, wish.end))
    rows = rows.filter(**{key: getattr(wish, level) for level, key in PLACES.items() if getattr(wish, level)})
    return rows if wish.chapter is None else rows.filter(chapter=wish.chapter)


def _by(rows: QuerySet[Any], names: Iterable[str] = FIGURES, **keys: Any) -> dict[Path, dict[str, int]]:
    """Add up the rows by these keys; without any, all of them."""
    if not keys:
        summed = rows.aggregate(**{f"sum_{name}": Sum(name, default=0) for name in names})
        return {(): {name: int(summed[f"sum_{name}"]) for name in names}}
    grouped = rows.order_by().values(**{f"key_{name}": one for name, one in keys.items()})
    found = grouped.annotate(**{f"sum_{name}": Sum(name) for name in names})
    return {
        tuple(row[f"key_{name}"] for name in keys): {name: int(row[f"sum_{name}"]) for name in names} for row in found
    }


def _by_drug(found: Mapping[Path, dict[str, int]]) -> dict[Path, dict[str, int]]:
    return {atc.path_of(code): counts for (code,), counts in found.items()}


def _names(level: str, keys: list[Any]) -> dict[Any, str]:
    if level == "province":
        return dict(Province.objects.filter(code__in=keys).values_list("code", "name"))
    if level == "facility":
        return dict(Facility.objects.filter(id__in=keys).values_list("id", "name"))
    if level == "practitioner":
        return {one.id: one.display_name for one in Practitioner.objects.filter(id__in=keys)}
    return {}


def _trail(wish: Wish) -> list[tuple[str, Any, str]]:
    """Name the places picked, the widest first; only where the actor has figures of them."""
    picked = [(level, getattr(wish, level)) for level in PLACES if getattr(wish, level)]
    return [(level, key, _names(level, [key]).get(key) or str(key)) for level, key in picked]


def _largest(lines: list[Line]) -> list[Line]:
    """The largest first; those hidden last, by name: their order must not tell their size."""
    kept = [line for line in lines if line.figures.get("prescriptions") or line.figures.get("cancelled")]
    return sorted(kept, key=lambda line: (line.is_hidden, -(line.prescriptions or 0), line.name, str(line.key)))


def drug_names(group: str, most: int = 3) -> str:
    """Name a group of drugs by what the catalogue has in it, in the reader's language: "Amoxicilin, Ampicilin …"."""
    rows = Drug.objects.filter(atc__startswith=group).order_by("name_vi").only("name_vi", "ingredients")
    names = list(dict.fromkeys(one.name for one in rows))
    return ", ".join(names[:most]) + (" …" if len(names) > most else "")
