"""The health station's console: who sits here, a doctor for them, and the visit with the call and what is measured."""

from django.urls import path

from web.consoles.station import arrivals, asking, visit

page_patterns = [
    path("station/", arrivals.day, name="station_day"),
    path("station/find/", arrivals.find, name="station_find"),
    path("station/welcome/", arrivals.welcome, name="station_welcome"),
    path("station/new/", arrivals.new, name="station_new"),
    path("station/arrivals/<uuid:arrival_id>/leave/", arrivals.leave, name="station_leave"),
    path("station/people/<uuid:person_id>/ask/", asking.ask, name="station_ask"),
    path("station/people/<uuid:person_id>/take/", asking.take, name="station_take"),
    path("station/asks/<uuid:ask_id>/", asking.asked, name="station_asked"),
    path("station/asks/<uuid:ask_id>/withdraw/", asking.withdraw, name="station_withdraw"),
    path("station/visits/<uuid:encounter_id>/", visit.visit, name="station_visit"),
]
