"""The doctor's console: the list of the day, and the visit with call, patient, note and prescription side by side."""

from django.urls import path

from web.consoles.doctor import day, visit

page_patterns = [
    path("doctor/", day.day, name="doctor_day"),
    path("doctor/visits/<uuid:encounter_id>/", visit.visit, name="doctor_visit"),
    path("doctor/visits/<uuid:encounter_id>/start/", visit.start, name="doctor_start"),
    path("doctor/visits/<uuid:encounter_id>/finish/", visit.finish, name="doctor_finish"),
]
