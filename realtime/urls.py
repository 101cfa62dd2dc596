"""The addresses of rooms."""

from django.urls import path

from realtime import api, pages

api_patterns = [
    path("rooms/<uuid:room_id>", api.RoomView.as_view()),
    path("rooms/<uuid:room_id>/join", api.JoinView.as_view()),
    path("encounters/<uuid:encounter_id>/room", api.RoomOfEncounterView.as_view()),
]

page_patterns = [
    path("visits/<uuid:encounter_id>/", pages.visit, name="realtime_visit"),
]
