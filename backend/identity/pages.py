"""Sign-in pages: citizens by a code to their phone, staff by password and a second step; the welcome; the choice of role."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.mixins import NextRedirectMixin, RedirectAuthenticatedUserMixin
from allauth.account.views import AccountInactiveView, LoginView, LogoutView, ReauthenticateView
from allauth.account.views import verify_phone as library_verify_phone
from allauth.core.exceptions import RateLimited
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.base.views import ReauthenticateView as SecondStepAgainView
from allauth.mfa.recovery_codes.views import ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST
from django.views.generic.edit import FormView

from core.errors import NotFound
from core.pages import actor_of, now, page
from identity import acting, actions, sign_in
from identity.adapters import HOME
from identity.forms import PhoneForm, SecondStepForm, StaffSignInForm, WelcomeForm
from identity.models import User


def _safe_next(request: HttpRequest, default: str = "/") -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    good = wanted.startswith("/") and url_has_allowed_host_and_scheme(
        wanted, {request.get_host()}, require_https=request.is_secure()
    )
    return wanted if good else default


class SignIn(NextRedirectMixin, RedirectAuthenticatedUserMixin, FormView):  # type: ignore[misc, type-arg]
    """Enter your phone number; we send a code. The same for a new number and a known one."""

    template_name = "account/sign_in.html"
    form_class = PhoneForm
    success_url = None

    def _redirect_to_pending_stage(self, request: HttpRequest, stage: Any) -> None:
        """Whoever comes back here wants to begin again, perhaps with the right number."""

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            return sign_in.begin(self.request, form.cleaned_data["phone"], next_url=self.get_next_url())
        except RateLimited:
            form.add_error(None, _("Many codes were asked for. Please wait a minute, then try again."))
            return self.form_invalid(form)


def enter_code(request: HttpRequest) -> HttpResponse:
    """Type the six digits from the message."""
    if request.user.is_authenticated:
        return redirect(_safe_next(request))
    return library_verify_phone(request)


class StaffSignIn(LoginView):  # type: ignore[misc]
    """E-mail or phone, and password; the second step follows."""

    template_name = "account/staff_sign_in.html"
    form_class = StaffSignInForm


class SecondStep(AuthenticateView):  # type: ignore[misc]
    template_name = "mfa/authenticate.html"
    form_class = SecondStepForm


class SetUpSecondStep(ActivateTOTPView):  # type: ignore[misc]
    """Show the QR for an authenticator app; who proves the first code has passed the second step."""

    template_name = "mfa/set_up.html"

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        record_authentication(self.request, self.request.user, method="mfa", type="totp")
        return response


@page(roles={"citizen"})
def welcome(request: HttpRequest) -> HttpResponse:
    """Ask a new account for its person, once."""
    actor = actor_of(request)
    if actor.person_id is not None:
        return redirect(_safe_next(request))
    form = WelcomeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.register_person(**form.cleaned_data, by=actor, now=now())
        return redirect(_safe_next(request))
    return render(request, "identity/welcome.html", {"form": form, "next": _safe_next(request)})


@page()
def roles(request: HttpRequest) -> HttpResponse:
    """Show the roles somebody holds, to pick one."""
    assert isinstance(request.user, User)
    actor = actor_of(request)
    rows = acting.memberships_of(request.user)
    here = next((row for row in rows if row.role == actor.role and row.facility_id == actor.facility_id), None)
    second_step = acting.second_factor_passed(request)
    return render(request, "identity/roles.html", {"rows": rows, "here": here, "second_step": second_step})


@require_POST
@page()
def act(request: HttpRequest) -> HttpResponse:
    """Act in another role from now on: a membership's id, or "citizen"."""
    assert isinstance(request.user, User)
    wanted = request.POST.get("membership", "")
    if wanted == "citizen":
        request.session[acting.SESSION_KEY] = "citizen"
        return redirect(_safe_next(request))
    row = next((one for one in acting.memberships_of(request.user) if str(one.id) == wanted), None)
    if row is None:
        raise NotFound()
    if not acting.second_factor_passed(request):
        return redirect("mfa_activate_totp")
    request.session[acting.SESSION_KEY] = str(row.id)
    landing = HOME.get(row.role, "/")
    chosen = _safe_next(request, landing)
    return redirect(landing if chosen == "/" else chosen)


staff_sign_in = sensitive_post_parameters("password")(StaffSignIn.as_view())
__all__ = [
    "AccountInactiveView",
    "LogoutView",
    "ReauthenticateView",
    "SecondStepAgainView",
    "ViewRecoveryCodesView",
    "act",
    "enter_code",
    "roles",
    "staff_sign_in",
    "welcome",
]
