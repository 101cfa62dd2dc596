"""Addresses of the shell, the citizen's pages and the consoles."""

from __future__ import annotations

from typing import Any

from django.urls import path

from web import demo, queue, shell
from web.citizen import (
    asking,
    blocks,
    calendars,
    finding,
    home,
    moving,
    profile,
    record,
    reminders,
    taking,
    too_short,
    visits,
    waiting,
    weekly,
)
from web.consoles import (
    doctor,
    hospital,
    money,
    national,
    operator,
    pharmacy,
    pharmacy_asked,
    pharmacy_codes,
    pharmacy_prints,
    pharmacy_shelf,
    station,
    statistics,
)

page_patterns: list[Any] = [
    path("", home.home, name="web_home"),
    path("find/", finding.find, name="web_find"),
    path("find/any/", finding.any_doctor, name="web_any_doctor"),
    path("doctors/<uuid:practitioner_id>/", finding.doctor, name="web_doctor"),
    path("now/", asking.ask, name="web_now"),
    path("now/<uuid:ask_id>/", asking.asked, name="web_ask"),
    path("now/<uuid:ask_id>/withdraw/", asking.withdraw, name="web_ask_withdraw"),
    path("book/", taking.book, name="web_book"),
    path("book/ask-doctor/", taking.ask_for_remote, name="web_ask_remote"),
    path("appointments/", visits.appointments, name="web_appointments"),
    path("appointments/<uuid:appointment_id>/", visits.appointment, name="web_appointment"),
    path("appointments/<uuid:appointment_id>/move/", moving.move, name="web_move"),
    path("appointments/series/<uuid:series_id>/", weekly.series, name="web_series"),
    path("appointments/series/<uuid:series_id>/cancel/", weekly.cancel, name="web_cancel_series"),
    path("book/weekly/", weekly.take, name="web_book_weekly"),
    path("booking-blocks/<uuid:block_id>/", blocks.block, name="web_block"),
    path("appointments/<uuid:appointment_id>/cancel/", visits.cancel, name="web_cancel"),
    path("appointments/<uuid:appointment_id>/check-in/", visits.check_in, name="web_check_in"),
    path("appointments/<uuid:appointment_id>/confirm/", reminders.confirm, name="web_confirm"),
    path("v/<str:token>/", reminders.reminder, name="web_reminder"),
    path("v/<str:token>/come/", reminders.come, name="web_reminder_come"),
    path("v/<str:token>/free/", reminders.free, name="web_reminder_free"),
    path("waiting-list/", waiting.waiting_list, name="web_waiting_list"),
    path("waiting-list/join/", waiting.join, name="web_waiting_join"),
    path("waiting-list/<uuid:entry_id>/leave/", waiting.leave, name="web_waiting_leave"),
    path("waiting-list/offers/<uuid:offer_id>/", waiting.offer, name="web_offer"),
    path("waiting-list/offers/<uuid:offer_id>/take/", waiting.take, name="web_offer_take"),
    path("waiting-list/offers/<uuid:offer_id>/decline/", waiting.decline, name="web_offer_decline"),
    path("too-short/<uuid:case_id>/", too_short.too_short, name="web_too_short"),
    path("too-short/<uuid:case_id>/choose/", too_short.choose, name="web_too_short_choose"),
    path("leave-cases/<uuid:case_id>/", waiting.case, name="web_leave_case"),
    path("leave-cases/<uuid:case_id>/choose/", waiting.choose, name="web_leave_choose"),
    path("record/", record.record, name="web_record"),
    path("record/who/", record.who, name="web_record_who"),
    path("record/allergies/add/", record.add_allergy, name="web_add_allergy"),
    path("record/allergies/<uuid:allergy_id>/remove/", record.remove_allergy, name="web_remove_allergy"),
    path("profile/", profile.profile, name="web_profile"),
    path("profile/calendars/", calendars.calendars, name="web_calendars"),
    path("profile/calendars/make/", calendars.make, name="web_calendar_make"),
    path("profile/calendars/<uuid:link_id>/revoke/", calendars.revoke, name="web_calendar_revoke"),
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
for console in (
    doctor,
    hospital,
    money,
    queue,
    pharmacy,
    pharmacy_asked,
    pharmacy_shelf,
    pharmacy_codes,
    pharmacy_prints,
    station,
    national,
    operator,
    statistics,
):
    page_patterns += console.page_patterns
