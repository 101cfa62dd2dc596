"""Statistics of prescribing: a doctor's own, a hospital's, the whole country's. One page with four addresses, and its CSV.

What may be seen is decided in `prescriptions`: whose figures, and which numbers stay hidden. Here they get words and drawings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.formats import get_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_safe

from core.pages import actor_of, now, page
from core.tables import write_csv
from prescriptions import atc, queries
from prescriptions.queries import Line, Report, Wish
from records.chapters import chapters
from web import charts

HOMES = {"practitioner": "doctor", "desk": "hospital", "regulator": "ministry", "operator": "operator"}
FIRST_YEAR, LAST_YEAR = 2000, 2100
GROUP = re.compile(r"[A-Z](?:[0-9]{2}(?:[A-Z](?:[A-Z](?:[0-9]{2})?)?)?)?", re.ASCII)
LEVEL_WORDS = {
    "province": gettext_lazy("Provinces and cities"),
    "commune": gettext_lazy("Communes and wards"),
    "facility": gettext_lazy("Facilities"),
    "practitioner": gettext_lazy("Doctors"),
}
HIDDEN = "*"  # in the CSV
COLUMNS = (
    *("prescriptions", "items", "antibiotic", "overridden", "overrides", "settled", "collected"),
    *("collected_whole", "within_day", "minutes", "cancelled"),
)


@dataclass(frozen=True)
class Row:
    """A line of a table in words, its bar, and where it leads."""

    line: Line
    name: str
    href: str
    bar: str | None
    prescriptions: str
    items_each: str
    antibiotic_share: str
    fill_rate: str
    hours: str
    overridden_share: str
    mark: str = ""  # a code before the name: X, J01

    @property
    def veiled(self) -> dict[str, bool]:
        """Which parts stay hidden although the row is shown."""
        return dict.fromkeys(self.line.hidden, True)


def statistics(request: HttpRequest) -> HttpResponse:
    """The page: figures, drawings with a table behind each, filters."""
    actor, wish = actor_of(request), _wish(request)
    found = queries.report(actor, wish)
    home, address = HOMES[actor.role], _address(actor.role)
    years = sorted({*queries.years_counted(actor), wish.year}, reverse=True)
    context = {
        "frame": f"web/{home}/_frame.html",
        "report": found,
        "wish": wish,
        "is_own": actor.role == "practitioner",
        "hides_small": actor.role != "practitioner",
        "address": address,
        "years": years,
        "months": [(number, _month(number)) for number in range(1, 13)],
        "chapters": [(one.number, f"{one.roman} · {one.name}") for one in chapters().values()],
        "trail": _trail(found, address),
        "kept": [(name, value) for name, value in _query(wish).items() if name not in ("year", "month", "chapter")],
        "csv": f"{reverse(f'{home}_statistics_csv')}?{urlencode(_query(wish))}",
        "whole_year": f"{address}?{urlencode({**_query(wish), 'month': ''})}" if wish.month else "",
    }
    if not found.is_hidden and not found.is_empty:
        context |= _drawn(found, address)
    return render(request, "web/statistics/page.html", context)


def as_csv(request: HttpRequest) -> HttpResponse:
    """All tables of the page as one file: a row says which table it belongs to. What stays hidden is a star."""
    actor, wish = actor_of(request), _wish(request)
    found = queries.report(actor, wish)
    rows = [_csv_row("total", _period(wish), "", found.total)]
    rows += [_csv_row("day" if wish.month else "month", _when(wish, line.key), "", line) for line in found.times]
    rows += [_csv_row(found.place_level, str(line.key), line.name, line) for line in found.places]
    rows += [_csv_row("icd_chapter", _roman(line.key), _chapter_name(line.key), line) for line in found.chapters]
    rows += [_csv_row("atc", line.key, _drug_name(line), line) for line in found.drugs]
    response = HttpResponse(write_csv(["table", "key", "name", *COLUMNS], rows), content_type="text/csv; charset=utf-8")
    name = f"prescribing-{_period(wish)}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def ministry(request: HttpRequest) -> HttpResponse:
    """The ministry's first page is its statistics."""
    return redirect("ministry_statistics")


# ---- what was asked


