"""What django-allauth asks us: how phone numbers are written and kept, how codes leave, where people land."""

from __future__ import annotations

import time
from datetime import date
from typing import Any, ClassVar

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.fields import PhoneField
from allauth.account.internal.flows.login import get_authentication_records
from allauth.headless.adapter import DefaultHeadlessAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from core.edge import now
from identity import acting, actions
from identity.models import User
from identity.phone import to_e164

# The library speaks no Vietnamese: the sentences people meet are ours.
WORDS = {
    "account_inactive": _("This account is closed."),
    "email_password_mismatch": _("This address and password do not belong together."),
    "phone_password_mismatch": _("This number and password do not belong together."),
    "enter_current_password": _("Please type your present password."),
    "incorrect_code": _("This code is not right. Please look again."),
    "incorrect_password": _("This password is not right."),
    "invalid_login": _("Please give one way to sign in, and its password."),
    "phone_taken": _("This number belongs to another account."),
    "too_many_login_attempts": _("Too many tries. Please wait a few minutes."),
    "same_as_current": _("This is the same as before."),
    "rate_limited": _("That was too fast. Please wait a moment."),
}
HOME = {
    "practitioner": "/doctor/",
    "pharmacist": "/pharmacy/",
    "desk": "/hospital/",
    "nurse": "/station/",
    "operator": "/operator/drugs/",
    "regulator": "/ministry/",
}


class VietnamesePhone(PhoneField):
    """Reads 0912 345 678 as well as +84912345678; its value is E.164."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Phone number"))
        kwargs["validators"] = []
        super().__init__(**kwargs)
        self.widget.attrs.update({"inputmode": "tel", "autocomplete": "tel", "placeholder": "0912 345 678"})

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        if not text:
            return text
        number = to_e164(text)
        if number is None:
            from django.core.exceptions import ValidationError

            raise ValidationError(_("This is not a mobile number. Example: 0912 345 678."), code="invalid_phone")
        return number


class AccountAdapter(DefaultAccountAdapter):
    """The seam between the sign-in library and identity."""

    error_messages: ClassVar[dict[str, Any]] = {**DefaultAccountAdapter.error_messages, **WORDS}

    def phone_form_field(self, **kwargs: Any) -> VietnamesePhone:
        return VietnamesePhone(**kwargs)

    def get_user_by_phone(self, phone: str) -> User | None:
        return User.objects.filter(phone=to_e164(phone) or phone).first()

    def get_phone(self, user: AbstractBaseUser) -> tuple[str, bool] | None:
        assert isinstance(user, User)
        return (user.phone, user.phone_verified) if user.phone else None

    def set_phone(self, user: AbstractBaseUser, phone: str, verified: bool) -> None:
        assert isinstance(user, User)
        user.phone, user.phone_verified = phone, verified
        actions.set_phone(user_id=user.id, phone=phone, verified=verified)

    def set_phone_verified(self, user: AbstractBaseUser, phone: str) -> None:
        self.set_phone(user, phone, True)

    def send_verification_code_sms(self, user: AbstractBaseUser, phone: str, code: str, **kwargs: Any) -> None:
        assert isinstance(user, User)
        if user.is_active:
            import_string(settings.SIGN_IN_CODE_SENDER)(phone=phone, code=code)

    def get_login_stages(self) -> list[str]:
        replaced = {"allauth.account.stages.PhoneVerificationStage": "identity.sign_in.ConfirmPhone"}
        return [replaced.get(path, path) for path in super().get_login_stages()]

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return True  # with a phone number; see identity.api.SignUp

    def post_login(self, request: HttpRequest, user: AbstractBaseUser, **kwargs: Any) -> HttpResponse:
        assert isinstance(user, User)
        details = (kwargs.get("signal_kwargs") or {}).get("details")
        kwargs["signal_kwargs"] = None
        if details:
            values = {**details, "born_on": date.fromisoformat(details["born_on"])}
            actions.register_person(**values, by=acting.as_citizen(user), now=now())
        return super().post_login(request, user, **kwargs)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        user = request.user
        roles = acting.memberships_of(user) if isinstance(user, User) else []
        return HOME.get(roles[0].role, "/") if roles else "/"

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """A password typed a moment ago, to sign in, need not be typed again to set up the second step."""
        records = get_authentication_records(self.request, self.request.user)
        fresh = time.time() - app_settings.REAUTHENTICATION_TIMEOUT
        if any(one["method"] == "password" and one["at"] > fresh for one in records):
            return False
        return bool(super().is_reauthentication_required(app=app, **kwargs))

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """The library congratulates at every step; our pages say themselves what happened."""


class HeadlessAdapter(DefaultHeadlessAdapter):
    """What an app learns about the account it signed in with."""

    def serialize_user(self, user: Any) -> dict[str, Any]:
        actor = acting.as_citizen(user)
        return {
            "id": str(user.id),
            "display": str(user),
            "phone": user.phone,
            "email": user.email,
            "language": user.language,
            # None: ask for name and birthday, then PATCH /api/v1/me
            "person": str(actor.person_id) if actor.person_id else None,
            "has_usable_password": user.has_usable_password(),
        }


class SecondStepAdapter(DefaultMFAAdapter):
    """The second step, in our words."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": WORDS["incorrect_code"],
    }
