"""The facility's money: the cash desk, refunds and what is owed, income, and our books beside the gateways'."""

from django.urls import path

from web.consoles.money import bills, cash, income, reconciling, refunds

page_patterns = [
    path("hospital/cash/", cash.desk, name="hospital_cash"),
    path("hospital/cash/open/", cash.open_shift, name="hospital_cash_open"),
    path("hospital/cash/close/", cash.close_shift, name="hospital_cash_close"),
    path("hospital/cash/payments/<uuid:payment_id>/", cash.payment, name="hospital_cash_payment"),
    path("hospital/cash/payments/<uuid:payment_id>/take/", cash.take, name="hospital_cash_take"),
    path("hospital/cash/payments/<uuid:payment_id>/qr.svg", cash.qr, name="hospital_cash_qr"),
    path("hospital/cash/payments/<uuid:payment_id>/refund/", refunds.ask, name="hospital_refund_ask"),
    path("hospital/cash/shifts/<uuid:shift_id>/", cash.shift, name="hospital_cash_shift"),
    path("hospital/visits/<uuid:appointment_id>/money/", bills.visit, name="hospital_visit_money"),
    path("hospital/visits/<uuid:appointment_id>/money/bill/", bills.begin, name="hospital_visit_bill"),
    path("hospital/visits/<uuid:appointment_id>/money/deposit/", bills.deposit, name="hospital_visit_deposit"),
    path("hospital/money/", income.income, name="hospital_money"),
    path("hospital/money/income.csv", income.as_csv, name="hospital_money_csv"),
    path("hospital/money/refunds/", refunds.refunds, name="hospital_refunds"),
    path("hospital/money/refunds/<uuid:refund_id>/decide/", refunds.decide, name="hospital_refund_decide"),
    path("hospital/money/refunds/limit/", refunds.set_limit, name="hospital_limit"),
    path("hospital/money/refunds/limit/<uuid:limit_id>/decide/", refunds.decide_limit, name="hospital_limit_decide"),
    path("hospital/money/credits/<uuid:credit_id>/pay-out/", refunds.pay_out, name="hospital_credit_pay_out"),
    path("hospital/money/reconciliations/", reconciling.days, name="hospital_reconciliations"),
    path("hospital/money/reconciliations/<uuid:reconciliation_id>/", reconciling.one, name="hospital_reconciliation"),
    path(
        "hospital/money/reconciliations/<uuid:reconciliation_id>/again/",
        reconciling.again,
        name="hospital_reconciliation_again",
    ),
    path("hospital/money/differences/<uuid:difference_id>/settle/", reconciling.settle, name="hospital_settle"),
]
