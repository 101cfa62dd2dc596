"""References sideways: "appointment:0190…" says what a thing is without importing its app."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings

if TYPE_CHECKING:
    from django.db.models import Model


@dataclass(frozen=True)
class Ref:
    """A kind (the model's name in lower case) and an id; written "kind:id"."""

    kind: str
    id: UUID

    @classmethod
    def parse(cls, text: str) -> Ref:
        """Read "kind:uuid". Raises ValueError for anything else."""
        kind, mark, rest = str(text).partition(":")
        if not mark or not kind.isidentifier():
            raise ValueError(f"not a reference: {text[:60]!r}")
        return cls(kind, UUID(rest))

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


def ref(instance: Model) -> Ref:
    """Return the reference of a saved row."""
    return Ref(instance._meta.model_name or "", instance.pk)


def page_of(reference: Ref) -> str:
    """Return the path of the page where a citizen reads about the thing (settings.REF_PAGES), or "" if it has none."""
    return settings.REF_PAGES.get(reference.kind, "").format(id=reference.id)
