"""The catalogue: search without tone marks, by Vietnamese or international name."""

from collections.abc import Iterable

from django.db.models import Case, IntegerField, QuerySet, Value, When

from prescriptions.ingredients import fold
from prescriptions.models import Drug


def find_drugs(q: str, *, limit: int = 20, remote: bool = False) -> QuerySet[Drug]:
    """Return active drugs that contain every word of `q`; names that begin with it come first,
    and among them those of one ingredient before combinations.

    `remote` leaves out narcotics and psychotropics, which a remote visit cannot prescribe.
    """
    folded = fold(q)
    found = Drug.objects.filter(active=True)
    if remote:
        found = found.filter(control="ordinary")
    for word in folded.split():
        found = found.filter(search_text__contains=word)
    begins = Case(When(search_text__startswith=folded, then=Value(0)), default=Value(1), output_field=IntegerField())
    return found.order_by(begins, "ingredients__len", "search_text", "code")[:limit]


def get_drugs(codes: Iterable[str]) -> dict[str, Drug]:
    """Return active drugs by their code; unknown codes are simply missing."""
    return {drug.code: drug for drug in Drug.objects.filter(code__in=set(codes), active=True)}
