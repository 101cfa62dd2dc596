"""Reading the access log."""

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from audit.models import Line
from core.refs import Ref


def lines_about(person_id: UUID) -> QuerySet[Line]:
    """Return every line about one citizen, newest first."""
    return Line.objects.filter(person_id=person_id).order_by("-created_at", "-id")


def lines_on(subject: Ref, *, user_id: UUID | None, action: str, since: datetime) -> QuerySet[Line]:
    """Return what one user did to one thing since a moment: to see whether it was too often."""
    return Line.objects.filter(subject=str(subject), user_id=user_id, action=action, created_at__gt=since)
