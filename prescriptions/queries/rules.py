"""The rules of a day: what is built in, what was imported and put in force, the tables of limits."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q

from prescriptions.ingredients import key_of
from prescriptions.models import Drug, Prescription, RulePair, RuleSet
from prescriptions.safety.rules import Pair, Rules, Side, rules_with


def day_of_visit(prescription: Prescription, now: datetime) -> date:
    """Return the day whose rules hold: that of the visit, on the clinic's calendar; never one to come."""
    encounter = prescription.encounter
    began = encounter.started_at or encounter.planned_from
    return min(began, now).astimezone(ZoneInfo(prescription.facility.zone)).date()


def rules_on(day: date) -> Rules:
    """Return the rules by which a visit of this day is checked."""
    rows = RuleSet.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gte=day), in_force_at__isnull=False, valid_from__lte=day
    ).order_by("source", "version")
    return _together(tuple(rows.values_list("id", "version", "source")), day)


@lru_cache(maxsize=16)
def _together(sets: tuple[tuple[UUID, str, str], ...], day: date) -> Rules:
    """Pairs never change once they are in force, so that a process reads them once."""
    pairs = [pair for key, version, source in sets for pair in _pairs(key, version, source)]
    folder = settings.PRESCRIPTION_TABLES_DIR
    return rules_with(pairs, [version for _key, version, _source in sets], day, Path(folder) if folder else None)


@lru_cache(maxsize=8)
def _pairs(rule_set_id: UUID, version: str, source: str) -> tuple[Pair, ...]:
    return tuple(
        Pair(
            rule=f"{version}-{row.number}".replace(":", "-"),
            a=Side(frozenset(row.keys_a), tuple(row.atc_a)),
            b=Side(frozenset(row.keys_b), tuple(row.atc_b)),
            rules=version,
            source=source,
            text=" ".join(_sentence(part) for part in (row.consequence, row.mechanism, row.handling) if part),
        )
        for row in RulePair.objects.filter(rule_set_id=rule_set_id).order_by("number", "id")
    )


def _sentence(text: str) -> str:
    return text if text.endswith((".", ";", "!", "?")) else f"{text}."


def rule_sets() -> list[RuleSet]:
    """Return all rule sets, those that count last from newest to oldest."""
    return list(RuleSet.objects.order_by("-valid_from", "-imported_at"))


def known_ingredients() -> frozenset[str]:
    """Return the keys of every ingredient in the catalogue."""
    rows = Drug.objects.values_list("ingredients", flat=True)
    return frozenset({key_of(name) for names in rows for name in names})
