"""The app client's two doors that differ from the library's: sign-up and code by phone are one flow for everybody."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from allauth.core.exceptions import RateLimited
from allauth.decorators import rate_limit
from allauth.headless.account.inputs import RequestLoginCodeInput
from allauth.headless.account.views import ManagePhoneView, RequestLoginCodeView
from allauth.headless.base.response import AuthenticationResponse, ConflictResponse, RateLimitResponse
from allauth.headless.base.views import APIView
from allauth.headless.internal.restkit import inputs
from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.utils.decorators import method_decorator
from django.utils.translation import get_language
from django.views.decorators.csrf import csrf_exempt

from core.edge import now
from core.errors import NotFound
from core.rest.problems import json_problem
from identity import actions, sign_in
from identity.adapters import VietnamesePhone
from identity.forms import SEXES, BirthdayField


@csrf_exempt
def closed(request: HttpRequest) -> HttpResponse:
    """A door of the library that this house does not open."""
    return json_problem(NotFound())


class ManagePhone(ManagePhoneView):
    """The library's own door, which breaks when nobody asks it with a method it does not know."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method not in {"GET", "POST"}:
            return HttpResponseNotAllowed(["GET", "POST"])
        return super().dispatch(request, *args, **kwargs)


class SignUpInput(inputs.Input):
    """{"phone"} alone will do; the person may come along: {"full_name", "born_on", "sex"}, all three or none."""

    phone = VietnamesePhone()
    full_name = inputs.CharField(required=False, max_length=120)
    born_on = BirthdayField(required=False)
    sex = forms.ChoiceField(choices=SEXES, required=False)

    def details(self) -> dict[str, Any] | None:
        """The person as plain values, or None when it is to be asked later."""
        values = {name: self.cleaned_data.get(name) for name in ("full_name", "born_on", "sex")}
        if not all(values.values()):
            return None
        return {**values, "born_on": values["born_on"].isoformat()}


@method_decorator(rate_limit(action="signup"), name="handle")
class SignUp(APIView):
    """POST auth/signup → 401 with the pending flow verify_phone, whether the number is known or not."""

    input_class = SignUpInput

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            return ConflictResponse(request)
        try:
            response = sign_in.begin(request, self.input.cleaned_data["phone"], details=self.input.details())
        except RateLimited:
            return RateLimitResponse(request)
        return AuthenticationResponse.from_response(request, response)


class RequestCodeInput(RequestLoginCodeInput):
    """A phone number; an account is opened for one that has none, so that both get the same answer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("email", None)
        self.fields["phone"].required = True

    def clean_phone(self) -> str:
        phone = super().clean_phone()
        self._user = actions.account_for_phone(phone=phone, language=get_language() or "vi", now=now())
        return phone


class RequestCode(RequestLoginCodeView):
    """POST auth/code/request → 401 with the pending flow login_by_code."""

    input_class = RequestCodeInput

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            return ConflictResponse(request)
        LoginCodeVerificationProcess.initiate(
            request=request, user=self.input._user, phone=self.input.cleaned_data["phone"]
        )
        return AuthenticationResponse(request)
