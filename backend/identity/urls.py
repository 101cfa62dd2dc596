"""Addresses of identity: pages of sign-in, own account and directory."""

from allauth.headless.constants import Client
from django.urls import path
from django.views.generic import RedirectView

from identity import api, app_client, pages
from identity.api.token import SmartConfiguration, token

_SIGN_IN = RedirectView.as_view(pattern_name="account_login", query_string=True)

app_patterns = [
    path("oauth/token", token, name="identity_token"),
    path("fhir/R4/.well-known/smart-configuration", SmartConfiguration.as_view()),
    # before the library's own of the same address
    path("_allauth/app/v1/auth/signup", app_client.SignUp.as_api_view(client=Client.APP)),
    path("_allauth/app/v1/auth/code/request", app_client.RequestCode.as_api_view(client=Client.APP)),
    path("_allauth/app/v1/account/phone", app_client.ManagePhone.as_api_view(client=Client.APP)),
    # Staff accounts, their addresses and new passwords come from the facility's operator, not by mail.
    path("_allauth/app/v1/auth/password/request", app_client.closed),
    path("_allauth/app/v1/auth/password/reset", app_client.closed),
    path("_allauth/app/v1/auth/email/verify", app_client.closed),
    path("_allauth/app/v1/auth/email/verify/resend", app_client.closed),
    path("_allauth/app/v1/account/email", app_client.closed),
]

api_patterns = [
    path("socket-tickets", api.SocketTickets.as_view()),
    path("me", api.Me.as_view()),
    path("me/people", api.People.as_view()),
    path("me/people/<uuid:person_id>", api.PersonDetail.as_view()),
    path("me/delegations", api.Delegations.as_view()),
    path("me/delegations/<uuid:delegation_id>", api.DelegationDetail.as_view()),
    path("me/devices", api.Devices.as_view()),
    path("me/acting-as", api.ActingAs.as_view()),
    path("provinces", api.Provinces.as_view()),
    path("specialties", api.Specialties.as_view()),
    path("specialties/<slug:code>", api.SpecialtyDetail.as_view()),
    path("facilities", api.Facilities.as_view()),
    path("facilities/<uuid:facility_id>", api.FacilityDetail.as_view()),
    path("practitioners", api.Practitioners.as_view()),
    path("practitioners/<uuid:practitioner_id>", api.PractitionerDetail.as_view()),
    path("visit-types", api.VisitTypes.as_view()),
    path("visit-types/<uuid:visit_type_id>", api.VisitTypeDetail.as_view()),
]

page_patterns = [
    # The library finds its own steps by these names.
    path("sign-in/", pages.SignIn.as_view(), name="account_login"),
    path("sign-in/code/", pages.enter_code, name="account_verify_phone"),
    path("sign-up/", _SIGN_IN, name="account_signup"),
    path("sign-in/by-code/", _SIGN_IN, name="account_request_login_code"),
    path("staff/sign-in/", pages.staff_sign_in, name="identity_staff_sign_in"),
    path("staff/sign-in/second-step/", pages.SecondStep.as_view(), name="mfa_authenticate"),
    path("staff/second-step/", pages.SetUpSecondStep.as_view(), name="mfa_activate_totp"),
    path("staff/second-step/again/", pages.SecondStepAgainView.as_view(), name="mfa_reauthenticate"),
    path("staff/second-step/recovery-codes/", pages.ViewRecoveryCodesView.as_view(), name="mfa_view_recovery_codes"),
    path("staff/password/", pages.ReauthenticateView.as_view(), name="account_reauthenticate"),
    path("sign-in/closed/", pages.AccountInactiveView.as_view(), name="account_inactive"),
    path("sign-out/", pages.LogoutView.as_view(), name="identity_sign_out"),
    path("welcome/", pages.welcome, name="identity_welcome"),
    path("roles/", pages.roles, name="identity_roles"),
    path("roles/act/", pages.act, name="identity_acting"),
    path("staff/second-step/done/", RedirectView.as_view(pattern_name="identity_roles"), name="mfa_index"),
]
