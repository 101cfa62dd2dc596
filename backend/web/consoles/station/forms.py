"""Forms of the station: a search by what somebody shows, their word, and what it is about."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.pages import now
from identity.models import Arrival
from identity.national_id import BadNationalId, normalised
from identity.phone import to_e164

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _born(day: date) -> date:
    if not date(1900, 1, 1) <= day <= now().date():
        raise forms.ValidationError(_("Please check the date of birth."))
    return day


class SearchForm(forms.Form):
    """The number and the birthday together: neither alone finds anybody."""

    number = forms.CharField(
        label=gettext_lazy("Number of the identity card, or mobile number"),
        max_length=300,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    born_on = forms.DateField(label=gettext_lazy("Date of birth"), widget=DAY)

    def clean_born_on(self) -> date:
        """Nobody is born tomorrow."""
        return _born(self.cleaned_data["born_on"])


class WordForm(forms.Form):
    """How the nurse knows who it is, and that they agreed."""

    identified_by = forms.ChoiceField(
        label=gettext_lazy("How do you know who they are?"),
        choices=Arrival.Identified.choices,
        widget=forms.RadioSelect,
    )
    agreed = forms.BooleanField(
        label=gettext_lazy("I told them what happens, and they agree: the station acts for them today."),
        error_messages={"required": gettext_lazy("Ask the citizen first whether they agree.")},
    )


class WelcomeForm(WordForm):
    """Somebody the search has found."""

    person = forms.UUIDField(widget=forms.HiddenInput)
    number = forms.CharField(max_length=300, widget=forms.HiddenInput)
    born_on = forms.DateField(widget=forms.HiddenInput)


class NewForm(WordForm):
    """Somebody the house does not know yet."""

    full_name = forms.CharField(label=gettext_lazy("Full name"), max_length=120)
    born_on = forms.DateField(label=gettext_lazy("Date of birth"), widget=DAY)
    sex = forms.ChoiceField(
        label=gettext_lazy("Sex"),
        choices=[
            ("female", gettext_lazy("female")),
            ("male", gettext_lazy("male")),
            ("unknown", gettext_lazy("not stated")),
        ],
    )
    national_id = forms.CharField(
        label=gettext_lazy("Number of the identity card"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    phone = forms.CharField(
        label=gettext_lazy("Phone"), max_length=20, required=False, widget=forms.TextInput(attrs={"inputmode": "tel"})
    )

    def clean_born_on(self) -> date:
        """Nobody is born tomorrow."""
        return _born(self.cleaned_data["born_on"])

    def clean_national_id(self) -> str:
        """Twelve digits, or nothing."""
        text = self.cleaned_data["national_id"]
        try:
            return normalised(text) if text else ""
        except BadNationalId as error:
            raise forms.ValidationError(str(error.detail)) from error

    def clean_phone(self) -> str:
        """A number that can be called, or nothing."""
        text = self.cleaned_data["phone"]
        number = to_e164(text) if text else ""
        if number is None:
            raise forms.ValidationError(_("Please check the phone number."))
        return number

    def clean(self) -> dict[str, Any]:
        """By one of them they are found again tomorrow."""
        values = super().clean() or {}
        if not (self.errors or values.get("national_id") or values.get("phone")):
            raise forms.ValidationError(_("Write down the identity card's number or a phone number."))
        return values


class AskForm(forms.Form):
    """What it is about, and which doctor."""

    reason = forms.CharField(
        label=gettext_lazy("What is it about?"),
        help_text=gettext_lazy("The doctor who is asked reads this."),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    specialty = forms.ChoiceField(label=gettext_lazy("Specialty"), required=False)

    def __init__(self, *args: Any, specialties: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["specialty"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("Any")), *((one.code, one.name) for one in specialties)]
