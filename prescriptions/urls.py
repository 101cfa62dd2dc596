"""Addresses of prescriptions: the public contract, the citizen's pages, the public keys."""

from django.urls import path

from prescriptions import asking_pages, dose_pages, pages
from prescriptions.api import asking, dispensing, keys, prescribing

api_patterns = [
    path("drugs", prescribing.Drugs.as_view(), name="prescriptions_drugs"),
    path("prescriptions", prescribing.Prescriptions.as_view(), name="prescriptions_prescriptions"),
    path("prescriptions/<uuid:prescription_id>", prescribing.OnePrescription.as_view(), name="prescriptions_one"),
    path("prescriptions/<uuid:prescription_id>/check", prescribing.Check.as_view(), name="prescriptions_check"),
    path("prescriptions/<uuid:prescription_id>/sign", prescribing.Sign.as_view(), name="prescriptions_sign"),
    path("prescriptions/<uuid:prescription_id>/cancel", prescribing.Cancel.as_view(), name="prescriptions_cancel"),
    path("prescriptions/<uuid:prescription_id>/route", prescribing.Route.as_view(), name="prescriptions_route"),
    path("prescriptions/<uuid:prescription_id>/qr.svg", prescribing.Qr.as_view(), name="prescriptions_qr"),
    path("prescriptions/<uuid:prescription_id>/inquiries", asking.Inquiries.as_view(), name="prescriptions_ask"),
    path(
        "prescriptions/<uuid:prescription_id>/reservations",
        asking.ReservationsOf.as_view(),
        name="prescriptions_reservations",
    ),
    path("inquiries/<uuid:inquiry_id>", asking.OneInquiry.as_view(), name="prescriptions_inquiry"),
    path("inquiries/<uuid:inquiry_id>/withdraw", asking.Withdraw.as_view(), name="prescriptions_withdraw"),
    path("inquiry-answers/<uuid:answer_id>/reserve", asking.Reserve.as_view(), name="prescriptions_reserve"),
    path("reservations/<uuid:reservation_id>/take-back", asking.TakeBack.as_view(), name="prescriptions_take_back"),
    path("dispensing/inquiries", asking.AskedHere.as_view(), name="dispensing_inquiries"),
    path("dispensing/inquiries/<uuid:answer_id>/answer", asking.Answer.as_view(), name="dispensing_answer"),
    path("dispensing/inquiries/<uuid:answer_id>/refuse", asking.Refuse.as_view(), name="dispensing_refuse"),
    path("dispensing/reservations", asking.KeptHere.as_view(), name="dispensing_reservations"),
    path("dispensing/queue", dispensing.Queue.as_view(), name="dispensing_queue"),
    path("dispensing/lookup", dispensing.Lookup.as_view(), name="dispensing_lookup"),
    path("dispensing/<uuid:prescription_id>/accept", dispensing.Accept.as_view(), name="dispensing_accept"),
    path("dispensing/<uuid:prescription_id>/return", dispensing.Return.as_view(), name="dispensing_return"),
    path("dispensing/<uuid:prescription_id>/dispense", dispensing.Dispense.as_view(), name="dispensing_dispense"),
    path("dispensing/<uuid:prescription_id>/complete", dispensing.Complete.as_view(), name="dispensing_complete"),
]

page_patterns = [
    path(".well-known/jwks.json", keys.jwks, name="prescriptions_jwks"),
    path("prescriptions/", pages.my_prescriptions, name="prescriptions_list"),
    path("prescriptions/day/", dose_pages.my_day, name="prescriptions_day"),
    path("prescriptions/day/times/", dose_pages.set_times, name="prescriptions_dose_times"),
    path("prescriptions/<uuid:prescription_id>/remind/", dose_pages.remind, name="prescription_remind"),
    path("prescriptions/<uuid:prescription_id>/sms/", dose_pages.send_codes, name="prescription_sms"),
    path("prescriptions/<uuid:prescription_id>/", pages.one_prescription, name="prescription_detail"),
    path("prescriptions/<uuid:prescription_id>/pharmacy/", pages.choose_pharmacy, name="prescription_pharmacy"),
    path("prescriptions/<uuid:prescription_id>/cancel/", pages.cancel, name="prescription_cancel"),
    path("prescriptions/<uuid:prescription_id>/who-has-it/", asking_pages.who_has_it, name="prescription_who_has_it"),
    path("prescriptions/<uuid:prescription_id>/who-has-it/reserve/", asking_pages.reserve, name="prescription_reserve"),
    path(
        "prescriptions/<uuid:prescription_id>/who-has-it/take-back/",
        asking_pages.take_back,
        name="prescription_take_back",
    ),
    path(
        "prescriptions/<uuid:prescription_id>/who-has-it/withdraw/",
        asking_pages.withdraw,
        name="prescription_ask_withdraw",
    ),
]
