"""Addresses of booking, below /api/v1/."""

from django.urls import path

from booking.api import appointments, free, schedules

api_patterns = [
    path("slots", free.Slots.as_view(), name="booking_slots"),
    path("slots/days", free.Days.as_view(), name="booking_slot_days"),
    path("slots/first", free.First.as_view(), name="booking_slots_first"),
    path("appointments/<uuid:appointment_id>", appointments.One.as_view(), name="booking_appointment"),
    path("appointments/<uuid:appointment_id>/cancel", appointments.Cancel.as_view(), name="booking_cancel"),
    path("appointments/<uuid:appointment_id>/check-in", appointments.CheckIn.as_view(), name="booking_check_in"),
    path("schedules", schedules.Schedules.as_view(), name="booking_schedules"),
    path("schedules/<uuid:schedule_id>", schedules.OneSchedule.as_view(), name="booking_schedule"),
    path("schedules/<uuid:schedule_id>/rules", schedules.Rules.as_view(), name="booking_rules"),
    path("schedules/<uuid:schedule_id>/rules/<uuid:rule_id>", schedules.OneRule.as_view(), name="booking_rule"),
    path("schedules/<uuid:schedule_id>/exceptions", schedules.Exceptions.as_view(), name="booking_exceptions"),
    path(
        "schedules/<uuid:schedule_id>/exceptions/<uuid:closure_id>",
        schedules.OneException.as_view(),
        name="booking_exception",
    ),
]
