"""Reading the access log."""

from uuid import UUID

from django.db.models import QuerySet

from audit.models import Line


def lines_about(person_id: UUID) -> QuerySet[Line]:
    """Return every line about one citizen, newest first."""
    return Line.objects.filter(person_id=person_id).order_by("-created_at", "-id")
