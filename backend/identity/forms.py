"""Forms of the sign-in pages."""

from __future__ import annotations

from datetime import date
from typing import Any

from allauth.account.forms import LoginForm
from allauth.mfa.base.forms import AuthenticateForm
from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from identity import queries
from identity.adapters import VietnamesePhone
from identity.models import Person

OLDEST = 130  # years


def born_on_is_possible(day: date) -> bool:
    """Say whether somebody alive may have been born on this day."""
    today = timezone.localdate()
    return day <= today and today.year - day.year <= OLDEST


class PhoneForm(forms.Form):
    """All a citizen needs to sign in."""

    phone = VietnamesePhone()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["phone"].widget.attrs.update({"autofocus": True, "class": "input--big"})


class BirthdayField(forms.DateField):
    """A day in the past, as the browser's own date picker sends it or as people write it (17/11/1990)."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("input_formats", ["%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y"])
        kwargs.setdefault("widget", forms.DateInput(attrs={"type": "date", "autocomplete": "bday"}, format="%Y-%m-%d"))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Any:
        """A text or a day; JSON may bring anything."""
        return super().to_python(value if isinstance(value, str | date) or value is None else repr(value)[:40])

    def validate(self, value: Any) -> None:
        super().validate(value)
        if isinstance(value, date) and not born_on_is_possible(value):
            raise forms.ValidationError(_("Please check the date of birth."))


SEXES = [
    (Person.Sex.FEMALE.value, _("Female")),
    (Person.Sex.MALE.value, _("Male")),
    (Person.Sex.OTHER.value, _("Other")),
]


class WelcomeForm(forms.Form):
    """Who is this? Asked once, after the first code."""

    full_name = forms.CharField(
        label=_("Full name"),
        max_length=120,
        min_length=2,
        help_text=_("As on the ID card, with tone marks."),
        widget=forms.TextInput(
            attrs={"autocomplete": "name", "autocapitalize": "words", "placeholder": "Nguyễn Thị An"}
        ),
    )
    born_on = BirthdayField(label=_("Date of birth"))
    sex = forms.ChoiceField(label=_("Sex"), choices=SEXES, widget=forms.RadioSelect)
    province = forms.ChoiceField(label=_("Province or city"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = [(one.code, one.name) for one in queries.provinces()]
        field = self.fields["province"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("Choose later")), *places]


class StaffSignInForm(LoginForm):
    """E-mail or phone, and the password. The second step follows."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["remember"]
        self.fields["login"].label = _("E-mail or phone number")
        self.fields["login"].widget.attrs.update({"autofocus": True, "autocomplete": "username", "placeholder": ""})
        self.fields["password"].label = _("Password")
        self.fields["password"].help_text = ""
        self.fields["password"].widget.attrs["placeholder"] = ""

    def _setup_password_field(self) -> None:
        """Keep it: the library drops the password where citizens sign up without one."""

    def login(self, request: Any, redirect_url: str | None = None) -> Any:
        self.cleaned_data["remember"] = False  # a staff session ends with the browser
        return super().login(request, redirect_url)


class SecondStepForm(AuthenticateForm):
    """The six digits of the authenticator app, or a recovery code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("6-digit code")
        self.fields["code"].widget.attrs.update(
            {"autofocus": True, "inputmode": "numeric", "placeholder": "", "class": "input--code"}
        )
