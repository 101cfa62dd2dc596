"""What is free, as search and booking read it: a projection, never the truth.

Truth is rules, closures and appointments. `booking.days` writes these rows and nothing else does; a checker compares.
"""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from booking import marks
from booking.models.schedules import Schedule
from core.models import Entity


class MarksField(models.Field):  # type: ignore[type-arg]
    """The five-minute marks of a day: a whole number here, bit(312) in the database."""

    def db_type(self, connection: Any) -> str:
        return f"bit({marks.MARKS})"

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> int | None:
        return None if value is None else int(value, 2)

    def get_prep_value(self, value: int | None) -> str | None:
        return None if value is None else marks.text(value)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return value if prepared or isinstance(value, str) else self.get_prep_value(value)


class PractitionerDay(Entity):
    """One day of one schedule: which marks are open, which are taken, and where the shortest visit may begin."""

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="+", db_index=False)  # practitioner_day_once
    practitioner = models.ForeignKey("identity.Practitioner", models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()  # of the clinic
    midnight_at = models.DateTimeField()  # when that day begins; mark 0
    open = MarksField(default=0)  # by rules, extra hours and time off
    taken = MarksField(default=0)  # by the practitioner's visits anywhere, with their buffers
    starts = MarksField(default=0)  # where the shortest kind of visit offered here may begin
    reach_before = models.PositiveSmallIntegerField(default=0)  # marks a visit keeps before its start …
    reach_after = models.PositiveSmallIntegerField(
        default=1
    )  # … and from its start: the shortest one, with its buffers
    n_free = models.PositiveSmallIntegerField(default=0)  # how many starts
    first_free_at = models.DateTimeField(null=True)
    version = models.IntegerField(default=0)  # grows with every change: the ETag of a day

    class Meta:
        constraints = [models.UniqueConstraint(fields=["schedule", "day"], name="practitioner_day_once")]
        indexes = [models.Index(fields=["practitioner", "midnight_at"], name="practitioner_day_by_time")]


class FreeFrom(Entity):
    """Where search looks: the first free moment of a day, once for each specialty of the practitioner.

    Apart from the day's row, because it changes seldom: most bookings take a later time and leave every index alone.
    """

    day_row = models.ForeignKey(PractitionerDay, models.CASCADE, related_name="+", db_index=False)  # free_from_once
    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="+", db_index=False)
    facility = models.ForeignKey("identity.Facility", models.CASCADE, related_name="+", db_index=False)
    specialty = models.CharField(max_length=40, blank=True)
    province = models.CharField(max_length=2)
    main = models.BooleanField(default=True)  # the one to read when the specialty does not matter
    modes = ArrayField(models.CharField(max_length=9))
    first_free_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day_row", "specialty"], name="free_from_once")]
        # The id behind the moment: thousands begin at eight o'clock, and a page of them must not read them all.
        indexes = [
            models.Index(
                fields=["specialty", "province", "first_free_at", "id"],
                condition=Q(first_free_at__isnull=False),
                name="free_from_area",
            ),
            models.Index(
                fields=["specialty", "first_free_at", "id"],
                condition=Q(first_free_at__isnull=False),
                name="free_from_specialty",
            ),
            models.Index(
                fields=["province", "first_free_at", "id"],
                condition=Q(first_free_at__isnull=False, main=True),
                name="free_from_province",
            ),
            models.Index(
                fields=["facility", "first_free_at", "id"],
                condition=Q(first_free_at__isnull=False, main=True),
                name="free_from_facility",
            ),
            models.Index(
                fields=["first_free_at", "id"],
                condition=Q(first_free_at__isnull=False, main=True),
                name="free_from_any",
            ),
        ]


class Profile(models.Model):
    """What search says of a schedule that no booking changes: names, weekly hours, kinds of visit, extra hours.

    Whatever it is made of, triggers of the database forget it with the change itself (the migration says how), and
    `booking.profiles` writes it anew; until then search makes it on the way. So it is never out of date.
    """

    schedule = models.OneToOneField(
        Schedule, models.DO_NOTHING, primary_key=True, related_name="+", db_constraint=False
    )
    words = models.TextField(blank=True)  # JSON; "null" for a schedule that offers nothing, "" until it is made
    made_at = models.DateTimeField(null=True)  # what was over long before is not in it

    class Meta:
        indexes = [models.Index(fields=["schedule"], condition=Q(words=""), name="profile_forgotten")]

    def __str__(self) -> str:
        return f"{self.schedule_id}"
