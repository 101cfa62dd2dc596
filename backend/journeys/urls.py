"""Addresses of steps that span apps, below /api/v1/."""

from django.urls import path

from journeys import api, handing_api, moves_api, station_api, urgent_api, walk_ins

api_patterns = [
    path("appointments", api.Appointments.as_view(), name="appointments"),
    path("appointments/<uuid:appointment_id>/reschedule", moves_api.Reschedule.as_view(), name="reschedule"),
    path("appointment-series", moves_api.WeeklyVisits.as_view(), name="series"),
    path("appointment-series/<uuid:series_id>", moves_api.OneSeries.as_view(), name="one_series"),
    path("appointment-series/<uuid:series_id>/cancel", moves_api.CancelSeries.as_view(), name="cancel_series"),
    path("waiting-list/offers/<uuid:offer_id>/take", api.OfferTake.as_view(), name="offer_take"),
    path("encounters/<uuid:encounter_id>/vitals", station_api.Vitals.as_view(), name="encounter_vitals"),
    path(
        "encounters/<uuid:encounter_id>/vitals/<uuid:observation_id>",
        station_api.OneVital.as_view(),
        name="encounter_vital",
    ),
    path("walk-ins", walk_ins.WalkIns.as_view(), name="walk_ins"),
    path("encounters/<uuid:encounter_id>/colleagues", handing_api.Colleagues.as_view(), name="hand_over_colleagues"),
    path("encounters/<uuid:encounter_id>/hand-overs", handing_api.AskHandOver.as_view(), name="hand_over_ask"),
    path("hand-overs", handing_api.HandOvers.as_view(), name="hand_overs"),
    path("hand-overs/<uuid:hand_over_id>/accept", handing_api.AcceptHandOver.as_view(), name="hand_over_accept"),
    path("hand-overs/<uuid:hand_over_id>/decline", handing_api.DeclineHandOver.as_view(), name="hand_over_decline"),
    path("hand-overs/<uuid:hand_over_id>/withdraw", handing_api.WithdrawHandOver.as_view(), name="hand_over_withdraw"),
    path("urgent-asks/<uuid:ask_id>/accept", urgent_api.AcceptAsk.as_view(), name="booking_ask_accept"),
]