def _wish(request: HttpRequest) -> Wish:
    """Read the filters; what makes no sense is as if it had not been said."""
    asked = {name: str(value).replace("\x00", "").strip() for name, value in request.GET.items()}
    # In January the year before is the one with something in it.
    usual = (now().astimezone(ZoneInfo("Asia/Ho_Chi_Minh")).date() - timedelta(days=31)).year
    group = asked.get("group", "").upper()
    chapter = _number(asked.get("chapter"), 0, max(chapters()))
    return Wish(
        year=_number(asked.get("year"), FIRST_YEAR, LAST_YEAR) or usual,
        month=_number(asked.get("month"), 1, 12),
        province=asked.get("province", "")[:2],
        commune=asked.get("commune", "")[:80],
        facility=_id(asked.get("facility")),
        practitioner=_id(asked.get("practitioner")),
        chapter=chapter,
        level=_number(asked.get("level"), 1, len(atc.LENGTHS)) or 2,
        group=group if GROUP.fullmatch(group) else "",
    )


def _number(text: str | None, least: int, most: int) -> int | None:
    if not text or not text.isascii() or not text.isdigit() or len(text) > 4:
        return None
    return int(text) if least <= int(text) <= most else None


def _id(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


def _query(wish: Wish) -> dict[str, Any]:
    """The filters as an address says them, without those that say nothing."""
    named = {
        "year": wish.year,
        "month": wish.month,
        "province": wish.province,
        "commune": wish.commune,
        "facility": wish.facility,
        "practitioner": wish.practitioner,
        "chapter": wish.chapter,
        "level": wish.level if wish.level != 2 else None,
        "group": wish.group,
    }
    return {name: value for name, value in named.items() if value not in (None, "")}


def _address(role: str) -> str:
    return reverse(f"{HOMES[role]}_statistics")


def _trail(found: Report, address: str) -> list[tuple[str, str]]:
    """The places picked, each with the page without what lies below it."""
    if not found.trail:
        return []
    levels = list(LEVEL_WORDS)
    query = _query(found.wish)

    def up_to(depth: int) -> str:
        kept = {name: value for name, value in query.items() if name not in levels[depth:]}
        return f"{address}?{urlencode(kept)}"

    places = [(name, up_to(levels.index(level) + 1)) for level, _key, name in found.trail]
    return [(_("All places"), up_to(0)), *places]


# ---- in words


def _month(number: int) -> str:
    return pgettext("month of the statistics", "Month %(n)s") % {"n": number}


def _period(wish: Wish) -> str:
    return f"{wish.year}-{wish.month:02d}" if wish.month else str(wish.year)


def _when(wish: Wish, key: int) -> str:
    return f"{wish.year}-{wish.month:02d}-{key:02d}" if wish.month else f"{wish.year}-{key:02d}"


def _roman(number: int) -> str:
    return chapters()[number].roman if number in chapters() else "–"


def _chapter_name(number: int) -> str:
    return chapters()[number].name if number in chapters() else _("Without a chapter")


def _drug_name(line: Line) -> str:
    if not line.key:
        return _("ATC code not known")
    return line.name or queries.drug_names(str(line.key))


def _count(value: int | None) -> str:
    """A number with its thousands set apart; Django's own formats for Vietnamese leave them together."""
    return "" if value is None else f"{value:,}".replace(",", str(get_format("THOUSAND_SEPARATOR")))


def _decimal(value: float | None, places: int = 1) -> str:
    return "" if value is None else number_format(value, places)


def _rows(lines: Sequence[Line], names: Iterable[str], hrefs: Iterable[str], marks: Iterable[str]) -> list[Row]:
    lengths = charts.bars([line.prescriptions for line in lines])
    return [
        Row(
            line=line,
            name=name,
            href=href,
            bar=length,
            prescriptions=_count(line.prescriptions),
            items_each=_decimal(line.items_each, 2),
            antibiotic_share=_decimal(line.antibiotic_share),
            fill_rate=_decimal(line.fill_rate),
            hours=_decimal(line.hours_to_collect),
            overridden_share=_decimal(line.overridden_share, 2),
            mark=mark,
        )
        for line, name, href, mark, length in zip(lines, names, hrefs, marks, lengths, strict=True)
    ]


def _drawn(found: Report, address: str) -> dict[str, Any]:
    """Words and drawings of every table."""
    wish, query = found.wish, _query(found.wish)

    def to(**values: Any) -> str:
        return f"{address}?{urlencode({**query, **values})}"

    times, places, drugs = found.times, found.places, found.drugs
    total = found.total
    when = [str(line.key) if wish.month else _month(line.key) for line in times]
    if wish.month:
        when = [date(wish.year, wish.month, line.key).strftime("%d/%m/%Y") for line in times]
    plain = [""] * len(times)
    time_rows = _rows(times, when, plain if wish.month else [to(month=line.key) for line in times], plain)
    counts = [line.prescriptions for line in times]
    columns = charts.columns(counts, [line.antibiotic for line in times])
    items = [line.get("items") for line in drugs]
    deepest = len(atc.LENGTHS)
    return {
        "tiles": [
            (_count(total.prescriptions), _("prescriptions"), ""),
            (_decimal(total.items_each, 2), _("medicines on each, on average"), ""),
            (_decimal(total.antibiotic_share), _("with an antibiotic"), "%"),
            (_decimal(total.fill_rate), _("collected, of those whose time is over or that were begun"), "%"),
            (_decimal(total.hours_to_collect), _("from signing to the counter, on average"), _("h")),
            (_decimal(total.overridden_share, 2), _("signed past a warning"), "%"),
        ],
        "whole_rate": _decimal(total.whole_rate),
        "within_day": _decimal(total.within_day_rate),
        "cancelled": _count(total.cancelled),
        "time_rows": time_rows,
        "columns": list(zip(columns, time_rows, strict=True)),
        "labels": [_label(line.key, wish) for line in times],
        "highest": _count(charts.ceiling(counts)),
        "antibiotic_strokes": charts.strokes([line.antibiotic_share for line in times]),
        "fill_strokes": charts.strokes([line.fill_rate for line in times]),
        "place_words": LEVEL_WORDS.get(found.place_level, ""),
        "place_rows": _rows(
            places,
            [line.name for line in places],
            [to(**{found.place_level: line.key}) for line in places],
            [""] * len(places),
        ),
        "chapter_rows": _rows(
            found.chapters,
            [_chapter_name(line.key) for line in found.chapters],
            [to(chapter=line.key) for line in found.chapters],
            [_roman(line.key) for line in found.chapters],
        ),
        "chapter": f"{_roman(wish.chapter)} · {_chapter_name(wish.chapter)}" if wish.chapter is not None else "",
        "without_chapter": to(chapter=""),
        "drug_rows": [
            {
                "mark": line.key or "–",
                "name": _drug_name(line),
                "href": to(group=line.key, level=min(atc.level_of(str(line.key)) + 1, deepest))
                if 0 < atc.level_of(str(line.key)) < deepest
                else "",
                "bar": bar,
                "items": _count(line.get("items")),
                "fill_rate": _decimal(line.fill_rate),
            }
            for line, bar in zip(drugs, charts.bars(items), strict=True)
        ],
        "levels": [(number, to(level=number), number == wish.level) for number in range(1, deepest + 1)],
        "groups": _groups(wish, to),
    }


def _label(key: int, wish: Wish) -> str:
    """What stands under a column; of a month's days every fifth."""
    return str(key) if not wish.month or key == 1 or key % 5 == 0 else ""


def _groups(wish: Wish, to: Any) -> list[tuple[str, str]]:
    """The group of drugs picked, and those above it, each with its page."""
    if not wish.group:
        return []
    above = [wish.group[:length] for length in atc.LENGTHS if length <= len(wish.group)]
    every = [(_("All medicines"), to(group="", level=""))]
    return every + [(f"{one} {atc.name_of(one)}".strip(), to(group=one, level=atc.level_of(one) + 1)) for one in above]


def _csv_row(table: str, key: str, name: str, line: Line) -> list[str]:
    figures = [line.get(column) if column in line.figures else "" for column in COLUMNS]
    return [table, key, name, *(HIDDEN if one is None else str(one) for one in figures)]


page_patterns = [path("ministry/", require_safe(page(roles={"regulator"})(ministry)), name="ministry_home")]
for role, home in HOMES.items():
    shown, file = require_safe(page(roles={role})(statistics)), require_safe(page(roles={role})(as_csv))
    page_patterns += [
        path(f"{home}/statistics/", shown, name=f"{home}_statistics"),
        path(f"{home}/statistics.csv", file, name=f"{home}_statistics_csv"),
    ]
