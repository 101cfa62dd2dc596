"""The hospital desk: the week of each doctor, the list of the day, and the hours behind both. No clinical text."""

from django.urls import path

from web.consoles.hospital import day, schedules, week

page_patterns = [
    path("hospital/", week.week, name="hospital_week"),
    path("hospital/day/", day.day, name="hospital_day"),
    path("hospital/doctors/", schedules.doctors, name="hospital_doctors"),
    path("hospital/doctors/<uuid:practitioner_id>/open/", schedules.open_schedule, name="hospital_open_schedule"),
    path("hospital/appointments/<uuid:appointment_id>/check-in/", day.check_in, name="hospital_check_in"),
    path("hospital/appointments/<uuid:appointment_id>/undo/", day.undo_check_in, name="hospital_undo_check_in"),
    path("hospital/appointments/<uuid:appointment_id>/cancel/", day.cancel, name="hospital_cancel"),
    path("hospital/schedules/<uuid:schedule_id>/", schedules.schedule, name="hospital_schedule"),
    path("hospital/schedules/<uuid:schedule_id>/hours/add/", schedules.add_hours, name="hospital_add_hours"),
    path(
        "hospital/schedules/<uuid:schedule_id>/hours/<uuid:rule_id>/",
        schedules.change_hours,
        name="hospital_change_hours",
    ),
    path(
        "hospital/schedules/<uuid:schedule_id>/hours/<uuid:rule_id>/remove/",
        schedules.remove_hours,
        name="hospital_remove_hours",
    ),
    path(
        "hospital/schedules/<uuid:schedule_id>/exceptions/add/", schedules.add_exception, name="hospital_add_exception"
    ),
    path(
        "hospital/schedules/<uuid:schedule_id>/exceptions/<uuid:closure_id>/remove/",
        schedules.remove_exception,
        name="hospital_remove_exception",
    ),
    path("hospital/schedules/<uuid:schedule_id>/settings/", schedules.settings, name="hospital_settings"),
]
