"""The access log. Rows are written once; a trigger refuses UPDATE and DELETE (see the first migration)."""

from django.db import models

from core.models import Entity


class Line(Entity):
    """One person did one thing to one subject, in one role, at one facility."""

    user_id = models.UUIDField(null=True)
    role = models.CharField(max_length=20)
    name = models.CharField(max_length=160, blank=True)  # as it was then; people marry and stories are renamed
    facility_id = models.UUIDField(null=True)
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=80)
    person_id = models.UUIDField(null=True)  # whose data it was
    reason = models.CharField(max_length=300, blank=True)
    detail = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["person_id", "-created_at", "-id"], name="audit_line_about"),
            models.Index(fields=["subject", "-created_at"], name="audit_line_subject"),
        ]
