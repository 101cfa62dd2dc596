"""Forms of the desk: what a person types becomes clean values; the rules behind them are booking's."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

WEEKDAYS = [
    (0, _("Monday")),
    (1, _("Tuesday")),
    (2, _("Wednesday")),
    (3, _("Thursday")),
    (4, _("Friday")),
    (5, _("Saturday")),
    (6, _("Sunday")),
]
CLOCK = forms.TimeInput(attrs={"type": "time", "step": "300"}, format="%H:%M")
STEPS = forms.NumberInput(attrs={"step": "5"})
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def grids() -> list[tuple[int, str]]:
    """How often a visit may begin, in the reader's words."""
    return [(n, gettext("every %(minutes)d minutes") % {"minutes": n}) for n in (5, 10, 15, 20, 30, 45, 60)]


class CancelForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        help_text=_("The citizen reads this. Write nothing about their health."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class KeepAgreed(forms.Form):
    """The way past a conflict: the desk has seen the appointments and keeps them."""

    keep_agreed = forms.BooleanField(
        label=_("Change the hours all the same. The appointments above stay agreed."), required=False
    )


class HoursForm(KeepAgreed):
    weekday = forms.TypedChoiceField(label=_("Day"), choices=WEEKDAYS, coerce=int)
    from_time = forms.TimeField(label=_("From"), widget=CLOCK)
    to_time = forms.TimeField(label=_("To"), widget=CLOCK, help_text=_("00:00 is midnight, the end of the day."))
    grid_minutes = forms.TypedChoiceField(label=_("A visit may begin"), choices=grids, coerce=int, initial=20)
    offset_minutes = forms.IntegerField(
        label=_("First visit after, in minutes"),
        min_value=0,
        max_value=235,
        initial=0,
        required=False,
        widget=STEPS,
        help_text=_("10: hours from 08:00 begin with a visit at 08:10."),
    )
    capacity = forms.IntegerField(
        label=_("People at the same time"),
        min_value=1,
        max_value=200,
        initial=1,
        required=False,
        help_text=_("More than 1 for group sessions: so many share one time."),
    )
    room = forms.CharField(
        label=_("Room"), max_length=60, required=False, help_text=_("Empty: the room of the schedule.")
    )
    valid_from = forms.DateField(label=_("First day"), required=False, widget=DAY)
    valid_to = forms.DateField(label=_("Last day"), required=False, widget=DAY)
    visit_type_ids = forms.MultipleChoiceField(
        label=_("Kinds of visit"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Tick none to offer all of them."),
    )

    def __init__(self, *args: Any, visit_types: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["visit_type_ids"]
        assert isinstance(field, forms.MultipleChoiceField)
        self.has_company = str(self["capacity"].value() or 1) != "1"
        field.choices = [(str(one.pk), f"{one.name} · {one.minutes}′") for one in visit_types]

    def clean(self) -> dict[str, Any]:
        """Hours end after they begin, and so does their validity."""
        values = super().clean() or {}
        start, end = values.get("from_time"), values.get("to_time")
        if start and end is not None and end <= start and end != time(0):
            self.add_error("to_time", _("The hours must end after they begin."))
        values["offset_minutes"] = values.get("offset_minutes") or 0
        values["capacity"] = values.get("capacity") or 1
        if values["offset_minutes"] >= values.get("grid_minutes", 240):
            self.add_error("offset_minutes", _("The first visit would begin after the second one."))
        first, last = values.get("valid_from"), values.get("valid_to")
        if first and last and last < first:
            self.add_error("valid_to", _("The last day lies before the first one."))
        return values


class ExceptionForm(KeepAgreed):
    kind = forms.ChoiceField(
        label=_("What changes"),
        choices=[
            ("closed", _("Closed: leave, holiday, meeting")),
            ("extra", _("Extra hours, besides the weekly ones")),
            ("instead", _("Other hours that day, instead of the weekly ones")),
        ],
        initial="closed",
        widget=forms.RadioSelect,
    )
    first_day = forms.DateField(label=_("Day"), widget=DAY)
    last_day = forms.DateField(
        label=_("Until"), required=False, widget=DAY, help_text=_("Leave empty for a single day.")
    )
    from_time = forms.TimeField(label=_("From"), required=False, widget=CLOCK)
    to_time = forms.TimeField(
        label=_("To"), required=False, widget=CLOCK, help_text=_("Leave both times empty to close whole days.")
    )
    grid_minutes = forms.TypedChoiceField(
        label=_("In extra or other hours a visit may begin"),
        choices=grids,
        coerce=int,
        initial=20,
        required=False,
    )
    reason = forms.CharField(
        label=_("Note for colleagues"), required=False, max_length=200, help_text=_("Citizens do not see it.")
    )

    def clean(self) -> dict[str, Any]:
        """Both times or none; extra hours need them; the end lies after the beginning."""
        values = super().clean() or {}
        first: date | None = values.get("first_day")
        if first is None:
            return values
        last: date = values.get("last_day") or first
        start, end = values.get("from_time"), values.get("to_time")
        if not 2000 <= first.year <= 2200 or not 2000 <= last.year <= 2200:
            self.add_error("first_day", _("Please check the year."))
        elif last < first:
            self.add_error("last_day", _("The last day lies before the first one."))
        elif last - first > timedelta(days=366):
            self.add_error("last_day", _("At most one year at a time."))
        elif (start is None) != (end is None):
            self.add_error("to_time", _("Give both times, or none for whole days."))
        elif start is None and values.get("kind") in {"extra", "instead"}:
            self.add_error("from_time", _("Say from when to when these hours are."))
        elif values.get("kind") == "instead" and last != first:
            self.add_error("last_day", _("Other hours are for one day at a time."))
        elif start is not None and end is not None and last == first and end <= start and end != time(0):
            self.add_error("to_time", _("The hours must end after they begin."))
        return values

    def span(self, zone: str) -> tuple[datetime, datetime]:
        """Give the two instants meant by days and times of the clinic."""
        values = self.cleaned_data
        first, last = values["first_day"], values["last_day"] or values["first_day"]
        start, end = values["from_time"] or time(0), values["to_time"] or time(0)
        if end == time(0):
            last += timedelta(days=1)
        tz = ZoneInfo(zone)
        return datetime.combine(first, start, tz).astimezone(UTC), datetime.combine(last, end, tz).astimezone(UTC)


class SettingsForm(KeepAgreed):
    room = forms.CharField(label=_("Room"), max_length=60, required=False)
    min_notice_minutes = forms.IntegerField(
        label=_("Shortest notice, in minutes"),
        min_value=0,
        max_value=43_200,
        help_text=_("How long before the visit people may still book."),
    )
    horizon_days = forms.IntegerField(
        label=_("Days ahead"), min_value=1, max_value=365, help_text=_("How far ahead people may book.")
    )
    buffer_before_minutes = forms.IntegerField(
        label=_("Kept free before each visit, in minutes"), min_value=0, max_value=120, required=False, widget=STEPS
    )
    buffer_after_minutes = forms.IntegerField(
        label=_("Kept free after each visit, in minutes"),
        min_value=0,
        max_value=120,
        required=False,
        widget=STEPS,
        help_text=_("Time to read, write or clean; nobody can book it. In steps of five."),
    )
    active = forms.BooleanField(label=_("Open for booking"), required=False)


def hours_in_words(rule: Any) -> str:
    """Say "08:00–12:00", the end of the day as 24:00."""
    end = "24:00" if rule.to_time == time(0) else f"{rule.to_time:%H:%M}"
    return f"{rule.from_time:%H:%M}–{end}"
