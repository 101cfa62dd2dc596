"""The addresses of rooms."""

from django.urls import path

from realtime import (
    api,
    evidence_api,
    evidence_pages,
    guest_api,
    guest_pages,
    pages,
    quality_api,
    quality_pages,
    recording_api,
    recording_pages,
)

api_patterns = [
    path("rooms/<uuid:room_id>", api.RoomView.as_view()),
    path("rooms/<uuid:room_id>/join", api.JoinView.as_view()),
    path("rooms/<uuid:room_id>/leave", api.LeaveView.as_view()),
    path("rooms/<uuid:room_id>/quality", quality_api.QualityView.as_view()),
    path("rooms/<uuid:room_id>/consent", evidence_api.ConsentView.as_view()),
    path("rooms/<uuid:room_id>/device-check", evidence_api.DeviceCheckView.as_view()),
    path("encounters/<uuid:encounter_id>/evidence", evidence_api.EvidenceView.as_view()),
    path("rooms/<uuid:room_id>/invites", guest_api.Invites.as_view()),
    path("rooms/<uuid:room_id>/invites/<uuid:invite_id>/withdraw", guest_api.Withdrawal.as_view()),
    path("rooms/<uuid:room_id>/files", api.FilesView.as_view()),
    path("visit-files/<uuid:file_id>", api.FileView.as_view()),
    path("encounters/<uuid:encounter_id>/recordings", recording_api.RecordingsView.as_view()),
    path("recordings/<uuid:recording_id>", recording_api.RecordingView.as_view()),
    path("recordings/<uuid:recording_id>/unwanted", recording_api.UnwantedView.as_view()),
    path("recordings/<uuid:recording_id>/answer", recording_api.AnsweredView.as_view()),
    path("encounters/<uuid:encounter_id>/room", api.RoomOfEncounterView.as_view()),
]

page_patterns = [
    path("visits/<uuid:encounter_id>/", pages.visit, name="realtime_visit"),
    path("visits/<uuid:encounter_id>/evidence/", evidence_pages.visit_evidence, name="realtime_evidence"),
    path("visits/<uuid:encounter_id>/evidence.pdf", evidence_pages.visit_evidence_pdf, name="realtime_evidence_pdf"),
    path("calls/<uuid:room_id>/quality/", quality_pages.call_quality, name="realtime_quality"),
    path("join/<str:token>/", guest_pages.join, name="realtime_join"),
    path("join/<str:token>/seat", guest_api.GuestSeat.as_view(), name="realtime_guest_seat"),
    path("visit-files/<uuid:file_id>/", pages.open_file, name="realtime_open_file"),
    path("recordings/<uuid:recording_id>/", recording_pages.recording, name="realtime_recording"),
    path("recordings/<uuid:recording_id>/films/<uuid:film_id>", recording_pages.film, name="realtime_film"),
    path("recordings/<uuid:recording_id>/whole", recording_pages.whole, name="realtime_whole"),
    path("recordings/<uuid:recording_id>/unwanted/", recording_pages.unwanted, name="realtime_unwanted"),
    path("recordings/<uuid:recording_id>/answer/", recording_pages.answered, name="realtime_answered"),
    path("files/<str:token>", pages.file, name="realtime_file"),
]
