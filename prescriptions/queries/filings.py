"""What a facility sees of its way to the national system. No names of patients, no drugs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Q, QuerySet

from core.actor import Actor
from identity.models import Practitioner
from prescriptions import access
from prescriptions.gateway import wire
from prescriptions.models import Filing, NationalAccount, Prescription

Status = Filing.Status


def is_connected() -> bool:
    """Say whether this installation has the addresses of the national system."""
    return wire.is_on()


@dataclass(frozen=True)
class FilingCounts:
    """How many of each, for the head of the page."""

    sent: int
    sent_today: int
    waiting: int
    needing: int
    set_aside: int


def count_filings(by: Actor, since: datetime) -> FilingCounts:
    """Count what the actor's facility files; `since` is when its day began."""
    found = access.filings_of(by).aggregate(
        sent=Count("pk", filter=Q(status=Status.SENT)),
        sent_today=Count("pk", filter=Q(status=Status.SENT, sent_at__gte=since)),
        waiting=Count("pk", filter=Q(status__in=[Status.QUEUED, Status.WAITING])),
        needing=Count("pk", filter=Q(status=Status.REJECTED)),
        set_aside=Count("pk", filter=Q(status=Status.SET_ASIDE)),
    )
    return FilingCounts(**found)


def _shown(by: Actor) -> QuerySet[Filing]:
    return access.filings_of(by).select_related("prescription__practitioner", "facility")


def filings_needing(by: Actor) -> QuerySet[Filing]:
    """Return what needs a person, the oldest first."""
    return _shown(by).filter(status=Status.REJECTED).order_by("created_at", "pk")


def filings_waiting(by: Actor) -> QuerySet[Filing]:
    """Return what goes by itself sooner or later, the oldest first."""
    return _shown(by).filter(status__in=[Status.QUEUED, Status.WAITING]).order_by("created_at", "pk")


def filings_done(by: Actor) -> QuerySet[Filing]:
    """Return what was sent or set aside, the newest first."""
    return _shown(by).filter(status__in=[Status.SENT, Status.SET_ASIDE]).order_by("-created_at", "-pk")


def filings_cancelled_since(by: Actor, since: datetime) -> QuerySet[Filing]:
    """Return prescriptions that the national system holds (or may hold) although they were cancelled here, newest first.

    Its interface knows no taking back, so whoever fills by the national code alone would still find them.
    """
    rows = _shown(by).filter(kind=Filing.Kind.PRESCRIPTION, prescription__signed_at__gte=since)
    cancelled = Q(prescription__status=Prescription.Status.CANCELLED) | Q(prescription__cancel_asked_at__isnull=False)
    return rows.filter(cancelled, Q(status=Status.SENT) | Q(is_uncertain=True)).order_by("-created_at", "-pk")


@dataclass(frozen=True)
class Prescriber:
    """A doctor of the facility, with the account that was entered for them."""

    practitioner: Practitioner
    account: NationalAccount | None


def national_account(by: Actor, kind: str) -> NationalAccount | None:
    """Return the facility's own account of this kind."""
    return access.accounts_of(by).filter(kind=kind, practitioner__isnull=True).first()


def prescribers(by: Actor, today: date) -> Sequence[Prescriber]:
    """Return the facility's doctors: those without an account first, then the refused, then by name."""
    known = {one.practitioner_id: one for one in access.accounts_of(by).filter(practitioner__isnull=False)}
    found = [Prescriber(one, known.get(one.pk)) for one in access.prescribers_of(by, today)]

    def rank(one: Prescriber) -> int:
        return 0 if one.account is None else 1 if one.account.refused_at else 2

    return sorted(found, key=rank)
