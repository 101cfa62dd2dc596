"""The national e-prescription system, as a hospital's desk and a pharmacy see it: what was sent, what waits, what needs them.

One page with two addresses. No patient's name and no drug is on it: codes, days, doctors, and what the system said.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from core.errors import DomainError
from core.pages import View, actor_of, now, page
from identity.access import require_facility
from prescriptions import access, actions, queries

SHOWN = 50
CANCELLED_DAYS = 30

# What the national system requires, in words; and the accounts there.
MISSING = {
    "ma_don_thuoc": gettext_lazy("the code of the prescription"),
    "ho_ten_benh_nhan": gettext_lazy("the patient's name"),
    "ngay_sinh_benh_nhan": gettext_lazy("the patient's date of birth"),
    "dia_chi": gettext_lazy("the patient's address"),
    "chan_doan": gettext_lazy("a diagnosis with its code"),
    "thong_tin_don_thuoc": gettext_lazy("the medicines"),
    "thong_tin_nguoi_giam_ho": gettext_lazy("who answers for the child (it is younger than 72 months)"),
    "content": gettext_lazy("a part of what was signed"),
    "facility": gettext_lazy("the account of the facility"),
    "prescriber": gettext_lazy("the account of the doctor"),
    "application": gettext_lazy("the key for look-up and sales"),
}
# What a person can do about it.
ADVICE = {
    "no_account": gettext_lazy("Enter it below. What waits for it goes by itself then."),
    "account_refused": gettext_lazy(
        "Enter the right password below. Nothing is tried again before that: a few wrong tries may shut the account."
    ),
    "incomplete": gettext_lazy(
        "What is signed never changes. Complete the patient's details, then the doctor cancels this prescription and writes a new one."
    ),
    "refused": gettext_lazy(
        "If the prescription itself is wrong, the doctor cancels it and writes a new one, and you set this one aside. Otherwise try again."
    ),
    "duplicate": gettext_lazy(
        "What is signed never changes, so it gets no other code. The doctor cancels it and writes a new one; then set this one aside."
    ),
    "uncertain": gettext_lazy(
        "Look its code up on the national portal. If it is there, set it aside with a note; if not, try again."
    ),
    "unknown": gettext_lazy(
        "Its clinic has not sent it yet, or under another code. Try again later, or ask the clinic."
    ),
}
KINDS: dict[str, tuple[Any, Any, Any]] = {  # of account: title, what the name is called, what the secret is called
    "facility": (
        gettext_lazy("The facility's account"),
        gettext_lazy("Account of the facility"),
        gettext_lazy("Password"),
    ),
    "application": (gettext_lazy("Key for look-up and sales"), gettext_lazy("app-name"), gettext_lazy("app-key")),
    "prescriber": (gettext_lazy("A doctor's account"), gettext_lazy("Account of the doctor"), gettext_lazy("Password")),
}
KINDS_OF = {"desk": ("facility", "application"), "pharmacist": ("application",)}
HOMES = {"desk": "hospital", "pharmacist": "pharmacy"}


class AccountForm(forms.Form):
    """An account there. What was typed as its password is never sent back."""

    kind = forms.ChoiceField(choices=[(kind, kind) for kind in KINDS], widget=forms.HiddenInput)
    practitioner = forms.UUIDField(required=False, widget=forms.HiddenInput)
    account = forms.CharField(
        max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    )
    password = forms.CharField(max_length=200, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}))

    def __init__(self, *arguments: Any, kind: str, **named: Any) -> None:
        super().__init__(*arguments, **named)
        _title, name, secret = KINDS[kind]
        self.fields["account"].label, self.fields["password"].label = name, secret


def _form(kind: str, practitioner: Any = None, account: Any = None, wrong: AccountForm | None = None) -> AccountForm:
    """The form of one account; the one that was just sent with a mistake is shown with it."""
    whose = str(practitioner.pk) if practitioner else ""
    if wrong is not None and (wrong.data.get("kind"), wrong.data.get("practitioner", "")) == (kind, whose):
        return wrong
    name = account.account if account else practitioner.licence_number if practitioner else ""
    first = {"kind": kind, "practitioner": whose or None, "account": name}
    return AccountForm(initial=first, kind=kind, auto_id=f"{kind}{whose}-%s")


def national(request: HttpRequest) -> HttpResponse:
    """What was sent, what waits, what needs a person; the accounts."""
    return _page(request)


def again(request: HttpRequest, filing_id: UUID) -> HttpResponse:
    """Try one once more."""
    filing = actions.try_again(filing_id=filing_id, by=actor_of(request), now=now())
    messages.success(request, _("%(code)s is being sent again.") % {"code": filing.prescription.code})
    return _back(request)


def all_again(request: HttpRequest) -> HttpResponse:
    """Try all that need a person once more."""
    count = actions.try_all_again(by=actor_of(request), now=now())
    messages.success(
        request, ngettext("%(n)s is being sent again.", "%(n)s are being sent again.", count) % {"n": count}
    )
    return _back(request)


def aside(request: HttpRequest, filing_id: UUID) -> HttpResponse:
    """Settle one by hand; the note says how."""
    note = " ".join(request.POST.get("note", "").split())[:300]
    if not note:
        messages.error(request, _("Say in a few words how it was settled, so that others know."))
        return _back(request)
    filing = actions.set_aside(filing_id=filing_id, note=note, by=actor_of(request), now=now())
    messages.success(request, _("%(code)s is set aside.") % {"code": filing.prescription.code})
    return _back(request)


def save_account(request: HttpRequest) -> HttpResponse:
    """Enter an account."""
    kind = request.POST.get("kind", "")
    form = AccountForm(request.POST, kind=kind if kind in KINDS else "facility")
    form.auto_id = f"{kind}{request.POST.get('practitioner', '')}-%s" if kind in KINDS else "account-%s"
    if form.is_valid():
        wish = form.cleaned_data
        try:
            _account, waited = actions.save_account(
                kind=wish["kind"],
                practitioner_id=wish["practitioner"],
                account=wish["account"],
                password=wish["password"],
                by=actor_of(request),
                now=now(),
            )
        except DomainError as refusal:
            if refusal.code != "bad_national_account":
                raise
            form.add_error("account", str(refusal.detail))
        else:
            messages.success(request, _saved(waited))
            return _back(request)
    return _page(request, wrong=form, status=422)


def remove_account(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """Forget an account."""
    account = actions.remove_account(account_id=account_id, by=actor_of(request), now=now())
    messages.success(request, _("The account %(name)s is forgotten.") % {"name": account.account})
    return _back(request)


def _saved(waited: int) -> str:
    if not waited:
        return _("Saved and sealed. It is not shown again.")
    sent = ngettext("%(n)s that waited for it is sent now.", "%(n)s that waited for it are sent now.", waited)
    return f"{_('Saved and sealed. It is not shown again.')} {sent % {'n': waited}}"


def _back(request: HttpRequest) -> HttpResponse:
    return redirect(f"{HOMES[actor_of(request).role]}_national")


def _page(request: HttpRequest, *, wrong: AccountForm | None = None, status: int = 200) -> HttpResponse:
    by, moment = actor_of(request), now()
    facility = access.require_filing_facility(by)
    there = moment.astimezone(ZoneInfo(require_facility(by, facility.pk).zone))
    midnight = there.replace(hour=0, minute=0, second=0, microsecond=0)
    home, is_desk = HOMES[by.role], by.role == "desk"
    doctors = _doctors(by, there, wrong) if is_desk else []
    context = {
        "frame": f"web/{home}/_frame.html",
        "home": home,
        "is_desk": is_desk,
        "is_connected": queries.is_connected(),
        "address": settings.ERX_API_URL,
        "counts": queries.count_filings(by, midnight),
        "needing": [_problem(one) for one in queries.filings_needing(by)[:SHOWN]],
        "waiting": [_problem(one) for one in queries.filings_waiting(by)[:SHOWN]],
        "done": list(queries.filings_done(by)[:20]),
        "cancelled": list(queries.filings_cancelled_since(by, moment - timedelta(days=CANCELLED_DAYS))[:SHOWN]),
        "shown": SHOWN,
        "accounts": [_account(kind, queries.national_account(by, kind), wrong) for kind in KINDS_OF[by.role]],
        "doctors": doctors,
        "without": sum(account is None for _one, account, _form in doctors),
    }
    return render(request, "web/national/page.html", context, status=status)


def _account(kind: str, account: Any, wrong: AccountForm | None) -> tuple[Any, Any, AccountForm]:
    return KINDS[kind][0], account, _form(kind, None, account, wrong)


def _doctors(by: Any, there: datetime, wrong: AccountForm | None) -> list[tuple[Any, Any, AccountForm]]:
    found = queries.prescribers(by, there.date())
    return [(one.practitioner, one.account, _form("prescriber", one.practitioner, one.account, wrong)) for one in found]


def _problem(filing: Any) -> tuple[Any, list[Any], Any]:
    """A filing, what is wrong with it in words, and what a person can do."""
    if filing.trouble in {"incomplete", "no_account"}:
        errors = [MISSING.get(name, name) for name in filing.errors]
    elif filing.trouble == "account_refused":
        errors = [f"{MISSING.get(name, name)}: {filing.answer}" for name in filing.errors]
    else:
        errors = filing.errors or ([filing.answer] if filing.answer else [])
    return filing, errors, ADVICE.get(filing.trouble, "")


def _patterns(home: str, role: str) -> list[Any]:
    only: Callable[[View], View] = page(roles={role})
    at = f"{home}/national/"
    return [
        path(at, require_GET(only(national)), name=f"{home}_national"),
        path(f"{at}again/", require_POST(only(all_again)), name=f"{home}_national_all_again"),
        path(f"{at}<uuid:filing_id>/again/", require_POST(only(again)), name=f"{home}_national_again"),
        path(f"{at}<uuid:filing_id>/aside/", require_POST(only(aside)), name=f"{home}_national_aside"),
        path(f"{at}accounts/", require_POST(only(save_account)), name=f"{home}_national_account"),
        path(
            f"{at}accounts/<uuid:account_id>/remove/",
            require_POST(only(remove_account)),
            name=f"{home}_national_remove",
        ),
    ]


page_patterns = [*_patterns("hospital", "desk"), *_patterns("pharmacy", "pharmacist")]
