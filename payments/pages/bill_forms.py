"""What the desk types on a bill: a line, something off it, a health insurance card, and to whom it is made out."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from payments import bhyt
from payments.price_sheets import amount_of
from payments.tax_code import is_tax_code

MOST = 1_000_000_000  # dong of one line
NATIONAL_ID = RegexValidator(r"^[0-9]{12}$", _("A national ID has twelve digits."))


class DongField(forms.CharField):
    """An amount as people write it: 150.000 or 150000 ₫."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=20, **kwargs)

    def clean(self, value: Any) -> Any:
        """Return whole dong. Raises ValidationError."""
        text = super().clean(value)
        if not text:
            return 0
        amount = amount_of(text)
        if amount is None or amount > MOST:
            raise forms.ValidationError(_("This is no amount in whole đồng."))
        return amount


class LineForm(forms.Form):
    """A line of the price list by its code, or one that was agreed outside it."""

    code = forms.CharField(required=False, max_length=30)
    name = forms.CharField(required=False, max_length=200)
    price = DongField(required=False)
    quantity = forms.IntegerField(min_value=1, max_value=999)

    def clean(self) -> dict[str, Any]:
        """Ask for a name and a price where there is no code."""
        said = super().clean() or {}
        if not said.get("code"):
            if not said.get("name"):
                self.add_error("name", _("What is it?"))
            if "price" not in self.errors and not said.get("price"):
                self.add_error("price", _("What does it cost?"))
        return said


class OffForm(forms.Form):
    """Something off a line with a reason, or a part of it that somebody else pays."""

    amount = DongField(required=False)
    reason = forms.CharField(required=False, max_length=200)


class CardForm(forms.Form):
    """A card, the kind of visit, and what was paid of one's own this year."""

    card = forms.CharField(max_length=20)
    visit_object = forms.CharField(max_length=5)
    five_years = forms.BooleanField(required=False)

    def __init__(self, *args: Any, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.periods = bhyt.periods_of_year(on)
        for number, (first, last) in enumerate(self.periods):
            words = _("Own share from %(first)s to %(last)s (₫)") % {"first": f"{first:%d/%m}", "last": f"{last:%d/%m}"}
            self.fields[f"paid_{number}"] = DongField(required=False, label=words)

    def copayments(self) -> list[bhyt.Paid]:
        """Return what was paid in each time with one base salary."""
        amounts = [self.cleaned_data[f"paid_{number}"] for number in range(len(self.periods))]
        return [
            bhyt.Paid(first, amount) for (first, _last), amount in zip(self.periods, amounts, strict=True) if amount
        ]


class BuyerForm(forms.Form):
    """To whom the invoice is made out, as the tax office wants it. Empty: to who pays, by name."""

    buyer_name = forms.CharField(label=_("Name or company"), required=False, max_length=160)
    buyer_tax_code = forms.CharField(label=_("Tax code"), required=False, max_length=14)
    buyer_address = forms.CharField(label=_("Address"), required=False, max_length=200)
    buyer_national_id = forms.CharField(label=_("National ID"), required=False, validators=[NATIONAL_ID])
    buyer_email = forms.EmailField(label=_("E-mail"), required=False, max_length=120)

    def clean_buyer_tax_code(self) -> str:
        """Refuse what no tax office gave out."""
        code = str(self.cleaned_data["buyer_tax_code"]).replace(" ", "")
        if code and not is_tax_code(code):
            raise forms.ValidationError(_("This is no tax code: ten digits, for a branch three more after a hyphen."))
        return code

    def clean(self) -> dict[str, Any]:
        """A tax code is somebody's."""
        said = super().clean() or {}
        if said.get("buyer_tax_code") and not said.get("buyer_name"):
            self.add_error("buyer_name", _("Whose tax code is it?"))
        return said
