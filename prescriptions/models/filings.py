"""The national e-prescription system: accounts there, and what is on its way to it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models import Entity
from core.states import Stateful
from prescriptions.models.prescriptions import Prescription


class NationalAccount(Entity):
    """What a facility, one of its prescribers or its software signs in with. Passwords and tokens are sealed.

    Each facility and each prescriber has one account of their own there (Decision 425/QĐ-BYT), so nothing is shared.
    """

    class Kind(models.TextChoices):
        FACILITY = "facility", _("the facility")
        PRESCRIBER = "prescriber", _("a doctor")
        APPLICATION = "application", _("look-up and sales")  # app-name and app-key

    facility = models.ForeignKey("identity.Facility", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=11, choices=Kind.choices)
    practitioner = models.ForeignKey(
        "identity.Practitioner", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    account = models.CharField(max_length=60)
    sealed_password = models.BinaryField()
    sealed_token = models.BinaryField(null=True, blank=True)  # until it ends or is refused
    token_until = models.DateTimeField(null=True, blank=True)
    enrolled_at = models.DateTimeField(null=True, blank=True)  # a doctor: the facility has named them there
    changed_at = models.DateTimeField()
    refused_at = models.DateTimeField(null=True, blank=True)
    refusal = models.CharField(max_length=300, blank=True)  # what the system said then

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["facility", "kind", "practitioner"], nulls_distinct=False, name="national_account_once"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["facility", "application"], practitioner__isnull=True)
                | Q(kind="prescriber", practitioner__isnull=False),
                name="national_account_whose",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.account}"


class Filing(Entity, Stateful):
    """A signed prescription, or what one dispense handed out, on its way to the national system. One row for each."""

    class Kind(models.TextChoices):
        PRESCRIPTION = "prescription", _("prescription")
        SALE = "sale", _("sale")

    class Status(models.TextChoices):
        QUEUED = "queued", _("about to be sent")  # not tried yet
        WAITING = "waiting", _("will be tried again")  # by itself, at next_at
        SENT = "sent", _("sent")  # stored there
        REJECTED = "rejected", _("needs a person")  # `trouble` says why; nothing happens by itself
        SET_ASIDE = "set_aside", _("set aside")  # a person settled it another way, or there is nothing left to send

    class Trouble(models.TextChoices):
        """Why it is not sent yet."""

        NO_ANSWER = "no_answer", _("The national system does not answer.")
        ADDRESS_REFUSED = "address_refused", _("The address of the national system leads where we do not go.")
        THEIRS = "theirs", _("The national system is in trouble.")
        BEHIND = "behind", _("It waits for what comes before it: the prescription goes first.")
        NO_ACCOUNT = "no_account", _("The account for it has not been entered yet.")
        ACCOUNT_REFUSED = "account_refused", _("The account or its password is refused.")
        INCOMPLETE = "incomplete", _("Something that the national system requires is missing.")
        REFUSED = "refused", _("The national system refused it.")
        DUPLICATE = "duplicate", _("Another prescription is stored under this code.")
        UNCERTAIN = "uncertain", _("It may be stored already, and cannot be looked up.")
        UNKNOWN = "unknown", _("The national system does not know this prescription.")
        CANCELLED = "cancelled", _("It was cancelled before it was sent.")
        BY_HAND = "by_hand", _("Settled by a person.")

    MOVES: ClassVar[dict[Any, set[Any]]] = {
        Status.QUEUED: {Status.WAITING, Status.SENT, Status.REJECTED, Status.SET_ASIDE},
        Status.WAITING: {Status.QUEUED, Status.SENT, Status.REJECTED, Status.SET_ASIDE},
        Status.REJECTED: {Status.QUEUED, Status.SET_ASIDE},
        Status.SET_ASIDE: {Status.QUEUED},
        Status.SENT: set(),
    }

    kind = models.CharField(max_length=12, choices=Kind.choices)
    key = models.CharField(max_length=36)  # the prescription's code_key; of a sale its first dispense
    prescription = models.ForeignKey(Prescription, on_delete=models.PROTECT, related_name="filings")
    facility = models.ForeignKey("identity.Facility", on_delete=models.PROTECT, related_name="+")  # who files it
    dispenses = models.JSONField(default=list, blank=True)  # ids, of a sale
    before = models.JSONField(null=True, blank=True)  # a sale: {line id: quantity} sold before, as the system said
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.QUEUED)
    trouble = models.CharField(max_length=15, choices=Trouble.choices, blank=True)
    answer = models.CharField(max_length=300, blank=True)  # the last one, in the system's words
    errors = models.JSONField(default=list, blank=True)  # its list of mistakes; names of fields where `incomplete`
    note = models.CharField(max_length=300, blank=True)  # how a person settled it
    checksum = models.CharField(max_length=300, blank=True)
    tries = models.PositiveIntegerField(default=0)
    is_uncertain = models.BooleanField(default=False)  # it left the house, and nobody said what became of it
    next_at = models.DateTimeField(null=True, blank=True)
    taken_until = models.DateTimeField(null=True, blank=True)  # a worker has it in hand until then
    taken_by = models.UUIDField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    rejected_at = models.DateTimeField(null=True, blank=True)
    set_aside_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["facility", "status", "-created_at"], name="filing_of_facility"),
            models.Index(fields=["next_at"], condition=Q(status__in=["queued", "waiting"]), name="filing_due"),
            models.Index(fields=["prescription", "created_at"], name="filing_of_prescription"),
        ]
        constraints = [
            # Idempotent by the code: a second wish to file the same finds this row.
            models.UniqueConstraint(fields=["kind", "key"], name="filing_once"),
            models.CheckConstraint(
                condition=Q(status__in=["queued", "waiting", "sent", "rejected", "set_aside"]),
                name="filing_status_known",
            ),
            models.CheckConstraint(condition=Q(kind__in=["prescription", "sale"]), name="filing_kind_known"),
            models.CheckConstraint(
                condition=~Q(status__in=["waiting", "rejected"]) | ~Q(trouble=""), name="filing_says_why"
            ),
            models.CheckConstraint(
                condition=~Q(status="waiting") | Q(next_at__isnull=False), name="filing_waits_until"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"

    @property
    def is_open(self) -> bool:
        """Whether it is still to be sent by itself."""
        return self.status in (self.Status.QUEUED, self.Status.WAITING)
