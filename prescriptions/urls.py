"""Addresses of prescriptions: the public contract, the citizen's pages, the public keys."""

from django.urls import path

from prescriptions import pages, pages_verify
from prescriptions.api import dispensing, keys, own, papers, prescribing, workflow

api_patterns = [
    path("drugs", prescribing.Drugs.as_view(), name="prescriptions_drugs"),
    path("prescriptions", prescribing.Prescriptions.as_view(), name="prescriptions_prescriptions"),
    path("prescriptions/<uuid:prescription_id>", prescribing.OnePrescription.as_view(), name="prescriptions_one"),
    path("prescriptions/<uuid:prescription_id>/check", prescribing.Check.as_view(), name="prescriptions_check"),
    path("prescriptions/<uuid:prescription_id>/sign", prescribing.Sign.as_view(), name="prescriptions_sign"),
    path("prescriptions/<uuid:prescription_id>/cancel", prescribing.Cancel.as_view(), name="prescriptions_cancel"),
    path("prescriptions/<uuid:prescription_id>/parts", workflow.Parts.as_view(), name="prescriptions_parts"),
    path("prescriptions/<uuid:prescription_id>/replace", workflow.Replace.as_view(), name="prescriptions_replace"),
    path("prescriptions/<uuid:prescription_id>/replaces", workflow.Replaces.as_view(), name="prescriptions_replaces"),
    path("prescriptions/<uuid:prescription_id>/route", prescribing.Route.as_view(), name="prescriptions_route"),
    path("prescriptions/<uuid:prescription_id>/qr.svg", prescribing.Qr.as_view(), name="prescriptions_qr"),
    path("prescriptions/<uuid:prescription_id>/slip.svg", papers.SlipQr.as_view(), name="prescriptions_slip"),
    path("prescriptions/<uuid:prescription_id>/document.pdf", papers.Paper.as_view(), name="prescriptions_document"),
    path("prescriptions/<uuid:prescription_id>/earlier", own.Earlier.as_view(), name="prescriptions_earlier"),
    path("prescribing/own", own.Own.as_view(), name="prescribing_own"),
    path("prescribing/favourites", own.Favourites.as_view(), name="prescribing_favourites"),
    path("prescribing/favourites/<uuid:favourite_id>", own.OneFavourite.as_view(), name="prescribing_favourite"),
    path("prescribing/sets", own.Sets.as_view(), name="prescribing_sets"),
    path("prescribing/sets/<uuid:set_id>", own.OneSet.as_view(), name="prescribing_set"),
    path("prescribing/snippets", own.Snippets.as_view(), name="prescribing_snippets"),
    path("prescribing/snippets/<uuid:snippet_id>", own.OneSnippet.as_view(), name="prescribing_snippet"),
    path("dispensing/queue", dispensing.Queue.as_view(), name="dispensing_queue"),
    path("dispensing/lookup", dispensing.Lookup.as_view(), name="dispensing_lookup"),
    path("dispensing/<uuid:prescription_id>/accept", dispensing.Accept.as_view(), name="dispensing_accept"),
    path("dispensing/<uuid:prescription_id>/return", dispensing.Return.as_view(), name="dispensing_return"),
    path("dispensing/<uuid:prescription_id>/dispense", dispensing.Dispense.as_view(), name="dispensing_dispense"),
    path("dispensing/<uuid:prescription_id>/complete", dispensing.Complete.as_view(), name="dispensing_complete"),
]

page_patterns = [
    path(".well-known/jwks.json", keys.jwks, name="prescriptions_jwks"),
    path(".well-known/prescription-revocations.jws", keys.revocations, name="prescriptions_revocations"),
    path(".well-known/prescription-certificates.jws", keys.certified, name="prescriptions_certified"),
    path(".well-known/certificates/<str:thumbprint>.pem", keys.certificate, name="prescriptions_certificate"),
    path(".well-known/crl/<uuid:authority_id>.crl", keys.crl, name="prescriptions_crl"),
    path("verify/", pages_verify.verify, name="prescriptions_verify"),
    path("verify/<str:language>/", pages_verify.verify, name="prescriptions_verify_in"),
    path("prescriptions/", pages.my_prescriptions, name="prescriptions_list"),
    path("prescriptions/<uuid:prescription_id>/", pages.one_prescription, name="prescription_detail"),
    path("prescriptions/<uuid:prescription_id>/pharmacy/", pages.choose_pharmacy, name="prescription_pharmacy"),
    path("prescriptions/<uuid:prescription_id>/cancel/", pages.cancel, name="prescription_cancel"),
]
