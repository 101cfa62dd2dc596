"""Addresses of payments: API, the payment's page, the sandbox's page, and the hooks of gateways."""

from django.urls import path

from payments import api, webhooks
from payments.gateways.sandbox import pages as sandbox
from payments.pages import accounts, payer

api_patterns = [
    path("payments", api.Payments.as_view(), name="payments_payments"),
    path("payments/<uuid:payment_id>", api.OnePayment.as_view(), name="payments_one"),
    path("payments/<uuid:payment_id>/refunds", api.Refunds.as_view(), name="payments_refunds"),
]
page_patterns = [
    path("payments/", payer.history, name="payments_history"),
    path("payments/<uuid:payment_id>/", payer.payment, name="payments_payment"),
    path("payments/<uuid:payment_id>/start/", payer.start, name="payments_start"),
    path("payments/<uuid:payment_id>/back/", payer.back, name="payments_back"),
    path("payments/<uuid:payment_id>/qr.svg", payer.qr, name="payments_qr"),
    path("hospital/payment-accounts/", accounts.accounts, name="payments_accounts"),
    path("hospital/payment-accounts/<slug:gateway>/enter/", accounts.enter, name="payments_enter_account"),
    path("hospital/payment-accounts/<uuid:account_id>/close/", accounts.close, name="payments_close_account"),
    path("sandbox/pay/<str:reference>/", sandbox.show, name="payments_sandbox_pay"),
    path("sandbox/pay/<str:reference>/answer/", sandbox.answer, name="payments_sandbox_answer"),
]
hook_patterns = [
    path("<slug:gateway>/", webhooks.Hook.as_view(), name="payments_hook"),
    path("<slug:gateway>/<uuid:account_id>/", webhooks.Hook.as_view(), name="payments_account_hook"),
]
