"""One act of care: who with whom, when, what was found, what was decided."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models import Entity
from core.states import Stateful
from identity.models import Telemedicine

# What the practitioner writes: the four parts of a SOAP note, and the advice the citizen takes home.
NOTE_FIELDS = ("subjective", "objective", "assessment", "plan", "advice")


class Encounter(Entity, Stateful):
    """The care that happens at an agreed time. Appointment, room and prescription hang on it (FHIR Encounter)."""

    class Status(models.TextChoices):
        PLANNED = "planned", _("planned")  # booked, nobody has begun
        IN_PROGRESS = "in_progress", _("in progress")  # the practitioner has begun
        FINISHED = "finished", _("finished")  # closed by the practitioner; the note no longer changes
        CANCELLED = "cancelled", _("cancelled")  # did not take place

    class Mode(models.TextChoices):
        IN_PERSON = "in_person", _("in person")
        VIDEO = "video", _("by video")
        PHONE = "phone", _("by phone")

    MOVES: ClassVar[dict[Any, set[Any]]] = {
        Status.PLANNED: {Status.IN_PROGRESS, Status.CANCELLED},
        Status.IN_PROGRESS: {Status.FINISHED, Status.CANCELLED},
        Status.FINISHED: set(),
        Status.CANCELLED: set(),
    }

    person = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")
    practitioner = models.ForeignKey("identity.Practitioner", on_delete=models.PROTECT, related_name="+")
    facility = models.ForeignKey("identity.Facility", on_delete=models.PROTECT, related_name="+")
    appointment_ref = models.CharField(max_length=80, unique=True, null=True, blank=True)  # core.refs.Ref
    mode = models.CharField(max_length=9, choices=Mode.choices)
    form = models.CharField(
        max_length=24, choices=Telemedicine.choices, blank=True
    )  # of care at a distance (records.gate)
    listed_code = models.CharField(max_length=12, blank=True)  # what it is about, as TT 30/2023 lists it
    opened_because = models.CharField(max_length=300, blank=True)  # or why a doctor holds it all the same
    # Or the approved pilot of its facility whose case it is; health insurance pays for none of these.
    pilot = models.ForeignKey("identity.Pilot", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    status = models.CharField(max_length=11, choices=Status.choices, default=Status.PLANNED)
    planned_from = models.DateTimeField()
    planned_to = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True)  # why the citizen comes, in their own words
    subjective = models.TextField(blank=True)
    objective = models.TextField(blank=True)
    assessment = models.TextField(blank=True)
    plan = models.TextField(blank=True)
    advice = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=0)  # grows by one with each saved change of the note

    class Meta:
        indexes = [
            models.Index(fields=["person", "-planned_from"], name="encounter_of_person"),
            models.Index(fields=["practitioner", "planned_from"], name="encounter_of_practitioner"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["planned", "in_progress", "finished", "cancelled"]),
                name="encounter_status_known",
            ),
            models.CheckConstraint(condition=Q(mode__in=["in_person", "video", "phone"]), name="encounter_mode_known"),
            models.CheckConstraint(
                condition=Q(mode="in_person", form="")
                | (Q(mode__in=["video", "phone"]) & Q(form__in=Telemedicine.values)),
                name="encounter_form_fits_mode",
            ),
            models.CheckConstraint(
                condition=Q(pilot__isnull=True) | Q(form=Telemedicine.DIRECT, listed_code=""),
                name="encounter_pilot_is_outside_the_list",
            ),
            models.CheckConstraint(
                condition=Q(planned_to__gt=models.F("planned_from")), name="encounter_ends_after_it_begins"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["in_progress", "finished"]) | Q(started_at__isnull=False),
                name="encounter_begun_has_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(status="finished") | Q(finished_at__isnull=False), name="encounter_finished_has_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.mode} {self.planned_from:%Y-%m-%d %H:%M} {self.status}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        # A visit at a distance of which nothing else is said is the plain one: doctor and patient.
        self.form = "" if self.mode == self.Mode.IN_PERSON else self.form or Telemedicine.DIRECT
        super().save(*args, **kwargs)

    @property
    def is_open(self) -> bool:
        """Whether the note may still be written."""
        return self.status in (self.Status.PLANNED, self.Status.IN_PROGRESS)


class Attendee(Entity):
    """Who takes part in care at a distance besides its own practitioner, for which facility, and as what."""

    class Part(models.TextChoices):
        BESIDE = "beside", _("with the patient")  # licensed, at the receiving facility
        ASKS = "asks", _("asks for support")  # the doctor of the other facility
        CHAIR = "chair", _("chair of the council")
        MEMBER = "member", _("member of the council")

    encounter = models.ForeignKey(Encounter, on_delete=models.CASCADE, related_name="attendees")
    practitioner = models.ForeignKey("identity.Practitioner", on_delete=models.PROTECT, related_name="+")
    facility = models.ForeignKey("identity.Facility", on_delete=models.PROTECT, related_name="+")
    part = models.CharField(max_length=6, choices=Part.choices)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["encounter", "practitioner"], name="attendee_once"),
            models.CheckConstraint(
                condition=Q(part__in=["beside", "asks", "chair", "member"]), name="attendee_part_known"
            ),
            models.UniqueConstraint(
                fields=["encounter", "part"], condition=Q(part__in=["chair", "asks"]), name="attendee_one_chair"
            ),
        ]
        indexes = [models.Index(fields=["facility", "encounter"], name="attendee_of_facility")]

    def __str__(self) -> str:
        return f"{self.part} {self.practitioner_id}"


class Diagnosis(Entity):
    """One ICD-10 diagnosis of an encounter; rank 1 is the main one (Vietnam: exactly one main, others beside it)."""

    encounter = models.ForeignKey(Encounter, on_delete=models.CASCADE, related_name="diagnoses")
    code = models.CharField(max_length=8)
    name = models.CharField(max_length=255)
    rank = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering = ["rank"]
        constraints = [
            models.UniqueConstraint(fields=["encounter", "code"], name="diagnosis_once"),
            models.UniqueConstraint(fields=["encounter", "rank"], name="diagnosis_rank_once"),
            models.CheckConstraint(
                condition=Q(code__regex=r"^[A-Z][0-9]{2}(\.[0-9A-Z]{1,2})?$"), name="diagnosis_code_is_icd10"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class NoteVersion(Entity):
    """What one save changed, by whom: the note's history is only added to (Circular 13/2025 on electronic records)."""

    encounter = models.ForeignKey(Encounter, on_delete=models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    user_id = models.UUIDField(null=True)
    name = models.CharField(max_length=160, blank=True)
    changes = models.JSONField()  # {field: new text, "diagnoses": [{code, name}, …]}

    class Meta:
        ordering = ["version"]
        constraints = [models.UniqueConstraint(fields=["encounter", "version"], name="note_version_once")]

    def __str__(self) -> str:
        return f"{self.encounter_id} v{self.version}"
