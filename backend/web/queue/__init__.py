"""The day of the visit on screens: the line at the desk and the doctor's, the kiosk, the corridor, the citizen's number."""

from django.urls import path

from web.queue import corridor, kiosk, line, screens, walk_in

page_patterns = [
    path("hospital/queue/", line.desk_line, name="hospital_queue"),
    path("hospital/queue/walk-in/", walk_in.walk_in, name="hospital_walk_in"),
    path("hospital/screens/", screens.screens, name="hospital_screens"),
    path("hospital/screens/<uuid:screen_id>/revoke/", screens.revoke, name="hospital_revoke_screen"),
    path("line/<uuid:schedule_id>/next/", line.call_next, name="line_call_next"),
    path("line/tickets/<uuid:ticket_id>/<slug:verb>/", line.step, name="line_step"),
    path("kiosk/<str:address>/", kiosk.kiosk, name="kiosk"),
    path("corridor/<str:address>/", corridor.corridor, name="corridor"),
    path("corridor/<str:address>/pass/", corridor.bell_pass, name="corridor_pass"),
]
