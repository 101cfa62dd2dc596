"""The doctor's console: the list of the day, and the visit with call, patient, note and prescription side by side."""

from django.urls import path

from web.consoles.doctor import calendars, day, handing, on_call, visit

page_patterns = [
    path("doctor/", day.day, name="doctor_day"),
    path("doctor/on-call/", on_call.on_call, name="doctor_on_call"),
    path("doctor/on-call/switch/", on_call.switch, name="doctor_on_call_switch"),
    path("doctor/asks/<uuid:ask_id>/accept/", on_call.accept, name="doctor_ask_accept"),
    path("doctor/asks/<uuid:ask_id>/decline/", on_call.decline, name="doctor_ask_decline"),
    path("doctor/remote-wishes/<uuid:wish_id>/", on_call.open_remote, name="doctor_remote_wish"),
    path("doctor/calendars/", calendars.calendars, name="doctor_calendars"),
    path("doctor/calendars/make/", calendars.make, name="doctor_calendar_make"),
    path("doctor/calendars/<uuid:link_id>/revoke/", calendars.revoke, name="doctor_calendar_revoke"),
    path("doctor/schedules/<uuid:schedule_id>/calendars/", calendars.follow, name="doctor_calendar_follow"),
    path("doctor/followed/<uuid:feed_id>/remove/", calendars.remove, name="doctor_calendar_remove"),
    path("doctor/visits/<uuid:encounter_id>/", visit.visit, name="doctor_visit"),
    path("doctor/visits/<uuid:encounter_id>/open/", visit.open_at_a_distance, name="doctor_open"),
    path("doctor/visits/<uuid:encounter_id>/start/", visit.start, name="doctor_start"),
    path("doctor/visits/<uuid:encounter_id>/finish/", visit.finish, name="doctor_finish"),
    path("doctor/visits/<uuid:encounter_id>/hand-over/", handing.hand_over, name="doctor_hand_over"),
    path("doctor/visits/<uuid:encounter_id>/given/", handing.given, name="doctor_given"),
    path("doctor/hand-overs/<uuid:hand_over_id>/accept/", handing.accept, name="doctor_hand_over_accept"),
    path("doctor/hand-overs/<uuid:hand_over_id>/decline/", handing.decline, name="doctor_hand_over_decline"),
    path("doctor/hand-overs/<uuid:hand_over_id>/withdraw/", handing.withdraw, name="doctor_hand_over_withdraw"),
]
