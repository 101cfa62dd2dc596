"""Filing with the national system: what is signed or sold is written down in the same transaction and sent by a job.

Nothing is lost and nothing is sent twice at once: a row stays open until the system has it or a person decides. One worker
takes a row in hand, asks the network outside of transactions, and writes down what came of it. What left the house without
an answer is marked as uncertain: a duplicate then means that it was stored, and it is looked up before anything else.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

import audit
from core.actor import Actor
from core.ids import new_id
from core.tasks import later
from prescriptions import access
from prescriptions.actions import carrying
from prescriptions.actions.carrying import Carried
from prescriptions.gateway import wire
from prescriptions.gateway.answers import pause_after
from prescriptions.models import Dispense, Filing, NationalAccount, Prescription

log = logging.getLogger("lanh.prescriptions.filing")
Status, Trouble, Kind = Filing.Status, Filing.Trouble, Filing.Kind
ACCOUNT_TROUBLES = (Trouble.NO_ACCOUNT, Trouble.ACCOUNT_REFUSED)
LINE_TROUBLES = (Trouble.NO_ANSWER, Trouble.THEIRS)
WOKEN_AT_ONCE = 20  # by each that gets through after an outage
CALLS_AT_MOST = 10  # of one try; so long nobody else takes the row


def queue_prescription(prescription: Prescription, now: datetime) -> Filing:
    """Write down that a signed prescription is to be sent; inside the transaction that signs it. Again, it finds the row."""
    filing, fresh = Filing.objects.get_or_create(
        kind=Kind.PRESCRIPTION,
        key=prescription.code_key,
        defaults={
            "prescription": prescription,
            "facility_id": prescription.facility_id,
            "created_at": now,
            "next_at": now,
        },
    )
    if fresh:
        _wake(prescription.id)
    return filing


def queue_sale(prescription: Prescription, handed_out: Sequence[Dispense], now: datetime) -> Filing:
    """Write down that a sale is to be reported, once for each dispense; inside the transaction that hands out."""
    filing, fresh = Filing.objects.get_or_create(
        kind=Kind.SALE,
        key=str(handed_out[0].id),
        defaults={
            "prescription": prescription,
            "facility_id": handed_out[0].pharmacy_id,
            "dispenses": [str(one.id) for one in handed_out],
            "created_at": now,
            "next_at": now,
        },
    )
    if fresh:
        _wake(prescription.id)
    return filing


def file_next(*, prescription_id: UUID, by: Actor, now: datetime) -> Filing | None:
    """Send what is due of one prescription, the oldest first; None when there is nothing to do now.

    Said at once by two workers, one of them sends. The network is outside of transactions.
    """
    if not wire.is_on():
        return None
    taken = _take(prescription_id, now)
    if taken is None:
        return None
    return _record(taken, carrying.carry(taken, now), by, now)


@transaction.atomic
def try_again(*, filing_id: UUID, by: Actor, now: datetime) -> Filing:
    """A person has it sent once more. What is on its way already stays as it is. Raises NotFound, WrongState (sent)."""
    filing = access.lock_filing(by, filing_id)
    if filing.status == Status.QUEUED:
        return filing
    _forget_refusals(filing)
    _requeue(filing, now)
    audit.record(by, "prescription.file_again", filing.prescription, facility_id=filing.facility_id)
    return filing


@transaction.atomic
def try_all_again(*, by: Actor, now: datetime) -> int:
    """A person has everything that needs one sent once more; says how many."""
    waiting = list(access.filings_of(by).select_for_update(of=("self",)).filter(status=Status.REJECTED).order_by("pk"))
    for filing in waiting:
        _forget_refusals(filing)
        _requeue(filing, now)
        audit.record(by, "prescription.file_again", filing.prescription, facility_id=filing.facility_id)
    return len(waiting)


@transaction.atomic
def set_aside(*, filing_id: UUID, note: str, by: Actor, now: datetime) -> Filing:
    """A person settled it another way, and says how: it is not tried again by itself. Raises NotFound, WrongState."""
    filing = access.lock_filing(by, filing_id)
    if filing.status == Status.SET_ASIDE:
        return filing
    filing.move_to(Status.SET_ASIDE, at=now)
    filing.trouble, filing.note, filing.next_at, filing.taken_by = Trouble.BY_HAND, note, None, None
    filing.save()
    _let_on(filing, now)
    audit.record(
        by, "prescription.file_set_aside", filing.prescription, facility_id=filing.facility_id, detail={"note": note}
    )
    return filing


def requeue_for_account(account: NationalAccount, now: datetime) -> int:
    """Send what waited for this account; inside the transaction that saves it. Says how many."""
    stuck = Filing.objects.filter(facility_id=account.facility_id, status=Status.REJECTED, trouble__in=ACCOUNT_TROUBLES)
    if account.practitioner_id is not None:
        stuck = stuck.filter(prescription__practitioner_id=account.practitioner_id)
    rows = list(stuck.select_for_update(of=("self",)).order_by("pk"))
    for filing in rows:
        _requeue(filing, now)
    return len(rows)


@transaction.atomic
def wake_filings(*, now: datetime) -> int:
    """Bring back what has been due for two minutes: its job was lost, or there was no address to send to. Says how many."""
    if not wire.is_on():
        return 0
    late = Filing.objects.filter(
        Q(taken_until__isnull=True) | Q(taken_until__lte=now),
        status__in=[Status.QUEUED, Status.WAITING],
        next_at__lte=now - timedelta(minutes=2),
    )
    rows = list(late.select_for_update(skip_locked=True, of=("self",)).order_by("next_at")[:500])
    Filing.objects.filter(pk__in=[row.pk for row in rows]).update(next_at=now)
    _wake_each(row.prescription_id for row in rows)
    return len(rows)


def _wake(prescription_id: UUID, at: datetime | None = None) -> None:
    if wire.is_on():
        name = "prescriptions.tasks.file_prescription"
        later(name, lock=f"filing:{prescription_id}", at=at, prescription_id=str(prescription_id))


def _wake_each(prescription_ids: Iterable[UUID]) -> None:
    for prescription_id in dict.fromkeys(prescription_ids):
        _wake(prescription_id)


def _requeue(filing: Filing, now: datetime) -> None:
    if filing.status != Status.QUEUED:
        filing.move_to(Status.QUEUED, at=now)
    filing.trouble, filing.next_at, filing.tries = "", now, 0
    filing.save(update_fields=["status", "trouble", "next_at", "tries"])
    _wake(filing.prescription_id)


def _forget_refusals(filing: Filing) -> None:
    """A person means it: an account that was refused may be tried once more."""
    NationalAccount.objects.filter(
        Q(practitioner__isnull=True) | Q(practitioner_id=filing.prescription.practitioner_id),
        facility_id=filing.facility_id,
    ).update(refused_at=None, refusal="")


@transaction.atomic
def _take(prescription_id: UUID, now: datetime) -> Filing | None:
    """Take the oldest open row in hand, if it is due and nobody has it."""
    rows = Filing.objects.select_for_update(of=("self",)).filter(prescription_id=prescription_id)
    for filing in rows.select_related("prescription", "facility__province").order_by("created_at", "pk"):
        if filing.status in (Status.SENT, Status.SET_ASIDE):
            continue
        if filing.status == Status.REJECTED:
            if filing.kind == Kind.SALE:
                continue  # another sale need not wait until somebody has looked into this one
            _let_wait_behind(filing, now)
            return None
        if filing.taken_until is not None and filing.taken_until > now:
            return None
        if filing.next_at is not None and filing.next_at > now:
            _let_wait_behind(filing, now)
            return None
        if _is_pointless(filing):
            filing.move_to(Status.SET_ASIDE, at=now)
            filing.trouble, filing.next_at = Trouble.CANCELLED, None
            filing.save()
            continue
        filing.taken_by, filing.tries = new_id(), filing.tries + 1
        filing.taken_until = now + timedelta(seconds=CALLS_AT_MOST * settings.ERX_TIMEOUT_S)
        filing.save(update_fields=["taken_by", "taken_until", "tries"])
        return filing
    return None


def _is_pointless(filing: Filing) -> bool:
    """Cancelled before it ever left the house. What left it is sent to its end: the system knows no taking back."""
    cancelled = filing.prescription.status == Prescription.Status.CANCELLED
    return filing.kind == Kind.PRESCRIPTION and cancelled and not filing.is_uncertain


def _let_wait_behind(first: Filing, now: datetime) -> None:
    behind = Filing.objects.filter(prescription_id=first.prescription_id, created_at__gte=first.created_at)
    behind.exclude(pk=first.pk).filter(status__in=[Status.QUEUED, Status.WAITING]).update(
        status=Status.WAITING, trouble=Trouble.BEHIND, next_at=now + timedelta(hours=1)
    )


def _let_on(filing: Filing, now: datetime) -> None:
    """What waited behind this one may go."""
    behind = Filing.objects.filter(prescription_id=filing.prescription_id, trouble=Trouble.BEHIND)
    behind.filter(status=Status.WAITING).update(next_at=now)
    if Filing.objects.filter(
        prescription_id=filing.prescription_id, status__in=[Status.QUEUED, Status.WAITING]
    ).exists():
        _wake(filing.prescription_id)


@dataclass(frozen=True)
class _Next:
    status: str
    at: datetime | None


def _next(carried: Carried, tries: int, now: datetime) -> _Next:
    if carried.is_sent:
        return _Next(Status.SENT, None)
    if carried.waits:
        chance = secrets.randbelow(1_000_000) / 1_000_000
        return _Next(Status.WAITING, now + pause_after(tries, chance, carried.retry_after))
    return _Next(Status.REJECTED, None)


@transaction.atomic
def _record(taken: Filing, carried: Carried, by: Actor, now: datetime) -> Filing:
    """Write down what came of it, unless somebody else has taken the row since or a person has settled it."""
    rows = Filing.objects.select_for_update(of=("self",)).select_related("prescription", "facility")
    filing = rows.get(pk=taken.pk)
    if filing.taken_by != taken.taken_by or not filing.is_open:
        return filing
    then = _next(carried, filing.tries, now)
    if filing.status != then.status:
        filing.move_to(then.status, at=now)
    filing.trouble, filing.next_at = carried.trouble, then.at
    filing.answer, filing.errors = carried.words[:300], list(carried.errors)
    filing.checksum = carried.checksum or filing.checksum
    filing.is_uncertain = carried.is_uncertain
    filing.taken_by = filing.taken_until = None
    filing.save()
    if then.status == Status.SENT:
        person_id = filing.prescription.person_id
        audit.record(by, "prescription.file", filing.prescription, person_id=person_id, facility_id=filing.facility_id)
        _let_on(filing, now)
        _wake_others(filing, now)
    elif then.status == Status.WAITING:
        _wake(filing.prescription_id, at=then.at)
    else:
        log.warning("filing %s needs a person: %s", filing.pk, carried.trouble)
        _let_on(filing, now)
    return filing


def _wake_others(filing: Filing, now: datetime) -> None:
    """The line is back: what waited long for it goes now, some with each that gets through."""
    others = Filing.objects.filter(
        facility_id=filing.facility_id, status=Status.WAITING, trouble__in=LINE_TROUBLES, next_at__gt=now
    ).order_by(F("next_at").asc(), "pk")
    rows = list(others.select_for_update(skip_locked=True, of=("self",))[:WOKEN_AT_ONCE])
    Filing.objects.filter(pk__in=[row.pk for row in rows]).update(next_at=now)
    _wake_each(row.prescription_id for row in rows)
