"""Addresses of the shell, the citizen's pages and the consoles."""

from __future__ import annotations

from typing import Any

from django.urls import path

from web import demo, shell
from web.citizen import finding, home, profile, record, visits
from web.consoles import doctor, hospital, pharmacy

page_patterns: list[Any] = [
    path("", home.home, name="web_home"),
    path("find/", finding.find, name="web_find"),
    path("doctors/<uuid:practitioner_id>/", finding.doctor, name="web_doctor"),
    path("book/", visits.book, name="web_book"),
    path("appointments/", visits.appointments, name="web_appointments"),
    path("appointments/<uuid:appointment_id>/", visits.appointment, name="web_appointment"),
    path("appointments/<uuid:appointment_id>/cancel/", visits.cancel, name="web_cancel"),
    path("appointments/<uuid:appointment_id>/check-in/", visits.check_in, name="web_check_in"),
    path("record/", record.record, name="web_record"),
    path("record/who/", record.who, name="web_record_who"),
    path("record/allergies/add/", record.add_allergy, name="web_add_allergy"),
    path("record/allergies/<uuid:allergy_id>/remove/", record.remove_allergy, name="web_remove_allergy"),
    path("profile/", profile.profile, name="web_profile"),
    path("people/add/", profile.add_child, name="web_add_child"),
    path("people/<uuid:person_id>/", profile.details, name="web_details"),
    path("language/", shell.language, name="web_language"),
    path("theme/", shell.theme, name="web_theme"),
    path("favicon.ico", shell.favicon, name="web_favicon"),
    path("offline/", shell.offline, name="web_offline"),
    path("manifest.webmanifest", shell.manifest, name="web_manifest"),
    path("sw.js", shell.service_worker, name="web_service_worker"),
]
demo_patterns: list[Any] = [
    path("demo/components/", shell.components, name="web_components"),
    *demo.demo_patterns,
]

# Each console keeps its own list of addresses beside its pages.
for console in (doctor, hospital, pharmacy):
    page_patterns += console.page_patterns
