"""Addresses of payments: API, the payment's page, the sandbox's page, and the hooks of gateways."""

from django.urls import path

from payments import api, papers_api, webhooks
from payments.gateways.sandbox import pages as sandbox
from payments.pages import accounts, bills, issued, links, months, papers, payer, prices, transfers

api_patterns = [
    path("payments", api.Payments.as_view(), name="payments_payments"),
    path("payments/<uuid:payment_id>", api.OnePayment.as_view(), name="payments_one"),
    path("payments/<uuid:payment_id>/refunds", api.Refunds.as_view(), name="payments_refunds"),
    path("facilities/<uuid:facility_id>/prices", papers_api.Prices.as_view(), name="payments_prices_api"),
    path("invoices/<uuid:invoice_id>", papers_api.OneInvoice.as_view(), name="payments_invoice_api"),
    path("receipts/<uuid:receipt_id>", papers_api.OneReceipt.as_view(), name="payments_receipt_api"),
    path("payments/<uuid:payment_id>/papers", papers_api.Papers.as_view(), name="payments_papers_api"),
]
page_patterns = [
    path("payments/", payer.history, name="payments_history"),
    path("payments/<uuid:payment_id>/", payer.payment, name="payments_payment"),
    path("payments/<uuid:payment_id>/start/", payer.start, name="payments_start"),
    path("payments/<uuid:payment_id>/back/", payer.back, name="payments_back"),
    path("payments/<uuid:payment_id>/qr.svg", payer.qr, name="payments_qr"),
    path("payments/<uuid:payment_id>/share/", links.share, name="payments_share"),
    path("payments/<uuid:payment_id>/share/stop/", links.stop_sharing, name="payments_stop_sharing"),
    path("pay/<str:token>/", links.by_link, name="payments_by_link"),
    path("pay/<str:token>/start/", links.start, name="payments_link_start"),
    path("pay/<str:token>/back/", links.back, name="payments_link_back"),
    path("pay/<str:token>/qr.svg", links.qr, name="payments_link_qr"),
    path("invoices/<uuid:invoice_id>/", papers.invoice, name="payments_invoice"),
    path("invoices/<uuid:invoice_id>/invoice.pdf", papers.invoice_pdf, name="payments_invoice_pdf"),
    path("invoices/<uuid:invoice_id>/pay/", papers.pay_invoice, name="payments_pay_invoice"),
    path("invoices/<uuid:invoice_id>/electronic/", papers.want_einvoice, name="payments_want_einvoice"),
    path("receipts/<uuid:receipt_id>/", papers.receipt, name="payments_receipt"),
    path("receipts/<uuid:receipt_id>/receipt.pdf", papers.receipt_pdf, name="payments_receipt_pdf"),
    path("facilities/<uuid:facility_id>/prices/", prices.published, name="payments_published_prices"),
    path("hospital/bills/<uuid:invoice_id>/", bills.bill, name="payments_bill"),
    path("hospital/bills/<uuid:invoice_id>/lines/", bills.add, name="payments_bill_line"),
    path("hospital/bills/lines/<uuid:item_id>/", bills.change, name="payments_bill_change"),
    path("hospital/bills/<uuid:invoice_id>/insurance/", bills.insure, name="payments_bill_insurance"),
    path("hospital/bills/<uuid:invoice_id>/issue/", bills.issue, name="payments_bill_issue"),
    path("hospital/bills/<uuid:invoice_id>/drop/", bills.drop, name="payments_bill_drop"),
    path("hospital/invoices/<uuid:invoice_id>/ask/", issued.ask, name="payments_invoice_ask"),
    path("hospital/invoices/<uuid:invoice_id>/count/", issued.count, name="payments_invoice_count"),
    path("hospital/invoices/<uuid:invoice_id>/take-back/", issued.take_back, name="payments_invoice_take_back"),
    path("hospital/invoices/<uuid:invoice_id>/replace/", issued.replace, name="payments_invoice_replace"),
    path("hospital/invoices/", papers.invoices, name="payments_invoices"),
    path("hospital/statement/", months.statement, name="payments_statement"),
    path("hospital/statement/statement.csv", months.as_csv, name="payments_statement_csv"),
    path("hospital/statement/statement.pdf", months.as_pdf, name="payments_statement_pdf"),
    path("hospital/prices/", prices.lists, name="payments_price_lists"),
    path("hospital/prices/begin/", prices.begin, name="payments_begin_price_list"),
    path("hospital/prices/<uuid:list_id>/", prices.one, name="payments_price_list"),
    path("hospital/prices/<uuid:list_id>/prices.csv", prices.as_csv, name="payments_price_csv"),
    path("hospital/prices/<uuid:list_id>/put/", prices.put, name="payments_put_price"),
    path("hospital/prices/<uuid:list_id>/take-out/", prices.take_out, name="payments_take_out_price"),
    path("hospital/prices/<uuid:list_id>/import/", prices.take_in, name="payments_import_prices"),
    path("hospital/prices/<uuid:list_id>/publish/", prices.publish, name="payments_publish_prices"),
    path("hospital/prices/<uuid:list_id>/drop/", prices.drop, name="payments_drop_prices"),
    path("hospital/payment-accounts/", accounts.accounts, name="payments_accounts"),
    path("hospital/payment-accounts/<slug:gateway>/enter/", accounts.enter, name="payments_enter_account"),
    path("hospital/payment-accounts/<uuid:account_id>/close/", accounts.close, name="payments_close_account"),
    path("hospital/disputes/<uuid:dispute_id>/lost/", issued.lost_dispute, name="payments_lost_dispute"),
    path("hospital/transfers/", transfers.transfers, name="payments_transfers"),
    path("hospital/transfers/<uuid:line_id>/assign/", transfers.assign, name="payments_assign_transfer"),
    path("hospital/transfers/<uuid:line_id>/split/", transfers.split, name="payments_split_transfer"),
    path("hospital/transfers/<uuid:line_id>/settle/", transfers.settle, name="payments_settle_transfer"),
    path("hospital/statements/", transfers.bank_statements, name="payments_bank_statements"),
    path("hospital/statements/<uuid:statement_id>/", transfers.bank_statement, name="payments_bank_statement"),
    path("sandbox/pay/<str:reference>/", sandbox.show, name="payments_sandbox_pay"),
    path("sandbox/pay/<str:reference>/answer/", sandbox.answer, name="payments_sandbox_answer"),
]
hook_patterns = [
    path("bank/", webhooks.Hook.as_view(), {"gateway": "vietqr"}),  # what banks are given as our address
    path("bank/<uuid:account_id>/", webhooks.Hook.as_view(), {"gateway": "vietqr"}),
    path("<slug:gateway>/", webhooks.Hook.as_view(), name="payments_hook"),
    path("<slug:gateway>/<uuid:account_id>/", webhooks.Hook.as_view(), name="payments_account_hook"),
]
