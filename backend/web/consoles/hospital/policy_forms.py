"""Forms of the rules of the house and of prices."""

import re
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from booking.actions.policies import LONGEST_REMINDER_HOURS, MOST_REMINDERS, RANGES

MODE_PRICES = {"in_person": _("In person"), "video": _("By video"), "phone": _("By phone")}


def _number(name: str, label: Any, help_text: Any = "") -> forms.IntegerField:
    limits = RANGES[name]
    assert limits is not None
    return forms.IntegerField(label=label, min_value=limits[0], max_value=limits[1], help_text=help_text)


class PolicyForm(forms.Form):
    """What the house has decided about booking, in plain words."""

    keep_agreed = forms.BooleanField(
        label=_("Close on these days all the same. The appointments above stay agreed."), required=False
    )
    closes_on_holidays = forms.BooleanField(label=_("Closed on public holidays"), required=False)
    open_holidays = forms.MultipleChoiceField(
        label=_("We work on these holidays all the same"), required=False, widget=forms.CheckboxSelectMultiple
    )
    free_cancel_hours = _number(
        "free_cancel_hours",
        _("Cancelling is free until, hours before the visit"),
        _("Later than that the fee below is kept."),
    )
    late_fee_percent = _number("late_fee_percent", _("Fee for cancelling late, percent of the price"))
    no_show_fee_percent = _number("no_show_fee_percent", _("Fee for not coming, percent of the price"))
    no_shows_allowed = _number(
        "no_shows_allowed",
        _("Missed visits before a pause"),
        _("After so many, online booking is paused for this person. 0: never."),
    )
    no_show_days = _number("no_show_days", _("Missed visits count for, days"))
    block_days = _number("block_days", _("The pause lasts, days"))
    max_open_bookings = _number(
        "max_open_bookings", _("Open bookings of one person"), _("More than that cannot be booked ahead.")
    )
    revisit_days = _number(
        "revisit_days",
        _("Revisit price within, days"),
        _("Who comes back to the same doctor so soon pays less. 0: no such price."),
    )
    revisit_percent = _number("revisit_percent", _("A revisit costs, percent of the price"))
    offer_minutes = _number(
        "offer_minutes",
        _("A freed place is offered for, minutes"),
        _("Then it goes to the next person on the waiting list."),
    )
    reminder_hours = forms.CharField(
        label=_("Reminders, hours before the visit"),
        required=False,
        max_length=60,
        help_text=_("For example: 72, 24, 2. Empty: the usual times."),
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    takes_walk_ins = forms.BooleanField(label=_("We take people who come without an appointment"), required=False)

    def __init__(self, *args: Any, holidays: list[tuple[date, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["open_holidays"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(day.isoformat(), name) for day, name in holidays]

    def clean_reminder_hours(self) -> list[int]:
        """Read "72, 24, 2"."""
        parts = [part for part in re.split(r"[\s,;]+", self.cleaned_data["reminder_hours"]) if part]
        if not all(re.fullmatch(r"[0-9]{1,3}", part, re.ASCII) for part in parts):
            raise forms.ValidationError(_("Write whole hours with commas between them: 72, 24, 2."))
        hours = sorted({int(part) for part in parts}, reverse=True)
        if len(hours) > MOST_REMINDERS or any(not 1 <= one <= LONGEST_REMINDER_HOURS for one in hours):
            raise forms.ValidationError(_("At most five reminders, between 1 and 336 hours before."))
        return hours

    def values(self) -> dict[str, Any]:
        """Give the decisions as booking wants them."""
        given = {name: value for name, value in self.cleaned_data.items() if name != "keep_agreed"}
        given["open_holidays"] = [date.fromisoformat(one) for one in given["open_holidays"]]
        return given


class PriceForm(forms.Form):
    """The price of a kind of visit, and one of its own for each way it is held in."""

    price = forms.IntegerField(label=_("Price"), min_value=0, max_value=1_000_000_000)

    def __init__(self, *args: Any, kind: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"price": kind.price_amount, **kind.mode_prices})
        super().__init__(*args, **kwargs)
        self.fields["price"].label = f"{_('Price')} ({kind.price_currency})"
        self.modes = list(kind.modes)
        if len(self.modes) > 1:
            for mode in self.modes:
                self.fields[mode] = forms.IntegerField(
                    label=MODE_PRICES[mode], min_value=0, max_value=1_000_000_000, required=False
                )

    def own(self) -> list[Any]:
        """Give the fields of the ways."""
        return [self[mode] for mode in self.modes if mode in self.fields]

    def prices(self) -> tuple[int, dict[str, int]]:
        """Give the price, and those of ways that have one of their own."""
        values = self.cleaned_data
        return values["price"], {mode: values[mode] for mode in self.modes if values.get(mode) is not None}
