"""Forms of the citizen's pages, with mistakes told in plain words."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from booking.api.wishes import SINCE, STRENGTHS
from identity import queries
from identity.forms import SEXES, BirthdayField
from identity.models import Person
from identity.national_id import BadNationalId, normalised

SEVERITIES = [("", _("Not sure")), ("mild", _("Mild")), ("moderate", _("Moderate")), ("severe", _("Severe"))]


class BookingForm(forms.Form):
    """For whom, why, and what the doctor would ask first."""

    person = forms.ChoiceField(label=_("Who is the visit for?"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("What is it about?"),
        help_text=_("In your own words. Only the doctor reads it."),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    condition = forms.CharField(label=_("What is it most like?"), required=False, max_length=12)
    since = forms.ChoiceField(label=_("Since when?"), choices=[("", _("Choose…")), *SINCE], required=False)
    strength = forms.ChoiceField(label=_("How strong is it?"), choices=[("", _("Choose…")), *STRENGTHS], required=False)
    temperature = forms.DecimalField(
        label=_("Measured temperature (°C)"),
        required=False,
        min_value=34,
        max_value=43,
        max_digits=3,
        decimal_places=1,
        localize=True,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "placeholder": "37,5", "autocomplete": "off"}),
        error_messages=dict.fromkeys(
            ["invalid", "min_value", "max_value", "max_digits", "max_decimal_places", "max_whole_digits"],
            _("Write it like 37.5; or leave it empty."),
        ),
    )
    drugs = forms.CharField(
        label=_("Other medicines you take now"), required=False, max_length=500, widget=forms.TextInput()
    )
    allergies = forms.CharField(label=_("Other allergies"), required=False, max_length=300, widget=forms.TextInput())
    if_late = forms.ChoiceField(
        label=_("If your payment arrives too late"),
        choices=[("refund", _("Send the money back")), ("swap", _("Take the next free time with this doctor"))],
        required=False,
        initial="refund",
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, people: list[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["person"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(str(one.id), one.full_name) for one in people]

    def intake(self) -> dict[str, Any]:
        """What was filled in of the doctor's first questions, and whether the record is still right."""
        values = {name: self.cleaned_data[name] for name in ("since", "strength", "temperature", "drugs", "allergies")}
        said = self.data.get(f"record_is_right_{self.cleaned_data['person']}")
        return {**values, "record_is_right": {"yes": True, "no": False}.get(said or "")}


class AllergyForm(forms.Form):
    """Something this person must not be given."""

    substance = forms.CharField(
        label=_("Medicine, food or substance"),
        max_length=120,
        widget=forms.TextInput(attrs={"placeholder": "Penicillin, tôm, phấn hoa…"}),
        error_messages={"required": _("Write what the allergy is to.")},
    )
    reaction = forms.CharField(
        label=_("What happens?"),
        required=False,
        max_length=200,
        help_text=_("For example: rash, swelling, trouble breathing."),
    )
    severity = forms.ChoiceField(label=_("How bad is it?"), choices=SEVERITIES, required=False)


class ChildForm(forms.Form):
    """A child the citizen acts for."""

    full_name = forms.CharField(
        label=_("Full name"),
        max_length=120,
        min_length=2,
        help_text=_("As on the birth certificate, with tone marks."),
        error_messages={"required": _("Write the name."), "min_length": _("This name is too short.")},
    )
    born_on = BirthdayField(label=_("Date of birth"), error_messages={"required": _("Choose the date of birth.")})
    sex = forms.ChoiceField(
        label=_("Sex"), choices=SEXES, widget=forms.RadioSelect, error_messages={"required": _("Choose one.")}
    )


class PersonForm(forms.Form):
    """Personal details, of oneself or of somebody one acts for."""

    full_name = forms.CharField(
        label=_("Full name"), max_length=120, min_length=2, error_messages={"required": _("Write the name.")}
    )
    born_on = BirthdayField(label=_("Date of birth"))
    sex = forms.ChoiceField(label=_("Sex"), choices=[*SEXES, ("unknown", _("Not stated"))])
    national_id = forms.CharField(
        label=_("Personal identification number"),
        help_text=_("12 digits, on the ID card."),
        required=False,
        max_length=20,
    )
    insurance_number = forms.CharField(label=_("Health insurance number"), required=False, max_length=15)
    province_id = forms.ChoiceField(label=_("Province or city"), required=False)
    commune = forms.CharField(label=_("Commune or ward"), required=False, max_length=80)
    address = forms.CharField(label=_("Street and number"), required=False, max_length=160)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["province_id"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("Choose later")), *((one.code, one.name) for one in queries.provinces())]

    def clean_national_id(self) -> str | None:
        """Twelve digits or nothing; spaces are how people read it aloud."""
        typed = str(self.cleaned_data["national_id"]).strip()
        try:
            return normalised(typed) if typed else None
        except BadNationalId:
            raise forms.ValidationError(_("Please check: the number has 12 digits.")) from None

    def clean_province_id(self) -> str | None:
        """No province is kept as none, not as empty text."""
        return self.cleaned_data["province_id"] or None


class AskForm(forms.Form):
    """For whom, how and what about: to see a doctor now."""

    person = forms.ChoiceField(label=_("Who is the visit for?"), widget=forms.RadioSelect)
    mode = forms.ChoiceField(label=_("How"), widget=forms.RadioSelect)
    specialty = forms.ChoiceField(label=_("Specialty"), required=False)
    reason = forms.CharField(
        label=_("What troubles you?"),
        help_text=_("In your own words. Only the doctor who is asked reads it."),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Write in a few words what troubles you.")},
    )
    condition = forms.CharField(label=_("What is it most like?"), required=False, max_length=12)

    def __init__(
        self, *args: Any, people: list[Person], modes: list[str], specialties: list[Any], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        names = {"in_person": _("In person"), "video": _("By video"), "phone": _("By phone")}
        choices: dict[str, list[tuple[str, Any]]] = {
            "person": [(str(one.id), one.full_name) for one in people],
            "mode": [(mode, names[mode]) for mode in modes],
            "specialty": [("", _("Any doctor")), *((one.code, one.name) for one in specialties)],
        }
        for name, rows in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = rows
