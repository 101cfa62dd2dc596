"""Signing in by phone: one flow for a new number and a known one, so that nobody can tell them apart.

The library's phone stage asks only accounts whose number is unconfirmed. Ours also asks whoever signs in by phone, known or
not; everything around it (codes, tries, limits, the order of stages, the second step) stays the library's.
"""

from __future__ import annotations

import time
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.internal.flows.phone_verification import PhoneVerificationStageProcess
from allauth.account.models import Login
from allauth.account.stages import PhoneVerificationStage
from allauth.core.internal.httpkit import headed_redirect_response
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language

from core.edge import now
from identity import actions
from identity.models import User

BY_PHONE = "by_phone"
PERIOD_S = 30  # RFC 6238


class ConfirmPhone(PhoneVerificationStage):
    """Ask for the code sent to the phone: always when signing in by phone, never when signing in by password."""

    def handle(self) -> tuple[HttpResponse | None, bool]:
        if not self.login.state.get(BY_PHONE):
            return None, True
        known = get_adapter().get_phone(self.login.user)
        assert known is not None
        PhoneVerificationStageProcess.initiate(stage=self, phone=known[0])
        return headed_redirect_response("account_verify_phone"), True

    def exit(self) -> HttpResponse:
        record_authentication(self.request, self.login.user, method="code", phone=self.state.get("phone"))
        return super().exit()


def begin(
    request: HttpRequest, phone: str, *, details: dict[str, Any] | None = None, next_url: str | None = None
) -> HttpResponse:
    """Send a code to the number and wait for it. `details` become the person once the code was right.

    Raises the library's RateLimited, and Invalid for something that is no number.
    """
    user = actions.account_for_phone(phone=phone, language=get_language() or "vi", now=now())
    login = Login(
        user=user, phone=user.phone, redirect_url=next_url, signal_kwargs={"details": details} if details else None
    )
    login.state[BY_PHONE] = True
    return perform_login(request, login)


def set_authenticator(user: User, secret: str) -> None:
    """Give an account an authenticator app with a known secret. For the demo's staff, whose secret anybody may read."""
    TOTP.activate(user, secret)


def current_code(secret: str) -> str:
    """The six digits an authenticator app with this secret shows now."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // PERIOD_S)))
