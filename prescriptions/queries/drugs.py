"""The catalogue: search without tone marks, by Vietnamese, international or trade name, typing errors forgiven."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.postgres.search import TrigramSimilarity
from django.db import connection, transaction
from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from core.actor import Actor
from prescriptions import access, spelling
from prescriptions.ingredients import searched
from prescriptions.models import Drug, DrugImport, DrugWord
from prescriptions.substitutes import substitution_of
from records.models import Encounter

CONTROLLED = ("narcotic", "psychotropic")
LIKENESS = 0.22  # of threes of letters: which words are looked at closely; the errors are counted then
MOST_LIKE, MOST_MEANT = 60, 5
MOST_WORDS = 8


def find_drugs(q: str, *, on: date, limit: int = 20, remote: bool = False) -> list[Drug]:
    """Return drugs that may be prescribed on this day and have every word of `q` at the beginning of a word.

    Whose name begins with it comes first, then whose brand or another word does, among them those of one ingredient before
    combinations. Only when there are fewer than `limit` of them, drugs with words that are
    written like these follow, the fewest errors first.
    `remote` leaves out narcotics and psychotropics, which a remote visit cannot prescribe.
    """
    words = searched(q).split()[:MOST_WORDS]
    there = valid_drugs(on)
    if remote:
        there = there.exclude(control__in=CONTROLLED)
    if len("".join(words)) < 2:
        # One letter is at the beginning of nearly everything: leaf through the ordered index.
        begun = there.filter(search_text__startswith=f" {words[0]}") if words else there
        return list(begun.order_by("search_text", "code")[:limit])
    found = list(_containing(there, words)[:limit])
    if len(found) < limit and any(spelling.may_be_mistyped(word) for word in words):
        found += _similar(there, words, limit - len(found), besides=[drug.pk for drug in found])
    return found


def _containing(there: QuerySet[Drug], words: list[str]) -> QuerySet[Drug]:
    for word in words:
        there = there.filter(search_text__contains=f" {word}")
    whole = " ".join(words)
    rank = Case(
        When(search_text__startswith=f" {whole} ", then=Value(0)),
        When(search_text__startswith=f" {whole}", then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    return there.order_by(rank, "ingredients__len", "search_text", "code")


def _similar(there: QuerySet[Drug], words: list[str], limit: int, *, besides: list[UUID]) -> list[Drug]:
    """Look again with each word, or words that are written like it, the fewest errors first."""
    errors: Any = Value(0)
    with transaction.atomic():  # SET LOCAL ends with it
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL pg_trgm.similarity_threshold = {LIKENESS}")
        ways_of = [{word: 0, **(_written_like(word) if spelling.may_be_mistyped(word) else {})} for word in words]
        if all(len(ways) == 1 for ways in ways_of):
            return []  # nothing is written like it: what there is has been found
        for ways in ways_of:
            either = Q()
            for way in ways:
                either |= Q(search_text__contains=f" {way}")
            there = there.filter(either)
            counted = [When(search_text__contains=f" {way}", then=Value(count)) for way, count in ways.items()]
            errors = errors + Case(*counted, default=Value(9), output_field=IntegerField())
        ordered = there.exclude(pk__in=besides).order_by(errors, "ingredients__len", "search_text", "code")
        return list(ordered[:limit])


def _written_like(word: str) -> dict[str, int]:
    """Return the words of the catalogue that may be meant, and how many errors away they are, the nearest first."""
    rows = DrugWord.objects.filter(word__trigram_similar=word).annotate(likeness=TrigramSimilarity("word", word))
    near = rows.order_by("-likeness", "word").values_list("word", flat=True)[:MOST_LIKE]
    counted = {one: spelling.errors_between(word, one) for one in near}
    meant = sorted((count, one) for one, count in counted.items() if 0 < count <= spelling.allowed(word))
    return {one: count for count, one in meant[:MOST_MEANT]}


def day_of(encounter: Encounter, now: datetime) -> date:
    """Return the day of a visit on its facility's calendar: what could be prescribed then counts, also when signed after midnight."""
    return (encounter.started_at or now).astimezone(ZoneInfo(encounter.facility.zone)).date()


def valid_drugs(on: date) -> QuerySet[Drug]:
    """Return what may be prescribed on this day."""
    begun = Q(valid_from__isnull=True) | Q(valid_from__lte=on)
    return Drug.objects.filter(begun, Q(valid_to__isnull=True) | Q(valid_to__gte=on), active=True)


def drug_imports(by: Actor) -> QuerySet[DrugImport]:
    """Return the lists of drugs that were handed in, the newest first, without their content."""
    return access.visible_drug_imports(by).defer("content", "problems", "refused").order_by("-created_at", "-id")


def get_drugs(codes: Iterable[str], *, on: date) -> dict[str, Drug]:
    """Return the drugs of these codes that may be prescribed on this day; others are simply missing."""
    return {drug.code: drug for drug in valid_drugs(on).filter(code__in=set(codes))}


def substitutes_for(drug: Drug, on: date) -> list[Drug]:
    """Return what may be handed out in its place on a day: the same composition, another brand or form; by name."""
    there = valid_drugs(on).filter(route=drug.route, control=drug.control).exclude(pk=drug.pk)
    for ingredient in drug.ingredients:
        there = there.filter(search_text__contains=f" {searched(ingredient)}")
    found = there.order_by("brand", "search_text", "code")[:200]
    return [one for one in found if substitution_of(drug, one) is not None]
